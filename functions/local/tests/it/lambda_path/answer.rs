//! What a function answered, in the form in which it is compared: what differs from one run to the
//! next has a placeholder, what is long or belongs to others is cut to its shape.

use domain::ids::{BrandId, CustomerId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::fixture::BRAND;
use super::records::{CUSTOMER, LOAN, STAFF};
use local::lambda::Answer;

/// A body beyond this is compared by its names alone.
const BODY_LIMIT_BYTES: usize = 8 * 1024;
const ULID_LENGTH: usize = 26;
/// Numbers that depend on when the test runs.
const TIMED: [&str; 4] = ["uptimeSeconds", "durationMs", "daysOverdue", "daysPastDue"];
const SECRET: [&str; 3] = ["accessToken", "refreshToken", "csrfToken"];

/// An answer as it is compared. `known` is the event: what it says is not replaced.
pub fn of(answer: Answer, known: &Value) -> Value {
    let known = known.to_string();
    match answer {
        Answer::Error(error) => json!({
            "error": plain("", &error["errorMessage"], &known),
            "type": error["errorType"].clone(),
        }),
        Answer::Response(answer) => match answer.get("statusCode") {
            Some(status) => of_http(status, &answer, &known),
            None => plain("", &answer, &known),
        },
    }
}

fn of_http(status: &Value, answer: &Value, known: &str) -> Value {
    let text = answer["body"].as_str().unwrap_or_default();
    let body = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) if text.len() > BODY_LIMIT_BYTES => {
            json!({ "names": fields.keys().collect::<Vec<_>>() })
        }
        Ok(body) => plain("", &body, known),
        Err(_) if text.is_empty() => Value::Null,
        Err(_) => json!("{text}"),
    };
    json!({ "status": status, "contentType": answer["headers"]["content-type"], "body": body })
}

fn plain(name: &str, value: &Value, known: &str) -> Value {
    match value {
        Value::Object(fields) => {
            let plain =
                fields.iter().map(|(name, field)| (name.clone(), plain(name, field, known)));
            Value::Object(plain.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(|item| plain(name, item, known)).collect(),
        Value::String(text) => text_of(name, text, known).into(),
        Value::Number(_) if TIMED.contains(&name) => "{number}".into(),
        other => other.clone(),
    }
}

fn text_of(name: &str, text: &str, known: &str) -> String {
    // Codes of reasons are words in capitals; others let somebody in.
    let is_word = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    if SECRET.contains(&name) || (name == "code" && !is_word) {
        return "{token}".to_owned();
    }
    // What the event names is the same every time.
    if [BRAND, CUSTOMER, LOAN, STAFF].contains(&text) || known.contains(&format!("\"{text}\"")) {
        return text.to_owned();
    }
    if text.parse::<Timestamp>().is_ok() {
        return "{time}".to_owned();
    }
    if text.parse::<Date>().is_ok() {
        return "{date}".to_owned();
    }
    if text.starts_with("Etc/GMT") {
        return "{timezone}".to_owned();
    }
    match text.rsplit_once('_') {
        Some((prefix, id)) if id.len() == ULID_LENGTH && id.parse::<ulid::Ulid>().is_ok() => {
            format!("{prefix}_{{id}}")
        }
        _ => text.to_owned(),
    }
}

#[test]
fn what_differs_from_run_to_run_is_replaced_and_nothing_else() {
    let id = BrandId::new(ulid::Ulid::from(7)).to_string();
    let customer = CustomerId::new(ulid::Ulid::from(7)).to_string();
    let value = json!({
        "id": customer, "brandId": id, "at": "2026-01-05T08:00:00Z", "on": "2026-01-05",
        "amount": "150.00", "accessToken": "a.b.c", "durationMs": 7, "count": 7, "status": "UP",
    });
    let replaced = plain("", &value, &json!({ "brand": id }).to_string());
    assert_eq!(
        replaced,
        json!({
            "id": "cus_{id}", "brandId": id, "at": "{time}", "on": "{date}", "amount": "150.00",
            "accessToken": "{token}", "durationMs": "{number}", "count": 7, "status": "UP",
        })
    );
}
