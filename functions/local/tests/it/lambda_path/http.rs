use domain::ids::{AuditId, StaffId};
use jiff::Timestamp;
use platform::auth::{Department, password};
use platform::store::{Effect, Event, PasswordHash, StaffUser, Table};
use secrecy::SecretString;
use serde_json::{Value, json};
use ulid::Ulid;

use super::fixture::{BRAND, Deployment, LOOKUP_KEY, brand_id};
use super::process::Function;
use crate::architecture::events;

#[tokio::test]
async fn partner_auth_signs_in_behind_api_gateway() {
    let deployment = Deployment::start().await;
    let mut event = events::read("partner-auth");
    let mut login: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
    let user = store_user(&deployment.table, &login).await;
    let function = Function::start("partner-auth", &deployment.environment()).await;

    let answer = function.invoke("first", event.clone()).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert_eq!(answer["headers"]["cache-control"], "no-store");
    let session = body(&answer);
    assert_eq!(session["userId"], json!(user.id));
    assert_eq!(session["brandId"], BRAND);
    let token = session["accessToken"].as_str().unwrap();

    // The token opens another route of the same function.
    let mut me = event.clone();
    me["rawPath"] = json!("/api/v1/partner/auth/me");
    me["requestContext"]["http"]["method"] = json!("GET");
    me["requestContext"]["http"]["path"] = me["rawPath"].clone();
    me["headers"]["authorization"] = json!(format!("Bearer {token}"));
    me.as_object_mut().unwrap().remove("body");
    let answer = function.invoke("second", me).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert_eq!(body(&answer)["email"], login["email"]);

    // A browser's cookies travel in the field that API Gateway has for them.
    login["delivery"] = json!("COOKIE");
    event["body"] = json!(login.to_string());
    let answer = function.invoke("third", event.clone()).await;
    let cookies = answer["cookies"].as_array().unwrap();
    assert_eq!(cookies.len(), 3, "{answer}");
    assert!(cookies.iter().all(|cookie| cookie.as_str().unwrap().contains("; Secure")));

    login["password"] = json!("another-invented-pass-phrase");
    event["body"] = json!(login.to_string());
    let answer = function.invoke("fourth", event).await;
    assert_eq!(answer["statusCode"], 401, "{answer}");
    assert_eq!(body(&answer)["path"], "/api/v1/partner/auth/login");
    let log = function.log();
    assert!(!log.contains("pass-phrase") && !log.contains(token), "{log}");
    deployment.cloud.stop().await;
}

fn body(answer: &Value) -> Value {
    assert_eq!(answer["isBase64Encoded"], false);
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

/// The user who signs in.
async fn store_user(table: &Table, login: &Value) -> StaffUser {
    let password = SecretString::from(login["password"].as_str().unwrap());
    let now = Timestamp::now();
    let id = StaffId::new(Ulid::from_parts(1_736_164_800_000, 1));
    let mut user = StaffUser {
        id,
        version: 0,
        brand: Some(brand_id()),
        email: login["email"].as_str().unwrap().parse().unwrap(),
        name: "Ana Invented".parse().unwrap(),
        department: Department::Collections,
        permissions: Vec::new(),
        active: true,
        password_hash: PasswordHash::new(password::hash(&password).await.unwrap()),
        credentials: 0,
        created_at: now,
        updated_at: now,
    };
    let event = Event {
        brand: brand_id(),
        id: AuditId::new(id.ulid()),
        at: now,
        effect: Effect::new("test", "staff:create", id),
    };
    let key = SecretString::from(LOOKUP_KEY);
    let tx = user.create_in(table.tx(), &key, &event).unwrap();
    tx.commit().await.unwrap();
    user
}
