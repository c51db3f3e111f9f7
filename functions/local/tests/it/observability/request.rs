use std::collections::BTreeSet;
use std::time::Duration;

use platform::auth::Department;
use platform::store::{AuditRecord, Range};
use serde_json::json;

use super::capture::{Line, Log, logged};
use crate::harness::{BRAZIL, TestSystem};

const REQUEST: &str = "req-under-test-1";
const ROOT: &str = "1-677ce360-0a1b2c3d4e5f60718293a4b5";
/// More records than the test makes.
const RECORDS_LIMIT: usize = 100;

fn functions(lines: &[Line]) -> BTreeSet<&str> {
    lines.iter().map(|line| line.field("function")).filter(|name| !name.is_empty()).collect()
}

/// How a function ended its part of what a request set off.
fn ends(log: &Log, request_id: &str, function: &str) -> Vec<String> {
    let lines = log.of_request(request_id).into_iter();
    let of = lines.filter(|line| line.field("function") == function);
    let ends = ["answered", "job done", "message done", "records done"];
    of.map(|line| line.message().to_owned()).filter(|text| ends.contains(&text.as_str())).collect()
}

#[test]
fn one_request_is_found_in_the_lines_of_every_function_that_it_passes() {
    logged(async |log| {
        let system = TestSystem::start().await;
        let managers = Department::LoanManagement;
        let customer = json!({ "name": "Ana Exemplo", "phone": "+5511900004321" });
        let call = system.staff(BRAZIL, managers, "/customers").await;
        let customer = call.post(&customer).await.expect(201)["id"].clone();

        let body = json!({ "customerId": customer, "text": "Olá, sua segunda via está pronta." });
        let call = system.staff(BRAZIL, Department::Collections, "/communications/send").await;
        let place = format!("Root={ROOT};Parent=0a1b2c3d4e5f6071;Sampled=0");
        let call = call.key("send").header("x-request-id", REQUEST);
        let sent = call.header("x-amzn-trace-id", place).post(&body).await;
        assert_eq!(sent.headers["x-request-id"], REQUEST);
        let sent = sent.expect(201);
        // It may have to wait for its turn, in another message of the queue.
        system.advance("5m").await;
        let messages = system.whatsapp_messages().await;
        assert_eq!(messages.len(), 1, "{messages:?}");

        let lines = log.of_request(REQUEST);
        let passed = ["communications", "stream-outbox", "worker-audit", "worker-whatsapp"];
        assert_eq!(functions(&lines), BTreeSet::from(passed), "{lines:?}");
        assert!(lines.iter().all(|line| line.field("trace") == ROOT), "{lines:?}");
        assert_eq!(ends(&log, REQUEST, "communications"), ["answered"]);
        assert_eq!(ends(&log, REQUEST, "worker-audit"), ["message done"]);
        let whatsapp = lines.iter().find(|line| line.message() == "a message is sent").unwrap();
        assert_eq!(whatsapp.field("id"), sent["id"]);
        assert_eq!(whatsapp.field("function"), "worker-whatsapp");

        // The audit has the same id.
        let brand = BRAZIL.id().unwrap();
        let range = Range::partition(AuditRecord::partition(brand, "2026-01"));
        let table = &system.system().deps().table;
        let audit: Vec<AuditRecord> = table.query_all(&range, RECORDS_LIMIT).await.unwrap();
        let record = audit.iter().find(|record| record.effect.action == "communications:send");
        assert_eq!(record.unwrap().effect.request_id.as_deref(), Some(REQUEST));
    });
}

#[test]
fn a_nights_job_is_found_in_the_lines_of_its_workers() {
    logged(async |log| {
        let system = TestSystem::start().await;
        let event = json!({ "brandId": BRAZIL.id().unwrap(), "businessDate": "2026-01-14" });
        system.invoke("job-overdue", event).await;
        system.drain().await;
        let lines = log.lines();
        let mut planned = lines.iter().filter(|line| line.message() == "job done");
        let planned = planned.find(|line| line.field("function") == "job-overdue").unwrap();
        let request = planned.field("request_id");
        // The demo's portfolio has eight shards.
        assert_eq!(ends(&log, request, "worker-accrual"), ["message done"; 8]);
        let expected = BTreeSet::from(["job-overdue", "stream-outbox", "worker-accrual"]);
        assert_eq!(functions(&log.of_request(request)), expected);
    });
}

/// A message that somebody sent by hand has no trace: it begins one of its own.
#[test]
fn a_message_without_a_trace_is_named_by_its_own_id() {
    logged(async |log| {
        let system = TestSystem::start().await;
        let deps = system.system().deps();
        let body = json!({ "brandId": BRAZIL.id().unwrap(), "importId": "imp_00000000000000000000000001",
            "step": 0 });
        deps.queues.send(platform::aws::Queue::Import, &body, Duration::ZERO).await.unwrap();
        system.drain().await;
        let lines = log.lines();
        let done = lines.iter().find(|line| line.field("function") == "worker-import").unwrap();
        assert_eq!(done.field("request_id"), done.field("message_id"));
        assert!(!done.field("message_id").is_empty());
    });
}
