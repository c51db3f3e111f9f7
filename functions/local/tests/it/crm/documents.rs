use platform::auth::Department;
use serde_json::{Value, json};

use crate::harness::{BRAZIL, INDIA, TestSystem};

const PDF: &[u8] = b"%PDF-1.7\n% an invented page\n";

async fn announce(system: &TestSystem, id: &str, content_type: &str, size: usize) -> Value {
    let body = json!({ "kind": "INCOME", "contentType": content_type, "sizeBytes": size });
    system.ask(BRAZIL, &format!("/customers/{id}/documents"), &body).await.expect(201)
}

/// Sends a content to where the answer says, with the headers that it says.
async fn send(created: &Value, content_type: &str, content: &[u8]) -> u16 {
    let upload = &created["upload"];
    assert_eq!(upload["method"], "PUT");
    let request = reqwest::Client::builder()
        .build()
        .unwrap()
        .put(upload["url"].as_str().unwrap())
        .header("content-type", content_type)
        .body(content.to_vec());
    request.send().await.unwrap().status().as_u16()
}

fn id_of(created: &Value) -> &str {
    created["document"]["id"].as_str().unwrap()
}

async fn customer(system: &TestSystem) -> String {
    let body = json!({ "name": "Ana Exemplo", "phone": "+5511900000001" });
    system.create_customer(BRAZIL, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_sent_looked_at_and_verified() {
    let system = TestSystem::start().await;
    let id = customer(&system).await;
    let created = announce(&system, &id, "application/pdf", PDF.len()).await;
    assert_eq!(created["document"]["status"], "PENDING");
    let path = |verb: &str| format!("/customers/{id}/documents/{}/{verb}", id_of(&created));
    let refused = system.ask(BRAZIL, &path("complete"), &json!({})).await.expect(409);
    assert_eq!(refused["message"], "nothing was sent yet");
    let refused = system.ask(BRAZIL, &path("verify"), &json!({})).await.expect(409);
    assert_eq!(refused["allowed"], json!(["UPLOADED"]));

    assert_eq!(send(&created, "application/pdf", PDF).await, 200);
    let done = system.ask(BRAZIL, &path("complete"), &json!({})).await.expect(200);
    assert_eq!(done["status"], "UPLOADED");
    // Again: done already. What is sent afterwards changes nothing of what was looked at.
    let again = system.ask(BRAZIL, &path("complete"), &json!({})).await.expect(200);
    assert_eq!(again, done);
    let other = [b"%PDF-1.7\n% another", &[b'.'; 9][..]].concat();
    send(&created, "application/pdf", &other).await;
    let list = system.see(BRAZIL, &format!("/customers/{id}/documents?links=true")).await;
    let url = list["items"][0]["url"].as_str().unwrap();
    let read = reqwest::get(url).await.unwrap().bytes().await.unwrap();
    assert_eq!(read, PDF);

    let verified = system.ask(BRAZIL, &path("verify"), &json!({})).await.expect(200);
    assert_eq!(verified["status"], "VERIFIED");
    let body = json!({ "reason": "it is somebody else's" });
    let rejected = system.ask(BRAZIL, &path("reject"), &body).await.expect(200);
    assert_eq!((&rejected["status"], &rejected["reason"]), (&json!("REJECTED"), &body["reason"]));
    let refused = system.ask(BRAZIL, &path("verify"), &json!({})).await.expect(409);
    assert_eq!(refused["message"], "the document is REJECTED");

    let timeline = system.see(BRAZIL, &format!("/customers/{id}/timeline")).await;
    let actions: Vec<&str> = timeline["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["kind"] == "DOCUMENT")
        .map(|line| line["action"].as_str().unwrap())
        .collect();
    let mut sorted = actions.clone();
    sorted.sort_unstable();
    let expected = ["announce", "read", "reject", "upload", "verify"];
    assert_eq!(sorted, expected.map(|verb| format!("documents:{verb}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_announced_is_refused() {
    let system = TestSystem::start().await;
    let id = customer(&system).await;
    let documents = format!("/customers/{id}/documents");
    for body in [
        json!({ "kind": "INCOME", "contentType": "text/html", "sizeBytes": 10 }),
        json!({ "kind": "INCOME", "contentType": "application/pdf", "sizeBytes": 0 }),
        json!({ "kind": "INCOME", "contentType": "application/pdf", "sizeBytes": 10_485_761 }),
    ] {
        system.ask(BRAZIL, &documents, &body).await.expect(400);
    }
    // Another type of content than its header says.
    let html = b"<html>not a PDF, 28 bytes</>";
    let created = announce(&system, &id, "application/pdf", html.len()).await;
    assert_eq!(send(&created, "application/pdf", html).await, 200);
    let path = format!("{documents}/{}/complete", id_of(&created));
    let refused = system.ask(BRAZIL, &path, &json!({})).await.expect(409);
    assert_eq!(refused["message"], "what was sent is of another type");
    // The link takes one type and one size.
    let created = announce(&system, &id, "application/pdf", PDF.len()).await;
    assert_eq!(send(&created, "image/png", PDF).await, 403);
    assert_eq!(send(&created, "application/pdf", &[PDF, PDF].concat()).await, 403);

    // Nobody else's document, and nobody without the permission.
    let path = format!("{documents}/{}/verify", id_of(&created));
    system.ask(INDIA, &path, &json!({})).await.expect(404);
    let other = json!({ "name": "Bia Exemplo", "phone": "+5511900000002" });
    let other = system.create_customer(BRAZIL, &other).await;
    let foreign = format!("/customers/{other}/documents/{}/verify", id_of(&created));
    system.ask(BRAZIL, &foreign, &json!({})).await.expect(404);
    let links = format!("{documents}?links=true");
    let by_collections = system.staff(BRAZIL, Department::Collections, &links).await;
    by_collections.get().await.expect(403);
    let by_collections = system.staff(BRAZIL, Department::Collections, &documents).await;
    let list = by_collections.get().await.expect(200);
    assert!(list["items"][0].get("url").is_none());
}
