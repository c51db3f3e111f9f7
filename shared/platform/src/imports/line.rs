use domain::ids::{CustomerId, LoanId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::FieldError;

/// What became of one row: a line of the results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportLine {
    /// The line of the file; the column names' is 1.
    pub line: u64,
    /// As the file has it.
    pub contract_id: String,
    #[serde(flatten)]
    pub outcome: RowOutcome,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum RowOutcome {
    /// The loan is there; in a dry run, it would be.
    Created {
        #[schema(value_type = String)]
        loan_id: LoanId,
        #[schema(value_type = String)]
        customer_id: CustomerId,
        /// Whether the customer came with this import.
        new_customer: bool,
    },
    /// An earlier import brought the contract; nothing was changed.
    AlreadyImported {
        #[schema(value_type = String)]
        loan_id: LoanId,
    },
    /// The same as an earlier line of the file.
    Duplicate { of: u64 },
    /// Every field that is wrong.
    Failed { errors: Vec<FieldError> },
}

impl ImportLine {
    pub(super) fn new(line: u64, contract_id: &str, outcome: RowOutcome) -> Self {
        Self { line, contract_id: shortened(contract_id), outcome }
    }

    /// Whether somebody should look at the row.
    pub const fn is_issue(&self) -> bool {
        matches!(self.outcome, RowOutcome::Duplicate { .. } | RowOutcome::Failed { .. })
    }
}

impl RowOutcome {
    pub(super) fn failed(field: &str, message: impl Into<String>) -> Self {
        Self::Failed { errors: vec![FieldError::new(field, message)] }
    }
}

/// A number that is too long to be one is cut, so that a wrong file cannot make large results.
fn shortened(text: &str) -> String {
    text.chars().take(super::row::REFERENCE_LIMIT_CHARS).collect()
}
