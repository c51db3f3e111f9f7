use std::collections::BTreeMap;
use std::sync::Mutex;

use aws_sdk_dynamodb::types::ConsumedCapacity;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use crate::telemetry::Work;

/// What the calls to the table consumed, by operation: counted, for benchmarks and cost.
#[derive(Debug, Default)]
pub struct Meter {
    by_operation: Mutex<BTreeMap<&'static str, Consumed>>,
}

/// Calls made and capacity units consumed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consumed {
    pub calls: u64,
    pub read_units: Decimal,
    pub write_units: Decimal,
}

impl Consumed {
    pub(crate) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.read_units += other.read_units;
        self.write_units += other.write_units;
    }
}

/// Whether an operation's capacity units are read or write units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Write,
}

impl Meter {
    pub(super) fn record<'a>(
        &self,
        operation: &'static str,
        kind: Kind,
        capacities: impl IntoIterator<Item = &'a ConsumedCapacity>,
    ) {
        let units = capacities
            .into_iter()
            .filter_map(|capacity| Decimal::from_f64(capacity.capacity_units()?))
            .sum();
        let (read_units, write_units) = match kind {
            Kind::Read => (units, Decimal::ZERO),
            Kind::Write => (Decimal::ZERO, units),
        };
        let consumed = Consumed { calls: 1, read_units, write_units };
        Work::consume(consumed);
        if let Ok(mut by_operation) = self.by_operation.lock() {
            by_operation.entry(operation).or_default().add(consumed);
        }
    }

    /// Everything consumed since the last take, by operation; the meter starts again at zero.
    pub fn take(&self) -> BTreeMap<&'static str, Consumed> {
        self.by_operation.lock().map(|mut by| std::mem::take(&mut *by)).unwrap_or_default()
    }

    /// The sum over all the operations since the last take.
    pub fn total(&self) -> Consumed {
        let mut total = Consumed::default();
        if let Ok(by_operation) = self.by_operation.lock() {
            by_operation.values().for_each(|consumed| total.add(*consumed));
        }
        total
    }
}
