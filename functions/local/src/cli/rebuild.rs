//! `parcela rebuild --check`.

use clap::Args;
use domain::ids::BrandId;
use serde_json::{Value, json};

use super::client::Client;
use super::invoke::brands;
use super::{CliError, Global, out};

const FUNCTION: &str = "job-rebuild";

#[derive(Debug, Args)]
pub(super) struct RebuildArguments {
    /// Compare and report, and write nothing.
    #[arg(long, required = true)]
    check: bool,
    /// The brand's id; every brand if not given.
    #[arg(long)]
    brand: Option<BrandId>,
}

pub(super) async fn run(global: &Global, arguments: &RebuildArguments) -> Result<(), CliError> {
    let client = Client::connect(&global.data_dir).await?;
    let mut drift = 0;
    for brand in brands(&client, arguments.brand).await? {
        let report = client.invoke(FUNCTION, &json!({ "brandId": brand })).await?;
        let count = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or_default();
        out::line(format!(
            "{brand}: {} loans, {} journal entries, drift {}",
            count("loans"),
            count("journalItems"),
            count("drift"),
        ));
        for difference in report.get("differences").and_then(Value::as_array).into_iter().flatten()
        {
            out::line(format!("  {difference}"));
        }
        drift += count("drift");
    }
    if drift == 0 { Ok(()) } else { Err(CliError::Found) }
}
