//! `parcela token`: an access token of a demo login, for curl.

use clap::Args;
use platform::auth::Department;

use super::client::{Api, Client};
use super::{CliError, Global, out};
use crate::seed::BRANDS;

#[derive(Debug, Args)]
pub(super) struct TokenArguments {
    /// The demo login's address; the first demo brand's administrator if not given.
    #[arg(default_value_t = BRANDS[0].email(Department::Admin))]
    email: String,
}

pub(super) async fn run(global: &Global, arguments: TokenArguments) -> Result<(), CliError> {
    let client = Client::connect(&global.data_dir).await?;
    let api = Api::sign_in_as(&client, &global.data_dir, arguments.email).await?;
    out::line(api.token());
    Ok(())
}
