//! The command line of `parcela`.

mod audit;
mod bench;
mod client;
mod clock;
mod cloud;
mod doctor;
mod explain;
mod import;
mod invoke;
mod out;
mod rebuild;
mod reset;
mod seed;
mod start;
mod statement;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use platform::telemetry;

use crate::system::{DEFAULT_DATA_DIR, DEFAULT_PORT};

/// Lending from application to collection, the whole system on one machine.
///
/// Without a command everything is started.
#[derive(Debug, Parser)]
#[command(name = "parcela", version)]
pub struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, Args)]
struct Global {
    /// Where everything is kept.
    #[arg(long, global = true, default_value = DEFAULT_DATA_DIR)]
    data_dir: PathBuf,
    /// The API's port on 127.0.0.1; the sandbox and the embedded cloud take the next five.
    #[arg(long, global = true, default_value_t = DEFAULT_PORT)]
    port: u16,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show or move the business clock: schedules and message delays follow it.
    #[command(subcommand)]
    Clock(clock::ClockCommand),
    /// Run a job of the night by hand.
    Job(invoke::JobArguments),
    /// Invoke a function with an event from a file, as Lambda would.
    Invoke(invoke::InvokeArguments),
    /// Bring in a portfolio: a CSV file of contracts.
    Import(import::ImportArguments),
    /// Print an access token of a demo login, good for 15 minutes.
    Token(token::TokenArguments),
    /// Add invented customers and contracts to a brand.
    Seed(seed::SeedArguments),
    /// Recompute every figure from the journals; report what differs, or repair it.
    Rebuild(rebuild::RebuildArguments),
    /// A contract as of a past date, from its journal.
    Statement(statement::StatementArguments),
    /// Check that nobody changed the audit.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Say how the charges of an invoice came about.
    Explain(explain::ExplainArguments),
    /// Measure what things cost: calls, capacity units, dollars.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    /// Start only the embedded cloud, for functions in other processes.
    Cloud,
    /// Check the data folder, the ports and the running system.
    Doctor,
    /// Delete the data folder.
    Reset(reset::ResetArguments),
}

/// Why a command failed, in words for who typed it.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    System(#[from] crate::system::SystemError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Nothing answers for this data folder.
    #[error("the system is not running: start it with `cargo run` and try again (data folder {0})")]
    NotRunning(PathBuf),
    #[error("the running system did not answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the running system answered {status}: {message}")]
    Refused { status: u16, message: String },
    #[error("the answer of the running system cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Usage(String),
    /// The command did its work and found something wrong, which it has said.
    #[error("")]
    Found,
}

/// Runs a command; the exit code is 0 only where all went well.
pub async fn run(arguments: Arguments) -> ExitCode {
    let Arguments { global, command } = arguments;
    let result = match command {
        None => {
            telemetry::init(telemetry::Format::Human);
            start::run(&global).await
        }
        Some(Command::Clock(command)) => clock::run(&global, &command).await,
        Some(Command::Job(arguments)) => invoke::job(&global, arguments).await,
        Some(Command::Invoke(arguments)) => invoke::run(&global, &arguments).await,
        Some(Command::Import(arguments)) => import::run(&global, &arguments).await,
        Some(Command::Token(arguments)) => token::run(&global, arguments).await,
        Some(Command::Seed(arguments)) => seed::run(&global, &arguments).await,
        Some(Command::Rebuild(arguments)) => rebuild::run(&global, &arguments).await,
        Some(Command::Statement(arguments)) => statement::run(&global, &arguments).await,
        Some(Command::Audit(command)) => audit::run(&global, &command).await,
        Some(Command::Explain(arguments)) => explain::run(&global, &arguments).await,
        Some(Command::Bench(command)) => bench::run(command).await,
        Some(Command::Cloud) => {
            telemetry::init(telemetry::Format::Human);
            cloud::run(&global).await
        }
        Some(Command::Doctor) => doctor::run(&global).await,
        Some(Command::Reset(arguments)) => reset::run(&global, &arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::Found) => ExitCode::FAILURE,
        Err(error) => {
            out::error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
