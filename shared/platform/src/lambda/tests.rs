use std::sync::{Arc, Mutex};
use std::time::Duration;

use lambda_http::RequestExt;
use lambda_http::request::LambdaRequest;
use serde::Deserialize;
use serde_json::json;
use tower::ServiceExt;

use super::{
    Message, SqsEvent, StreamEvent, StreamRecord, invoke_job, invoke_queue, invoke_stream,
};
use crate::auth::Public;
use crate::http::{Body, ClientIp, Routes, finish};
use crate::telemetry::Trace;
use crate::{Deps, routes, testing};

const TIME: Duration = Duration::from_secs(60);

#[derive(Debug, Deserialize)]
struct Work {
    task: String,
}

async fn work(_deps: Deps, message: Message<Work>) -> Result<(), String> {
    match message.body.task.as_str() {
        "fail" => Err("refused".to_owned()),
        "panic" => panic!("a defect"),
        "hang" => std::future::pending().await,
        _ => Ok(()),
    }
}

fn batch(bodies: &[&str]) -> SqsEvent {
    let records: Vec<_> = bodies
        .iter()
        .enumerate()
        .map(|(number, body)| {
            json!({ "messageId": format!("m{number}"), "body": body, "attributes":
                { "ApproximateReceiveCount": "2", "SentTimestamp": "1767600000000" } })
        })
        .collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

#[tokio::test]
async fn a_bad_message_does_not_stop_the_others_of_its_batch() {
    let deps = testing::deps().await;
    let event = batch(&[
        r#"{"task":"ok"}"#,
        r#"{"task":"fail"}"#,
        "not json",
        r#"{"task":"panic"}"#,
        r#"{"task":"ok"}"#,
    ]);
    let response = invoke_queue(&work, &deps, event, TIME).await;
    let mut failed: Vec<&str> = response
        .batch_item_failures
        .iter()
        .map(|failure| failure.item_identifier.as_str())
        .collect();
    failed.sort_unstable();
    assert_eq!(failed, ["m1", "m2", "m3"]);
    assert_eq!(
        serde_json::to_value(&invoke_queue(&work, &deps, batch(&["{}"]), TIME).await).unwrap(),
        json!({ "batchItemFailures": [{ "itemIdentifier": "m0" }] })
    );
}

#[tokio::test]
async fn a_message_that_hangs_is_given_back_in_time() {
    let deps = testing::deps().await;
    let event = batch(&[r#"{"task":"hang"}"#, r#"{"task":"ok"}"#]);
    let response = invoke_queue(&work, &deps, event, Duration::from_millis(50)).await;
    assert_eq!(response.batch_item_failures.len(), 1);
    assert_eq!(response.batch_item_failures.first().unwrap().item_identifier, "m0");
}

#[tokio::test]
async fn a_message_says_how_often_it_was_delivered() {
    let deps = testing::deps().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let handler = |_deps: Deps, message: Message<Work>| {
        let seen = Arc::clone(&seen);
        async move {
            seen.lock().unwrap().push((message.id, message.deliveries, message.sent_at));
            Ok::<(), String>(())
        }
    };
    invoke_queue(&handler, &deps, batch(&[r#"{"task":"ok"}"#]), TIME).await;
    let sent_at = jiff::Timestamp::from_second(1_767_600_000).ok();
    assert_eq!(*seen.lock().unwrap(), [("m0".to_owned(), 2, sent_at)]);
}

#[tokio::test]
async fn a_stream_continues_from_the_first_record_that_fails() {
    let deps = testing::deps().await;
    let calls = Arc::new(Mutex::new(Vec::new()));
    let handler = |_deps: Deps, records: Vec<StreamRecord>| {
        let calls = Arc::clone(&calls);
        async move {
            let numbers: Vec<String> =
                records.iter().filter_map(|record| record.change.sequence_number.clone()).collect();
            let bad = numbers.iter().any(|number| number == "2");
            calls.lock().unwrap().push(numbers);
            if bad { Err("refused") } else { Ok(()) }
        }
    };
    let event = |numbers: &[&str]| -> StreamEvent {
        let records: Vec<_> = numbers
            .iter()
            .map(|number| {
                json!({ "eventID": number, "eventName": "INSERT", "awsRegion": "us-east-1",
                    "dynamodb": { "SequenceNumber": number, "SizeBytes": 1,
                                  "ApproximateCreationDateTime": 1_767_600_000.0 } })
            })
            .collect();
        serde_json::from_value(json!({ "Records": records })).unwrap()
    };
    let response = invoke_stream(&handler, &deps, event(&["1", "2", "3"]), TIME).await;
    assert_eq!(
        serde_json::to_value(&response).unwrap(),
        json!({ "batchItemFailures": [{ "itemIdentifier": "2" }] })
    );
    let expected: [&[&str]; 3] = [&["1", "2", "3"], &["1"], &["2"]];
    assert_eq!(*calls.lock().unwrap(), expected);
    assert!(
        invoke_stream(&handler, &deps, event(&["4"]), TIME).await.batch_item_failures.is_empty()
    );
}

/// The request that a handler works for.
fn here() -> String {
    Trace::current().unwrap().request_id().to_owned()
}

fn trace() -> Trace {
    Trace::begin("job_1")
}

#[tokio::test]
async fn records_are_handed_over_by_the_request_that_they_come_from() {
    let deps = testing::deps().await;
    let calls = Arc::new(Mutex::new(Vec::new()));
    let handler = |_deps: Deps, records: Vec<StreamRecord>| {
        let calls = Arc::clone(&calls);
        async move {
            let number = |record: &StreamRecord| record.change.sequence_number.clone().unwrap();
            calls.lock().unwrap().push((here(), records.iter().map(number).collect::<Vec<_>>()));
            Ok::<(), String>(())
        }
    };
    // A loan and its journal item, another request's event, and two that say nothing.
    let traces = [None, Some("req_a"), Some("req_a"), None, Some("req_b"), Some("no trace, this")];
    let records: Vec<_> = traces
        .iter()
        .enumerate()
        .map(|(number, trace)| {
            let image = trace.map_or(json!({}), |trace| json!({ "tr": { "S": trace } }));
            json!({ "eventID": number.to_string(), "eventName": "INSERT", "awsRegion": "us-east-1",
                "dynamodb": { "SequenceNumber": number.to_string(), "SizeBytes": 1,
                              "NewImage": image,
                              "ApproximateCreationDateTime": 1_767_600_000.0 } })
        })
        .collect();
    let event = serde_json::from_value(json!({ "Records": records })).unwrap();
    assert!(invoke_stream(&handler, &deps, event, TIME).await.batch_item_failures.is_empty());
    let group = |request: &str, numbers: &[&str]| {
        (request.to_owned(), numbers.iter().map(|&number| number.to_owned()).collect::<Vec<_>>())
    };
    let expected = [group("req_a", &["0", "1", "2", "3"]), group("req_b", &["4", "5"])];
    assert_eq!(*calls.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_message_is_worked_on_for_the_request_that_it_carries() {
    let deps = testing::deps().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let handler = |_deps: Deps, message: Message<Work>| {
        let seen = Arc::clone(&seen);
        async move {
            seen.lock().unwrap().push((message.body.task, here()));
            Ok::<(), String>(())
        }
    };
    let mut event = batch(&[r#"{"task":"a"}"#, r#"{"task":"b"}"#, r#"{"task":"c"}"#]);
    for (record, trace) in event.records.iter_mut().zip(["req_a", "no trace, this"]) {
        let attribute = json!({ "dataType": "String", "stringValue": trace });
        let attribute = serde_json::from_value(attribute).unwrap();
        record.message_attributes.insert("trace".to_owned(), attribute);
    }
    invoke_queue(&handler, &deps, event, TIME).await;
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    let expected = [("a", "req_a"), ("b", "m1"), ("c", "m2")];
    assert_eq!(seen, expected.map(|(task, request)| (task.to_owned(), request.to_owned())));
}

#[tokio::test]
async fn a_job_answers_or_fails_as_its_handler() {
    let deps = testing::deps().await;
    let handler = |_deps: Deps, number: u32| async move {
        if number == 0 {
            panic!("a defect")
        }
        number.checked_sub(2).ok_or("too small")
    };
    assert_eq!(invoke_job(&handler, deps.clone(), trace(), 5).await.unwrap(), 3);
    let error = invoke_job(&handler, deps.clone(), trace(), 1).await.unwrap_err();
    assert_eq!(error.to_string(), "too small");
    let error = invoke_job(&handler, deps, trace(), 0).await.unwrap_err();
    assert_eq!(error.to_string(), "panic: a defect");
}

#[derive(Debug, Deserialize, garde::Validate, utoipa::ToSchema)]
struct Greeting {
    #[garde(skip)]
    name: String,
}

#[utoipa::path(post, path = "/greet", request_body = Greeting)]
async fn greet(_: Public, ip: ClientIp, Body(greeting): Body<Greeting>) -> String {
    format!("{} from {ip}", greeting.name)
}

fn router() -> Routes {
    routes![greet]
}

/// The event's shape is that of "Payload format version 2.0" in API Gateway's developer guide.
#[tokio::test]
async fn an_event_of_api_gateway_reaches_its_route() {
    let deps = testing::deps().await;
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/greet", "rawQueryString": "",
        "headers": { "content-type": "application/json", "x-forwarded-for": "192.0.2.9" },
        "requestContext": {
            "accountId": "123456789012", "apiId": "api", "stage": "$default", "requestId": "id",
            "routeKey": "$default", "domainName": "api.example", "domainPrefix": "api",
            "time": "05/Jan/2026:08:00:00 +0000", "timeEpoch": 1_767_600_000_000_u64,
            "http": { "method": "POST", "path": "/greet", "protocol": "HTTP/1.1",
                      "sourceIp": "198.51.100.7", "userAgent": "test" },
        },
        // {"name":"Ana"}
        "body": "eyJuYW1lIjoiQW5hIn0=", "isBase64Encoded": true,
    });
    let event: LambdaRequest = serde_json::from_value(event).unwrap();
    let request = lambda_http::Request::from(event);
    assert!(request.request_context_ref().is_some());
    let response = finish(router(), deps).oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert_eq!(body, "Ana from 198.51.100.7");
}
