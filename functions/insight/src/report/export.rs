//! Makes the file of a report, a step at a time. Each step reads on where the one before stopped
//! and leaves in the record what the next one needs, so that any of them may be the last that a
//! function manages.

use jiff::SignedDuration;
use platform::Deps;
use platform::aws::BucketError;
use platform::csv as table;
use platform::http::ApiError;
use platform::store::{Brand, Consistency, Export, StoreError};
use sha2::{Digest, Sha256};

use super::cash_flow::{self, Days};
use super::csv::{CONTENT_TYPE, beginning};
use super::filters::{Asked, Interval, ReportType};
use super::row::Row;
use super::source::Source;

/// How long a finished file is handed out again for the same question.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(10);
const DIGEST_BYTES: usize = 16;

/// How much one step does.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Loans that it looks at.
    pub loans: usize,
    /// Rows that it writes at a time.
    pub rows: usize,
    /// The size from which on what was written is uploaded as a part.
    pub part_bytes: usize,
}

impl Bounds {
    /// Well within the time of one call, and S3's own smallest part.
    pub const CALL: Self = Self { loans: 2_000, rows: 500, part_bytes: 5 * 1024 * 1024 };
}

/// How far a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Finished(Export),
    /// There is more to do, or somebody else is at it.
    Unfinished(Export),
}

/// What a file is asked for by: the same question of the same brand finds the same file.
fn digest(asked: &Asked) -> Result<String, ApiError> {
    let question = serde_json::to_vec(asked).map_err(|error| ApiError::internal_from(&error))?;
    let hash = Sha256::digest(question);
    Ok(hash.iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect())
}

/// Does the next step of the file that was asked for; begins it where there is none, or an old one.
pub async fn step(
    deps: &Deps,
    brand: &Brand,
    asked: &Asked,
    bounds: Bounds,
) -> Result<Step, ApiError> {
    let digest = digest(asked)?;
    let (key, now) = (Export::key_of(brand.id, &digest), deps.now());
    let stored: Option<Export> = deps.table.get(&key, Consistency::Strong).await?;
    let mut export = match stored {
        Some(export) if !export.is_stale(now, FRESH_FOR) => export,
        // The record's version stays, so that only one of two callers begins anew.
        Some(old) => Export { version: old.version, ..Export::new(brand.id, digest, now) },
        None => Export::new(brand.id, digest, now),
    };
    if export.finished_at.is_some() {
        return Ok(Step::Finished(export));
    }
    if export.is_leased(now) {
        return Ok(Step::Unfinished(export));
    }
    export.lease(now);
    match deps.table.replace(&mut export).await {
        Err(error) if error.is_conflict() => return Ok(Step::Unfinished(export)),
        outcome => outcome?,
    }
    let writer = Writer::resume(deps, brand, asked, bounds, export).await?;
    writer.work().await
}

/// One step at work.
struct Writer<'d> {
    source: Source<'d>,
    bounds: Bounds,
    export: Export,
    /// What was written and is not in the bucket as a part.
    text: String,
}

impl<'d> Writer<'d> {
    async fn resume(
        deps: &'d Deps,
        brand: &'d Brand,
        asked: &'d Asked,
        bounds: Bounds,
        export: Export,
    ) -> Result<Self, ApiError> {
        let text = match export.tail_key() {
            None => beginning(brand, asked.report),
            Some(key) => {
                let bytes = deps.bucket.get(&key).await?;
                String::from_utf8(bytes).map_err(|error| ApiError::internal_from(&error))?
            }
        };
        Ok(Self { source: Source { deps, brand, asked }, bounds, export, text })
    }

    async fn work(mut self) -> Result<Step, ApiError> {
        if self.export.is_written {
            return self.complete().await;
        }
        let is_end = if self.source.asked.report == ReportType::CashFlow {
            self.add_up().await?
        } else {
            self.write_rows().await?
        };
        if is_end { self.finish().await } else { self.pause().await }
    }

