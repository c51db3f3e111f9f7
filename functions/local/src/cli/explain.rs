//! `parcela explain`: how the charges of an invoice came about.

use clap::Args;
use domain::ids::{BrandId, InvoiceId};
use serde_json::Value;

use super::client::{Api, Client};
use super::invoke::brands;
use super::{CliError, Global, out};

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// `inv_…_3`: the third invoice of the loan.
    invoice: InvoiceId,
    /// The brand's id; every brand is tried if not given.
    #[arg(long)]
    brand: Option<BrandId>,
}

pub(super) async fn run(global: &Global, arguments: &ExplainArguments) -> Result<(), CliError> {
    let client = Client::connect(&global.data_dir).await?;
    let mut api = Api::sign_in(&client, &global.data_dir).await?;
    for brand in brands(&client, arguments.brand).await? {
        let path = format!("/partner/brand/{brand}/invoices/{}", arguments.invoice);
        match api.get::<Value>(&path).await {
            Ok(invoice) => {
                out::tree(&invoice);
                return Ok(());
            }
            Err(CliError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(CliError::Usage(format!("there is no invoice {}", arguments.invoice)))
}
