use platform::auth::Department;
use serde_json::{Value, json};

use super::capture::{Log, logged};
use crate::harness::{BRAZIL, TestSystem};

fn brand() -> String {
    BRAZIL.id().unwrap().to_string()
}

/// The sum of a metric of the brand, and how often it was measured, where it must be a function's.
fn sum(log: &Log, name: &str, function: &str) -> (u64, usize) {
    let of_brand = log.metric(name).into_iter().filter(|(_, brand_id, _)| *brand_id == brand());
    let values: Vec<u64> = of_brand
        .map(|(of, _, value)| {
            assert_eq!(of, function, "{name}");
            value.parse().unwrap()
        })
        .collect();
    (values.iter().sum(), values.len())
}

/// A contract of 1,500.00 without interest, in three installments of 500.00 due each day from the
/// next on.
async fn contract(system: &TestSystem) -> String {
    let managers = Department::LoanManagement;
    let customer = json!({ "name": "Ana Exemplo", "phone": "+5511900004321" });
    let call = system.staff(BRAZIL, managers, "/customers").await;
    let customer = call.post(&customer).await.expect(201);
    let request = json!({ "customerId": customer["id"], "terms": {
        "principal": "1500.00", "method": "FLAT", "annualRate": "0", "installments": 3,
        "frequency": { "every": 1, "unit": "DAY" } } });
    let loan = system.staff(BRAZIL, managers, "/loans").await.post(&request).await.expect(201);
    let id = loan["id"].as_str().unwrap().to_owned();
    for (who, action) in [(Department::Credit, "APPROVE"), (managers, "ACTIVATE")] {
        let path = format!("/loans/{id}/status");
        let call = system.staff(BRAZIL, who, &path).await.key(action);
        let loan = call.post(&json!({ "action": action })).await.expect(200);
        if action == "ACTIVATE" {
            let dues: Vec<&Value> =
                loan["invoices"].as_array().unwrap().iter().map(|i| &i["dueDate"]).collect();
            assert_eq!(dues, ["2026-02-11", "2026-02-12", "2026-02-13"]);
        }
    }
    id
}

#[test]
fn a_night_and_a_payment_are_measured_once() {
    logged(async |log| {
        // A Tuesday.
        let system = TestSystem::on("2026-02-10").await;
        let loan = contract(&system).await;
        // Noon in São Paulo of Thursday.
        system.advance_to("2026-02-12T15:00:00Z".parse().unwrap()).await;

        // Thursday at 05:00 the first installment is past due, and its late fee is charged.
        assert_eq!(sum(&log, "OverdueInvoices", "worker-accrual").0, 1);
        assert_eq!(sum(&log, "LateFees", "worker-accrual").0, 1);
        // Wednesday and Thursday, four jobs each: offers, overdue, mora, messages.
        let (_, runs) = sum(&log, "RunSeconds", "worker-accrual");
        let (late, due_runs) = sum(&log, "RunLateSeconds", "worker-accrual");
        assert_eq!((runs, due_runs), (8, 8));
        assert!(late < 8 * 600, "{late} seconds");
        // One message each morning.
        assert_eq!(sum(&log, "MessagesSent", "worker-whatsapp"), (2, 2));

        // Doing the night again measures no more of what it does not do again.
        let date = "2026-02-12".parse().unwrap();
        system.job("job-overdue", BRAZIL.id().unwrap(), date).await;
        assert_eq!(sum(&log, "LateFees", "worker-accrual").0, 1);
        assert_eq!(sum(&log, "RunSeconds", "worker-accrual").1, 8);

        let body = json!({ "loanId": loan, "amount": "200.00", "method": "PIX" });
        for _ in 0..2 {
            let path = "/payment/process";
            let call = system.staff(BRAZIL, Department::Collections, path).await.key("pay");
            call.post(&body).await.expect(201);
        }
        // The second was the answer to the first, once more.
        assert_eq!(sum(&log, "PaymentsPosted", "payments"), (1, 1));
    });
}

#[test]
fn a_message_that_is_given_up_is_a_failed_one_and_a_dead_letter() {
    logged(async |log| {
        let system = TestSystem::start().await;
        let customer = json!({ "name": "Ana Exemplo", "phone": "+5511900004321" });
        let call = system.staff(BRAZIL, Department::LoanManagement, "/customers").await;
        let customer = call.post(&customer).await.expect(201)["id"].clone();
        system.script(json!({ "fail_next": [{ "fault": "error", "times": 4 }] })).await;
        let body = json!({ "customerId": customer, "text": "Olá." });
        let call = system.staff(BRAZIL, Department::Collections, "/communications/send").await;
        call.key("send").post(&body).await.expect(201);
        // Three pauses of at most 45, 90 and 180 seconds, and a turn before each try.
        system.advance("10m").await;
        assert_eq!(sum(&log, "MessagesFailed", "worker-whatsapp"), (1, 1));
        assert_eq!(sum(&log, "DeadLetters", "worker-whatsapp"), (1, 1));
        assert_eq!(sum(&log, "MessagesSent", "worker-whatsapp"), (0, 0));
    });
}

#[test]
fn each_request_is_measured_with_what_it_consumed() {
    logged(async |log| {
        let system = TestSystem::start().await;
        let loan = contract_of_today(&system).await;
        let call = async |id: &str| {
            let path = format!("/loans/{loan}");
            let call = system.staff(BRAZIL, Department::Collections, &path).await;
            call.header("x-request-id", id).get().await.expect(200);
        };
        // The first one reads the brand and the caller's revocation, which the second one has in
        // memory.
        call("first").await;
        call("second").await;
        let of = |name: &str| -> Vec<String> {
            let lines = log.of_request("second").into_iter();
            let lines =
                lines.filter(|line| line.message() == "metric" && line.field("name") == name);
            lines.map(|line| line.field("value").to_owned()).collect()
        };
        assert_eq!(of("Requests"), ["1"]);
        assert_eq!(of("Latency").len(), 1);
        // The loan's one item, read eventually. Written is the counter of the caller's calls.
        assert_eq!(of("ReadUnits"), ["0.5"]);
        assert_eq!(of("WriteUnits"), ["1"]);
    });
}

/// A loan that is asked for.
async fn contract_of_today(system: &TestSystem) -> String {
    let managers = Department::LoanManagement;
    let customer = json!({ "name": "Ana Exemplo", "phone": "+5511900004321" });
    let call = system.staff(BRAZIL, managers, "/customers").await;
    let customer = call.post(&customer).await.expect(201);
    let request = json!({ "customerId": customer["id"], "terms": {
        "principal": "1500.00", "method": "FLAT", "annualRate": "0", "installments": 3,
        "frequency": { "every": 1, "unit": "MONTH" } } });
    let loan = system.staff(BRAZIL, managers, "/loans").await.post(&request).await.expect(201);
    loan["id"].as_str().unwrap().to_owned()
}
