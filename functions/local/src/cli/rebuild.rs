//! `parcela rebuild --check` and `parcela rebuild --repair`.

use clap::Args;
use domain::ids::BrandId;
use serde_json::{Value, json};

use super::client::Client;
use super::invoke::brands;
use super::{CliError, Global, out};

const FUNCTION: &str = "job-rebuild";
/// Who repairs, for the journal and the audit.
const ACTOR: &str = "cli";

#[derive(Debug, Args)]
#[group(id = "what", required = true, multiple = false, args = ["check", "repair"])]
pub(super) struct RebuildArguments {
    /// Compare and report, and write nothing.
    #[arg(long)]
    check: bool,
    /// Write what the journals say, and report what is left.
    #[arg(long, requires = "brand", requires = "reason")]
    repair: bool,
    /// Why it is repaired; the audit keeps it.
    #[arg(long)]
    reason: Option<String>,
    /// The brand's id; every brand if not given.
    #[arg(long)]
    brand: Option<BrandId>,
}

pub(super) async fn run(global: &Global, arguments: &RebuildArguments) -> Result<(), CliError> {
    let client = Client::connect(&global.data_dir).await?;
    let mut drift = 0;
    for brand in brands(&client, arguments.brand).await? {
        let event = json!({
            "brandId": brand, "repair": arguments.repair, "startedBy": ACTOR,
            "reason": arguments.reason,
        });
        let report = client.invoke(FUNCTION, &event).await?;
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
        if let Some(repaired) = report.get("repaired") {
            out::line(format!("  repaired: {repaired}"));
        }
        drift += count("drift");
    }
    if drift == 0 { Ok(()) } else { Err(CliError::Found) }
}
