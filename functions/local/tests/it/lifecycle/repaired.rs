use domain::money::Amount;
use platform::auth::Department;
use platform::store::{Consistency, LoanRecord, Loans, Shard};
use serde_json::{Value, json};

use super::paid::Contract;
use crate::harness::BRAZIL;

impl Contract {
    async fn stored(&self) -> (LoanRecord, Shard) {
        let (deps, brand) = (self.system.system().deps(), self.system.brand(BRAZIL).await);
        let loan = self.loan.parse().unwrap();
        let key = LoanRecord::key_of(brand.id, loan);
        let record: LoanRecord = deps.table.get(&key, Consistency::Strong).await.unwrap().unwrap();
        let today = deps.today(&brand);
        let shard = Shard::load(&deps.table, &brand, record.shard, today).await.unwrap();
        (record, shard)
    }

    async fn rebuild(&self, repair: bool) -> Value {
        let event = json!({
            "brandId": BRAZIL.id().unwrap(), "repair": repair, "startedBy": "staff_invented",
            "reason": "a write by hand",
        });
        self.system.invoke("job-rebuild", event).await
    }

    async fn journal_length(&self) -> usize {
        let deps = self.system.system().deps();
        let (brand, loan) = (BRAZIL.id().unwrap(), self.loan.parse().unwrap());
        Loans::new(&deps.table).journal(brand, loan).await.unwrap().len()
    }
}

/// 10.00 too much in the loan's payments, and its shard counts the loan twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_repair_writes_what_the_journal_says_once() {
    let contract = Contract::activated().await;
    contract.until("2026-03-20").await;
    contract.pay("part", "200.00").await;
    let deps = contract.system.system().deps();
    let (right, right_shard) = contract.stored().await;
    let screen = contract.read().await;

    let mut wrong = right.clone();
    let ten: Amount = "10.00".parse().unwrap();
    wrong.loan.received += ten;
    wrong.loan.invoices[0].paid.principal += ten;
    deps.table.replace(&mut wrong).await.unwrap();
    let mut shard = right_shard.clone();
    shard.position += right.loan.position(shard.as_of);
    deps.table.replace(&mut shard).await.unwrap();

    // A check names both and writes nothing.
    let found = contract.rebuild(false).await;
    let named = found["differences"].to_string();
    assert!(named.contains(&contract.loan), "{named}");
    assert!(named.contains(&format!("shard {}", right.shard)), "{named}");
    assert_eq!(contract.stored().await, (wrong.clone(), shard.clone()));

    let items = contract.journal_length().await;
    let repaired = contract.rebuild(true).await;
    assert_eq!(repaired["drift"], 0, "{repaired}");
    assert_eq!(repaired["repaired"], json!({ "loans": [contract.loan], "shards": [right.shard] }));
    let (loan, shard) = contract.stored().await;
    assert_eq!(loan.loan.received, right.loan.received);
    assert_eq!(loan.loan.invoices, right.loan.invoices);
    assert_eq!(shard.position, right_shard.position);
    assert_eq!(contract.journal_length().await, items + 1);
    let mut after = contract.read().await;
    after["version"] = screen["version"].clone();
    assert_eq!(after, screen);

    // Who, what, before, after: of the loan, 488.33 + 10.00 against what was really paid.
    contract.system.drain().await;
    let path = "/audit-logs?action=rebuild:repair";
    let logs = contract.system.staff(BRAZIL, Department::Admin, path).await;
    let logs = logs.get().await.expect(200);
    let lines = logs["items"].as_array().unwrap();
    let sums = repaired["repaired"]["sums"].as_array().unwrap().len();
    assert_eq!(lines.len(), 2 + sums, "{logs}");
    for line in lines {
        assert_eq!(line["actor"], "staff_invented");
        assert_eq!(line["reason"], "a write by hand");
    }
    let of_loan = lines.iter().find(|line| line["entity"] == *contract.loan).unwrap();
    // 500.00 + 10.00 − 200.00 + 1.67 = 311.67 is owed; the wrong loan said 10.00 less.
    assert_eq!(of_loan["before"]["invoice 1"], "301.67");
    assert_eq!(of_loan["after"]["invoice 1"], "311.67");

    // A second repair finds nothing and writes nothing.
    let again = contract.rebuild(true).await;
    assert_eq!(again["repaired"], json!({ "loans": [], "shards": [], "sums": [] }));
    assert_eq!(contract.stored().await, (loan, shard));
    assert_eq!(contract.journal_length().await, items + 1);
}
