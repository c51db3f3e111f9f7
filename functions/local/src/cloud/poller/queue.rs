use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsBatchResponse;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use futures::FutureExt as _;
use tokio::sync::watch;

use super::event::of_messages;
use super::{QueueHandler, QueueSource};
use crate::cloud::BoxError;
use crate::cloud::server::stopped;

/// Calls of one queue's function at a time.
pub(super) const CONCURRENCY_LIMIT_CALLS: u8 = 100;
/// Messages per receive, as SQS limits them.
const BATCH_LIMIT_MESSAGES: u8 = 10;
/// Longest long poll SQS allows.
const WAIT_SECONDS: i32 = 20;
/// Pause after a call to SQS failed.
const FAULT_PAUSE: Duration = Duration::from_secs(1);

/// One of a queue's readers.
pub(super) struct Reader {
    pub(super) source: QueueSource,
    pub(super) client: Client,
    pub(super) handler: QueueHandler,
    pub(super) stop: watch::Receiver<bool>,
}

impl Reader {
    pub(super) async fn run(self) {
        let mut url = None;
        while !*self.stop.borrow() {
            let read = tokio::select! {
                () = stopped(self.stop.clone()) => return,
                read = self.receive(&mut url) => read,
            };
            // From here on a stop waits for the call.
            let worked = match read {
                Ok((_, messages)) if messages.is_empty() => continue,
                Ok((url, messages)) => self.work(&url, messages).await,
                Err(error) => Err(error),
            };
            if let Err(error) = worked {
                tracing::warn!(queue = self.source.queue, %error, "queue not read");
                tokio::select! {
                    () = stopped(self.stop.clone()) => return,
                    () = tokio::time::sleep(FAULT_PAUSE) => {}
                }
            }
        }
    }

    async fn receive(&self, url: &mut Option<String>) -> Result<(String, Vec<Message>), BoxError> {
        let url = match url {
            Some(url) => url.clone(),
            None => {
                let found = self.client.get_queue_url().queue_name(&self.source.queue).send().await;
                let found = found.map_err(readable)?.queue_url.ok_or("no queue URL")?;
                url.insert(found).clone()
            }
        };
        let batch_size = self.source.batch_size.clamp(1, BATCH_LIMIT_MESSAGES);
        let received = self
            .client
            .receive_message()
            .queue_url(&url)
            .max_number_of_messages(i32::from(batch_size))
            .wait_time_seconds(WAIT_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(readable)?;
        Ok((url, received.messages.unwrap_or_default()))
    }

    /// Hands a batch over and deletes what succeeded; the rest turns visible again by itself.
    async fn work(&self, url: &str, messages: Vec<Message>) -> Result<(), BoxError> {
        let failed = self.call(&messages).await?;
        let entries = messages
            .into_iter()
            .filter(|message| !message.message_id().is_some_and(|id| failed.contains(id)))
            .enumerate()
            .map(|(index, message)| {
                DeleteMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .set_receipt_handle(message.receipt_handle)
                    .build()
            })
            .collect::<Result<Vec<_>, _>>()?;
        if entries.is_empty() {
            return Ok(());
        }
        let request = self.client.delete_message_batch().queue_url(url);
        let deleted = request.set_entries(Some(entries)).send().await.map_err(readable)?;
        for failure in deleted.failed() {
            tracing::warn!(queue = self.source.queue, code = failure.code(), "message not deleted");
        }
        Ok(())
    }

    /// The ids of the messages that failed.
    async fn call(&self, messages: &[Message]) -> Result<HashSet<String>, BoxError> {
        let event = of_messages(messages, &self.source.queue)?;
        let ids = || messages.iter().filter_map(Message::message_id);
        let all = || ids().map(str::to_owned).collect();
        let queue = self.source.queue.as_str();
        let handler = self.handler.clone();
        // The handler builds its future inside, so that a panic while building is caught too.
        let call = AssertUnwindSafe(async move { handler(event).await }).catch_unwind();
        let response = match tokio::time::timeout(self.source.timeout, call).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Ok(Err(error))) => {
                tracing::warn!(queue, %error, messages = messages.len(), "batch failed");
                return Ok(all());
            }
            Ok(Err(_)) => {
                tracing::error!(queue, messages = messages.len(), "function panicked");
                return Ok(all());
            }
            Err(_) => {
                tracing::error!(queue, messages = messages.len(), "function timed out");
                return Ok(all());
            }
        };
        let failed = failed_ids(response);
        // As Lambda: a failure that names no message of the batch fails the batch.
        let known: HashSet<&str> = ids().collect();
        if failed.iter().any(|id| !known.contains(id.as_str())) {
            tracing::warn!(queue, "function named a message that is not in the batch");
            return Ok(all());
        }
        if !failed.is_empty() {
            tracing::warn!(queue, failed = failed.len(), of = messages.len(), "messages failed");
        }
        Ok(failed)
    }
}

fn failed_ids(response: SqsBatchResponse) -> HashSet<String> {
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

/// An SDK error with its causes; its own text says little.
fn readable<E: std::error::Error + Send + Sync + 'static>(error: E) -> BoxError {
    DisplayErrorContext(error).to_string().into()
}
