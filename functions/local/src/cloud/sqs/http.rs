use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::message::{Attribute, Message, attributes_md5};
use super::queue::Received;
use super::wire::{
    self, Batch, BatchSuccess, ChangeMessageVisibility, Content, CreateQueue, DeleteMessage,
    Delivered, Entry, GetQueueAttributes, GetQueueUrl, ListQueues, OnQueue, Receipt,
    ReceiveMessage, SendMessage, Sent, SetQueueAttributes, SqsError, StartMessageMoveTask,
    Visibility,
};
use super::{Queues, Receive};
use crate::cloud::{ACCOUNT, server, unique_id};

const TARGET_PREFIX: &str = "AmazonSQS.";
const BATCH_LIMIT_ENTRIES: usize = 10;
const RECEIVE_LIMIT_MESSAGES: i64 = 10;
const ENTRY_ID_LIMIT_CHARS: usize = 80;
const BATCH_LIMIT_BYTES: usize = 1_048_576;

#[derive(Serialize)]
struct Nothing {}

/// SQS's JSON protocol: every call is a POST that names its action in a header.
pub(crate) fn router(queues: Queues) -> Router {
    server::signed(Router::new().fallback(call).with_state(queues))
}

async fn call(State(queues): State<Queues>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let action = target.and_then(|target| target.strip_prefix(TARGET_PREFIX)).unwrap_or_default();
    match dispatch(&queues, action, &body).await {
        Ok(answer) => wire::answer(StatusCode::OK, &answer),
        Err(error) => error.into_response(),
    }
}

