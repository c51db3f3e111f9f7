use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::wire::SqsError;
use crate::cloud::{ACCOUNT, REGION};

const DELAY_LIMIT_SECONDS: u32 = 900;
const VISIBILITY_LIMIT_SECONDS: u32 = 43_200;
const WAIT_LIMIT_SECONDS: u32 = 20;
const MESSAGE_LIMIT_BYTES: u32 = 1_048_576;
const MESSAGE_LIMIT_MIN_BYTES: u32 = 1_024;
const RETENTION_SECONDS: std::ops::RangeInclusive<u32> = 60..=1_209_600;
const MAX_RECEIVES: std::ops::RangeInclusive<u32> = 1..=1_000;

/// A queue's attributes that can be set, with SQS's defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) delay_seconds: u32,
    pub(super) visibility_timeout_seconds: u32,
    pub(super) receive_wait_seconds: u32,
    pub(super) message_limit_bytes: u32,
    /// Reported only: nothing in memory grows old enough to expire.
    retention_seconds: u32,
    pub(super) redrive: Option<Redrive>,
}

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Redrive {
    pub(super) dead_letter_target_arn: String,
    #[serde(deserialize_with = "number_or_text")]
    pub(super) max_receive_count: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            delay_seconds: 0,
            visibility_timeout_seconds: 30,
            receive_wait_seconds: 0,
            message_limit_bytes: MESSAGE_LIMIT_BYTES,
            retention_seconds: 345_600,
            redrive: None,
        }
    }
}

impl Settings {
    /// These settings with the named attributes changed.
    pub(super) fn with(&self, attributes: &BTreeMap<String, String>) -> Result<Self, SqsError> {
        let mut changed = self.clone();
        for (name, value) in attributes {
            match name.as_str() {
                "DelaySeconds" => {
                    changed.delay_seconds = number(name, value, 0..=DELAY_LIMIT_SECONDS)?
                }
                "VisibilityTimeout" => {
                    changed.visibility_timeout_seconds =
                        number(name, value, 0..=VISIBILITY_LIMIT_SECONDS)?;
                }
                "ReceiveMessageWaitTimeSeconds" => {
                    changed.receive_wait_seconds = number(name, value, 0..=WAIT_LIMIT_SECONDS)?;
                }
                "MaximumMessageSize" => {
                    changed.message_limit_bytes =
                        number(name, value, MESSAGE_LIMIT_MIN_BYTES..=MESSAGE_LIMIT_BYTES)?;
                }
                "MessageRetentionPeriod" => {
                    changed.retention_seconds = number(name, value, RETENTION_SECONDS)?;
                }
                "RedrivePolicy" => changed.redrive = redrive(value)?,
                // Access and encryption mean nothing in one process.
                "Policy"
                | "RedriveAllowPolicy"
                | "SqsManagedSseEnabled"
                | "KmsMasterKeyId"
                | "KmsDataKeyReusePeriodSeconds" => {}
                other => return Err(SqsError::invalid_attribute_name(other)),
            }
        }
        Ok(changed)
    }

    /// As `GetQueueAttributes` names them.
    pub(super) fn attributes(&self, queue: &str) -> BTreeMap<String, String> {
        let mut attributes = BTreeMap::from(
            [
                ("QueueArn", arn(queue)),
                ("DelaySeconds", self.delay_seconds.to_string()),
                ("VisibilityTimeout", self.visibility_timeout_seconds.to_string()),
                ("ReceiveMessageWaitTimeSeconds", self.receive_wait_seconds.to_string()),
                ("MaximumMessageSize", self.message_limit_bytes.to_string()),
                ("MessageRetentionPeriod", self.retention_seconds.to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        if let Some(redrive) = &self.redrive {
            let policy = serde_json::json!({
                "deadLetterTargetArn": redrive.dead_letter_target_arn,
                "maxReceiveCount": redrive.max_receive_count,
            });
            attributes.insert("RedrivePolicy".to_owned(), policy.to_string());
        }
        attributes
    }

    /// The name of the dead-letter queue, if there is one.
    pub(super) fn dead_letter_queue(&self) -> Option<&str> {
        self.redrive.as_ref().and_then(|redrive| redrive.dead_letter_target_arn.rsplit(':').next())
    }
}

/// A queue's resource name.
pub(super) fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}")
}

/// The delay of one message, checked.
pub(super) fn delay(seconds: Option<i64>, settings: &Settings) -> Result<Duration, SqsError> {
    bounded("DelaySeconds", seconds, settings.delay_seconds, DELAY_LIMIT_SECONDS)
}

/// The visibility timeout of one call, checked.
pub(super) fn visibility(seconds: Option<i64>, settings: &Settings) -> Result<Duration, SqsError> {
    let default = settings.visibility_timeout_seconds;
    bounded("VisibilityTimeout", seconds, default, VISIBILITY_LIMIT_SECONDS)
}

/// The wait of one receive call, checked.
pub(super) fn wait(seconds: Option<i64>, settings: &Settings) -> Result<Duration, SqsError> {
    bounded("WaitTimeSeconds", seconds, settings.receive_wait_seconds, WAIT_LIMIT_SECONDS)
}

fn bounded(
    name: &str,
    seconds: Option<i64>,
    default: u32,
    limit: u32,
) -> Result<Duration, SqsError> {
    let seconds = match seconds {
        None => default,
        Some(seconds) => u32::try_from(seconds)
            .ok()
            .filter(|seconds| *seconds <= limit)
            .ok_or_else(|| SqsError::invalid_parameter(format!("{name} must be 0 to {limit}")))?,
    };
    Ok(Duration::from_secs(u64::from(seconds)))
}

fn number(name: &str, value: &str, range: std::ops::RangeInclusive<u32>) -> Result<u32, SqsError> {
    value
        .parse()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| SqsError::invalid_attribute_value(name))
}

fn redrive(value: &str) -> Result<Option<Redrive>, SqsError> {
    if value.is_empty() {
        return Ok(None);
    }
    serde_json::from_str::<Redrive>(value)
        .ok()
        .filter(|redrive| MAX_RECEIVES.contains(&redrive.max_receive_count))
        .map(Some)
        .ok_or_else(|| SqsError::invalid_attribute_value("RedrivePolicy"))
}

fn number_or_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Number(u32),
        Text(String),
    }
    match Number::deserialize(deserializer)? {
        Number::Number(number) => Ok(number),
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}
