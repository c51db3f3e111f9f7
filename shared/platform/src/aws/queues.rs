use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use futures::FutureExt;
use serde::Serialize;

use crate::telemetry::Trace;

/// SQS's own bounds.
pub const DELAY_LIMIT_SECONDS: u32 = 900;
const BATCH_LIMIT_MESSAGES: usize = 10;

/// The queues of the system. Each has a dead-letter queue beside it, named `…-dead`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Queue {
    /// Shards of the jobs.
    Accrual,
    /// Messages to dispatch, paced per instance.
    Whatsapp,
    /// Messages that could not be sent after all tries, put there by the dispatcher itself.
    WhatsappDead,
    /// Audit records to append.
    Audit,
    /// Chunks of imports.
    Import,
    /// Contracts whose certificates are to be made, sent or taken back.
    Noc,
}

impl Queue {
    pub const ALL: [Self; 6] =
        [Self::Accrual, Self::Whatsapp, Self::WhatsappDead, Self::Audit, Self::Import, Self::Noc];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Accrual => "accrual",
            Self::Whatsapp => "whatsapp",
            Self::WhatsappDead => "whatsapp-dead",
            Self::Audit => "audit",
            Self::Import => "import",
            Self::Noc => "noc",
        }
    }

    /// Whether it is another queue's dead-letter queue, and so has none of its own.
    pub const fn is_dead_letters(self) -> bool {
        matches!(self, Self::WhatsappDead)
    }

    /// The environment variable with the queue's URL.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Accrual => "ACCRUAL_QUEUE_URL",
            Self::Whatsapp => "WHATSAPP_QUEUE_URL",
            Self::WhatsappDead => "WHATSAPP_DEAD_QUEUE_URL",
            Self::Audit => "AUDIT_QUEUE_URL",
            Self::Import => "IMPORT_QUEUE_URL",
            Self::Noc => "NOC_QUEUE_URL",
        }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The URL of each queue that a function may send to; a function is given only those it needs.
pub type QueueUrls = BTreeMap<Queue, String>;

#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("this function has no URL for the queue {0}: set {var}", var = .0.variable())]
    NotConfigured(Queue),
    #[error("the queue {queue} took only part of a batch: {failed} messages failed")]
    Partial { queue: Queue, failed: usize },
    #[error("the queue {queue} is unavailable: {code}")]
    Unavailable { queue: Queue, code: String },
    #[error("a message could not be written: {0}")]
    Body(#[from] serde_json::Error),
    #[error("a message could not be put together")]
    Attributes,
}

/// SQS, by the names of our queues. A message carries the [`Trace`] of the work that sends it.
#[derive(Debug, Clone)]
pub struct Queues {
    client: Client,
    urls: QueueUrls,
}

impl Queues {
    pub const fn new(client: Client, urls: QueueUrls) -> Self {
        Self { client, urls }
    }

    pub fn url(&self, queue: Queue) -> Result<&str, QueueError> {
        self.urls.get(&queue).map(String::as_str).ok_or(QueueError::NotConfigured(queue))
    }

    /// Sends one message, visible after `delay` (at most 15 minutes; longer is cut to that).
    pub async fn send(
        &self,
        queue: Queue,
        body: &impl Serialize,
        delay: Duration,
    ) -> Result<(), QueueError> {
        let seconds = u32::try_from(delay.as_secs()).unwrap_or(u32::MAX).min(DELAY_LIMIT_SECONDS);
        self.client
            .send_message()
            .queue_url(self.url(queue)?)
            .message_body(serde_json::to_string(body)?)
            .delay_seconds(i32::try_from(seconds).unwrap_or(0))
            .set_message_attributes(attributes()?)
            .send()
            .boxed()
            .await
            .map_err(|error| unavailable(queue, &error))?;
        Ok(())
    }

    /// Sends many messages, ten to a call.
    pub async fn send_all<T: Serialize>(
        &self,
        queue: Queue,
        bodies: &[T],
    ) -> Result<(), QueueError> {
        for chunk in bodies.chunks(BATCH_LIMIT_MESSAGES) {
            let mut request = self.client.send_message_batch().queue_url(self.url(queue)?);
            for (number, body) in chunk.iter().enumerate() {
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(number.to_string())
                    .message_body(serde_json::to_string(body)?)
                    .set_message_attributes(attributes()?)
                    .build()
                    .map_err(|_| QueueError::Attributes)?;
                request = request.entries(entry);
            }
            let output =
                request.send().boxed().await.map_err(|error| unavailable(queue, &error))?;
            if !output.failed().is_empty() {
                return Err(QueueError::Partial { queue, failed: output.failed().len() });
            }
        }
        Ok(())
    }

    /// Whether the queue answers.
    pub async fn reachable(&self, queue: Queue) -> Result<(), QueueError> {
        self.client
            .get_queue_attributes()
            .queue_url(self.url(queue)?)
            .send()
            .boxed()
            .await
            .map_err(|error| unavailable(queue, &error))?;
        Ok(())
    }
}

/// The attributes of a message that is sent here.
fn attributes() -> Result<Option<HashMap<String, MessageAttributeValue>>, QueueError> {
    let Some(trace) = Trace::current() else { return Ok(None) };
    let value = MessageAttributeValue::builder()
        .data_type("String")
        .string_value(trace.to_string())
        .build()
        .map_err(|_| QueueError::Attributes)?;
    Ok(Some(HashMap::from([(Trace::MESSAGE_ATTRIBUTE.to_owned(), value)])))
}

fn unavailable(queue: Queue, error: &impl ProvideErrorMetadata) -> QueueError {
    QueueError::Unavailable { queue, code: error.code().unwrap_or("no answer").to_owned() }
}
