use std::collections::HashMap;

use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use aws_lambda_events::event::sqs::SqsEvent;
use aws_sdk_dynamodbstreams::types::{AttributeValue, Record};
use aws_sdk_sqs::types::{Message, MessageAttributeValue};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::cloud::{ACCOUNT, REGION};

/// The records as Lambda would hand them over. Built as JSON and parsed, so that what a function
/// gets here is what it gets there.
pub fn of_records(records: &[Record], stream_arn: &str) -> Result<StreamEvent, serde_json::Error> {
    let records: Vec<Value> = records.iter().map(|record| of_record(record, stream_arn)).collect();
    serde_json::from_value(json!({ "Records": records }))
}

fn of_record(record: &Record, stream_arn: &str) -> Value {
    let mut change = Map::new();
    if let Some(data) = record.dynamodb() {
        let created = data.approximate_creation_date_time().map_or(0, |at| at.secs());
        change.insert("ApproximateCreationDateTime".to_owned(), json!(created));
        for (name, item) in
            [("Keys", data.keys()), ("NewImage", data.new_image()), ("OldImage", data.old_image())]
        {
            if let Some(item) = item {
                change.insert(name.to_owned(), of_item(item));
            }
        }
        change.insert("SequenceNumber".to_owned(), json!(data.sequence_number()));
        change.insert("SizeBytes".to_owned(), json!(data.size_bytes()));
        let view = data.stream_view_type().map(|view| view.as_str());
        change.insert("StreamViewType".to_owned(), json!(view));
    }
    // Only the removal of an expired item has one, and the engine names its fields otherwise.
    let identity = record
        .user_identity()
        .map(|_| json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" }));
    json!({
        "eventID": record.event_id(),
        "eventName": record.event_name().map(|name| name.as_str()),
        "eventVersion": record.event_version(),
        "eventSource": record.event_source(),
        "awsRegion": record.aws_region(),
        "eventSourceARN": stream_arn,
        "userIdentity": identity,
        "dynamodb": change,
    })
}

fn of_item(item: &HashMap<String, AttributeValue>) -> Value {
    item.iter().map(|(name, value)| (name.clone(), of_value(value))).collect::<Map<_, _>>().into()
}

fn of_value(value: &AttributeValue) -> Value {
    let encode = |bytes: &aws_sdk_dynamodbstreams::primitives::Blob| BASE64_STANDARD.encode(bytes);
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(bytes) => json!({ "B": encode(bytes) }),
        AttributeValue::Bool(truth) => json!({ "BOOL": truth }),
        AttributeValue::Null(is_null) => json!({ "NULL": is_null }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        AttributeValue::Bs(blobs) => {
            json!({ "BS": blobs.iter().map(encode).collect::<Vec<_>>() })
        }
        AttributeValue::L(list) => json!({ "L": list.iter().map(of_value).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": of_item(map) }),
        // A kind this SDK does not know; the function refuses it by name.
        other => json!({ "unknown": format!("{other:?}").split('(').next() }),
    }
}

/// The messages as Lambda would hand them over.
pub fn of_messages(messages: &[Message], queue: &str) -> Result<SqsEvent, serde_json::Error> {
    let records: Vec<Value> = messages.iter().map(|message| of_message(message, queue)).collect();
    serde_json::from_value(json!({ "Records": records }))
}

fn of_message(message: &Message, queue: &str) -> Value {
    let attributes: Map<String, Value> = message
        .attributes()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str().to_owned(), json!(value)))
        .collect();
    let message_attributes: Map<String, Value> = message
        .message_attributes()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), of_message_attribute(value)))
        .collect();
    json!({
        "messageId": message.message_id(),
        "receiptHandle": message.receipt_handle(),
        "body": message.body(),
        "md5OfBody": message.md5_of_body(),
        "md5OfMessageAttributes": message.md5_of_message_attributes(),
        "attributes": attributes,
        "messageAttributes": message_attributes,
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"),
        "awsRegion": REGION,
    })
}

fn of_message_attribute(value: &MessageAttributeValue) -> Value {
    json!({
        "dataType": value.data_type(),
        "stringValue": value.string_value(),
        "binaryValue": value.binary_value().map(|bytes| BASE64_STANDARD.encode(bytes)),
        "stringListValues": [],
        "binaryListValues": [],
    })
}
