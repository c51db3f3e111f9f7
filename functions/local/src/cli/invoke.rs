//! `parcela job` and `parcela invoke`.

use std::path::PathBuf;

use clap::Args;
use domain::ids::BrandId;
use jiff::civil::Date;
use platform::jobs::{Job, JobInput};
use serde_json::Value;

use super::client::Client;
use super::{CliError, Global, out};
use crate::system::Status;

const STARTED_BY: &str = "cli";

#[derive(Debug, Args)]
pub(super) struct JobArguments {
    /// `overdue`, `mora`, `charge-messages`.
    job: Job,
    /// The brand's id; every brand if not given.
    #[arg(long)]
    brand: Option<BrandId>,
    /// The business date to do; today in the brand's timezone if not given.
    #[arg(long)]
    date: Option<Date>,
    /// Only say what would change.
    #[arg(long)]
    dry_run: bool,
    /// Why it is run by hand; kept with the run.
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct InvokeArguments {
    /// `job-overdue`, `worker-whatsapp`, `loans`, …
    function: String,
    /// A file with the event as Lambda would pass it.
    event: PathBuf,
}

pub(super) async fn job(global: &Global, arguments: JobArguments) -> Result<(), CliError> {
    let client = Client::connect(&global.data_dir).await?;
    for brand_id in brands(&client, arguments.brand).await? {
        let input = JobInput {
            brand_id,
            business_date: arguments.date,
            scheduled_time: None,
            dry_run: arguments.dry_run,
            reason: arguments.reason.clone(),
            started_by: Some(STARTED_BY.to_owned()),
        };
        let answer = client.invoke(arguments.job.function(), &input).await?;
        out::line(format!("{brand_id} {}", arguments.job));
        print(&answer)?;
    }
    if !arguments.dry_run {
        client.drain().await?;
        out::line("all shards are done");
    }
    Ok(())
}

pub(super) async fn run(global: &Global, arguments: &InvokeArguments) -> Result<(), CliError> {
    let event = std::fs::read(&arguments.event)
        .map_err(|error| CliError::Usage(format!("{}: {error}", arguments.event.display())))?;
    let event: Value = serde_json::from_slice(&event)
        .map_err(|error| CliError::Usage(format!("{}: {error}", arguments.event.display())))?;
    let client = Client::connect(&global.data_dir).await?;
    print(&client.invoke(&arguments.function, &event).await?)
}

/// The brand that was named, or all.
pub(super) async fn brands(
    client: &Client,
    named: Option<BrandId>,
) -> Result<Vec<BrandId>, CliError> {
    if let Some(brand) = named {
        return Ok(vec![brand]);
    }
    let status: Status = client.get("/local/status").await?;
    let id = |text: &str| text.parse().map_err(|_| CliError::Usage(format!("brand id {text}")));
    status.brands.iter().map(|brand| id(&brand.id)).collect()
}

fn print(answer: &Value) -> Result<(), CliError> {
    out::line(serde_json::to_string_pretty(answer)?);
    Ok(())
}
