//! Who is at work: pings, idle sessions, and the job that closes them.

use domain::ids::BrandId;
use jiff::SignedDuration;
use jobs::idle_sessions::{self, Report};
use platform::auth::Department;
use platform::jobs::JobInput;
use platform::store::{Brand, Consistency};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Caller, PASSWORD, ROOT_EMAIL, World};
use crate::harness::{BRAZIL, TestSystem};

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

async fn run(world: &World, brand: BrandId, dry_run: bool) -> [u64; 3] {
    let input = JobInput {
        brand_id: brand,
        business_date: None,
        scheduled_time: None,
        dry_run,
        reason: None,
        started_by: None,
    };
    let Report { open, idle, closed, .. } =
        idle_sessions::handle(world.deps.clone(), input).await.unwrap();
    [open, idle, closed]
}

#[tokio::test]
async fn a_session_is_kept_by_pings_and_closed_without_them() {
    let world = World::start().await;
    let brand = world.brand(1_000).await;
    world.member(brand, "admin@lender.example", Department::Admin, &[]).await;
    let busy = world.login("admin@lender.example", PASSWORD).await;
    world.member(brand, "rui@lender.example", Department::Credit, &[]).await;
    let away = world.login("rui@lender.example", PASSWORD).await;
    let admin = Caller::with_token(&world, &busy);

    // Noon: both signed in. 12:14: one pings. 12:15: the other is idle.
    world.clock.advance(minutes(14));
    let ping = admin.send(Method::POST, brand, "/activity/ping", None).await;
    assert_eq!(ping.status, StatusCode::OK, "{}", ping.body);
    assert_eq!(ping.text("openedAt"), "2026-03-02T12:00:00Z");
    assert_eq!(ping.text("lastSeenAt"), "2026-03-02T12:14:00Z");
    assert_eq!(ping.text("idleAt"), "2026-03-02T12:29:00Z");
    let idle = admin.get(brand, "/activity/idle").await;
    assert_eq!(idle.body["items"], json!([]), "a minute is left");
    assert_eq!(run(&world, brand, false).await, [2, 0, 0]);

    world.clock.advance(minutes(1));
    let idle = admin.get(brand, "/activity/idle").await;
    assert_eq!(idle.body["items"].as_array().unwrap().len(), 1, "{}", idle.body);
    assert_eq!(idle.body["items"][0]["userId"], away.text("userId"));
    assert_eq!(run(&world, brand, true).await, [2, 1, 0], "a dry run only says it");
    assert_eq!(run(&world, brand, false).await, [2, 1, 1]);

    // A replay writes nothing.
    let before = world.items().await;
    assert_eq!(run(&world, brand, false).await, [1, 0, 0]);
    assert!(world.items().await == before, "a replay wrote something");

    let refreshed = world.refresh(away.text("refreshToken")).await;
    assert_eq!(refreshed.status, StatusCode::UNAUTHORIZED, "who was away signs in again");
    let kept = world.refresh(busy.text("refreshToken")).await;
    assert_eq!(kept.status, StatusCode::OK);
    let admin = Caller::with_token(&world, &kept);
    let sessions = admin.get(brand, "/activity/sessions").await;
    let sessions = sessions.body["items"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 2);
    let closed = sessions.iter().find(|session| session["userId"] == away.text("userId")).unwrap();
    // Idle from a quarter past noon, whenever the job came.
    assert_eq!(
        (&closed["end"], &closed["closedAt"]),
        (&json!("IDLE"), &json!("2026-03-02T12:15:00Z"))
    );
    let open = admin.get(brand, "/activity/sessions?open=true").await;
    assert_eq!(open.body["items"].as_array().unwrap().len(), 1);
    let user = format!("/activity/sessions?open=true&userId={}", away.text("userId"));
    assert_eq!(admin.get(brand, &user).await.body["items"], json!([]));
    let yesterday = admin.get(brand, "/activity/sessions?to=2026-03-01").await;
    assert_eq!(yesterday.body["items"], json!([]));
    let wrong = admin.get(brand, "/activity/sessions?from=2026-03-03&to=2026-03-01").await;
    assert_eq!(wrong.fields(), ["from"]);
}

#[tokio::test]
async fn a_ping_of_a_session_that_has_ended_asks_to_sign_in() {
    let world = World::start().await;
    let brand = world.brand(1_000).await;
    world.member(brand, "rui@lender.example", Department::Credit, &[]).await;
    let signed_in = world.login("rui@lender.example", PASSWORD).await;
    let caller = Caller::with_token(&world, &signed_in);
    let refresh = json!({ "refreshToken": signed_in.text("refreshToken") });
    assert_eq!(world.post("/partner/auth/logout", refresh).await.status, StatusCode::NO_CONTENT);
    let ping = caller.send(Method::POST, brand, "/activity/ping", None).await;
    assert_eq!(ping.status, StatusCode::UNAUTHORIZED);
    assert_eq!(run(&world, brand, false).await, [0, 0, 0], "what was signed out is not open");
}

#[tokio::test]
async fn each_brand_says_how_long_one_may_be_away() {
    let world = World::start().await;
    let (brand, patient) = (world.brand(1_000).await, world.brand(1_000).await);
    let key = Brand::key_of(patient);
    let mut stored: Brand = world.deps.table.get(&key, Consistency::Strong).await.unwrap().unwrap();
    stored.idle_after_minutes = 60;
    world.deps.brands.save(&mut stored).await.unwrap();
    for (brand, email) in [(brand, "rui@lender.example"), (patient, "eva@lender.example")] {
        world.member(brand, email, Department::Credit, &[]).await;
        assert_eq!(world.login(email, PASSWORD).await.status, StatusCode::OK);
    }
    world.root().await;
    let root = world.login(ROOT_EMAIL, PASSWORD).await;
    world.clock.advance(minutes(59));
    assert_eq!(run(&world, brand, false).await, [1, 1, 1]);
    assert_eq!(run(&world, patient, false).await, [1, 0, 0]);
    // The platform's administrators have the default.
    assert_eq!(run(&world, Brand::PLATFORM, false).await, [1, 1, 1]);
    assert_eq!(world.refresh(root.text("refreshToken")).await.status, StatusCode::UNAUTHORIZED);
    world.clock.advance(minutes(1));
    assert_eq!(run(&world, patient, false).await, [1, 1, 1]);
}

/// The schedule of the whole system fires the job.
#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_closes_what_is_idle() {
    let system = TestSystem::start().await;
    let signed_in = system.login(&BRAZIL.email(Department::Credit)).await;
    // Up to a quarter of an hour until it is idle, and up to another until the next firing.
    system.advance("30m").await;
    let list = system.staff(BRAZIL, Department::Admin, "/activity/sessions").await;
    let list = list.get().await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list["items"][0]["end"], "IDLE");
    let audit = system.staff(BRAZIL, Department::Admin, "/audit-logs?action=auth:session-idle");
    let audit = audit.await.get().await.expect(200);
    assert_eq!(audit["items"][0]["actor"], "job:idle-sessions", "{audit}");
    assert_eq!(audit["items"][0]["entity"], signed_in["userId"]);
}