async fn dispatch(queues: &Queues, action: &str, body: &Bytes) -> Result<Value, SqsError> {
    match action {
        "CreateQueue" => {
            let input: CreateQueue = parse(body)?;
            let url = queues.create(&input.queue_name, &input.attributes)?;
            Ok(json!({ "QueueUrl": url }))
        }
        "GetQueueUrl" => {
            let input: GetQueueUrl = parse(body)?;
            queues.on(&input.queue_name, |name, _| Ok(json!({ "QueueUrl": queues.url(name) })))
        }
        "ListQueues" => {
            let input: ListQueues = parse(body)?;
            let prefix = input.queue_name_prefix.unwrap_or_default();
            let names = queues.lock().keys().cloned().collect::<Vec<_>>();
            let urls = names.iter().filter(|name| name.starts_with(&prefix));
            Ok(json!({ "QueueUrls": urls.map(|name| queues.url(name)).collect::<Vec<_>>() }))
        }
        "DeleteQueue" => empty(queues.delete_queue(&parse::<OnQueue>(body)?.queue_url)),
        "PurgeQueue" => empty(queues.purge(&parse::<OnQueue>(body)?.queue_url)),
        "GetQueueAttributes" => attributes(queues, &parse(body)?),
        "SetQueueAttributes" => {
            let input: SetQueueAttributes = parse(body)?;
            empty(queues.set_attributes(&input.queue_url, &input.attributes))
        }
        "SendMessage" => {
            let input: SendMessage = parse(body)?;
            to_json(&send(queues, &input.queue_url, input.content)?)
        }
        "SendMessageBatch" => {
            let input: Batch<Content> = parse(body)?;
            let bytes: usize = input.entries.iter().map(|e| e.content.message_body.len()).sum();
            if bytes > BATCH_LIMIT_BYTES {
                return Err(SqsError::batch(
                    "BatchRequestTooLong",
                    "AWS.SimpleQueueService.BatchRequestTooLong",
                ));
            }
            batch(input.entries, |content| send(queues, &input.queue_url, content))
        }
        "ReceiveMessage" => receive(queues, parse(body)?).await,
        "DeleteMessage" => {
            let input: DeleteMessage = parse(body)?;
            empty(queues.delete(&input.queue_url, &input.receipt_handle))
        }
        "DeleteMessageBatch" => {
            let input: Batch<Receipt> = parse(body)?;
            batch(input.entries, |e| queues.delete(&input.queue_url, &e.receipt_handle).map(none))
        }
        "ChangeMessageVisibility" => {
            let input: ChangeMessageVisibility = parse(body)?;
            empty(change(queues, &input.queue_url, &input.change))
        }
        "ChangeMessageVisibilityBatch" => {
            let input: Batch<Visibility> = parse(body)?;
            batch(input.entries, |entry| change(queues, &input.queue_url, &entry).map(none))
        }
        "StartMessageMoveTask" => {
            let input: StartMessageMoveTask = parse(body)?;
            let moved = queues.redrive(&input.source_arn, input.destination_arn.as_deref())?;
            tracing::info!(source = input.source_arn, moved, "dead letters moved back");
            Ok(json!({ "TaskHandle": unique_id() }))
        }
        other => Err(SqsError::unsupported(other)),
    }
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, SqsError> {
    server::json(body).map_err(|error| SqsError::invalid_parameter(error.to_string()))
}

fn to_json<T: Serialize>(value: &T) -> Result<Value, SqsError> {
    serde_json::to_value(value).map_err(super::internal)
}

fn empty(result: Result<(), SqsError>) -> Result<Value, SqsError> {
    result.map(|()| json!({}))
}

/// The result of an entry that answers nothing but its id.
fn none((): ()) -> Nothing {
    Nothing {}
}

fn attributes(queues: &Queues, input: &GetQueueAttributes) -> Result<Value, SqsError> {
    let (now, business_now) = queues.now();
    let all = queues.on(&input.queue_url, |name, queue| {
        let counts = queue.counts(now, business_now);
        let mut all = queue.settings.attributes(name);
        for (name, count) in [
            ("ApproximateNumberOfMessages", counts.visible),
            ("ApproximateNumberOfMessagesNotVisible", counts.in_flight),
            ("ApproximateNumberOfMessagesDelayed", counts.delayed),
        ] {
            all.insert(name.to_owned(), count.to_string());
        }
        Ok(all)
    })?;
    let wanted = |name: &String| input.attribute_names.iter().any(|w| w == "All" || w == name);
    let chosen: BTreeMap<_, _> = all.into_iter().filter(|(name, _)| wanted(name)).collect();
    Ok(json!({ "Attributes": chosen }))
}

fn send(queues: &Queues, url: &str, content: Content) -> Result<Sent, SqsError> {
    if content.message_body.is_empty() {
        return Err(SqsError::invalid_parameter("The message body is empty.".to_owned()));
    }
    let message = Message {
        id: unique_id(),
        body: content.message_body,
        attributes: content.message_attributes,
        sent_at_ms: jiff::Timestamp::now().as_millisecond(),
        first_received_at_ms: None,
        receive_count: 0,
        dead_letter_source: None,
    };
    let sent = Sent {
        message_id: message.id.clone(),
        md5_of_message_body: message.body_md5(),
        md5_of_message_attributes: attributes_md5(&message.attributes),
    };
    queues.send(url, message, content.delay_seconds)?;
    Ok(sent)
}

fn change(queues: &Queues, url: &str, change: &Visibility) -> Result<(), SqsError> {
    queues.change_visibility(url, &change.receipt_handle, change.visibility_timeout)
}

/// Runs `each` on every entry; one entry's failure is no failure of the others.
fn batch<T, R: Serialize>(
    entries: Vec<Entry<T>>,
    mut each: impl FnMut(T) -> Result<R, SqsError>,
) -> Result<Value, SqsError> {
    let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let refuse = |shape, code| Err(SqsError::batch(shape, code));
    if entries.is_empty() {
        return refuse("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest");
    }
    if entries.len() > BATCH_LIMIT_ENTRIES {
        return refuse(
            "TooManyEntriesInBatchRequest",
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        );
    }
    if ids.len() < entries.len() {
        return refuse(
            "BatchEntryIdsNotDistinct",
            "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
        );
    }
    if ids
        .iter()
        .any(|id| id.is_empty() || id.len() > ENTRY_ID_LIMIT_CHARS || !id.chars().all(valid))
    {
        return refuse("InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId");
    }
    let mut successful = Vec::new();
    let mut failed = Vec::new();
    for Entry { id, content } in entries {
        match each(content) {
            Ok(result) => successful.push(BatchSuccess { id, result }),
            Err(error) => failed.push(error.entry(&id)),
        }
    }
    Ok(json!({ "Successful": to_json(&successful)?, "Failed": to_json(&failed)? }))
}

async fn receive(queues: &Queues, input: ReceiveMessage) -> Result<Value, SqsError> {
    let limit = input.max_number_of_messages.unwrap_or(1);
    let limit = usize::try_from(limit)
        .ok()
        .filter(|_| (1..=RECEIVE_LIMIT_MESSAGES).contains(&limit))
        .ok_or_else(|| {
            SqsError::invalid_parameter("MaxNumberOfMessages must be 1 to 10".to_owned())
        })?;
    let call =
        Receive { limit, visibility: input.visibility_timeout, wait: input.wait_time_seconds };
    let received = queues.receive(&input.queue_url, &call).await?;
    let messages = received.into_iter().map(|received| deliver(received, &input));
    Ok(json!({ "Messages": to_json(&messages.collect::<Vec<_>>())? }))
}

fn deliver(received: Received, input: &ReceiveMessage) -> Delivered {
    let Received { message, receipt } = received;
    let mut system = BTreeMap::from([
        ("SenderId", ACCOUNT.to_owned()),
        ("SentTimestamp", message.sent_at_ms.to_string()),
        ("ApproximateReceiveCount", message.receive_count.to_string()),
    ]);
    if let Some(first) = message.first_received_at_ms {
        system.insert("ApproximateFirstReceiveTimestamp", first.to_string());
    }
    if let Some(source) = &message.dead_letter_source {
        system.insert("DeadLetterQueueSourceArn", source.clone());
    }
    let names = || input.attribute_names.iter().chain(&input.message_system_attribute_names);
    system.retain(|name, _| names().any(|wanted| wanted == "All" || wanted == name));
    let md5_of_body = message.body_md5();
    let message_attributes: BTreeMap<String, Attribute> = message
        .attributes
        .into_iter()
        .filter(|(name, _)| input.message_attribute_names.iter().any(|w| names_it(w, name)))
        .collect();
    Delivered {
        message_id: message.id,
        receipt_handle: receipt,
        body: message.body,
        md5_of_body,
        attributes: system,
        md5_of_message_attributes: attributes_md5(&message_attributes),
        message_attributes,
    }
}

/// `All`, `.*`, a name, or a prefix followed by `.*`.
fn names_it(wanted: &str, name: &str) -> bool {
    match wanted.strip_suffix(".*") {
        Some(prefix) => name.starts_with(prefix),
        None => wanted == "All" || wanted == name,
    }
}
