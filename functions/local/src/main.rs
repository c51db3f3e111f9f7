//! `parcela`: the whole system on one machine, and the commands around it.

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    local::cli::run(local::cli::Arguments::parse()).await
}
