use serde_json::{Value, json};

use super::fixture::{BRAND, Deployment};
use super::process::Function;
use super::records::store_user;
use crate::architecture::events;

#[tokio::test]
async fn partner_auth_signs_in_behind_api_gateway() {
    let deployment = Deployment::start().await;
    let mut event = events::read("partner-auth");
    let mut login: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
    let user = store_user(&deployment.table).await;
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
    // A line in the embedded metric format for each request.
    let measured = |line: &Value| line["Requests"] == 1 && line["Function"] == "partner-auth";
    let lines = log.lines().filter_map(|line| serde_json::from_str(line).ok());
    assert_eq!(lines.filter(measured).count(), 4, "{log}");
    assert!(!log.contains("pass-phrase") && !log.contains(token), "{log}");
    deployment.cloud.stop().await;
}

fn body(answer: &Value) -> Value {
    assert_eq!(answer["isBase64Encoded"], false);
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}
