use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{AuditId, CustomerId};
use domain::invoices::ServicingTerms;
use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::build::{build, customer_id};
use super::figures::Figures;
use super::file::{ImportFile, RowContext};
use super::line::{ImportLine, RowOutcome};
use super::write::{Ready, customers, loans, references};
use super::{ImportError, ImportMessage, content, derived_id};
use crate::Deps;
use crate::origination::{jurisdiction, servicing_terms};
use crate::store::{Brand, Consistency, Effect, Event, Import, ImportStatus, LoanRecord};

const NDJSON: &str = "application/x-ndjson";
/// Result files that are read at the same time.
const CONCURRENT_LIMIT_READS: usize = 8;

/// Does one step of an import, if it still is the next one, and moves the checkpoint on.
///
/// # Errors
/// Where something does not answer, or a loan is changed by others too often: the step is to be
/// done again.
pub async fn run(deps: &Deps, message: &ImportMessage) -> Result<(), ImportError> {
    let loaded = Import::load(&deps.table, message.brand_id, message.import_id).await?;
    let Some(mut import) = loaded else { return Ok(()) };
    if import.is_finished() || import.step != message.step {
        return Ok(());
    }
    let brand = deps.brands.get(import.brand).await?.ok_or(ImportError::NoBrand(import.brand))?;
    let mut tx = deps.table.tx();
    if import.step < import.chunks() {
        match read_chunk(deps, &brand, &import).await? {
            Ok((terms, file)) => {
                let rows = Chunk::read(&import, &brand, terms, &file);
                work(deps, &brand, &mut import, rows).await?;
                import.status = ImportStatus::Running;
                import.step += 1;
            }
            Err(reason) => {
                import.status = ImportStatus::Failed;
                import.failure = Some(reason);
                import.finished_at = Some(deps.now());
            }
        }
    } else {
        import.counts.customers = put_together(deps, &import).await?;
        import.status = ImportStatus::Done;
        import.finished_at = Some(deps.now());
    }
    let end = import.is_finished().then(|| finished(deps, &import));
    if let Some(event) = &end {
        tx = tx.create("event", event);
    }
    if end.is_some() {
        content::forget(&mut import);
    }
    match tx.replace("import", &mut import).commit().await {
        Ok(()) if end.is_some() => content::remove(deps, &import).await,
        // Another delivery of the same message did the step too, and was quicker.
        Err(error) if error.is_conflict() => Ok(()),
        result => Ok(result?),
    }
}

/// The file's text and the terms of its loans, or why the import cannot go on.
async fn read_chunk(
    deps: &Deps,
    brand: &Brand,
    import: &Import,
) -> Result<Result<(ServicingTerms, String), String>, ImportError> {
    let terms = match servicing_terms(brand, import.spec.terms.method, import.as_of) {
        Ok(terms) => terms,
        Err(error) => return Ok(Err(error.to_string())),
    };
    match content::read(deps, import).await? {
        Some(text) => Ok(Ok((terms, text))),
        None => Ok(Err("the file is gone".to_owned())),
    }
}

/// The rows of a step, read and built, nothing of them written.
struct Chunk {
    ready: Vec<Ready>,
    /// The rows that make no loan.
    lines: Vec<ImportLine>,
}

impl Chunk {
    fn read(import: &Import, brand: &Brand, terms: ServicingTerms, text: &str) -> Self {
        let mut chunk = Self { ready: Vec::new(), lines: Vec::new() };
        // The file was readable when it was taken in.
        let Ok(file) = ImportFile::parse(text, &import.spec) else { return chunk };
        let context = RowContext { as_of: import.as_of, country: jurisdiction(brand) };
        for row in file.read(import.chunk(import.step), &context) {
            match row {
                Err(line) => chunk.lines.push(line),
                Ok(row) => match build(import, brand, terms, &row) {
                    Ok(built) => chunk.ready.push(Ready { row, built }),
                    Err(errors) => {
                        let outcome = RowOutcome::Failed { errors };
                        chunk.lines.push(ImportLine::new(row.line, &row.contract, outcome));
                    }
                },
            }
        }
        chunk
    }
}

