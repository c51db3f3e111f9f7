//! Between SES's words and ours.

use std::error::Error;
use std::io::ErrorKind;

use aws_sdk_sesv2::config::http::HttpResponse;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::{SendEmailError, SendEmailOutput};

use crate::email::Sent;
use crate::http::{CallError, Effect};

const MESSAGE_ID_LIMIT_BYTES: usize = 128;

type Failure = SdkError<SendEmailError, HttpResponse>;

/// What a call to SES ends with.
pub(super) fn sent(result: Result<SendEmailOutput, Failure>) -> Result<Sent, CallError> {
    match result {
        Ok(output) => output
            .message_id
            .filter(|id| !id.is_empty() && id.len() <= MESSAGE_ID_LIMIT_BYTES)
            .map(|provider_message_id| Sent { provider_message_id })
            .ok_or_else(|| CallError::unknown("PROVIDER_REPLY", "SES's reply names no e-mail")),
        Err(SdkError::ServiceError(error)) => {
            let status = error.raw().status().as_u16();
            Err(refusal(error.err().code().unwrap_or_default(), status))
        }
        Err(error) => Err(transport(&error)),
    }
}

/// The errors of `SendEmail` by their names; any other goes by its status.
fn refusal(code: &str, status: u16) -> CallError {
    match code {
        "TooManyRequestsException" | "ThrottlingException" => {
            CallError::retryable("PROVIDER_RATE_LIMIT", "SES asks us to slow down")
        }
        "LimitExceededException" => {
            CallError::retryable("PROVIDER_QUOTA", "the account's sending quota is used up")
        }
        "MessageRejected" => CallError::permanent("MESSAGE_REJECTED", "SES rejected the e-mail"),
        "MailFromDomainNotVerifiedException" => {
            CallError::permanent("SENDER_NOT_VERIFIED", "the sender's domain is not verified")
        }
        "SendingPausedException" | "AccountSuspendedException" => {
            CallError::permanent("SENDING_PAUSED", "the account may not send at present")
        }
        _ => match status {
            200..=299 => CallError::unknown("PROVIDER_REPLY", "SES's reply cannot be read"),
            401 | 403 => CallError::permanent(
                "PROVIDER_CREDENTIALS",
                format!("SES refused our credentials (status {status})"),
            ),
            429 => CallError::retryable("PROVIDER_RATE_LIMIT", "SES asks us to slow down"),
            400..=499 if status != 408 => CallError::permanent(
                "PROVIDER_REFUSED",
                format!("SES refused the request (status {status})"),
            ),
            _ => Effect::Write.doubtful("PROVIDER_ERROR", format!("SES failed (status {status})")),
        },
    }
}

fn transport(error: &Failure) -> CallError {
    match error {
        SdkError::ConstructionFailure(_) => {
            CallError::permanent("PROVIDER_REQUEST", "the request to SES cannot be built")
        }
        SdkError::TimeoutError(_) => {
            CallError::unknown("PROVIDER_TIMEOUT", "SES did not answer in time")
        }
        SdkError::DispatchFailure(_) if is_refused(error) => {
            CallError::retryable("PROVIDER_UNREACHABLE", "SES could not be reached")
        }
        SdkError::DispatchFailure(_) => {
            CallError::unknown("PROVIDER_CONNECTION", "the connection to SES broke")
        }
        _ => CallError::unknown("PROVIDER_REPLY", "SES's reply cannot be read"),
    }
}

/// Whether no connection was made, so that nothing can have been sent.
fn is_refused(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return matches!(
                io.kind(),
                ErrorKind::ConnectionRefused
                    | ErrorKind::HostUnreachable
                    | ErrorKind::NetworkUnreachable
            );
        }
        cause = error.source();
    }
    false
}
