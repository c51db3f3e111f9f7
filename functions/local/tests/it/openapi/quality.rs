//! What a reader of the document relies on.

use std::collections::{BTreeMap, BTreeSet};

use platform::http::declare::access_table;
use serde_json::Value;

use super::document::document;
use super::functions::http_functions;

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_route_is_described_under_the_name_of_its_function() {
    let mut faults = Vec::new();
    for (function, router) in http_functions() {
        let api = serde_json::to_value(router().get_openapi()).unwrap();
        for (path, item) in api["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if operation["summary"].as_str().is_none_or(str::is_empty) {
                    faults.push(format!("{method} {path} has no summary"));
                }
                if operation["tags"] != serde_json::json!([function]) {
                    faults.push(format!(
                        "{method} {path}: tag {function}, not {}",
                        operation["tags"]
                    ));
                }
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn a_path_and_method_is_of_one_function() {
    let mut owners: BTreeMap<(&str, String), &str> = BTreeMap::new();
    let mut faults = Vec::new();
    for (function, router) in http_functions() {
        for route in access_table(router().get_openapi()) {
            let (method, path) = (route.method, route.path);
            if let Some(other) = owners.insert((method, path.clone()), function) {
                faults.push(format!("{method} {path} is of {other} and {function}"));
            }
        }
    }
    assert_none(&faults);
}

/// In the document one would hide the other.
#[test]
fn types_of_one_name_are_one_type() {
    let mut seen: BTreeMap<String, (&str, Value)> = BTreeMap::new();
    let mut faults = Vec::new();
    for (function, router) in http_functions() {
        let api = serde_json::to_value(router().get_openapi()).unwrap();
        let Some(schemas) = api["components"]["schemas"].as_object() else { continue };
        for (name, schema) in schemas {
            match seen.get(name) {
                Some((other, before)) if before != schema => {
                    faults.push(format!("{name} of {other} is not {name} of {function}"));
                }
                Some(_) => {}
                None => {
                    seen.insert(name.clone(), (function, schema.clone()));
                }
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    let document = document();
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    visit(&document, &mut |key, value| {
        let Some(text) = value.as_str() else { return };
        if key == "operationId" && !ids.insert(text.to_owned()) {
            faults.push(format!("two operations are {text}"));
        }
        if key == "$ref" && document.pointer(text.trim_start_matches('#')).is_none() {
            faults.push(format!("{text} is nowhere"));
        }
    });
    assert_none(&faults);
}

fn visit(value: &Value, see: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                see(key, field);
                visit(field, see);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, see)),
        _ => {}
    }
}
