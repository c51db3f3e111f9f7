//! Text messages and e-mails whose providers fail.

use platform::auth::Department;
use serde_json::{Value, json};

use super::wire::{Borrower, borrower, get, outcome, send};
use crate::harness::{INDIA, TestSystem};

struct World {
    system: TestSystem,
    asha: Borrower,
    template: Value,
}

impl World {
    /// At noon in Kolkata, with a text that the provider has.
    async fn start() -> Self {
        let system = TestSystem::on("2026-02-10").await;
        // 17:30 in Kolkata.
        system.advance_to("2026-02-11T06:30:00Z".parse().unwrap()).await;
        let asha = borrower(&system, INDIA, "+919900000001", 30).await;
        let template = json!({ "kind": "MANUAL", "name": "Call", "text": "Please call, {name}",
            "smsTemplateId": "65f0ca11" });
        let call = system.staff(INDIA, Department::Admin, "/communications/templates").await;
        let template = call.post(&template).await.expect(201);
        Self { system, asha, template }
    }

    /// Sends a text message while the provider fails so, and waits until it is at its end.
    async fn text(&self, key: &str, faults: Value) -> (String, String, u64) {
        let script = json!({ "fail_next": faults });
        self.system.sandbox("/sandbox/sms/script", script).await;
        let body = json!({ "customerId": self.asha.customer, "channel": "SMS",
            "templateId": self.template["id"] });
        self.end_of(key, body).await
    }

    async fn email(&self, key: &str, faults: Value) -> (String, String, u64) {
        let script = json!({ "fail_next": faults });
        self.system.sandbox("/sandbox/email/script", script).await;
        let body = json!({ "customerId": self.asha.customer, "channel": "EMAIL", "text": "Hello" });
        self.end_of(key, body).await
    }

    async fn end_of(&self, key: &str, body: Value) -> (String, String, u64) {
        let id = send(&self.system, INDIA, key, body).await;
        self.system.advance("10m").await;
        let (status, code) = outcome(&self.system, INDIA, &id).await;
        let message = get(&self.system, INDIA, &format!("/communications/{id}")).await;
        assert_eq!(message["attempts"].as_u64().unwrap() > 0, status != "SUPPRESSED");
        assert!(message.get("instance").is_none(), "{message}");
        (status, code, message["attempts"].as_u64().unwrap())
    }
}

fn end(status: &str, code: &str, attempts: u64) -> (String, String, u64) {
    (status.to_owned(), code.to_owned(), attempts)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_message_is_tried_again_where_that_can_help_and_only_there() {
    let world = World::start().await;
    let again = json!(["rate_limit", "rate_limit"]);
    assert_eq!(world.text("a", again).await, end("SENT", "", 3));
    assert_eq!(world.text("b", json!(["refused"])).await, end("FAILED", "SMS_TEMPLATE", 1));
    assert_eq!(world.text("c", json!(["error"])).await, end("FAILED", "PROVIDER_ERROR", 1));
    // It left, though the answer could not be read: it is never sent again.
    assert_eq!(world.text("d", json!(["malformed"])).await, end("FAILED", "PROVIDER_REPLY", 1));
    assert_eq!(world.system.text_messages().await.len(), 2);
    // What did not leave for certain does not count among the borrower's messages: a, c and d do.
    let path = format!("/communications/contacts/{}", world.asha.customer);
    assert_eq!(get(&world.system, INDIA, &path).await["sentToday"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_three_retries_a_message_is_a_dead_letter() {
    let world = World::start().await;
    let faults = json!(["rate_limit", "rate_limit", "rate_limit", "rate_limit"]);
    assert_eq!(world.text("a", faults).await, end("FAILED", "PROVIDER_RATE_LIMIT", 4));
    let counts = world.system.system().driver().queues().counts();
    let dead: Vec<_> =
        counts.iter().filter(|queue| queue.dead_letter && queue.counts.total() > 0).collect();
    assert_eq!(dead.len(), 1);
    assert!(world.system.text_messages().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_is_tried_again_where_that_can_help_and_only_there() {
    let world = World::start().await;
    assert_eq!(world.email("a", json!(["rate_limit"])).await, end("SENT", "", 2));
    assert_eq!(world.email("b", json!(["rejected"])).await, end("FAILED", "MESSAGE_REJECTED", 1));
    assert_eq!(world.email("c", json!(["error"])).await, end("FAILED", "PROVIDER_ERROR", 1));
    let emails = world.system.emails().await;
    assert_eq!(emails.len(), 1);
    assert_eq!(
        (&emails[0]["text"], &emails[0]["subject"]),
        (&json!("Hello"), &json!("Banyan Finance"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn free_words_do_not_go_as_a_text_message() {
    let world = World::start().await;
    let body = json!({ "customerId": world.asha.customer, "channel": "SMS", "text": "Hello" });
    let call = world.system.staff(INDIA, Department::Admin, "/communications/send").await;
    let error = call.key("a").post(&body).await.expect(400);
    assert_eq!(error["errors"][0]["field"], "templateId");
}
