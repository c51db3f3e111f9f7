//! `job-audit-verify`: walks along a brand's audit chains and names the first break of each.
//!
//! It writes nothing.

use domain::ids::BrandId;
use jiff::tz::TimeZone;
use platform::Deps;
use platform::store::StoreError;
use platform::store::audit::{Anchor, Chain, verify};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    /// The brand, or the platform's own 26 zeros.
    pub brand_id: BrandId,
    /// Ends of chains as they were at some time: what an earlier walk answered.
    #[serde(default)]
    pub anchors: Vec<Anchor>,
}

/// What a walk found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub brand_id: BrandId,
    pub records: u64,
    /// Whether no chain is broken.
    pub whole: bool,
    /// By month.
    pub chains: Vec<Chain>,
}

pub async fn handle(deps: Deps, input: Input) -> Result<Report, StoreError> {
    // The chains are by the months of Greenwich.
    let today = deps.now().to_zoned(TimeZone::UTC).date();
    let chains = verify(&deps.table, input.brand_id, today, &input.anchors).await?;
    Ok(Report {
        brand_id: input.brand_id,
        records: chains.iter().map(|chain| chain.records).sum(),
        whole: chains.iter().all(|chain| chain.first_break.is_none()),
        chains,
    })
}
