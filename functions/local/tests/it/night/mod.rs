//! The night's jobs through the scheduler's event, the table's stream, the queue and the worker.

mod cost;
mod cut;
mod figures;
mod firings;
mod proof;
mod worked;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::LoanId;
use jiff::civil::Date;
use local::bench::portfolio::{Contract, lend};
use local::bench::stage::Stage;
use platform::store::{Brand, Consistency, LoanRecord, Shard};
use tempfile::TempDir;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// A brand with contracts, and the functions behind their triggers.
struct Nights {
    stage: Stage,
    brand: Brand,
    loans: Vec<LoanId>,
    _dir: TempDir,
}

impl Nights {
    /// The contracts lent on `today`, before the nights begin.
    async fn of(contracts: &[Contract], shards: u16, today: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let stage = Stage::start(dir.path().to_owned()).await.unwrap();
        stage.set_date(date(today)).unwrap();
        let brand = stage.brand(shards).await.unwrap();
        let loans = lend(&stage, &brand, contracts).await.unwrap();
        Self { stage, brand, loans, _dir: dir }
    }

    async fn record(&self, loan: LoanId) -> LoanRecord {
        let key = LoanRecord::key_of(self.brand.id, loan);
        self.stage.deps.table.get(&key, Consistency::Strong).await.unwrap().unwrap()
    }

    async fn shards(&self) -> Vec<Shard> {
        Shard::all(&self.stage.deps.table, self.brand.id, Consistency::Strong).await.unwrap()
    }

    async fn assert_no_drift(&self) {
        let report = jobs::rebuild::check(&self.stage.deps, &self.brand).await.unwrap();
        assert_eq!((report.drift, report.differences), (0, vec![]));
    }

    /// Every loan and every shard's figures, by key: what all firings must agree on. Versions and
    /// times tell how often something was written, not what.
    async fn end_state(&self) -> BTreeMap<String, String> {
        let mut state = BTreeMap::new();
        for (number, id) in self.loans.iter().enumerate() {
            // Ids differ from one system to the next.
            let mut loan = self.record(*id).await.loan;
            loan.id = LoanId::new(ulid_of(number));
            loan.root = loan.id;
            loan.customer = domain::ids::CustomerId::new(ulid_of(number));
            state.insert(format!("loan {number}"), format!("{loan:?}"));
        }
        let mut total = domain::ledger::Position::default();
        for shard in self.shards().await {
            total += shard.position;
            state.insert(format!("shard of {}", shard.as_of), "is there".to_owned());
        }
        state.insert("figures".to_owned(), format!("{total:?}"));
        state
    }

    /// The items of the table, whole, by key.
    async fn items(&self) -> BTreeMap<String, String> {
        let table = &self.stage.deps.table;
        let scan = table.client().scan().table_name(table.name()).consistent_read(true);
        let mut pages = scan.into_paginator().items().send();
        let mut items = BTreeMap::new();
        while let Some(item) = pages.next().await {
            let item = item.unwrap();
            let text = |name: &str| item[name].as_s().unwrap().clone();
            let key = format!("{} {}", text("pk"), text("sk"));
            items.insert(key, in_order(&AttributeValue::M(item)));
        }
        items
    }
}

/// A value as text, its maps in the order of their names.
pub fn in_order(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(map) => {
            let fields: BTreeMap<_, _> =
                map.iter().map(|(name, value)| (name, in_order(value))).collect();
            let fields = fields.iter().map(|(name, value)| format!("{name:?}: {value}"));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        AttributeValue::L(list) => format!("{:?}", list.iter().map(in_order).collect::<Vec<_>>()),
        AttributeValue::S(text) | AttributeValue::N(text) => format!("{text:?}"),
        other => format!("{other:?}"),
    }
}

fn ulid_of(number: usize) -> ulid::Ulid {
    ulid::Ulid::from(u128::try_from(number).unwrap())
}

/// Contracts that differ in value, length and due day.
fn contracts(count: u32, first: &str) -> Vec<Contract> {
    let first = date(first);
    (0..i64::from(count))
        .map(|number| Contract {
            first_due: first.checked_add(jiff::Span::new().days(number * 7 % 75)).unwrap(),
            installments: u16::try_from(3 + number % 10).unwrap(),
            principal_cents: 10_007 + number * 7_919 % 90_001,
            interest_cents: 313 + number * 37 % 2_003,
        })
        .collect()
}