/// Brings a chunk's loans in, and keeps in the import what became of each row.
async fn work(
    deps: &Deps,
    brand: &Brand,
    import: &mut Import,
    chunk: Chunk,
) -> Result<(), ImportError> {
    let Chunk { mut ready, mut lines } = chunk;
    let mut held = references(deps, import, &ready).await?;
    let (missing, known): (Vec<_>, Vec<_>) =
        ready.drain(..).partition(|ready| !held.contains_key(&ready.row.contract));
    let found = customers(deps, import, &missing).await?;
    let mut writable = Vec::with_capacity(missing.len());
    for mut ready in missing {
        match found.get(&ready.row.customer) {
            Some(Ok(customer)) => {
                ready.built.set_customer(*customer);
                writable.push(ready);
            }
            Some(Err(error)) => {
                let outcome = RowOutcome::Failed { errors: vec![error.clone()] };
                lines.push(ImportLine::new(ready.row.line, &ready.row.contract, outcome));
            }
            None => {}
        }
    }
    if !import.dry_run {
        let written = loans(deps, brand, import, &writable).await?;
        held.extend(written.into_iter().map(|held| (held.reference.clone(), held)));
    }
    let mut created = Vec::new();
    for ready in known.iter().chain(&writable) {
        let row = &ready.row;
        let outcome = match held.get(&row.contract) {
            Some(held) if held.import != import.id => {
                RowOutcome::AlreadyImported { loan_id: held.loan }
            }
            held => {
                created.push(ready);
                let customer = held.map_or(ready.built.record.loan.customer, |held| held.customer);
                created_outcome(import, ready, customer)
            }
        };
        lines.push(ImportLine::new(row.line, &row.contract, outcome));
    }
    reconcile(deps, brand, import, &created).await?;
    lines.sort_by_key(|line| line.line);
    for line in &lines {
        count(import, line);
    }
    let body = to_ndjson(&lines)?;
    deps.bucket.put(&import.chunk_key(import.step), NDJSON, body).await?;
    Ok(())
}

fn created_outcome(import: &Import, ready: &Ready, customer: CustomerId) -> RowOutcome {
    RowOutcome::Created {
        loan_id: ready.built.record.loan.id,
        customer_id: customer,
        new_customer: customer == customer_id(import, &ready.row),
    }
}

/// Adds the created loans to both sides of the reconciliation: what the file says of them, and
/// what is stored of them (in a dry run, what would be).
async fn reconcile(
    deps: &Deps,
    brand: &Brand,
    import: &mut Import,
    created: &[&Ready],
) -> Result<(), ImportError> {
    let (as_of, frequency) = (import.as_of, import.spec.terms.frequency);
    for ready in created {
        import.file += Figures::of_row(&ready.row, frequency, brand, as_of);
    }
    if import.dry_run {
        for ready in created {
            import.system += Figures::of_loan(&ready.built.record.loan, as_of);
        }
        return Ok(());
    }
    let keys: Vec<_> = created
        .iter()
        .map(|ready| LoanRecord::key_of(brand.id, ready.built.record.loan.id))
        .collect();
    for record in deps.table.batch_get::<LoanRecord>(&keys, Consistency::Strong).await? {
        import.system += Figures::of_loan(&record.loan, as_of);
    }
    Ok(())
}

fn count(import: &mut Import, line: &ImportLine) {
    let counts = &mut import.counts;
    match line.outcome {
        RowOutcome::Created { .. } => counts.created += 1,
        RowOutcome::AlreadyImported { .. } => counts.already_imported += 1,
        RowOutcome::Duplicate { .. } => counts.duplicates += 1,
        RowOutcome::Failed { .. } => counts.failed += 1,
    }
    if line.is_issue() {
        import.add_issue(line);
    }
}

/// Puts the chunks' results into one file; answers how many customers came with the import.
async fn put_together(deps: &Deps, import: &Import) -> Result<u32, ImportError> {
    let reads: Vec<_> = (0..import.chunks())
        .map(|chunk| async move { deps.bucket.get(&import.chunk_key(chunk)).await }.boxed())
        .collect();
    let chunks: Vec<Vec<u8>> =
        stream::iter(reads).buffered(CONCURRENT_LIMIT_READS).try_collect().await?;
    let body = chunks.concat();
    let mut customers = BTreeSet::new();
    for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: ImportLine = serde_json::from_slice(line)?;
        if let RowOutcome::Created { customer_id, new_customer: true, .. } = line.outcome {
            customers.insert(customer_id);
        }
    }
    deps.bucket.put(&import.results_key(), NDJSON, body).await?;
    Ok(u32::try_from(customers.len()).unwrap_or(u32::MAX))
}

fn to_ndjson(lines: &[ImportLine]) -> Result<Vec<u8>, ImportError> {
    let mut body = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut body, line)?;
        body.push(b'\n');
    }
    Ok(body)
}

/// The one audit event of the import's end; each loan's journal says the rest.
fn finished(deps: &Deps, import: &Import) -> Event {
    let counts = import.counts;
    let figures: BTreeMap<&str, u32> = BTreeMap::from([
        ("created", counts.created),
        ("alreadyImported", counts.already_imported),
        ("duplicates", counts.duplicates),
        ("failed", counts.failed),
        ("customers", counts.customers),
    ]);
    let effect = Effect::new(format!("import:{}", import.id), "imports:finish", import.id)
        .after("dryRun", import.dry_run)
        .reason(import.failure.clone());
    let effect = figures.iter().fold(effect, |effect, (name, count)| effect.after(name, count));
    let millis = import.id.ulid().timestamp_ms();
    let id = AuditId::new(derived_id(millis, &[&import.id.to_string(), "finish"]));
    Event { brand: import.brand, id, at: deps.now(), effect }
}
