//! `parcela statement`: a contract as of a past date.

use clap::Args;
use domain::ids::{BrandId, LoanId};
use jiff::civil::Date;
use serde_json::Value;

use super::client::{Api, Client};
use super::invoke::brands;
use super::{CliError, Global, out};

#[derive(Debug, Args)]
pub(super) struct StatementArguments {
    loan: LoanId,
    /// The day; today if not given.
    #[arg(long)]
    as_of: Option<Date>,
    /// The last day whose postings count; the same day if not given.
    #[arg(long)]
    known_at: Option<Date>,
    /// The brand's id; every brand is tried if not given.
    #[arg(long)]
    brand: Option<BrandId>,
}

pub(super) async fn run(global: &Global, arguments: &StatementArguments) -> Result<(), CliError> {
    let client = Client::connect(&global.data_dir).await?;
    let mut api = Api::sign_in(&client, &global.data_dir).await?;
    let dates = [("asOf", arguments.as_of), ("knownAt", arguments.known_at)];
    let query: Vec<String> =
        dates.into_iter().filter_map(|(name, date)| Some(format!("{name}={}", date?))).collect();
    for brand in brands(&client, arguments.brand).await? {
        let loan = arguments.loan;
        let path = format!("/partner/brand/{brand}/loans/{loan}/statement?{}", query.join("&"));
        match api.get::<Value>(&path).await {
            Ok(statement) => {
                out::tree(&statement);
                return Ok(());
            }
            Err(CliError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(CliError::Usage(format!("there is no loan {}", arguments.loan)))
}
