use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::calendar::Unit;
use domain::ids::ImportId;
use domain::loans::terms::Method;
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ImportPortfolios;
use platform::http::{ApiError, ErrorBody, FieldError, MaybeIdempotent, RequestId, once};
use platform::imports::{FILE_LIMIT_BYTES, Figures, ImportFile, ImportSpec, keep_file};
use platform::origination::servicing_terms;
use platform::pii::KeyRing;
use platform::store::{Author, Brand, Entity, Event, Import, ImportCounts, ImportStatus};

use serde::Deserialize;
use utoipa::ToSchema;

use super::view::ImportView;

const NAME_LIMIT_CHARS: usize = 100;

/// A file of contracts to bring in.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateImport {
    /// What people call the import.
    #[garde(length(chars, min = 1, max = NAME_LIMIT_CHARS))]
    #[schema(example = "Portfolio of the branch")]
    pub name: String,
    /// The file: a line of column names and one line a contract, in UTF-8; at most 4 MiB and
    /// 50,000 rows.
    #[garde(length(bytes, min = 1, max = FILE_LIMIT_BYTES))]
    #[schema(
        example = "contract_id,customer_id,granted_on,principal,installments,installment_amount,paid_installments\nC-1,K-1,2026-01-15,1200.00,12,110.00,2\n"
    )]
    pub csv: String,
    /// How to read it; left out for a file in UTF-8 with commas, ISO dates, decimal points, and the
    /// columns contract_id, customer_id, granted_on, principal, installments, installment_amount
    /// and paid_installments.
    #[serde(default)]
    #[garde(dive)]
    pub spec: ImportSpec,
    /// Only say what would come in.
    #[serde(default)]
    pub dry_run: bool,
}

impl std::fmt::Debug for CreateImport {
    /// Without the file: it has personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreateImport")
            .field("name", &self.name)
            .field("bytes", &self.csv.len())
            .field("spec", &self.spec)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

/// Import a portfolio
///
/// Takes the file in and answers at once; `GET` says how far it is. Each row becomes a customer
/// (where there is none with the number yet) and a running loan, granted on its date, its first
/// installments paid on their due dates. Rows with errors are left out and named; a contract that
/// came in before is left as it is, so that the same file can be sent again. A dry run does the
/// same and writes no loan.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/imports",
    tag = "imports",
    request_body = CreateImport,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 202, description = "the import, not yet worked off", body = ImportView),
        (status = 409, description = "the brand's charges are above what the law allows", body = ErrorBody),
        (status = 413, description = "the file is too large", body = ErrorBody),
    )
)]
pub(super) async fn create(
    allowed: Allowed<ImportPortfolios>,
    State(deps): State<Deps>,
    request_id: RequestId,
    request: MaybeIdempotent<CreateImport>,
) -> Result<Response, ApiError> {
    let (brand, actor) = (&*allowed.brand, &allowed.actor);
    let body = request.body;
    once(&deps, brand.id, actor.id, request.intent.as_ref(), async |once| {
        let rows = check(&deps, brand, &body)?;
        let mut import = import_of(&deps, brand, &body, rows, actor.id.to_string());
        let effect = Author::of_request(actor, &request_id)
            .effect("imports:create", import.id)
            .after("rows", rows)
            .after("dryRun", body.dry_run);
        keep_file(&deps, &mut import, &body.csv)
            .await
            .map_err(|error| ApiError::unavailable(error.to_string()))?;
        let tx = deps.table.tx().replace(Import::NAME, &mut import);
        let tx = tx.create(Event::NAME, &Event::new(&deps, Some(brand.id), effect));
        let view = ImportView::new(&import, None);
        once.complete(tx, StatusCode::ACCEPTED, &view)?.commit().await?;
        Ok((StatusCode::ACCEPTED, view))
    })
    .await
}

/// What can be said of the file without its rows; answers how many they are.
fn check(deps: &Deps, brand: &Brand, body: &CreateImport) -> Result<u32, ApiError> {
    let terms = &body.spec.terms;
    let mut errors = Vec::new();
    if terms.method != Method::FixedInstallment {
        let message = "must be FIXED_INSTALLMENT: the file says what each installment is";
        errors.push(FieldError::new("spec.terms.method", message));
    }
    if terms.frequency.unit() == Unit::BusinessDay {
        errors.push(FieldError::new("spec.terms.frequency.unit", "must be DAY, WEEK or MONTH"));
    }
    let rows = match ImportFile::parse(&body.csv, &body.spec) {
        Ok(file) => file.len(),
        Err(wrong) => {
            errors.extend(wrong.into_iter().map(in_the_request));
            0
        }
    };
    if !errors.is_empty() {
        return Err(ApiError::invalid(errors));
    }
    servicing_terms(brand, body.spec.terms.method, deps.today(brand))
        .map_err(|error| ApiError::conflict(format!("the brand's charges: {error}")))?;
    Ok(u32::try_from(rows).unwrap_or(u32::MAX))
}

fn in_the_request(error: FieldError) -> FieldError {
    if error.field.starts_with("mapping.") {
        FieldError::new(format!("spec.{}", error.field), error.message)
    } else {
        error
    }
}

fn import_of(
    deps: &Deps,
    brand: &Brand,
    body: &CreateImport,
    rows: u32,
    created_by: String,
) -> Import {
    Import {
        brand: brand.id,
        id: ImportId::new(deps.ulid()),
        version: 0,
        name: body.name.clone(),
        status: ImportStatus::Queued,
        dry_run: body.dry_run,
        spec: body.spec.clone(),
        rows,
        step: 0,
        as_of: deps.today(brand),
        counts: ImportCounts::default(),
        file: Figures::default(),
        system: Figures::default(),
        issues: Vec::new(),
        keys: KeyRing::default(),
        created_by,
        created_at: deps.now(),
        finished_at: None,
        failure: None,
    }
}
