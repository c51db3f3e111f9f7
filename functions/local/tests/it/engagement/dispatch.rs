//! 11 March 2026 is a Wednesday; borrowers in Brazil may be contacted from 08:00 to 20:00, which in
//! São Paulo is 11:00 to 23:00 UTC.

use domain::dunning::Status;
use jiff::{SignedDuration, Timestamp};
use platform::aws::Queue;
use platform::jobs::charge_messages;
use platform::store::{Communication, LoanRecord};
use serde_json::json;

use super::support::System;

const DATE: &str = "2026-03-11";
const NINE_LOCAL: &str = "2026-03-11T12:00:00Z";
const SIX_LOCAL: &str = "2026-03-11T09:00:00Z";

async fn loans(system: &System, count: u32) -> Vec<LoanRecord> {
    let mut loans = Vec::new();
    for number in 1..=count {
        loans.push(system.loan(number, "2026-03-10").await);
    }
    loans
}

fn code(message: &Communication) -> &str {
    message.reason.as_ref().unwrap().code.as_str()
}

#[tokio::test]
async fn messages_of_an_instance_leave_five_to_fifteen_seconds_apart() {
    let system = System::start(NINE_LOCAL).await;
    let loans = loans(&system, 6).await;
    let counts = system.run_job(DATE, &loans).await;
    assert_eq!(counts["messages"], 6);
    // The queue's delay counts whole seconds, so a message may leave up to a second after its turn.
    for _ in 0..90 {
        system.work().await;
        system.advance(SignedDuration::from_secs(1));
    }
    let phones = system.phones().await;
    assert_eq!(phones.len(), 6);
    let times: Vec<Timestamp> =
        phones.iter().map(|message| message["at"].as_str().unwrap().parse().unwrap()).collect();
    for pair in times.windows(2) {
        let gap = pair[1].duration_since(pair[0]);
        let bounds = SignedDuration::from_secs(5)..=SignedDuration::from_secs(17);
        assert!(bounds.contains(&gap), "{gap}");
    }
    assert_eq!(
        phones[0]["text"],
        "Olá, Ana! Aqui é Crédito Certo. Seu contrato tem R$ 510,17 em atraso; a parcela mais \
         antiga venceu em 10/03/2026 (dias de atraso: 1).\n\nParcela 1, vencida em 10/03/2026: \
         R$ 510,17\n\nTotal hoje: R$ 510,17. Se já pagou, desconsidere esta mensagem."
    );
    for loan in &loans {
        let message = system.daily(loan, DATE).await;
        assert!(message.status >= Status::Sent && message.attempts == 1, "{message:?}");
        let stored = format!("{message:?}{:?}", message.body.as_str());
        assert!(!stored.contains("Ana"), "no name is stored");
    }
}

