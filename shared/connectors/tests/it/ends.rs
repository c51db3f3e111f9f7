use connectors::http::CallError;

/// `(kind, code)` of a call that failed, for short comparisons.
pub fn end<T: std::fmt::Debug>(result: Result<T, CallError>) -> (&'static str, &'static str) {
    let error = result.unwrap_err();
    let kind = match &error {
        CallError::Rejected { permanent: true, .. } => "permanent",
        CallError::Rejected { permanent: false, .. } => "rejected",
        CallError::Retryable { .. } => "retryable",
        CallError::Unknown { .. } => "unknown",
    };
    (kind, error.reason().code)
}
