use domain::jurisdiction::CapExceeded;
use domain::ledger::CommandError;
use domain::loans::status::IllegalTransition;
use platform::http::ApiError;

/// 409 with what is possible instead.
pub(crate) fn illegal(error: &IllegalTransition) -> ApiError {
    ApiError::conflict(error.to_string()).allowed(error.allowed)
}

/// 409 where the loan's state does not take the command, 400 on the field that is wrong.
pub(crate) fn refused(error: &CommandError) -> ApiError {
    match (error, error.field()) {
        (CommandError::IllegalTransition(error), _) => illegal(error),
        (_, Some(field)) => ApiError::invalid_field(field, error.to_string()),
        (_, None) => ApiError::conflict(error.to_string()),
    }
}

/// 409: the brand's charges are above what the law allows.
pub(crate) fn above_cap(error: &CapExceeded) -> ApiError {
    ApiError::conflict(format!("the brand's charges are not lawful: {error}"))
}
