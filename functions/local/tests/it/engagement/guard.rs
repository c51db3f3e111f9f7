//! 10 February 2026 is a Tuesday; the system starts at 09:00 in São Paulo (12:00 UTC), where
//! borrowers may be contacted from 08:00 to 20:00.

use jiff::civil::time;
use platform::auth::Department;
use platform::store::{DunningPause, PauseCause};
use serde_json::{Value, json};

use super::wire::{about, borrower, get, outcome, send, set};
use crate::harness::{BRAZIL, TestSystem};

const PHONE: &str = "+5511987650001";

fn ended(status: &str, code: &str) -> (String, String) {
    (status.to_owned(), code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_borrower_who_answers_stop_gets_no_more_messages() {
    let system = TestSystem::on("2026-02-10").await;
    let ana = borrower(&system, BRAZIL, PHONE, 30).await;
    let hello = json!({ "customerId": ana.customer, "text": "Oi {name}" });
    let first = send(&system, BRAZIL, "a", hello.clone()).await;
    system.advance("1m").await;
    assert_eq!(outcome(&system, BRAZIL, &first).await, ended("READ", ""));

    // Of an account of old the name has eight digits; other words ask for nothing.
    for (text, expected) in [("não vou parar", false), ("Saír!", true), ("STOP", true)] {
        let reply = json!({ "instance": "parcela-aurora", "number": "551187650001", "text": text });
        system.sandbox("/sandbox/whatsapp/reply", reply).await;
        let path = format!("/communications/contacts/{}", ana.customer);
        assert_eq!(get(&system, BRAZIL, &path).await["optedOut"], expected, "{text}");
    }
    let second = send(&system, BRAZIL, "b", hello.clone()).await;
    system.advance("1m").await;
    assert_eq!(outcome(&system, BRAZIL, &second).await, ended("SUPPRESSED", "OPTED_OUT"));
    assert_eq!(system.whatsapp_messages().await.len(), 1);

    // Who may write to borrowers is told, once.
    let inbox = system.staff(BRAZIL, Department::Collections, "/notifications").await;
    let inbox = inbox.get().await.expect(200);
    let told: Vec<&Value> = inbox["items"].as_array().unwrap().iter().collect();
    assert_eq!(told.len(), 1, "{inbox}");
    assert_eq!(told[0]["topic"], "BORROWER_OPTED_OUT");
    assert_eq!(told[0]["entity"], json!(ana.customer));

    // Staff undo it where the borrower asks for that; a stale version does not.
    let path = format!("/communications/contacts/{}", ana.customer);
    let wishes =
        json!({ "doNotContact": false, "optedOut": false, "consent": true, "note": "asked again" });
    let put = async |etag: &str| {
        let call = system.staff(BRAZIL, Department::Collections, &path).await;
        call.if_match(etag).put(&wishes).await.status
    };
    assert_eq!(put("\"1\"").await, 409);
    let etag = system.staff(BRAZIL, Department::Admin, &path).await.get().await.etag();
    assert_eq!(put(&etag).await, 200);
    let third = send(&system, BRAZIL, "c", hello).await;
    system.advance("1m").await;
    assert_eq!(outcome(&system, BRAZIL, &third).await, ended("READ", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_suppressed_message_says_why() {
    let system = TestSystem::on("2026-02-10").await;
    let ana = borrower(&system, BRAZIL, PHONE, 30).await;
    let hello = json!({ "customerId": ana.customer, "text": "Oi" });
    let path = format!("/communications/contacts/{}", ana.customer);
    let wish = async |wish: &str| {
        let mut wishes =
            json!({ "doNotContact": false, "optedOut": false, "consent": false, "note": "x" });
        wishes[wish] = true.into();
        let call = system.staff(BRAZIL, Department::Admin, &path).await;
        call.put(&wishes).await.expect(200);
    };
    set(&system, BRAZIL, |dunning| dunning.contact.needs_consent = true).await;
    let mut number = 0;
    let mut try_to_send = async || {
        number += 1;
        let id = send(&system, BRAZIL, &format!("k{number}"), hello.clone()).await;
        system.advance("1m").await;
        outcome(&system, BRAZIL, &id).await
    };
    assert_eq!(try_to_send().await, ended("SUPPRESSED", "NO_CONSENT"));
    wish("doNotContact").await;
    assert_eq!(try_to_send().await, ended("SUPPRESSED", "DO_NOT_CONTACT"));
    wish("consent").await;
    set(&system, BRAZIL, |dunning| dunning.contact.per_day = Some(2)).await;
    assert_eq!(try_to_send().await, ended("READ", ""));
    assert_eq!(try_to_send().await, ended("READ", ""));
    assert_eq!(try_to_send().await, ended("SUPPRESSED", "FREQUENCY_DAY"));
    let contact = get(&system, BRAZIL, &path).await;
    assert_eq!((&contact["sentToday"], &contact["allowedADay"]), (&json!(2), &json!(2)));

    set(&system, BRAZIL, |dunning| dunning.contact.per_week = Some(3)).await;
    system.advance("1d").await;
    assert_eq!(try_to_send().await, ended("READ", ""));
    assert_eq!(try_to_send().await, ended("SUPPRESSED", "FREQUENCY_WEEK"));
    assert_eq!(system.whatsapp_messages().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_the_brands_hours_a_message_waits_and_is_not_lost() {
    let system = TestSystem::on("2026-02-10").await;
    let ana = borrower(&system, BRAZIL, PHONE, 30).await;
    set(&system, BRAZIL, |dunning| dunning.contact.from = Some(time(10, 0, 0, 0))).await;
    let mut ids = Vec::new();
    for channel in ["WHATSAPP", "EMAIL"] {
        let body = json!({ "customerId": ana.customer, "text": "Oi", "channel": channel });
        ids.push(send(&system, BRAZIL, channel, body).await);
    }
    system.advance("30m").await;
    for id in &ids {
        assert_eq!(outcome(&system, BRAZIL, id).await.0, "QUEUED");
        let message = get(&system, BRAZIL, &format!("/communications/{id}")).await;
        assert_eq!(message["scheduledFor"], "2026-02-10T13:00:00Z", "{message}");
    }
    assert!(system.whatsapp_messages().await.is_empty() && system.emails().await.is_empty());
    system.advance("35m").await;
    let phones = system.whatsapp_messages().await;
    assert_eq!(phones.len(), 1);
    assert!(phones[0]["at"].as_str().unwrap() >= "2026-02-10T13:00:00", "{phones:?}");
    assert_eq!(system.emails().await.len(), 1);
    assert_eq!(outcome(&system, BRAZIL, &ids[1]).await, ended("SENT", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_and_a_promise_silence_the_daily_message_up_to_their_date() {
    let system = TestSystem::on("2026-02-10").await;
    // Due on Wednesday the 11th and Thursday the 12th.
    let paused = borrower(&system, BRAZIL, PHONE, 1).await;
    let promised = borrower(&system, BRAZIL, "+5511987650002", 1).await;
    let body = json!({ "loanId": paused.loan, "until": "2026-02-11", "reason": "em viagem" });
    let call = system.staff(BRAZIL, Department::Collections, "/communications/pause").await;
    let pause = call.key("p").post(&body).await.expect(200);
    assert_eq!((&pause["cause"], &pause["active"]), (&json!("PAUSE"), &json!(true)));
    let shown = get(&system, BRAZIL, &format!("/communications/pause?loan={}", paused.loan)).await;
    assert_eq!(shown, pause);

    let deps = system.system().deps();
    let mut promise = DunningPause {
        brand: BRAZIL.id().unwrap(),
        loan: promised.loan_id(),
        version: 0,
        until: "2026-02-12".parse().unwrap(),
        cause: PauseCause::Promise,
        reason: "paga na quinta".to_owned(),
        set_by: "staff".to_owned(),
        set_at: system.now(),
    };
    deps.table.replace(&mut promise).await.unwrap();

    // Wednesday evening: both daily messages were written at 06:00 and suppressed at 08:00.
    system.advance("1d").await;
    for (loan, code) in [(&paused.loan, "PAUSED"), (&promised.loan, "PROMISED")] {
        let messages = about(&system, BRAZIL, loan).await;
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert_eq!(messages[0]["status"], "SUPPRESSED");
        assert_eq!(messages[0]["reason"]["code"], code);
    }
    // Thursday: the pause is over, the promise is not.
    system.advance("1d").await;
    assert_eq!(about(&system, BRAZIL, &paused.loan).await[0]["status"], "READ");
    assert_eq!(about(&system, BRAZIL, &promised.loan).await[0]["reason"]["code"], "PROMISED");
    // Friday: the promise was broken.
    system.advance("1d").await;
    assert_eq!(about(&system, BRAZIL, &promised.loan).await[0]["status"], "READ");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_pause_names_its_field() {
    let system = TestSystem::on("2026-02-10").await;
    let ana = borrower(&system, BRAZIL, PHONE, 30).await;
    let stranger = "loan_01JZ0000000000000000000000";
    for (loan, until, field) in
        [(ana.loan.as_str(), "2027-02-12", "until"), (stranger, "2026-02-12", "loanId")]
    {
        let body = json!({ "loanId": loan, "until": until, "reason": "x" });
        let call = system.staff(BRAZIL, Department::Admin, "/communications/pause").await;
        let error = call.post(&body).await.expect(400);
        assert_eq!(error["errors"][0]["field"], field);
    }
    let body = json!({ "loanId": ana.loan, "until": "2026-02-12", "reason": "x" });
    let call = system.staff(BRAZIL, Department::Credit, "/communications/pause").await;
    call.post(&body).await.expect(403);
    let path = format!("/communications/pause?loan={stranger}");
    let call = system.staff(BRAZIL, Department::Admin, &path).await;
    call.get().await.expect(404);
}
