//! `parcela bench`: what things cost, counted.

use clap::Subcommand;

use super::{CliError, out};
use crate::bench::night;

#[derive(Debug, Subcommand)]
pub(super) enum BenchCommand {
    /// Nights over 1,100 contracts with 20,000 invoices, in a folder of their own.
    Night,
}

pub(super) async fn run(command: &BenchCommand) -> Result<(), CliError> {
    match command {
        BenchCommand::Night => {
            let report = night::run().await.map_err(|error| CliError::Usage(error.to_string()))?;
            out::line(report.to_string());
            Ok(())
        }
    }
}
