use std::collections::BTreeSet;
use std::path::PathBuf;

use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use aws_lambda_events::event::sqs::SqsEvent;
use lambda_http::request::LambdaRequest;
use platform::jobs::JobInput;
use platform::reminders::{self, ReminderInput};
use serde_json::Value;

use super::functions::{Function, Kind, all};
use super::{assert_none, root};
use crate::openapi;

fn file(function: &str) -> PathBuf {
    root().join(format!("events/{function}.json"))
}

/// The event that a function is tried with.
pub fn read(function: &str) -> Value {
    let text = std::fs::read_to_string(file(function)).unwrap();
    serde_json::from_str(&text).unwrap()
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
    }
    assert_none(&faults);
}

#[test]
fn every_event_is_a_functions() {
    let functions: BTreeSet<String> = all().into_iter().map(|function| function.name).collect();
    let mut faults = Vec::new();
    for entry in std::fs::read_dir(root().join("events")).unwrap() {
        let path = entry.unwrap().path();
        let (name, extension) = (path.file_stem().unwrap(), path.extension().unwrap());
        if extension != "json" || !functions.contains(name.to_str().unwrap()) {
            faults.push(format!("{} is the event of no function", path.display()));
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
        Kind::Job if function.name == reminders::FUNCTION => {
            serde_json::from_value::<ReminderInput>(event).map(|_| ()).map_err(wrong)
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
