//! Who is counted as one caller where signing in is limited, through the event that API Gateway
//! sends.

use std::sync::Arc;

use platform::Deps;
use platform::auth::Department;
use platform::lambda::invoke_http;
use serde_json::{Value, json};

use super::{World, connect_with};
use crate::architecture::events;

/// The status of a sign-in that fails, and the seconds to wait where it was not even tried.
struct Try {
    status: u64,
    retry_after: Option<u32>,
}

/// A sign-in from an address, as API Gateway hands it over, with headers that the caller wrote.
async fn sign_in(deps: &Deps, email: &str, source: &str, headers: &[(&str, &str)]) -> Try {
    let mut event = events::read("partner-auth");
    event["requestContext"]["http"]["sourceIp"] = json!(source);
    event["headers"].as_object_mut().unwrap().remove("x-forwarded-for");
    for (name, value) in headers {
        event["headers"][name] = json!(value);
    }
    let body = json!({ "email": email, "password": "not the password" });
    event["body"] = json!(body.to_string());
    let answer: Value =
        invoke_http(identity::partner_auth::router, deps.clone(), event).await.unwrap();
    let retry_after = answer["headers"]["retry-after"].as_str().map(|text| text.parse().unwrap());
    Try { status: answer["statusCode"].as_u64().unwrap(), retry_after }
}

fn email(number: usize) -> String {
    format!("nobody.{number}@lender.example")
}

#[tokio::test]
async fn a_caller_cannot_write_itself_another_address() {
    let world = World::start().await;
    for number in 0..12 {
        // Another identifier and another claim about the address each time.
        let claimed = format!("198.51.100.{number}");
        let headers = [("x-forwarded-for", claimed.as_str()), ("x-client-address", &claimed)];
        let tried = sign_in(&world.deps, &email(number), "203.0.113.7", &headers).await;
        let expected = if number < 10 { 401 } else { 429 };
        assert_eq!(tried.status, expected, "try {number}");
        // The clock stands at the first second of its minute.
        assert_eq!(tried.retry_after, (expected == 429).then_some(60), "try {number}");
    }
    let elsewhere = sign_in(&world.deps, &email(1), "203.0.113.8", &[]).await;
    assert_eq!(elsewhere.status, 401, "another address is another caller");
}

#[tokio::test]
async fn an_identifier_is_limited_wherever_the_tries_come_from() {
    let world = World::start().await;
    for number in 0..12 {
        let source = format!("203.0.113.{number}");
        // The same address in other letters.
        let email = if number % 2 == 0 { "rui@lender.example" } else { "Rui@Lender.example" };
        let tried = sign_in(&world.deps, email, &source, &[]).await;
        assert_eq!(tried.status, if number < 10 { 401 } else { 429 }, "try {number}");
    }
}

#[tokio::test]
async fn a_network_of_version_6_is_one_caller() {
    let world = World::start().await;
    for number in 0..12 {
        let source = format!("2001:db8:1:2::{number:x}");
        let tried = sign_in(&world.deps, &email(number), &source, &[]).await;
        assert_eq!(tried.status, if number < 10 { 401 } else { 429 }, "try {number}");
    }
    let next = sign_in(&world.deps, &email(99), "2001:db8:1:3::1", &[]).await;
    assert_eq!(next.status, 401);
}

/// Behind CloudFront the connection is CloudFront's; it says in a header of ours who called.
#[tokio::test]
async fn behind_cloudfront_its_word_counts() {
    let world = World::start().await;
    let clock = Arc::clone(&world.clock);
    let deps = connect_with(&world.cloud, clock, Some("x-client-address"));
    for number in 0..12 {
        let claimed = format!("198.51.100.{number}");
        let headers = [("x-client-address", claimed.as_str())];
        let tried = sign_in(&deps, &email(number), "203.0.113.7", &headers).await;
        assert_eq!(tried.status, 401, "each is another caller");
    }
    for number in 20..32 {
        let headers = [("x-client-address", "198.51.100.99")];
        let source = format!("203.0.113.{number}");
        let tried = sign_in(&deps, &email(number), &source, &headers).await;
        assert_eq!(tried.status, if number < 30 { 401 } else { 429 }, "try {number}");
    }
}

/// A brand's limit is each caller's own; what a caller tries at other brands counts too.
#[tokio::test]
async fn a_caller_is_limited_at_its_own_brand_and_at_others() {
    let world = World::start().await;
    let (brand, other) = (world.brand(3).await, world.brand(3).await);
    let user = world.member(brand, "rui@lender.example", Department::Admin, &[]).await;
    let caller = world.caller(&user).await;
    for number in 0..5 {
        let answer = caller.get(brand, "/user").await;
        assert_eq!(answer.status.as_u16(), if number < 3 { 200 } else { 429 }, "call {number}");
        assert_eq!(answer.headers.get("retry-after").is_some(), number >= 3);
    }
    // Five are counted; a hundred is the limit where no brand's holds.
    for number in 5..101 {
        let answer = caller.get(other, "/user").await;
        assert_eq!(answer.status.as_u16(), if number < 100 { 404 } else { 429 }, "call {number}");
    }
}
