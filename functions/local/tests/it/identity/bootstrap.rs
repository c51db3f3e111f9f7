//! The first administrator of a deployment.

use jobs::bootstrap::{self, Bootstrap, BootstrapError};
use platform::store::StaffUser;
use reqwest::StatusCode;
use serde_json::json;

use super::{PASSWORD, World};

const EMAIL: &str = "first@platform.example";

fn first(email: &str) -> Bootstrap {
    Bootstrap { email: email.parse().unwrap(), name: "First Invented".parse().unwrap() }
}

#[tokio::test]
async fn operations_create_the_first_administrator_once() {
    let world = World::start().await;
    let deps = &world.deps;
    let lost = bootstrap::handle(deps.clone(), first(EMAIL)).await.unwrap();
    assert!(!format!("{lost:?}").contains(&lost.code), "the code is for the answer only");
    // The code got lost, or its quarter of an hour passed: another one for the same person.
    let other = bootstrap::handle(deps.clone(), first("other@platform.example")).await;
    assert!(matches!(other, Err(BootstrapError::OtherAddress)), "{other:?}");
    let answer = bootstrap::handle(deps.clone(), first(EMAIL)).await.unwrap();
    assert_eq!(answer.user_id, lost.user_id);

    let body = json!({ "code": answer.code, "newPassword": PASSWORD, "delivery": "BEARER" });
    let signed_in = world.post("/partner/auth/secure-code", body).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
    assert_eq!(signed_in.text("department"), "SUPER_ADMIN");
    let login = world.login(EMAIL, PASSWORD).await;
    let bearer = format!("Bearer {}", login.text("accessToken"));
    let headers = [("authorization", bearer.as_str())];
    let users = world.send(reqwest::Method::GET, "/admin/users", &headers, None).await;
    assert_eq!(users.body["items"].as_array().unwrap().len(), 1, "{}", users.body);

    // From here on the function is of no use to anybody.
    for email in [EMAIL, "other@platform.example"] {
        let refused = bootstrap::handle(deps.clone(), first(email)).await;
        assert!(matches!(refused, Err(BootstrapError::Exists)), "{refused:?}");
    }
    let body = json!({ "code": lost.code, "newPassword": PASSWORD });
    let stale = world.post("/partner/auth/secure-code", body).await;
    assert_eq!(stale.status, StatusCode::UNAUTHORIZED, "the lost code ended with the password");
}

#[tokio::test]
async fn where_there_is_an_administrator_nobody_is_created() {
    let world = World::start().await;
    world.root().await;
    let refused = bootstrap::handle(world.deps.clone(), first(EMAIL)).await;
    assert!(matches!(refused, Err(BootstrapError::Exists)), "{refused:?}");
}

#[tokio::test]
async fn two_invocations_at_once_create_one_administrator() {
    let world = World::start().await;
    let create = |email: &str| bootstrap::handle(world.deps.clone(), first(email));
    let (one, two) = futures::join!(create(EMAIL), create("other@platform.example"));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let all = StaffUser::of_brand(None);
    assert_eq!(world.deps.table.query_keys(&all, 10, None).await.unwrap().items.len(), 1);
}
