use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use aws_lambda_events::event::sqs::SqsEvent;
use jobs::bootstrap::Bootstrap;
use lambda_http::request::LambdaRequest;
use platform::jobs::JobInput;
use serde_json::Value;

use super::functions::{Function, Kind, all};
use super::{assert_none, root};
use crate::openapi;

fn file(function: &str) -> PathBuf {
    root().join(format!("events/{function}.json"))
}

/// What lies in a folder of `events/` for a function: `bad` for an event that it refuses, `given`
/// for what is stored before it is tried, `expected` for what it answers.
const FOLDERS: [&str; 3] = ["bad", "given", "expected"];

/// The event that a function is tried with.
pub fn read(function: &str) -> Value {
    read_file(&file(function)).unwrap()
}

/// A function's file in one of [`FOLDERS`], where there is one.
pub fn read_of(folder: &str, function: &str) -> Option<Value> {
    read_file(&root().join(format!("events/{folder}/{function}.json")))
}

fn read_file(path: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

#[test]
fn every_function_has_an_event_that_it_understands() {
    let mut faults = Vec::new();
    for function in all() {
        if file(&function.name).exists() {
            if let Err(fault) = check(&function) {
                faults.push(format!("events/{}.json: {fault}", function.name));
            }
        } else {
            faults.push(format!("events/{}.json is missing", function.name));
        }
        for folder in ["bad", "expected"] {
            if read_of(folder, &function.name).is_none() {
                faults.push(format!("events/{folder}/{}.json is missing", function.name));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn every_event_is_a_functions() {
    let functions: BTreeSet<String> = all().into_iter().map(|function| function.name).collect();
    let mut faults = Vec::new();
    let events = root().join("events");
    let folders = FOLDERS.map(|folder| events.join(folder));
    for folder in std::iter::once(&events).chain(&folders) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if folders.contains(&path) {
                continue;
            }
            let name = path.file_stem().unwrap().to_str().unwrap();
            if path.extension().is_none_or(|of| of != "json") || !functions.contains(name) {
                faults.push(format!("{} is of no function", path.display()));
            }
        }
    }
    assert_none(&faults);
}

fn check(function: &Function) -> Result<(), String> {
    let event = read(&function.name);
    let wrong = |error: serde_json::Error| error.to_string();
    match function.kind {
        Kind::Http => {
            let method = event["requestContext"]["http"]["method"].as_str().unwrap_or_default();
            let path = event["rawPath"].as_str().unwrap_or_default();
            if !openapi::has_route(&function.name, method, path) {
                return Err(format!("{method} {path} is no route of the function"));
            }
            match serde_json::from_value(event).map_err(wrong)? {
                LambdaRequest::ApiGatewayV2(_) => Ok(()),
                _ => Err("not an event of payload format 2.0".to_owned()),
            }
        }
        Kind::Job if function.name == "job-bootstrap" => {
            serde_json::from_value::<Bootstrap>(event).map(|_| ()).map_err(wrong)
        }
        Kind::Job => serde_json::from_value::<JobInput>(event).map(|_| ()).map_err(wrong),
        Kind::Queue => {
            let event: SqsEvent = serde_json::from_value(event).map_err(wrong)?;
            let readable = event.records.iter().filter(|record| {
                let body = record.body.as_deref().unwrap_or_default();
                serde_json::from_str::<Value>(body).is_ok()
            });
            match (readable.count(), event.records.len()) {
                (0, _) => Err("has no message that can be read".to_owned()),
                (readable, all) if readable + 1 == all => Ok(()),
                _ => Err("has not one message that cannot be read".to_owned()),
            }
        }
        Kind::Stream => {
            let event: StreamEvent = serde_json::from_value(event).map_err(wrong)?;
            if event.records.is_empty() { Err("has no record".to_owned()) } else { Ok(()) }
        }
    }
}
