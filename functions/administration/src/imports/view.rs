use domain::ids::ImportId;
use domain::money::Amount;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::imports::{Figures, ImportLine};
use platform::store::{Import, ImportCounts, ImportStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// An import: how far it is, what its rows came to, and whether file and system agree.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Import)]
pub struct ImportView {
    #[schema(value_type = String, example = "imp_01JZ0000000000000000000000")]
    pub id: ImportId,
    pub name: String,
    pub status: ImportStatus,
    pub dry_run: bool,
    pub rows: u32,
    /// Rows that were looked at.
    pub rows_done: u32,
    pub counts: ImportCounts,
    /// The first 50 rows that are wrong or duplicates, by line; the results have all.
    pub issues: Vec<ImportLine>,
    pub reconciliation: Reconciliation,
    /// A link to what became of each row, as lines of JSON, good for 15 minutes; once it is DONE.
    pub results_url: Option<String>,
    /// Why it is FAILED.
    pub failure: Option<String>,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    pub version: u64,
}

/// The created loans by the file, by plain arithmetic, and by the system, as they were read back;
/// in a dry run, as they would be.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reconciliation {
    /// What is overdue is so as of this date.
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// Whether every difference is zero.
    pub agrees: bool,
    pub contracts: Figure<i64>,
    pub invoices: Figure<i64>,
    #[schema(value_type = Figure<String>)]
    pub principal: Figure<Amount>,
    /// Unpaid installments, due or not.
    #[schema(value_type = Figure<String>)]
    pub open_value: Figure<Amount>,
    #[schema(value_type = Figure<String>)]
    pub overdue_value: Figure<Amount>,
}

/// One figure from both sides.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Figure<T> {
    pub file: T,
    pub system: T,
    /// The system's less the file's.
    pub difference: T,
}

impl ImportView {
    pub(super) fn new(import: &Import, results_url: Option<String>) -> Self {
        Self {
            id: import.id,
            name: import.name.clone(),
            status: import.status,
            dry_run: import.dry_run,
            rows: import.rows,
            rows_done: import.rows_done(),
            counts: import.counts,
            issues: import.issues.clone(),
            reconciliation: Reconciliation::new(import),
            results_url,
            failure: import.failure.clone(),
            created_by: import.created_by.clone(),
            created_at: import.created_at,
            finished_at: import.finished_at,
            version: import.version,
        }
    }
}

impl Reconciliation {
    fn new(import: &Import) -> Self {
        let (file, system): (Figures, Figures) = (import.file, import.system);
        let count = |file: u64, system: u64| {
            let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            Figure::new(number(file), number(system))
        };
        Self {
            as_of: import.as_of,
            agrees: file == system,
            contracts: count(file.contracts, system.contracts),
            invoices: count(file.invoices, system.invoices),
            principal: Figure::new(file.principal, system.principal),
            open_value: Figure::new(file.open_value, system.open_value),
            overdue_value: Figure::new(file.overdue_value, system.overdue_value),
        }
    }
}

impl<T: Copy + std::ops::Sub<Output = T>> Figure<T> {
    fn new(file: T, system: T) -> Self {
        Self { file, system, difference: system - file }
    }
}
