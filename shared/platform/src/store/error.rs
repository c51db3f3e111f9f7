use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::config::NotSet;

/// Why the table did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A condition did not hold: the record was changed, created or removed by somebody else.
    #[error("a condition failed on {}", operations.join(", "))]
    Conflict {
        /// The labels of the operations whose condition failed.
        operations: Vec<&'static str>,
    },
    /// Another transaction held one of the items; the same call may succeed when repeated.
    #[error("another transaction is under way on the same items")]
    Contention,
    /// The service refused for load or did not answer; the same call may succeed when repeated.
    #[error("the table is unavailable: {0}")]
    Unavailable(String),
    /// A stored item does not have the shape that the code expects.
    #[error("a stored item is not readable: {0}")]
    Corrupt(String),
    /// The request itself is wrong: a defect of ours.
    #[error("the table refused the request: {0}")]
    Refused(String),
    #[error(transparent)]
    NotSet(#[from] NotSet),
}

impl StoreError {
    /// Whether the failed condition was that of the operation with this label.
    pub fn is_conflict_on(&self, label: &str) -> bool {
        matches!(self, Self::Conflict { operations } if operations.contains(&label))
    }

    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// Whether repeating the whole read-decide-write can succeed.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Contention | Self::Unavailable(_))
    }
}

impl From<serde_dynamo::Error> for StoreError {
    fn from(error: serde_dynamo::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}

const TRANSIENT_CODES: [&str; 7] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
    "InternalServerErrorException",
    "ServiceUnavailable",
    "TransactionInProgressException",
];

/// Maps an SDK error of a single-item call labelled `label`.
pub(super) fn from_sdk<E, R>(label: &'static str, error: &SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata,
{
    let SdkError::ServiceError(service) = error else {
        return StoreError::Unavailable(match error {
            SdkError::TimeoutError(_) => "no answer in time".to_owned(),
            SdkError::DispatchFailure(_) => "no connection".to_owned(),
            _ => "no usable answer".to_owned(),
        });
    };
    let code = service.err().code().unwrap_or("unknown");
    let text = || format!("{label}: {code}: {}", service.err().message().unwrap_or_default());
    match code {
        "ConditionalCheckFailedException" => StoreError::Conflict { operations: vec![label] },
        "TransactionConflictException" => StoreError::Contention,
        code if TRANSIENT_CODES.contains(&code) => StoreError::Unavailable(text()),
        _ => StoreError::Refused(text()),
    }
}