#[tokio::test]
async fn a_replay_writes_and_sends_nothing() {
    let system = System::start(NINE_LOCAL).await;
    let loans = loans(&system, 3).await;
    let shard = system.shard(DATE);
    let dry = charge_messages::dry_run_shard(&system.deps, &system.brand, &shard);
    assert_eq!(dry.await.unwrap().len(), 3);
    system.run_job(DATE, &loans).await;
    system.deps.table.meter().take();
    let counts = system.run_job(DATE, &[]).await;
    assert_eq!(counts["messages"], 3, "what the first run counted");
    assert!(system.deps.table.meter().total().write_units.is_zero());
    let dry = charge_messages::dry_run_shard(&system.deps, &system.brand, &shard);
    assert!(dry.await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_is_queued_on_days_off_or_for_a_day_that_has_passed() {
    let mut system = System::start("2026-03-14T12:00:00Z").await;
    let loans = loans(&system, 1).await;
    assert_eq!(system.run_job("2026-03-14", &loans).await["skipped"], 1, "a Saturday");
    assert_eq!(system.run_job("2026-03-13", &loans).await["outdated"], 1);
    system.clock.set("2026-03-16T12:00:00Z".parse().unwrap());
    system.brand.unavailability_dates = vec!["2026-03-16".parse().unwrap()];
    assert_eq!(system.run_job("2026-03-16", &loans).await["skipped"], 1);
    system.brand.unavailability_dates.clear();
    assert_eq!(system.run_job("2026-03-16", &loans).await["messages"], 1);
}

#[tokio::test]
async fn nobody_is_contacted_before_eight_and_the_queue_waits_in_steps_of_fifteen_minutes() {
    let system = System::start(SIX_LOCAL).await;
    let loans = loans(&system, 1).await;
    system.run_job(DATE, &loans).await;
    assert_eq!(system.work().await, 1);
    let slot = system.daily(&loans[0], DATE).await.slot.unwrap();
    assert_eq!(slot.to_string(), "2026-03-11T11:00:00Z");
    system.advance(SignedDuration::from_mins(14));
    assert_eq!(system.work().await, 0);
    for _ in 0..7 {
        system.advance(SignedDuration::from_mins(15));
        assert_eq!(system.work().await, 1);
        assert!(system.phones().await.is_empty());
    }
    system.clock.set("2026-03-11T11:00:00Z".parse().unwrap());
    system.advance(SignedDuration::from_mins(1));
    system.work().await;
    assert_eq!(system.phones().await.len(), 1);
}

#[tokio::test]
async fn three_retries_with_growing_pauses_then_the_dead_letters() {
    let system = System::start(NINE_LOCAL).await;
    let loans = loans(&system, 1).await;
    system.script(json!({ "fail_next": [{ "fault": "error", "times": 4 }] })).await;
    system.run_job(DATE, &loans).await;
    let mut waits = Vec::new();
    for attempt in 1..=3 {
        system.work().await;
        let message = system.daily(&loans[0], DATE).await;
        assert_eq!((message.status, message.attempts), (Status::Queued, attempt));
        let wait = message.not_before.unwrap().duration_since(system.deps.now());
        waits.push(wait.as_millis());
        system.advance(wait + SignedDuration::from_secs(1));
    }
    for (wait, least) in waits.iter().zip([30_000, 60_000, 120_000]) {
        assert!((least..=least * 3 / 2).contains(wait), "{waits:?}");
    }
    system.work().await;
    let message = system.daily(&loans[0], DATE).await;
    assert_eq!((message.status, message.attempts), (Status::Failed, 4));
    assert_eq!(code(&message), "PROVIDER_ERROR");
    assert_eq!(system.receive(Queue::WhatsappDead).await.len(), 1);
    assert!(system.phones().await.is_empty());
}

#[tokio::test]
async fn a_number_that_is_not_on_whatsapp_is_not_tried_again() {
    let system = System::start(NINE_LOCAL).await;
    let loans = loans(&system, 1).await;
    system.script(json!({ "not_on_whatsapp": ["5511900000001"] })).await;
    system.run_job(DATE, &loans).await;
    system.work().await;
    let message = system.daily(&loans[0], DATE).await;
    assert_eq!((message.status, message.attempts), (Status::Failed, 1));
    assert_eq!(code(&message), "NUMBER_NOT_ON_WHATSAPP");
    system.advance(SignedDuration::from_mins(15));
    assert_eq!(system.work().await, 0);
    assert!(system.receive(Queue::WhatsappDead).await.is_empty());
}

#[tokio::test]
async fn a_message_of_the_queue_that_comes_again_and_again_is_sent_once() {
    let system = System::start(NINE_LOCAL).await;
    let loans = loans(&system, 1).await;
    system.run_job(DATE, &loans).await;
    let dispatch = system.receive(Queue::Whatsapp).await.remove(0);
    let batch = vec![dispatch; 8];
    for _ in 0..3 {
        assert_eq!(system.invoke(&batch).await, json!({ "batchItemFailures": [] }));
        system.advance(SignedDuration::from_mins(15));
        system.work().await;
    }
    assert_eq!(system.phones().await.len(), 1);
    assert_eq!(system.daily(&loans[0], DATE).await.attempts, 1);
}

#[tokio::test]
async fn a_crash_while_sending_is_never_sent_again() {
    let system = System::start(NINE_LOCAL).await;
    let loans = loans(&system, 2).await;
    system.run_job(DATE, &loans).await;
    // As a worker leaves it that was cut off between the claim and its end.
    let wall = system.deps.clock.wall();
    for (loan, lease) in loans.iter().zip([-1, 60]) {
        let mut message = system.daily(loan, DATE).await;
        let lease_until = wall + SignedDuration::from_secs(lease);
        message.claim(Some(super::support::INSTANCE), system.deps.now(), lease_until).unwrap();
        system.deps.table.replace(&mut message).await.unwrap();
    }
    system.work().await;
    let message = system.daily(&loans[0], DATE).await;
    assert_eq!((message.status, code(&message)), (Status::Failed, "INTERRUPTED"));
    let message = system.daily(&loans[1], DATE).await;
    assert_eq!(message.status, Status::Sending, "its lease runs");
    assert!(system.phones().await.is_empty());
}

#[tokio::test]
async fn an_outcome_that_is_not_known_is_never_sent_again() {
    let system = System::start(NINE_LOCAL).await;
    let loans = loans(&system, 2).await;
    let faults = json!([{ "fault": "error_after_sending" }, { "fault": "malformed" }]);
    system.script(json!({ "fail_next": faults })).await;
    system.run_job(DATE, &loans).await;
    for _ in 0..120 {
        system.work().await;
        system.advance(SignedDuration::from_secs(1));
    }
    assert_eq!(system.phones().await.len(), 2);
    for loan in &loans {
        let message = system.daily(loan, DATE).await;
        assert_eq!((message.status, message.attempts), (Status::Failed, 1));
    }
    assert!(system.receive(Queue::WhatsappDead).await.is_empty());
}

#[tokio::test]
async fn a_loan_that_was_paid_meanwhile_is_left_in_peace() {
    let system = System::start(SIX_LOCAL).await;
    let mut loans = loans(&system, 2).await;
    system.run_job(DATE, &loans).await;
    system.work().await;
    // The first is paid in full; of the second 110.17 are paid, charges first: 400.00 stay.
    for (loan, paid) in loans.iter_mut().zip(["510.17", "110.17"]) {
        let payment = domain::invoices::PaymentCommand {
            payment: domain::ids::PaymentId::new(super::support::ulid(1)),
            amount: paid.parse().unwrap(),
            value_date: DATE.parse().unwrap(),
            invoice: None,
            payoff: false,
        };
        loan.loan.advance(DATE.parse().unwrap());
        loan.loan.pay(&payment, DATE.parse().unwrap()).unwrap();
        system.deps.table.replace(loan).await.unwrap();
    }
    system.clock.set(NINE_LOCAL.parse().unwrap());
    for _ in 0..40 {
        system.work().await;
        system.advance(SignedDuration::from_secs(1));
    }
    let message = system.daily(&loans[0], DATE).await;
    assert_eq!((message.status, code(&message)), (Status::Suppressed, "NOTHING_DUE"));
    let phones = system.phones().await;
    assert_eq!(phones.len(), 1);
    let text = phones[0]["text"].as_str().unwrap();
    assert!(text.contains("Total hoje: R$ 400,00"), "{text}");
    let message = system.daily(&loans[1], DATE).await;
    assert!(message.body.as_str().contains("R$ 400,00"), "the record says what was sent");
}

#[tokio::test]
async fn suppressed_without_a_phone_or_when_the_day_has_passed() {
    let system = System::start(NINE_LOCAL).await;
    let loans = [system.loan_of(None, "2026-03-10").await, system.loan(2, "2026-03-10").await];
    system.run_job(DATE, &loans[..1]).await;
    system.work().await;
    let message = system.daily(&loans[0], DATE).await;
    assert_eq!((message.status, code(&message)), (Status::Suppressed, "NO_PHONE"));
    system.advance(SignedDuration::from_hours(24));
    system.enqueue(Communication::daily_id(loans[1].loan.id, DATE.parse().unwrap())).await;
    system.work().await;
    let message = system.daily(&loans[1], DATE).await;
    assert_eq!((message.status, code(&message)), (Status::Suppressed, "OUTDATED"));
    assert!(system.phones().await.is_empty());
}

#[tokio::test]
async fn messages_that_missed_their_turn_do_not_leave_all_at_once() {
    let system = System::start(NINE_LOCAL).await;
    let loans = loans(&system, 5).await;
    system.run_job(DATE, &loans).await;
    system.work().await;
    assert_eq!(system.phones().await.len(), 1);
    // The worker was away for an hour.
    system.advance(SignedDuration::from_hours(1));
    system.work().await;
    assert_eq!(system.phones().await.len(), 2);
}
