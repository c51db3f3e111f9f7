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
                print(&invoice, 0);
                return Ok(());
            }
            Err(CliError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(CliError::Usage(format!("there is no invoice {}", arguments.invoice)))
}

/// One line for each figure, deeper ones set in.
fn print(value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::Null => {}
                    Value::Object(_) | Value::Array(_) => {
                        out::line(format!("{indent}{name}"));
                        print(field, depth + 1);
                    }
                    plain => out::line(format!("{indent}{name}: {}", text(plain))),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| print(item, depth)),
        plain => out::line(format!("{indent}{}", text(plain))),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
