//! The audit's chains: one without a fork whatever comes twice or at the same time, and every way
//! to tamper with it is named.

use std::sync::Arc;

use domain::ids::{AuditId, BrandId};
use futures::future::join_all;
use platform::auth::Department;
use platform::store::audit::{ChainHead, Link};
use platform::store::{AuditRecord, Condition, Consistency, Effect, Range, Table, Versioned};
use serde_json::{Value, json};
use ulid::Ulid;

use crate::harness::{BRAZIL, TestSystem};

const MONTH: &str = "2026-01";
const RECORDS_LIMIT: usize = 1_000;

struct Office {
    system: TestSystem,
    brand: BrandId,
}

impl Office {
    /// A brand in whose audit six people made one customer each, behind what the demo did.
    async fn start() -> Self {
        let system = TestSystem::start().await;
        for number in 0..6 {
            let customer =
                json!({ "name": "Bia Invented", "phone": format!("+551199000200{number}") });
            let call = system.staff(BRAZIL, Department::LoanManagement, "/customers").await;
            call.post(&customer).await.expect(201);
        }
        system.drain().await;
        Self { system, brand: BRAZIL.id().unwrap() }
    }

    fn table(&self) -> &Table {
        &self.system.system().deps().table
    }

    /// The month's records along the chain.
    async fn records(&self) -> Vec<AuditRecord> {
        let range = Range::partition(AuditRecord::partition(self.brand, MONTH));
        let range = range.consistency(Consistency::Strong);
        let mut records: Vec<AuditRecord> =
            self.table().query_all(&range, RECORDS_LIMIT).await.unwrap();
        records.sort_by_key(|record| record.link.as_ref().map(|link| link.position));
        records
    }

    async fn head(&self) -> ChainHead {
        let key = ChainHead::key_of(self.brand, MONTH);
        self.table().get(&key, Consistency::Strong).await.unwrap().unwrap()
    }

    async fn put(&self, record: &AuditRecord) {
        self.table().put(record, &Condition::default()).await.unwrap();
    }

    async fn remove(&self, record: &AuditRecord) {
        use platform::store::Entity as _;
        self.table().delete("record", &record.key(), &Condition::present()).await.unwrap();
    }

    async fn verify(&self, anchors: Value) -> Value {
        let event = json!({ "brandId": self.brand, "anchors": anchors });
        let report = self.system.invoke("job-audit-verify", event).await;
        assert_eq!(report["whole"], report["chains"][0]["firstBreak"].is_null());
        report["chains"][0].clone()
    }

