use local::cloud::Endpoints;
use platform::Deps;
use platform::aws::{Bucket, Queues};
use platform::lambda::invoke_http;
use platform::store::Table;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::architecture::events;
use crate::harness::TestSystem;

/// The timeout of a check, and what answering may take beyond it.
const TIMEOUT_MILLIS: u64 = 2_000;
const SLACK_MILLIS: u64 = 1_000;

/// How a dependency is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Down {
    /// Nobody listens.
    Refuses,
    /// Somebody listens and never answers.
    Hangs,
}

impl Down {
    /// An address that is down in this way, for as long as the listener lives.
    async fn address(self) -> (String, Option<TcpListener>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        (address, (self == Self::Hangs).then_some(listener))
    }
}

async fn ask(deps: Deps) -> (Value, Value) {
    let answer = invoke_http(administration::health::router, deps, events::read("health")).await;
    let answer = answer.unwrap();
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert!(!body.to_string().contains("127.0.0.1"), "{body}");
    (answer["statusCode"].clone(), body)
}

fn down(health: &Value) -> Vec<&str> {
    let checks = health["checks"].as_array().unwrap().iter();
    checks.filter(|check| check["status"] != "UP").map(|c| c["name"].as_str().unwrap()).collect()
}

/// The dependencies with one of them elsewhere.
fn broken(deps: &Deps, endpoints: &Endpoints, what: &str, address: String) -> Deps {
    let mut endpoints = endpoints.clone();
    let deps = deps.clone();
    match what {
        "table" => {
            endpoints.dynamodb = address;
            Deps { table: Table::new(endpoints.dynamodb_client(), deps.table.name()), ..deps }
        }
        "bucket" => {
            endpoints.s3 = address;
            Deps { bucket: Bucket::new(endpoints.s3_client(), &deps.config.bucket), ..deps }
        }
        _ => {
            endpoints.sqs = address;
            let urls = deps.config.queues.clone();
            Deps { queues: Queues::new(endpoints.sqs_client(), urls), ..deps }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_dependency_that_is_down_is_named_in_time() {
    let system = TestSystem::start().await;
    let (deps, endpoints) = (system.system().deps(), system.system().cloud().endpoints());
    let (status, health) = ask(deps.clone()).await;
    assert_eq!((status, &health["status"], down(&health)), (json!(200), &json!("UP"), vec![]));
    let names: Vec<&str> =
        health["checks"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();

    for what in ["table", "bucket", "queue"] {
        for how in [Down::Refuses, Down::Hangs] {
            let (address, _listener) = how.address().await;
            let (status, health) = ask(broken(deps, endpoints, what, address)).await;
            assert_eq!((status, &health["status"]), (json!(503), &json!("DOWN")), "{what} {how:?}");
            // All queues are one service.
            let expected: Vec<&str> =
                names.iter().copied().filter(|name| name.starts_with(what)).collect();
            assert!(!expected.is_empty());
            assert_eq!(down(&health), expected, "{what} {how:?}");
            for check in health["checks"].as_array().unwrap() {
                let millis = check["durationMs"].as_u64().unwrap();
                assert!(millis < TIMEOUT_MILLIS + SLACK_MILLIS, "{check}");
                if check["status"] == "DOWN" && how == Down::Hangs {
                    assert_eq!(check["reason"], "TIMEOUT");
                    assert!(millis >= TIMEOUT_MILLIS, "{check}");
                }
            }
        }
    }
}

/// The process answers for itself, whatever it depends on.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_alive_without_its_dependencies() {
    let system = TestSystem::start().await;
    let (address, _) = Down::Refuses.address().await;
    let deps =
        broken(system.system().deps(), system.system().cloud().endpoints(), "table", address);
    let mut event = events::read("health");
    event["rawPath"] = json!("/api/v1/health/live");
    event["requestContext"]["http"]["path"] = event["rawPath"].clone();
    let answer = invoke_http(administration::health::router, deps, event).await.unwrap();
    assert_eq!(answer["statusCode"], 200);
}
