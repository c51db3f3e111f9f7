//! What somebody who should not be let in may try.

use jiff::SignedDuration;
use platform::store::{Event, Range};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PASSWORD, ROOT_EMAIL, World};

#[tokio::test]
async fn a_replaced_refresh_token_ends_the_session() {
    let world = World::start().await;
    let root = world.root().await;
    let stolen = world.login(ROOT_EMAIL, PASSWORD).await.text("refreshToken").to_owned();
    // The thief refreshes twice before the owner comes back with the token that was stolen.
    let second = world.refresh(&stolen).await.text("refreshToken").to_owned();
    let third = world.refresh(&second).await.text("refreshToken").to_owned();
    assert_eq!(world.refresh(&stolen).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.refresh(&third).await.status, StatusCode::UNAUTHORIZED, "the family ended");

    let partition = format!("B#{}#E#{}", "0".repeat(26), root.id);
    let events: Vec<Event> =
        world.deps.table.query_all(&Range::partition(partition), 100).await.unwrap();
    let actions: Vec<&str> = events.iter().map(|event| event.effect.action.as_str()).collect();
    let mut sorted = actions.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["auth:login", "auth:token-reused", "staff:create"]);
    let text = format!("{events:?}");
    assert!(!text.contains(ROOT_EMAIL) && !text.contains("Root Admin"), "personal data in {text}");
}

#[tokio::test]
async fn the_same_token_sent_by_many_at_once_gives_one_new_token() {
    let world = World::start().await;
    world.root().await;
    let token = world.login(ROOT_EMAIL, PASSWORD).await.text("refreshToken").to_owned();
    let tries = futures::future::join_all((0..8).map(|_| world.refresh(&token))).await;
    let given = tries.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert!(given <= 1, "{given} new tokens from one");
    for answer in &tries {
        let status = answer.status.as_u16();
        assert!([200, 401, 409, 503].contains(&status), "{status}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike() {
    let world = World::start().await;
    world.root().await;
    let strip = |mut body: Value| {
        body["requestId"] = Value::Null;
        body
    };
    let wrong = world.login(ROOT_EMAIL, "not the password").await;
    let unknown = world.login("nobody@platform.example", "not the password").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(strip(wrong.body), strip(unknown.body));
}

#[tokio::test]
async fn the_eleventh_try_in_a_minute_waits() {
    let world = World::start().await;
    world.root().await;
    for _ in 0..10 {
        let wrong = world.login(ROOT_EMAIL, "not the password").await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    }
    let right = world.login(ROOT_EMAIL, PASSWORD).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "not even the right password");
    // 12:00:00 is the first second of its minute.
    assert_eq!(right.headers["retry-after"], "60");
    world.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(world.login(ROOT_EMAIL, PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_a_sign_in_is_refused_by_name() {
    let world = World::start().await;
    let answer = world.post("/partner/auth/login", json!({ "email": "nobody", "admin": 1 })).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let mut fields = answer.fields();
    fields.sort_unstable();
    assert_eq!(fields, ["admin", "email", "password"]);
    for token in ["", "rt_x", "not a token"] {
        let bad = world.refresh(token).await;
        assert_eq!(bad.status, StatusCode::UNAUTHORIZED, "{token}");
    }
    let me = world.send(Method::GET, "/partner/auth/me", &[], None).await;
    assert_eq!(me.status, StatusCode::UNAUTHORIZED);
}
