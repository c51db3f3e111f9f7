use std::collections::BTreeMap;

use domain::calendar::Month;
use domain::ledger::Flows;
use garde::Validate;
use jiff::Timestamp;
use platform::Deps;
use platform::http::ApiError;
use platform::store::{AGGREGATE_LIMIT_MONTHS, Aggregate, Brand, StoreError};
use serde::Deserialize;
use utoipa::IntoParams;

const MONTHS_DEFAULT: i32 = 6;

/// From which month to which.
#[derive(Debug, Clone, Copy, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct MonthFilters {
    /// The first month; five months before `to` where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026-01")]
    pub from: Option<Month>,
    /// The last month, at most 11 months after the first; the present one where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026-06")]
    pub to: Option<Month>,
}

/// The months of one answer, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Months {
    pub from: Month,
    pub to: Month,
}

impl Months {
    pub(super) fn of(deps: &Deps, brand: &Brand, asked: MonthFilters) -> Result<Self, ApiError> {
        let to = asked.to.unwrap_or_else(|| Month::of(deps.today(brand)));
        let from = asked.from.unwrap_or_else(|| to.plus(1 - MONTHS_DEFAULT));
        if from > to {
            return Err(ApiError::invalid_field("from", "must not be later than to"));
        }
        if from.until(to) >= AGGREGATE_LIMIT_MONTHS {
            let message = format!("must be less than {AGGREGATE_LIMIT_MONTHS} months before to");
            return Err(ApiError::invalid_field("from", message));
        }
        Ok(Self { from, to })
    }

    /// Each of them.
    pub(super) fn each(self) -> impl Iterator<Item = Month> {
        (0..=self.from.until(self.to)).map(move |months| self.from.plus(months))
    }

    /// What happened in each, by one query, and when the last of it was written.
    pub(super) async fn flows(
        self,
        deps: &Deps,
        brand: &Brand,
    ) -> Result<(BTreeMap<Month, Flows>, Option<Timestamp>), StoreError> {
        let stored = Aggregate::months(&deps.table, brand.id, self.from, self.to).await?;
        let updated_at = stored.iter().map(|(_, _, updated_at)| *updated_at).max();
        Ok((stored.into_iter().map(|(month, flows, _)| (month, flows)).collect(), updated_at))
    }
}
