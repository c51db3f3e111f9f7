use std::collections::BTreeMap;

use domain::calendar::Month;
use domain::ledger::Flows;
use domain::money::Amount;
use jiff::civil::Date;
use platform::Deps;
use platform::store::{AGGREGATE_LIMIT_MONTHS, Aggregate, Brand, StoreError};
use serde::{Deserialize, Serialize};

use super::filters::Asked;
use super::row::Row;
use super::rows::CashFlowRow;

/// What moved on each day of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    from: Date,
    to: Date,
    days: BTreeMap<Date, Day>,
}

/// The figures of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Day {
    #[serde(rename = "d")]
    due: Amount,
    #[serde(rename = "r")]
    received: Amount,
    #[serde(rename = "p")]
    principal: Amount,
    #[serde(rename = "i")]
    interest: Amount,
    #[serde(rename = "l")]
    late_fees: Amount,
    #[serde(rename = "m")]
    mora: Amount,
    #[serde(rename = "c")]
    credited: Amount,
    #[serde(rename = "o")]
    disbursed: Amount,
    #[serde(rename = "f")]
    fees_withheld: Amount,
}

impl Days {
    pub(super) fn new(asked: &Asked) -> Self {
        Self { from: asked.from, to: asked.to, days: BTreeMap::new() }
    }

    /// Adds what moved on a day, where it is of the period.
    pub(super) fn add(&mut self, on: Date, flows: &Flows, due: Amount) {
        if !(self.from..=self.to).contains(&on) {
            return;
        }
        let day = self.days.entry(on).or_default();
        day.due += due;
        day.received += flows.received;
        day.principal += flows.paid_principal;
        day.interest += flows.paid_interest;
        day.late_fees += flows.paid_late_fee;
        day.mora += flows.paid_mora;
        day.credited += flows.credit;
        day.disbursed += flows.disbursed;
        day.fees_withheld += flows.fees_withheld;
    }

    /// A row for each day of the period.
    pub(super) fn rows(&self) -> Vec<Row> {
        let days = std::iter::successors(Some(self.from), |day| day.tomorrow().ok());
        days.take_while(|day| *day <= self.to)
            .map(|date| {
                let day = self.days.get(&date).copied().unwrap_or_default();
                let flows = Flows {
                    received: day.received,
                    paid_principal: day.principal,
                    paid_interest: day.interest,
                    paid_late_fee: day.late_fees,
                    paid_mora: day.mora,
                    credit: day.credited,
                    disbursed: day.disbursed,
                    fees_withheld: day.fees_withheld,
                    ..Flows::default()
                };
                Row::CashFlow(CashFlowRow::new(date.to_string(), &flows, day.due))
            })
            .collect()
    }
}

/// A row for each month that the period touches, whole, from the sums that are kept.
pub(super) async fn months(
    deps: &Deps,
    brand: &Brand,
    asked: &Asked,
) -> Result<Vec<Row>, StoreError> {
    let to = Month::of(asked.to);
    let from = Month::of(asked.from).max(to.plus(-AGGREGATE_LIMIT_MONTHS));
    let flows = Aggregate::months(&deps.table, brand.id, from, to).await?;
    let flows: BTreeMap<Month, Flows> =
        flows.into_iter().map(|(month, flows, _)| (month, flows)).collect();
    let due = Aggregate::due(&deps.table, brand.id, from, to).await?;
    let months = (0..=from.until(to)).map(|months| from.plus(months));
    Ok(months
        .map(|month| {
            let flows = flows.get(&month).copied().unwrap_or_default();
            let due = due.get(&month).copied().unwrap_or_default();
            Row::CashFlow(CashFlowRow::new(month.to_string(), &flows, due))
        })
        .collect())
}
