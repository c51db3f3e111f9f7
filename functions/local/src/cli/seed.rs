//! `parcela seed`: invented customers and contracts, through the API.

use clap::Args;
use domain::ids::BrandId;
use serde_json::{Value, json};

use super::client::{Api, Client};
use super::{CliError, Global, out};
use crate::seed::people;
use crate::seed::{BRANDS, DemoBrand};

#[derive(Debug, Args)]
pub(super) struct SeedArguments {
    /// How many customers there are to be.
    #[arg(long, default_value_t = 20)]
    customers: u32,
    /// How many active contracts there are to be, dealt out over the customers.
    #[arg(long, default_value_t = 30)]
    contracts: u32,
    /// A demo brand's id; the first if not given.
    #[arg(long)]
    brand: Option<BrandId>,
}

/// The same numbers give the same customers and contracts: doing it again adds only what is
/// missing.
pub(super) async fn run(global: &Global, arguments: &SeedArguments) -> Result<(), CliError> {
    let demo = demo(arguments.brand)?;
    let brand = demo.id().map_err(crate::system::SystemError::from)?;
    if arguments.contracts > 0 && arguments.customers == 0 {
        return Err(CliError::Usage("contracts need customers".to_owned()));
    }
    let client = Client::connect(&global.data_dir).await?;
    let mut api = Api::sign_in(&client, &global.data_dir).await?;
    let base = format!("/partner/brand/{brand}");
    let bar = out::bar(u64::from(arguments.customers) + u64::from(arguments.contracts));
    let mut customers = Vec::new();
    for number in 0..arguments.customers {
        let body = people::customer(demo, number);
        let key = format!("seed-customer-{number}");
        let customer: Value = api.post(&format!("{base}/customers"), &key, &body).await?;
        customers.push(text(&customer, "id")?);
        bar.inc(1);
    }
    let mut active = 0_u32;
    for (number, customer) in (0..arguments.contracts).zip(customers.iter().cycle()) {
        contract(&mut api, &base, number, &people::loan(customer, number)).await?;
        active += 1;
        bar.inc(1);
    }
    bar.finish_and_clear();
    out::line(format!("{}: {} customers, {active} active contracts", demo.name, customers.len()));
    client.drain().await
}

/// Requests, approves and activates one loan.
async fn contract(
    api: &mut Api<'_>,
    base: &str,
    number: u32,
    request: &Value,
) -> Result<(), CliError> {
    let key = |step: &str| format!("seed-loan-{number}-{step}");
    let loan: Value = api.post(&format!("{base}/loans"), &key("request"), request).await?;
    let status = format!("{base}/loans/{}/status", text(&loan, "id")?);
    for action in ["APPROVE", "ACTIVATE"] {
        let _: Value = api.post(&status, &key(action), &json!({ "action": action })).await?;
    }
    Ok(())
}

fn demo(brand: Option<BrandId>) -> Result<&'static DemoBrand, CliError> {
    let Some(brand) = brand else { return Ok(&BRANDS[0]) };
    BRANDS
        .iter()
        .find(|demo| demo.id().is_ok_and(|id| id == brand))
        .ok_or_else(|| CliError::Usage(format!("{brand} is not a demo brand")))
}

fn text(value: &Value, name: &str) -> Result<String, CliError> {
    let text = value.get(name).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| CliError::Usage(format!("the answer has no {name}")))
}
