//! A session from signing in to its end.

use jiff::SignedDuration;
use platform::store::{
    ActivitySession, READERS_LAG_SECONDS, Range, SecureCode, SessionEnd, StaffUser,
};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::json;

use super::{PASSWORD, ROOT_EMAIL, World};

const NEW_PASSWORD: &str = "another password for tests";

async fn activity(world: &World) -> Vec<ActivitySession> {
    let range = Range::partition(ActivitySession::partition(None, "2026-03"));
    world.deps.table.query_all(&range, 100).await.unwrap()
}

#[tokio::test]
async fn an_app_signs_in_refreshes_and_signs_out() {
    let world = World::start().await;
    let root = world.root().await;
    let login = world.login(ROOT_EMAIL, PASSWORD).await;
    assert_eq!(login.status, StatusCode::OK);
    assert_eq!(login.text("userId"), root.id.to_string());
    assert_eq!(login.body["expiresInSeconds"], 900);
    // 30 days after 2 March, noon.
    assert_eq!(login.text("sessionExpiresAt"), "2026-04-01T12:00:00Z");
    assert!(login.headers.get("set-cookie").is_none());
    assert!(login.body.get("csrfToken").is_none());

    let bearer = format!("Bearer {}", login.text("accessToken"));
    let me = world.send(Method::GET, "/partner/auth/me", &[("authorization", &bearer)], None).await;
    assert_eq!((me.status, me.text("email")), (StatusCode::OK, ROOT_EMAIL));

    world.clock.advance(SignedDuration::from_mins(15));
    world.clock.advance(SignedDuration::from_secs(5));
    let late =
        world.send(Method::GET, "/partner/auth/me", &[("authorization", &bearer)], None).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED, "an access token lives 15 minutes");

    let refreshed = world.refresh(login.text("refreshToken")).await;
    assert_eq!(refreshed.status, StatusCode::OK);
    assert_eq!(refreshed.text("sessionExpiresAt"), "2026-04-01T12:00:00Z", "not put off");
    let token = refreshed.text("refreshToken").to_owned();
    for _ in 0..2 {
        let logout = world.post("/partner/auth/logout", json!({ "refreshToken": token })).await;
        assert_eq!(logout.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(world.refresh(&token).await.status, StatusCode::UNAUTHORIZED);
    let seen = activity(&world).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].end, Some(SessionEnd::Logout));
    let seen_for = seen[0].last_seen_at.duration_since(seen[0].opened_at);
    assert_eq!(seen_for, SignedDuration::from_secs(905));
}

