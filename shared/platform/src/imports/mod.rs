//! A portfolio from another system: a CSV file of contracts becomes running loans.
//!
//! An import is worked off in steps: one per chunk of rows, and a last one that puts the results
//! together. The record of the import ([`Import`]) is the checkpoint; each change of it is a
//! message for the next step, through the table's stream. A step can be done again at any time:
//! which contracts are in is told by their references, and the checkpoint moves on once.

mod build;
mod content;
mod figures;
mod file;
mod line;
mod row;
mod spec;
mod step;
#[cfg(test)]
mod tests;
mod write;

pub use content::keep as keep_file;
pub use figures::Figures;
pub use file::{FILE_LIMIT_BYTES, ImportFile, ROWS_LIMIT};
pub use line::{ImportLine, RowOutcome};
pub use row::Row;
pub use spec::{DateFormat, DecimalSeparator, Delimiter, ImportSpec, ImportTerms, Mapping};
pub use step::run;

use domain::ids::{BrandId, ImportId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::aws::BucketError;
use crate::pii::PiiError;
use crate::store::StoreError;

#[cfg(doc)]
use crate::store::Import;

/// One step of an import, as a message to the workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportMessage {
    pub brand_id: BrandId,
    pub import_id: ImportId,
    /// A step that is done already makes the message void.
    pub step: u32,
}

/// Why a step was not done; the message is delivered again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("there is no brand {0}")]
    NoBrand(BrandId),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the files of the import: {0}")]
    Bucket(#[from] BucketError),
    #[error("the file of the import: {0}")]
    Sealed(#[from] PiiError),
    #[error("the results of the import: {0}")]
    Results(#[from] serde_json::Error),
}

/// An id that follows from what it is the id of: the same parts give the same id again.
fn derived_id(millis: u64, parts: &[&str]) -> Ulid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let mut random = [0; 16];
    random.copy_from_slice(&hash.finalize()[..16]);
    Ulid::from_parts(millis, u128::from_be_bytes(random))
}
