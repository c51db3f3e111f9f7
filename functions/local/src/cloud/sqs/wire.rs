use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::message::Attribute;
use super::queue::QueueError;

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// An error in SQS's JSON shape, with the code of the older query protocol in a header, which the
/// SDKs report.
#[derive(Debug)]
pub(super) struct SqsError {
    shape: &'static str,
    query_code: &'static str,
    pub(super) message: String,
}

impl SqsError {
    const fn new(shape: &'static str, query_code: &'static str, message: String) -> Self {
        Self { shape, query_code, message }
    }

    pub(super) fn no_such_queue(name: &str) -> Self {
        let message = format!("The specified queue does not exist: {name}");
        Self::new("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", message)
    }

    pub(super) fn queue_exists(name: &str) -> Self {
        let message =
            format!("A queue already exists with the same name and other attributes: {name}");
        Self::new("QueueNameExists", "QueueAlreadyExists", message)
    }

    pub(super) fn invalid_attribute_name(name: &str) -> Self {
        let message = format!("Unknown Attribute {name}.");
        Self::new("InvalidAttributeName", "InvalidAttributeName", message)
    }

    pub(super) fn invalid_attribute_value(name: &str) -> Self {
        let message = format!("Invalid value for the parameter {name}.");
        Self::new("InvalidAttributeValue", "InvalidAttributeValue", message)
    }

    pub(super) fn invalid_parameter(message: String) -> Self {
        Self::new("InvalidParameterValueException", "InvalidParameterValue", message)
    }

    pub(super) fn too_long(limit: u32) -> Self {
        Self::invalid_parameter(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
        ))
    }

    pub(super) fn batch(shape: &'static str, query_code: &'static str) -> Self {
        let message = match shape {
            "EmptyBatchRequest" => "The batch request doesn't contain any entries.",
            "TooManyEntriesInBatchRequest" => "Maximum number of entries per request are 10.",
            "BatchEntryIdsNotDistinct" => "Two or more batch entries have the same Id.",
            "InvalidBatchEntryId" => {
                "A batch entry id can only contain 1 to 80 letters, digits, - and _."
            }
            _ => "The batch is longer than the largest message allowed.",
        };
        Self::new(shape, query_code, message.to_owned())
    }

    pub(super) fn purge_in_progress(name: &str) -> Self {
        let message =
            format!("Only one PurgeQueue operation on {name} is allowed every 60 seconds.");
        Self::new("PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", message)
    }

    pub(super) fn unsupported(action: &str) -> Self {
        let message = format!("The local SQS does not know {action}.");
        Self::new("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", message)
    }

    pub(super) fn internal(message: String) -> Self {
        Self::new("InternalFailure", "InternalFailure", message)
    }

    /// The entry of a batch answer for this error.
    pub(super) fn entry(&self, id: &str) -> BatchFailure {
        BatchFailure {
            id: id.to_owned(),
            sender_fault: true,
            code: self.query_code.to_owned(),
            message: self.message.clone(),
        }
    }
}

impl From<QueueError> for SqsError {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Full => {
                Self::new("OverLimit", "OverLimit", "The local queue is full.".to_owned())
            }
            QueueError::TooManyInFlight => Self::new(
                "OverLimit",
                "OverLimit",
                "Too many messages of the queue are in flight.".to_owned(),
            ),
            QueueError::BadReceipt => Self::new(
                "ReceiptHandleIsInvalid",
                "ReceiptHandleIsInvalid",
                "The input receipt handle is invalid.".to_owned(),
            ),
            QueueError::NotInFlight => Self::new(
                "MessageNotInflight",
                "AWS.SimpleQueueService.MessageNotInflight",
                "The message is not in flight under this receipt handle.".to_owned(),
            ),
        }
    }
}

impl IntoResponse for SqsError {
    fn into_response(self) -> Response {
        let internal = self.shape == "InternalFailure";
        let status =
            if internal { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST };
        let fault = if internal { "Receiver" } else { "Sender" };
        let body = serde_json::json!({
            "__type": format!("com.amazonaws.sqs#{}", self.shape),
            "message": self.message,
        });
        let mut response = answer(status, &body);
        if let Ok(value) = HeaderValue::from_str(&format!("{};{fault}", self.query_code)) {
            response.headers_mut().insert("x-amzn-query-error", value);
        }
        response
    }
}

pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body.to_string()).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateQueue {
    pub(super) queue_name: String,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetQueueUrl {
    pub(super) queue_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListQueues {
    pub(super) queue_name_prefix: Option<String>,
}

/// Calls that name the queue and nothing else.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OnQueue {
    pub(super) queue_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetQueueAttributes {
    pub(super) queue_url: String,
    #[serde(default)]
    pub(super) attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SetQueueAttributes {
    pub(super) queue_url: String,
    pub(super) attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendMessage {
    pub(super) queue_url: String,
    #[serde(flatten)]
    pub(super) content: Content,
}

/// What is sent, alone or as an entry of a batch.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Content {
    pub(super) message_body: String,
    pub(super) delay_seconds: Option<i64>,
    #[serde(default)]
    pub(super) message_attributes: BTreeMap<String, Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch<T> {
    pub(super) queue_url: String,
    pub(super) entries: Vec<Entry<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry<T> {
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) content: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReceiveMessage {
    pub(super) queue_url: String,
    pub(super) max_number_of_messages: Option<i64>,
    pub(super) visibility_timeout: Option<i64>,
    pub(super) wait_time_seconds: Option<i64>,
    #[serde(default)]
    pub(super) attribute_names: Vec<String>,
    #[serde(default)]
    pub(super) message_system_attribute_names: Vec<String>,
    #[serde(default)]
    pub(super) message_attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Receipt {
    pub(super) receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteMessage {
    pub(super) queue_url: String,
    pub(super) receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeMessageVisibility {
    pub(super) queue_url: String,
    #[serde(flatten)]
    pub(super) change: Visibility,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Visibility {
    pub(super) receipt_handle: String,
    pub(super) visibility_timeout: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartMessageMoveTask {
    pub(super) source_arn: String,
    pub(super) destination_arn: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sent {
    pub(super) message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    pub(super) md5_of_message_body: String,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    pub(super) md5_of_message_attributes: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delivered {
    pub(super) message_id: String,
    pub(super) receipt_handle: String,
    pub(super) body: String,
    #[serde(rename = "MD5OfBody")]
    pub(super) md5_of_body: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) message_attributes: BTreeMap<String, Attribute>,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    pub(super) md5_of_message_attributes: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchSuccess<T> {
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) result: T,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchFailure {
    pub(super) id: String,
    pub(super) sender_fault: bool,
    pub(super) code: String,
    pub(super) message: String,
}