#[tokio::test]
async fn a_browser_holds_its_tokens_in_cookies_and_proves_its_origin() {
    let world = World::start().await;
    world.root().await;
    let body = json!({ "email": ROOT_EMAIL, "password": PASSWORD });
    let login = world.post("/partner/auth/login", body).await;
    assert!(login.body.get("accessToken").is_none() && login.body.get("refreshToken").is_none());
    let cookies = format!(
        "parcela_access={}; parcela_refresh={}; parcela_csrf={}",
        login.cookie("parcela_access"),
        login.cookie("parcela_refresh"),
        login.cookie("parcela_csrf"),
    );
    let csrf = login.text("csrfToken");
    assert_eq!(csrf, login.cookie("parcela_csrf"));

    let me = world.send(Method::GET, "/partner/auth/me", &[("cookie", &cookies)], None).await;
    assert_eq!(me.status, StatusCode::OK, "reading needs no CSRF token");
    for path in ["refresh-token", "logout", "change-password"] {
        let body = match path {
            "change-password" => json!({ "currentPassword": PASSWORD, "newPassword": PASSWORD }),
            _ => json!({}),
        };
        let path = format!("/partner/auth/{path}");
        for headers in [
            vec![("cookie", cookies.as_str())],
            vec![("cookie", cookies.as_str()), ("x-csrf-token", "0000")],
        ] {
            let forged = world.send(Method::POST, &path, &headers, Some(body.clone())).await;
            assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    let headers = [("cookie", cookies.as_str()), ("x-csrf-token", csrf)];
    let path = "/partner/auth/refresh-token";
    let refreshed = world.send(Method::POST, path, &headers, Some(json!({}))).await;
    assert_eq!(refreshed.status, StatusCode::OK);
    assert_ne!(refreshed.cookie("parcela_refresh"), login.cookie("parcela_refresh"));
    assert!(refreshed.body.get("refreshToken").is_none());

    let logout = world.send(Method::POST, "/partner/auth/logout", &headers, Some(json!({}))).await;
    assert_eq!(logout.status, StatusCode::NO_CONTENT);
    assert_eq!(logout.cookie("parcela_access"), "");
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_however_often_it_is_refreshed() {
    let world = World::start().await;
    world.root().await;
    let mut token = world.login(ROOT_EMAIL, PASSWORD).await.text("refreshToken").to_owned();
    for _ in 0..29 {
        world.clock.advance(SignedDuration::from_hours(24));
        token = world.refresh(&token).await.text("refreshToken").to_owned();
    }
    world.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(world.refresh(&token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let world = World::start().await;
    world.root().await;
    let here = world.login(ROOT_EMAIL, PASSWORD).await;
    let elsewhere = world.login(ROOT_EMAIL, PASSWORD).await;
    let bearer = format!("Bearer {}", here.text("accessToken"));
    let change = async |current: &str, new: &str| {
        let body = json!({ "currentPassword": current, "newPassword": new });
        let headers = [("authorization", bearer.as_str())];
        world.send(Method::POST, "/partner/auth/change-password", &headers, Some(body)).await
    };
    let wrong = change("not my password", NEW_PASSWORD).await;
    assert_eq!((wrong.status, wrong.fields()), (StatusCode::BAD_REQUEST, vec!["currentPassword"]));
    for weak in ["too short", ROOT_EMAIL] {
        assert_eq!(change(PASSWORD, weak).await.fields(), ["newPassword"], "{weak}");
    }
    assert_eq!(change(PASSWORD, NEW_PASSWORD).await.status, StatusCode::NO_CONTENT);

    world.clock.advance(SignedDuration::from_secs(READERS_LAG_SECONDS));
    for session in [&here, &elsewhere] {
        let bearer = format!("Bearer {}", session.text("accessToken"));
        let headers = [("authorization", bearer.as_str())];
        let me = world.send(Method::GET, "/partner/auth/me", &headers, None).await;
        assert_eq!(me.status, StatusCode::UNAUTHORIZED, "tokens of before are of no use");
    }
    assert_eq!(world.refresh(here.text("refreshToken")).await.status, StatusCode::OK);
    let revoked = world.refresh(elsewhere.text("refreshToken")).await;
    assert_eq!(revoked.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.login(ROOT_EMAIL, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.login(ROOT_EMAIL, NEW_PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_one_time_code_signs_in_once_and_sets_a_password() {
    let world = World::start().await;
    let root = world.root().await;
    let hand_out = async |user: &StaffUser| {
        let key = world.deps.config.lookup_key.get().unwrap();
        let (code, text) = SecureCode::generate(key, user, world.deps.clock.wall()).unwrap();
        world.deps.table.create(&code).await.unwrap();
        text.expose_secret().to_owned()
    };
    let redeem = async |code: &str, password: &str| {
        let body = json!({ "code": code, "newPassword": password, "delivery": "BEARER" });
        world.post("/partner/auth/secure-code", body).await
    };
    let code = hand_out(&root).await;
    assert_eq!(redeem(&code, "too short").await.fields(), ["newPassword"]);
    let first = redeem(&code, NEW_PASSWORD).await;
    assert_eq!(first.status, StatusCode::OK, "a refused password does not use the code up");
    assert_eq!(world.refresh(first.text("refreshToken")).await.status, StatusCode::OK);
    assert_eq!(redeem(&code, NEW_PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(redeem("unknown", NEW_PASSWORD).await.status, StatusCode::UNAUTHORIZED);

    let late = hand_out(&root).await;
    world.clock.advance(SignedDuration::from_mins(15));
    assert_eq!(redeem(&late, NEW_PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.login(ROOT_EMAIL, NEW_PASSWORD).await.status, StatusCode::OK);
}
