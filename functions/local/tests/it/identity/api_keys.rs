//! API keys: what they may do, that they are shown once, and how they end.

use domain::ids::BrandId;
use jiff::SignedDuration;
use platform::auth::{Department, Permission};
use platform::store::StaffUser;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Answer, Caller, World};

/// A world with a brand and its administrator.
async fn office(rate_limit_per_minute: u32) -> (World, BrandId, StaffUser) {
    let world = World::start().await;
    let brand = world.brand(rate_limit_per_minute).await;
    let admin = world.member(brand, "admin@lender.example", Department::Admin, &[]).await;
    (world, brand, admin)
}

async fn make(admin: &Caller<'_>, brand: BrandId, permissions: &[&str]) -> Answer {
    let body = json!({ "name": "accounting", "permissions": permissions });
    let made = admin.post(brand, "/api-keys", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made
}

#[tokio::test]
async fn a_key_may_do_what_it_was_given_in_its_brand() {
    let (world, brand, admin) = office(1_000).await;
    let other = world.brand(1_000).await;
    let admin = world.caller(&admin).await;
    let made = make(&admin, brand, &["staff:read"]).await;
    let text = made.text("key").to_owned();
    let key = Caller::with_key(&world, &text);

    assert_eq!(key.get(brand, "/user").await.status, StatusCode::OK);
    assert_eq!(key.get(brand, "/audit-logs").await.status, StatusCode::FORBIDDEN);
    assert_eq!(key.get(other, "/user").await.status, StatusCode::NOT_FOUND);
    let pointless = Caller::with_key(&world, &text.replace('.', ".0"));
    let forged =
        format!("{}{}", &text[..text.len() - 1], if text.ends_with('0') { '1' } else { '0' });
    let forged = Caller::with_key(&world, &forged);
    for wrong in [pointless, forged, Caller::with_key(&world, "")] {
        assert_eq!(wrong.get(brand, "/user").await.status, StatusCode::UNAUTHORIZED);
    }
    let me = world.send(Method::GET, "/partner/auth/me", &[("x-api-key", &text)], None).await;
    assert_eq!(me.status, StatusCode::UNAUTHORIZED, "a key is nobody who signed in");
    let both = [("x-api-key", text.as_str()), ("authorization", admin.header.1.as_str())];
    let path = format!("/partner/brand/{brand}/user");
    let both = world.send(Method::GET, &path, &both, None).await;
    assert_eq!(both.status, StatusCode::UNAUTHORIZED, "it would not be clear who acts");
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_as_a_hash() {
    let (world, brand, admin) = office(1_000).await;
    let admin = world.caller(&admin).await;
    let path = format!("/partner/brand/{brand}/api-keys");
    let headers =
        [("authorization", admin.header.1.as_str()), ("idempotency-key", "for-accounting")];
    let body = json!({ "name": "accounting", "permissions": ["loans:read", "payments:record"] });
    let make = async || world.send(Method::POST, &path, &headers, Some(body.clone())).await;
    let made = make().await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let text = made.text("key").to_owned();
    let again = make().await;
    assert_eq!((again.status, again.text("id")), (StatusCode::CREATED, made.text("id")));
    assert!(again.body["key"].is_null(), "{}", again.body);

    let secret = text.split_once('.').unwrap().1;
    let list = admin.get(brand, "/api-keys").await;
    let item = &list.body["items"][0];
    assert_eq!(item["lastFour"], secret[60..], "64 digits, the last four");
    assert_eq!((&item["name"], &item["lastUsedAt"]), (&json!("accounting"), &json!(null)));
    assert_eq!(item["permissions"], json!(["loans:read", "payments:record"]));
    assert!(!list.body.to_string().contains(secret));
    for (key, item) in world.items().await {
        assert!(!item.contains(secret), "{key} has the secret");
    }

    // Used at 12:59 and 13:01: noted by the hour.
    let key = Caller::with_key(&world, &text);
    for (wait, hour) in [(59, "2026-03-02T12:00:00Z"), (2, "2026-03-02T13:00:00Z")] {
        world.clock.advance(SignedDuration::from_mins(wait));
        assert_eq!(key.get(brand, "/user").await.status, StatusCode::FORBIDDEN);
        let email = format!("{wait}@lender.example");
        let admin = world.member(brand, &email, Department::Admin, &[]).await;
        let admin = world.caller(&admin).await;
        assert_eq!(admin.get(brand, "/api-keys").await.body["items"][0]["lastUsedAt"], hour);
    }
}

#[tokio::test]
async fn a_rotated_and_a_revoked_key_are_of_no_use_at_once() {
    let (world, brand, admin) = office(1_000).await;
    let admin = world.caller(&admin).await;
    let first = make(&admin, brand, &["staff:read"]).await;
    let old = Caller::with_key(&world, first.text("key"));
    let rotate = format!("/api-keys/{}/rotate", first.text("id"));
    // Two at once: one key follows, not two.
    let (one, two) = futures::join!(
        admin.send(Method::POST, brand, &rotate, None),
        admin.send(Method::POST, brand, &rotate, None)
    );
    let (won, lost) = if one.status.is_success() { (one, two) } else { (two, one) };
    assert_eq!(won.status, StatusCode::CREATED, "{}", won.body);
    assert!([404, 409, 503].contains(&lost.status.as_u16()), "{}", lost.body);
    assert_ne!(won.text("id"), first.text("id"));
    assert_eq!(
        (&won.body["name"], &won.body["permissions"]),
        (&first.body["name"], &first.body["permissions"])
    );
    assert_eq!(old.get(brand, "/user").await.status, StatusCode::UNAUTHORIZED);
    let new = Caller::with_key(&world, won.text("key"));
    assert_eq!(new.get(brand, "/user").await.status, StatusCode::OK);
    assert_eq!(admin.get(brand, "/api-keys").await.body["items"].as_array().unwrap().len(), 1);

    let path = format!("/api-keys/{}", won.text("id"));
    assert_eq!(admin.delete(brand, &path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(new.get(brand, "/user").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(admin.delete(brand, &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.get(brand, "/api-keys").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_key_gets_no_more_than_its_maker_has_and_nothing_that_makes_access() {
    let (world, brand, admin) = office(1_000).await;
    let extra = [Permission::ManageApiKeys];
    let clerk = world.member(brand, "clerk@lender.example", Department::Credit, &extra).await;
    let (admin, clerk) = (world.caller(&admin).await, world.caller(&clerk).await);
    let ask = async |caller: &Caller<'_>, permissions: &[&str]| {
        let body = json!({ "name": "x", "permissions": permissions });
        caller.post(brand, "/api-keys", body).await
    };
    let no_more = ask(&clerk, &["loans:read", "payments:approve"]).await;
    assert_eq!(no_more.status, StatusCode::FORBIDDEN, "{}", no_more.body);
    let never = ask(&admin, &["loans:read", "staff:write", "api-keys:write", "loans:read"]).await;
    assert_eq!(never.fields(), ["permissions[1]", "permissions[2]", "permissions[3]"]);
    assert_eq!(ask(&admin, &[]).await.fields(), ["permissions"]);
    assert_eq!(ask(&admin, &["loans:steal"]).await.fields(), ["permissions[0]"]);

    // Who could not make the key cannot get at it by rotating it.
    let strong = make(&admin, brand, &["payments:approve"]).await;
    let rotate = format!("/api-keys/{}/rotate", strong.text("id"));
    let refused = clerk.send(Method::POST, brand, &rotate, None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_key_is_limited_by_itself() {
    let (world, brand, admin) = office(5).await;
    let admin = world.caller(&admin).await;
    let made = make(&admin, brand, &["staff:read"]).await;
    let key = Caller::with_key(&world, made.text("key"));
    for _ in 0..5 {
        assert_eq!(key.get(brand, "/user").await.status, StatusCode::OK);
    }
    let limited = key.get(brand, "/user").await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        limited.headers["retry-after"], "60",
        "the clock stands at the minute's first second"
    );
    assert_eq!(admin.get(brand, "/user").await.status, StatusCode::OK, "others are not held up");
    world.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(key.get(brand, "/user").await.status, StatusCode::OK);
}
