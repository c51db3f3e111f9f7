//! Every function, tried as Lambda runs it with its two events: one that it understands
//! (`events/`) and one that it must refuse (`events/bad`). What it answers is in `events/expected`.
//! A new function needs its files there and nothing here.

use domain::ids::SessionId;
use futures::StreamExt;
use jiff::Timestamp;
use jsonwebtoken::{EncodingKey, Header, encode};
use platform::auth::{Actor, ActorId, Department, Kind as Of, access};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::fixture::{Deployment, TOKEN_KEY, brand_id};
use super::process::Function;
use super::queue::GatewayServer;
use super::records::{STAFF, store_customer, store_given, store_loan, store_user};
use super::{answer, binaries};
use crate::architecture::functions::{self, Kind};
use crate::architecture::{assert_none, events};
use crate::openapi::committed;
use local::lambda::Answer;

/// Functions that are tried at the same time.
const CONCURRENT_LIMIT_FUNCTIONS: usize = 4;
const WEBHOOK_KEY: &str = "an-invented-webhook-key-of-40-bytes-aaaa";
/// What stands in the events where a caller proves who it is.
const STAFF_TOKEN: &str = "Bearer a-token-that-is-not-one";
const GATEWAY_TOKEN: &str = "Bearer a-token-of-the-gateway";

#[tokio::test(flavor = "multi_thread")]
async fn every_function_answers_its_events_as_expected() {
    // Built here, so that the functions do not wait for it at the same time.
    let functions = tokio::task::spawn_blocking(|| {
        let functions = functions::all();
        binaries::of(&functions[0].name);
        functions
    });
    let faults: Vec<String> = futures::stream::iter(functions.await.unwrap())
        .map(|function| async move {
            let name = function.name.clone();
            // A panic of one does not hide the others.
            match tokio::spawn(check(function)).await {
                Ok(Ok(())) => None,
                Ok(Err(fault)) => Some(format!("{name}: {fault}")),
                Err(panic) => Some(format!("{name}: {panic}")),
            }
        })
        .buffer_unordered(CONCURRENT_LIMIT_FUNCTIONS)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert_none(&faults);
}

async fn check(function: functions::Function) -> Result<(), String> {
    let name = function.name.as_str();
    let missing = || format!("events/bad/{name}.json is missing");
    let (valid, bad) = (events::read(name), events::read_of("bad", name).ok_or_else(missing)?);
    let deployment = Deployment::start().await;
    let gateway = GatewayServer::start().await;
    store_user(&deployment.table).await;
    store_customer(&deployment.deps()).await;
    store_loan(&deployment.table).await;
    store_given(&deployment.table, name).await;
    let mut environment = deployment.environment();
    environment.extend(gateway.environment());
    environment.push(("WHATSAPP_WEBHOOK_KEY", WEBHOOK_KEY.to_owned()));
    let process = Function::start(name, &environment).await;

    // The bad one first: the environment must go on after it.
    let refused = process.try_event("bad", signed(&bad)).await;
    let done = process.try_event("valid", signed(&valid)).await;
    is_refusal(function.kind, &bad, &refused)?;
    is_success(function.kind, &valid, &done)?;
    let answers = json!({ "valid": answer::of(done, &valid), "bad": answer::of(refused, &bad) });
    let text = serde_json::to_string_pretty(&answers).unwrap();
    let compared =
        committed::compare(&format!("events/expected/{name}.json"), &format!("{text}\n"));
    deployment.cloud.stop().await;
    compared
}

/// Whether the event was refused, for what kind of function it is.
fn is_refusal(kind: Kind, event: &Value, answer: &Answer) -> Result<(), String> {
    let refused = match (kind, answer) {
        (Kind::Http, Answer::Response(answer)) => answer["statusCode"].as_u64() >= Some(400),
        (Kind::Job, Answer::Error(_)) => true,
        (Kind::Queue | Kind::Stream, Answer::Response(answer)) => {
            failures(answer) == records(event)
        }
        _ => false,
    };
    if refused { Ok(()) } else { Err(format!("the bad event was not refused: {answer:?}")) }
}

/// Whether the event was understood: of a queue's, all but the message that nobody can read.
fn is_success(kind: Kind, event: &Value, answer: &Answer) -> Result<(), String> {
    let understood = match (kind, answer) {
        (Kind::Http, Answer::Response(answer)) => {
            (200..300).contains(&answer["statusCode"].as_u64().unwrap_or_default())
        }
        (Kind::Job, Answer::Response(_)) => true,
        (Kind::Queue, Answer::Response(answer)) => failures(answer) == poison(event),
        (Kind::Stream, Answer::Response(answer)) => failures(answer).is_empty(),
        _ => false,
    };
    if understood { Ok(()) } else { Err(format!("the event was not understood: {answer:?}")) }
}

/// The messages or records that are to be delivered again.
fn failures(answer: &Value) -> Vec<Value> {
    let mut failures: Vec<Value> = answer["batchItemFailures"]
        .as_array()
        .map(|failures| failures.iter().map(|one| one["itemIdentifier"].clone()).collect())
        .unwrap_or_default();
    failures.sort_by_key(Value::to_string);
    failures
}

/// The messages or records of an event.
fn records(event: &Value) -> Vec<Value> {
    let records = event["Records"].as_array().into_iter().flatten();
    records
        .map(|record| match record.get("messageId") {
            Some(id) => id.clone(),
            None => record["dynamodb"]["SequenceNumber"].clone(),
        })
        .collect()
}

fn poison(event: &Value) -> Vec<Value> {
    let records = event["Records"].as_array().into_iter().flatten();
    let unreadable = records.filter(|record| {
        serde_json::from_str::<Value>(record["body"].as_str().unwrap_or_default()).is_err()
    });
    unreadable.map(|record| record["messageId"].clone()).collect()
}

/// The event with a token in it that is good today.
fn signed(event: &Value) -> Value {
    let mut event = event.clone();
    let token = match event["headers"]["authorization"].as_str() {
        Some(STAFF_TOKEN) => staff_token(&event),
        Some(GATEWAY_TOKEN) => gateway_token(),
        _ => return event,
    };
    event["headers"]["authorization"] = format!("Bearer {token}").into();
    event
}

/// The brand's administrator, or the platform's on its own paths.
fn staff_token(event: &Value) -> String {
    let path = event["rawPath"].as_str().unwrap_or_default();
    let is_platform = path.starts_with("/api/v1/admin/");
    let actor = Actor {
        kind: if is_platform { Of::Admin } else { Of::Staff },
        id: ActorId::Staff(STAFF.parse().unwrap()),
        department: Some(if is_platform { Department::SuperAdmin } else { Department::Admin }),
        permissions: Vec::new(),
        brand: (!is_platform).then(brand_id),
        session: SessionId::new(ulid::Ulid::from(1)),
    };
    access::sign(&SecretString::from(TOKEN_KEY), &actor, Timestamp::now()).unwrap()
}

/// As the gateway signs its reports.
fn gateway_token() -> String {
    let now = Timestamp::now().as_second();
    let claims = json!({ "iat": now, "exp": now + 600, "app": "evolution", "action": "webhook" });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(WEBHOOK_KEY.as_bytes())).unwrap()
}
