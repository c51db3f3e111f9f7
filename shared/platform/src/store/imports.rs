//! Imports of portfolios, and which contracts they brought.

use domain::ids::{BrandId, CustomerId, ImportId, LoanId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Consistency, Entity, Key, StoreError, Table, Versioned};
use crate::imports::{Figures, ImportLine, ImportMessage, ImportSpec};
use crate::pii::{KeyRing, Subject};

/// Rows that are worked on together, between two checkpoints.
const CHUNK_ROWS: u32 = 100;
/// Rows with issues that the record itself shows; the results in the bucket have all.
const ISSUES_LIMIT_ROWS: usize = 50;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImportStatus {
    Queued,
    Running,
    Done,
    /// It could not be worked off; `failure` says why.
    Failed,
}

/// What the rows came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportCounts {
    /// Loans that this import brought; in a dry run, that it would bring.
    pub created: u32,
    /// Contracts that an earlier import brought; nothing was changed.
    pub already_imported: u32,
    /// Rows that are the same as an earlier one of the file.
    pub duplicates: u32,
    /// Rows with errors.
    pub failed: u32,
    /// Customers that came with this import; counted at its end.
    pub customers: u32,
}

/// One import of a file of contracts. The record is its checkpoint, and each state of it that is
/// not an end brings about the message of its next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    pub brand: BrandId,
    pub id: ImportId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub name: String,
    pub status: ImportStatus,
    /// Nothing but the record and its results is written.
    pub dry_run: bool,
    pub spec: ImportSpec,
    pub rows: u32,
    /// The step to do next: chunks from 0, then the end.
    pub step: u32,
    /// The business date on which the file was handed over: what is overdue is so as of it.
    pub as_of: Date,
    pub counts: ImportCounts,
    /// What the rows of the created loans add up to.
    pub file: Figures,
    /// What the created loans add up to, as they were read back.
    pub system: Figures,
    /// The first rows that somebody should look at.
    pub issues: Vec<ImportLine>,
    /// The wrapped key of the file, which has personal data; gone when the import is finished.
    #[serde(default, skip_serializing_if = "KeyRing::is_empty")]
    pub keys: KeyRing,
    pub created_by: String,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl Import {
    pub const SORT: &'static str = "IMPORT";

    pub fn key_of(brand: BrandId, id: ImportId) -> Key {
        Key::new(format!("B#{}#I#{}", brand.ulid(), id.ulid()), Self::SORT)
    }

    pub async fn load(
        table: &Table,
        brand: BrandId,
        id: ImportId,
    ) -> Result<Option<Self>, StoreError> {
        table.get(&Self::key_of(brand, id), Consistency::Strong).await
    }

    /// The number of steps before the last one.
    pub const fn chunks(&self) -> u32 {
        self.rows.div_ceil(CHUNK_ROWS)
    }

    /// The rows of a chunk, from 0.
    pub fn chunk(&self, chunk: u32) -> std::ops::Range<usize> {
        let row = |row: u32| usize::try_from(row.min(self.rows)).unwrap_or(usize::MAX);
        let from = chunk.saturating_mul(CHUNK_ROWS);
        row(from)..row(from.saturating_add(CHUNK_ROWS))
    }

    /// Rows that were looked at.
    pub fn rows_done(&self) -> u32 {
        self.step.saturating_mul(CHUNK_ROWS).min(self.rows)
    }

    pub const fn is_finished(&self) -> bool {
        matches!(self.status, ImportStatus::Done | ImportStatus::Failed)
    }

    /// The message of the next step; `None` at an end.
    pub fn message(&self) -> Option<ImportMessage> {
        let message = ImportMessage { brand_id: self.brand, import_id: self.id, step: self.step };
        (!self.is_finished()).then_some(message)
    }

    /// Keeps a row's issue, as long as there is room.
    pub fn add_issue(&mut self, line: &ImportLine) {
        if self.issues.len() < ISSUES_LIMIT_ROWS {
            self.issues.push(line.clone());
        }
    }

    /// What the file is sealed for.
    pub fn subject(&self) -> Subject {
        Subject::import(self.brand, self.id)
    }

    /// Where the file is in the bucket, sealed.
    pub fn file_key(&self) -> String {
        self.object("file")
    }

    /// Where what became of a chunk's rows is.
    pub fn chunk_key(&self, chunk: u32) -> String {
        self.object(&format!("chunk-{chunk:04}.ndjson"))
    }

    /// Where what became of all rows is, once the import is done.
    pub fn results_key(&self) -> String {
        self.object("results.ndjson")
    }

    fn object(&self, name: &str) -> String {
        format!("imports/{}/{}/{name}", self.brand, self.id)
    }
}

impl Entity for Import {
    const NAME: &'static str = "import";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.id)
    }

    fn is_told(&self) -> bool {
        true
    }
}

impl Versioned for Import {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

/// That a contract of another system is a loan here: written with the loan, so that no contract
/// comes in twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContractReference {
    pub brand: BrandId,
    /// The contract's number in the other system.
    pub reference: String,
    pub loan: LoanId,
    pub customer: CustomerId,
    /// The import that brought it.
    pub import: ImportId,
}

impl ContractReference {
    pub fn key_of(brand: BrandId, reference: &str) -> Key {
        Key::new(format!("B#{}#X#{reference}", brand.ulid()), "X")
    }
}

impl Entity for ContractReference {
    const NAME: &'static str = "reference of a contract";

    fn key(&self) -> Key {
        Self::key_of(self.brand, &self.reference)
    }
}