    async fn first_break(&self) -> Value {
        self.verify(json!([])).await["firstBreak"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_tampering_is_named() {
    let office = Office::start().await;
    let (records, head) = (office.records().await, office.head().await);
    let last = records.len();
    let place = |index: usize| u64::try_from(index + 1).unwrap();
    let whole = office.verify(json!([])).await;
    assert_eq!(whole["firstBreak"], Value::Null);
    assert_eq!((&whole["records"], &whole["month"]), (&json!(last), &json!(MONTH)));
    assert_eq!(whole["head"], head.hash);
    assert!(last >= 6, "six customers at least");
    let (third, fourth) = (&records[2], &records[3]);

    // A field is changed.
    let mut changed = third.clone();
    changed.effect.actor = "staff_somebody_else".to_owned();
    office.put(&changed).await;
    let expected = json!({ "kind": "CHANGED", "position": 3, "record": third.id });
    assert_eq!(office.first_break().await, expected);
    office.put(third).await;

    // Two records change their places.
    let with = |record: &AuditRecord, link: &Option<Link>| AuditRecord {
        link: link.clone(),
        ..record.clone()
    };
    office.put(&with(third, &fourth.link)).await;
    office.put(&with(fourth, &third.link)).await;
    let expected = json!({
        "kind": "MOVED", "position": 3, "record": fourth.id, "belongs": third.id,
    });
    assert_eq!(office.first_break().await, expected);
    office.put(third).await;
    office.put(fourth).await;

    // One is removed.
    office.remove(third).await;
    assert_eq!(office.first_break().await, json!({ "kind": "REMOVED", "position": 3 }));
    office.put(third).await;

    // One is put in: without a place, at a taken place, and behind the end.
    let id = AuditId::new(Ulid::from_parts(1_768_478_400_000, 7));
    let invented =
        AuditRecord::new(office.brand, id, third.at, Effect::new("staff_x", "loans:approve", "y"));
    office.put(&invented).await;
    let expected = json!({ "kind": "INSERTED", "position": null, "record": id });
    assert_eq!(office.first_break().await, expected);
    office.put(&with(&invented, &third.link)).await;
    let expected = json!({ "kind": "INSERTED", "position": 3, "record": id });
    assert_eq!(office.first_break().await, expected);
    let behind = Link { position: place(last), previous: head.hash.clone(), hash: "00".repeat(32) };
    office.put(&with(&invented, &Some(behind))).await;
    let expected = json!({ "kind": "CHANGED", "position": last + 1, "record": id });
    assert_eq!(office.first_break().await, expected);
    office.remove(&invented).await;

    // The tail is cut; the head knows.
    office.remove(&records[last - 1]).await;
    let expected = json!({ "kind": "TRUNCATED", "position": last - 1, "records": last });
    assert_eq!(office.first_break().await, expected);

    // The head is cut too: only an anchor from outside knows.
    let link = records[last - 2].link.clone().unwrap();
    let mut cut = ChainHead { hash: link.hash, ..head.clone() };
    cut.set_version(link.position);
    office.table().put(&cut, &Condition::present()).await.unwrap();
    assert_eq!(office.first_break().await, Value::Null);
    let anchor = json!([{ "month": MONTH, "records": last, "head": head.hash }]);
    assert_eq!(office.verify(anchor.clone()).await["firstBreak"], expected);

    // Another record in its place, chained as a worker would: the anchor does not fit.
    AuditRecord::new(office.brand, id, third.at, invented.effect.clone())
        .append(office.table())
        .await
        .unwrap();
    assert_eq!(office.first_break().await, Value::Null);
    let expected = json!({ "kind": "ANCHOR", "position": last });
    assert_eq!(office.verify(anchor).await["firstBreak"], expected);

    // The head is gone, or another one.
    let mut other = office.head().await;
    other.hash = "00".repeat(32);
    office.table().put(&other, &Condition::present()).await.unwrap();
    assert_eq!(office.first_break().await, json!({ "kind": "HEAD", "position": last }));
    let key = ChainHead::key_of(office.brand, MONTH);
    office.table().delete("head", &key, &Condition::present()).await.unwrap();
    assert_eq!(office.first_break().await, json!({ "kind": "NO_HEAD" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_twice_and_at_once_is_one_chain() {
    let office = Arc::new(Office::start().await);
    let before = office.records().await;
    let at = before[0].at;
    // Eight records, each delivered twice, all at once and without the worker's turns.
    let appends = (0..8_u128).flat_map(|number| [number, number]).map(|number| {
        let office = Arc::clone(&office);
        tokio::spawn(async move {
            let id = AuditId::new(Ulid::from_parts(1_768_478_400_000, number));
            let effect = Effect::new("staff_x", "loans:approve", number);
            AuditRecord::new(office.brand, id, at, effect).append(office.table()).await
        })
    });
    for appended in join_all(appends).await {
        appended.unwrap().unwrap();
    }
    let records = office.records().await;
    assert_eq!(records.len(), before.len() + 8);
    let links: Vec<&Link> = records.iter().map(|record| record.link.as_ref().unwrap()).collect();
    assert!(links.windows(2).all(|pair| pair[0].hash == pair[1].previous));
    assert_eq!(office.first_break().await, Value::Null);
    assert_eq!(office.head().await.records, u64::try_from(records.len()).unwrap());
}
