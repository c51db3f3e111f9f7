//! The staff of a brand: who may make, change and remove whom, and how fast it takes effect.

use jiff::SignedDuration;
use platform::auth::{Department, Permission};
use platform::store::{READERS_LAG_SECONDS, StaffUser};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Caller, PASSWORD, World};

const NEW_PASSWORD: &str = "another password for tests";

fn person(email: &str, department: &str) -> Value {
    json!({ "email": email, "name": "Rui Invented", "department": department })
}

/// The body that changes nothing of a user.
fn as_is(user: &StaffUser) -> Value {
    json!({
        "email": user.email, "name": user.name, "department": user.department,
        "permissions": user.permissions, "active": user.active,
    })
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

#[tokio::test]
async fn who_is_new_signs_in_with_a_code_and_chooses_a_password() {
    let world = World::start().await;
    let brand = world.brand(1_000).await;
    let admin = world.member(brand, "admin@lender.example", Department::Admin, &[]).await;
    let admin = world.caller(&admin).await;

    let created = admin.post(brand, "/user/create", person("rui@lender.example", "CREDIT")).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    assert_eq!((&created.body["version"], &created.body["active"]), (&json!(1), &json!(true)));
    let id = created.text("id").to_owned();
    let taken = admin.post(brand, "/user/create", person("Rui@lender.example", "ADMIN")).await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "an address is one user's");

    let ask = || admin.post(brand, "/user/generate-secure-code", json!({ "userId": id }));
    let (first, second) = (ask().await, ask().await);
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    // A quarter of an hour after noon.
    assert_eq!(first.text("expiresAt"), "2026-03-02T12:15:00Z");
    let redeem = async |code: &str| {
        let body = json!({ "code": code, "newPassword": NEW_PASSWORD, "delivery": "BEARER" });
        world.post("/partner/auth/secure-code", body).await
    };
    let signed_in = redeem(first.text("code")).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
    assert_eq!(signed_in.text("userId"), id);
    let other = redeem(second.text("code")).await;
    assert_eq!(other.status, StatusCode::UNAUTHORIZED, "a password ends the codes of before");
    let login = world.login("rui@lender.example", NEW_PASSWORD).await;
    assert_eq!(login.text("department"), "CREDIT");

    let list = admin.get(brand, "/user?department=CREDIT&active=true&q=invent").await;
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1, "{}", list.body);
    assert_eq!(list.body["items"][0]["id"], id.as_str());
    let text = list.body.to_string();
    assert!(!text.contains("password") && !text.contains("argon2"), "{text}");
    assert_eq!(admin.get(brand, "/user?department=COLLECTIONS").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_repeated_creation_is_one_user() {
    let world = World::start().await;
    let brand = world.brand(1_000).await;
    let admin = world.member(brand, "admin@lender.example", Department::Admin, &[]).await;
    let admin = world.caller(&admin).await;
    let (name, value) = (admin.header.0, admin.header.1.as_str());
    let headers = [(name, value), ("idempotency-key", "new-colleague")];
    let path = format!("/partner/brand/{brand}/user/create");
    let create = async |email: &str| {
        world.send(Method::POST, &path, &headers, Some(person(email, "CREDIT"))).await
    };
    let (first, again) = (create("rui@lender.example").await, create("rui@lender.example").await);
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    assert_eq!((again.status, again.body), (first.status, first.body));
    let other = create("eva@lender.example").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn nobody_gives_what_they_do_not_have() {
    let world = World::start().await;
    let brand = world.brand(1_000).await;
    let admin = world.member(brand, "admin@lender.example", Department::Admin, &[]).await;
    // Collections with the right to manage staff, which is less than what an ADMIN has.
    let extra = [Permission::ManageStaff];
    let chief = world.member(brand, "chief@lender.example", Department::Collections, &extra).await;
    let (by_admin, by_chief) = (world.caller(&admin).await, world.caller(&chief).await);
    let path = "/user/create";
    let forbidden = StatusCode::FORBIDDEN;

    for (caller, department, permissions) in [
        (&by_chief, "ADMIN", json!([])),
        (&by_chief, "CREDIT", json!([])),
        (&by_chief, "COLLECTIONS", json!(["loans:approve"])),
        (&by_admin, "SUPER_ADMIN", json!([])),
        (&by_admin, "COLLECTIONS", json!(["platform:admin"])),
    ] {
        let body = with(person("new@lender.example", department), "permissions", permissions);
        let refused = caller.post(brand, path, body).await;
        assert_eq!(refused.status, forbidden, "{department}: {}", refused.body);
    }
    let mine =
        with(person("new@lender.example", "COLLECTIONS"), "permissions", json!(["staff:write"]));
    let created = by_chief.post(brand, path, mine).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);

    // Nor to themselves, nor by way of somebody else's account.
    for (caller, user, field, value) in [
        (&by_admin, &admin, "department", json!("SUPER_ADMIN")),
        (&by_admin, &admin, "permissions", json!(["platform:admin"])),
        (&by_chief, &chief, "department", json!("ADMIN")),
        (&by_chief, &chief, "permissions", json!(["staff:write", "loans:approve"])),
        (&by_chief, &admin, "active", json!(false)),
        (&by_chief, &admin, "email", json!("mine@lender.example")),
    ] {
        let path = format!("/user/{}/update", user.id);
        let refused = caller.put(brand, &path, with(as_is(user), field, value)).await;
        assert_eq!(refused.status, forbidden, "{field}: {}", refused.body);
    }
    let code = json!({ "userId": admin.id });
    let refused = by_chief.post(brand, "/user/generate-secure-code", code).await;
    assert_eq!(refused.status, forbidden, "a code is the account");
    let refused = by_chief.delete(brand, &format!("/user/{}", admin.id)).await;
    assert_eq!(refused.status, forbidden);
    let stored = StaffUser::load(&world.deps.table, admin.id).await.unwrap().unwrap();
    assert_eq!(stored, admin, "nothing was written");
}

#[tokio::test]
async fn the_last_administrator_of_a_brand_stays() {
    let world = World::start().await;
    let (brand, other) = (world.brand(1_000).await, world.brand(1_000).await);
    let ana = world.member(brand, "ana@lender.example", Department::Admin, &[]).await;
    // Of another brand, so of no help.
    world.member(other, "far@lender.example", Department::Admin, &[]).await;
    let path = |user: &StaffUser| format!("/user/{}/update", user.id);
    let by_ana = world.caller(&ana).await;
    let down = with(as_is(&ana), "department", json!("CREDIT"));
    let refused = by_ana.put(brand, &path(&ana), down.clone()).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    let refused = by_ana.delete(brand, &format!("/user/{}", ana.id)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "nobody deactivates themselves");

    // With a second one the first may go, and then the second is the last.
    let eva = world.member(brand, "eva@lender.example", Department::Admin, &[]).await;
    assert_eq!(by_ana.put(brand, &path(&ana), down).await.status, StatusCode::OK);
    let by_eva = world.caller(&eva).await;
    let down = with(as_is(&eva), "department", json!("CREDIT"));
    let refused = by_eva.put(brand, &path(&eva), down).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);

    // The platform may keep out even the last.
    let root = world.root().await;
    let by_root = world.caller(&root).await;
    let gone = by_root.delete(brand, &format!("/user/{}", eva.id)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
}

/// Each of two administrators removes the other at the same moment.
#[tokio::test]
async fn two_administrators_cannot_remove_each_other_at_once() {
    let world = World::start().await;
    for round in 0..5 {
        let brand = world.brand(1_000).await;
        let email = |name: &str| format!("{name}.{round}@lender.example");
        let ana = world.member(brand, &email("ana"), Department::Admin, &[]).await;
        let eva = world.member(brand, &email("eva"), Department::Admin, &[]).await;
        let (by_ana, by_eva) = (world.caller(&ana).await, world.caller(&eva).await);
        let (of_ana, of_eva) = (format!("/user/{}", ana.id), format!("/user/{}", eva.id));
        let (one, two) =
            futures::join!(by_ana.delete(brand, &of_eva), by_eva.delete(brand, &of_ana));
        let mut active = 0;
        for user in [&ana, &eva] {
            let user = StaffUser::load(&world.deps.table, user.id).await.unwrap().unwrap();
            active += u32::from(user.active);
        }
        let done = [&one, &two].iter().filter(|answer| answer.status.is_success()).count();
        assert!(active >= 1, "a brand without an administrator: {} {}", one.body, two.body);
        assert_eq!(done, usize::try_from(2 - active).unwrap(), "{} {}", one.body, two.body);
    }
}

#[tokio::test]
async fn who_lost_a_right_reads_for_five_seconds_at_most_and_changes_nothing() {
    let world = World::start().await;
    let brand = world.brand(1_000).await;
    let admin = world.member(brand, "admin@lender.example", Department::Admin, &[]).await;
    let admin = world.caller(&admin).await;
    for acts in [true, false] {
        let email = if acts { "rui@lender.example" } else { "eva@lender.example" };
        let user = world.member(brand, email, Department::LoanManagement, &[]).await;
        let caller = Caller::with_token(&world, &world.login(email, PASSWORD).await);
        let me = "/partner/auth/me";
        let token = [("authorization", caller.header.1.as_str())];
        let reads = async || world.send(Method::GET, me, &token, None).await.status;
        let ping = async || caller.send(Method::POST, brand, "/activity/ping", None).await.status;
        assert_eq!(reads().await, StatusCode::OK);
        let mut body = as_is(&user);
        body["department"] = json!("COLLECTIONS");
        let changed = admin.put(brand, &format!("/user/{}/update", user.id), body).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        world.clock.advance(SignedDuration::from_secs(READERS_LAG_SECONDS - 1));
        assert_eq!(reads().await, StatusCode::OK, "as of the last look");
        if acts {
            assert_eq!(ping().await, StatusCode::UNAUTHORIZED);
            assert_eq!(reads().await, StatusCode::UNAUTHORIZED, "that was a look");
        } else {
            world.clock.advance(SignedDuration::from_secs(1));
            assert_eq!(reads().await, StatusCode::UNAUTHORIZED);
        }
    }
}

#[tokio::test]
async fn a_change_of_what_a_user_may_do_ends_their_access_at_the_next_call() {
    let world = World::start().await;
    let brand = world.brand(1_000).await;
    let admin = world.member(brand, "admin@lender.example", Department::Admin, &[]).await;
    let admin = world.caller(&admin).await;
    let email = "rui@lender.example";
    let user = world.member(brand, email, Department::LoanManagement, &[]).await;
    let path = format!("/user/{}/update", user.id);

    let mut body = as_is(&user);
    for (field, value, ends) in [
        ("name", json!("Rui Another Name"), false),
        ("permissions", json!(["invoices:waive"]), true),
        ("permissions", json!([]), true),
        ("department", json!("COLLECTIONS"), true),
        ("active", json!(false), true),
    ] {
        let signed_in = world.login(email, PASSWORD).await;
        assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
        let caller = Caller::with_token(&world, &signed_in);
        let ping = async || caller.send(Method::POST, brand, "/activity/ping", None).await.status;
        assert_eq!(ping().await, StatusCode::OK);
        body[field] = value.clone();
        let changed = admin.put(brand, &path, body.clone()).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        let after = if ends { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
        assert_eq!(ping().await, after, "{field} {value}");
        let refreshed = world.refresh(signed_in.text("refreshToken")).await;
        assert_eq!(refreshed.status, after, "{field} {value}");
    }
    assert_eq!(world.login(email, PASSWORD).await.status, StatusCode::UNAUTHORIZED);

    // Doing it again changes nothing.
    let before = world.items().await;
    let again = admin.delete(brand, &format!("/user/{}", user.id)).await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
    let mut after = world.items().await;
    after.retain(|key, _| !key.starts_with("RATE#"));
    let unchanged = before.iter().filter(|(key, _)| !key.starts_with("RATE#"));
    assert!(after.iter().eq(unchanged), "a second removal wrote something");

    let stale = [("authorization", admin.header.1.as_str()), ("if-match", "\"1\"")];
    let url = format!("/partner/brand/{brand}{path}");
    let refused = world.send(Method::PUT, &url, &stale, Some(body)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_is_not_a_user_is_refused_by_name() {
    let world = World::start().await;
    let brand = world.brand(1_000).await;
    let admin = world.member(brand, "admin@lender.example", Department::Admin, &[]).await;
    let admin = world.caller(&admin).await;
    let body = json!({ "email": "nobody", "department": "OWNER", "admin": true });
    let refused = admin.post(brand, "/user/create", body).await;
    let mut fields = refused.fields();
    fields.sort_unstable();
    assert_eq!(fields, ["admin", "department", "email", "name"]);
    let weak = with(person("rui@lender.example", "CREDIT"), "password", json!("short"));
    assert_eq!(admin.post(brand, "/user/create", weak).await.fields(), ["password"]);
    let twice = json!(["loans:approve", "loans:approve"]);
    let twice = with(person("rui@lender.example", "CREDIT"), "permissions", twice);
    assert_eq!(admin.post(brand, "/user/create", twice).await.fields(), ["permissions[1]"]);
}