    /// Writes the next rows; whether they were the last.
    async fn write_rows(&mut self) -> Result<bool, ApiError> {
        let (rows, mut looked) = (self.bounds.rows, 0);
        while looked < self.bounds.loans {
            // A page looks at no more loans than it may have rows.
            let loans = rows.min(self.bounds.loans - looked);
            let after = self.export.after.take();
            let slice = self.source.page(rows, loans, after.as_ref()).await?;
            looked += loans;
            for row in &slice.items {
                self.write(row);
            }
            self.export.after = slice.next;
            self.upload_if_large().await?;
            if self.export.after.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds the next loans to the sums of the days; writes all of them at the end.
    async fn add_up(&mut self) -> Result<bool, ApiError> {
        let (deps, brand, asked) = (self.source.deps, self.source.brand, self.source.asked);
        let internal = |error: serde_json::Error| ApiError::internal_from(&error);
        let rows = if asked.by == Interval::Month {
            cash_flow::months(deps, brand, asked).await?
        } else {
            let mut days = match self.export.sums.take() {
                Some(sums) => serde_json::from_str(&sums).map_err(internal)?,
                None => Days::new(asked),
            };
            let after = self.export.after.take();
            let next = self.source.add_days(&mut days, self.bounds.loans, after.as_ref()).await?;
            if next.is_some() {
                self.export.sums = Some(serde_json::to_string(&days).map_err(internal)?);
                self.export.after = next;
                return Ok(false);
            }
            days.rows()
        };
        rows.iter().for_each(|row| self.write(row));
        Ok(true)
    }

    fn write(&mut self, row: &Row) {
        table::line(&mut self.text, &row.cells());
        self.export.rows += 1;
    }

    async fn upload_if_large(&mut self) -> Result<(), ApiError> {
        if self.text.len() >= self.bounds.part_bytes {
            self.upload_part().await?;
        }
        Ok(())
    }

    async fn upload_part(&mut self) -> Result<(), ApiError> {
        let (bucket, key) = (&self.source.deps.bucket, self.export.file_key());
        let upload = match &self.export.upload {
            Some(upload) => upload.clone(),
            None => bucket.begin_upload(&key, CONTENT_TYPE).await?,
        };
        let number = i32::try_from(self.export.parts.len())
            .map_err(|error| ApiError::internal_from(&error))?
            .saturating_add(1);
        let body = std::mem::take(&mut self.text).into_bytes();
        self.export.bytes += u64::try_from(body.len()).unwrap_or(u64::MAX);
        let tag = bucket.upload_part(&key, &upload, number, body).await?;
        self.export.parts.push(tag);
        self.export.upload = Some(upload);
        Ok(())
    }

    /// Keeps what there is for the next step.
    async fn pause(mut self) -> Result<Step, ApiError> {
        let bucket = &self.source.deps.bucket;
        let before = self.export.tail_key();
        self.export.tail = Some(self.export.rows);
        let after = self.export.tail_key();
        if let Some(key) = &after {
            let tail = std::mem::take(&mut self.text).into_bytes();
            bucket.put(key, CONTENT_TYPE, tail).await?;
        }
        self.export.lease_until = None;
        self.save().await?;
        if let Some(key) = before.filter(|key| Some(key) != after.as_ref()) {
            bucket.delete(&key).await?;
        }
        Ok(Step::Unfinished(self.export))
    }

    /// Writes what is left. The record says so before the parts become a file, which can be done
    /// only once.
    async fn finish(mut self) -> Result<Step, ApiError> {
        if self.export.upload.is_some() {
            if !self.text.is_empty() {
                self.upload_part().await?;
            }
            self.export.is_written = true;
            self.save().await?;
        } else {
            let body = std::mem::take(&mut self.text).into_bytes();
            self.export.bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
            let bucket = &self.source.deps.bucket;
            bucket.put(&self.export.file_key(), CONTENT_TYPE, body).await?;
        }
        self.complete().await
    }

    async fn complete(mut self) -> Result<Step, ApiError> {
        let deps = self.source.deps;
        if let Some(upload) = self.export.upload.take() {
            let key = self.export.file_key();
            match deps.bucket.complete_upload(&key, &upload, &self.export.parts).await {
                // An earlier step came so far and no further.
                Ok(()) | Err(BucketError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(key) = self.export.tail_key() {
            deps.bucket.delete(&key).await?;
        }
        self.export.tail = None;
        self.export.lease_until = None;
        self.export.finished_at = Some(deps.now());
        self.save().await?;
        Ok(Step::Finished(self.export))
    }

    async fn save(&mut self) -> Result<(), StoreError> {
        self.source.deps.table.replace(&mut self.export).await
    }
}
