//! `parcela audit verify`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::ids::BrandId;
use platform::store::Brand;
use serde_json::{Value, json};

use super::client::Client;
use super::invoke::brands;
use super::{CliError, Global, out};

const FUNCTION: &str = "job-audit-verify";

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Walk along the chains of the audit and name the first break of each.
    Verify(VerifyArguments),
}

#[derive(Debug, Args)]
pub(super) struct VerifyArguments {
    /// The brand's id; every brand and the platform itself if not given.
    #[arg(long)]
    brand: Option<BrandId>,
    /// A file of anchors that were kept: a list of `{"month", "records", "head"}`.
    #[arg(long, requires = "brand")]
    anchors: Option<PathBuf>,
}

pub(super) async fn run(global: &Global, command: &AuditCommand) -> Result<(), CliError> {
    let AuditCommand::Verify(arguments) = command;
    let anchors: Value = match &arguments.anchors {
        Some(path) => serde_json::from_slice(&std::fs::read(path)?)?,
        None => json!([]),
    };
    let client = Client::connect(&global.data_dir).await?;
    let mut is_whole = true;
    let mut brands = brands(&client, arguments.brand).await?;
    if arguments.brand.is_none() {
        brands.push(Brand::PLATFORM);
    }
    for brand in brands {
        let event = json!({ "brandId": brand, "anchors": anchors });
        let report = client.invoke(FUNCTION, &event).await?;
        out::line(format!("{brand}: {} records", report["records"]));
        for chain in report["chains"].as_array().into_iter().flatten() {
            let line = match &chain["firstBreak"] {
                Value::Null => format!("whole, head {}", chain["head"].as_str().unwrap_or("-")),
                found => format!("broken: {found}"),
            };
            let month = chain["month"].as_str().unwrap_or("-");
            out::line(format!("  {month}: {} records, {line}", chain["records"]));
        }
        is_whole &= report["whole"] == true;
    }
    if is_whole { Ok(()) } else { Err(CliError::Found) }
}
