//! `parcela bench`: what things cost, counted.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CliError, out};
use crate::bench::{night, start};

const STARTS: usize = 15;

#[derive(Debug, Subcommand)]
pub(super) enum BenchCommand {
    /// Nights over 1,100 contracts with 20,000 invoices, in a folder of their own.
    Night,
    /// The start of functions until their first answer: instructions, time, memory, size.
    Start(StartArguments),
}

/// `benches/start/run` builds all that is measured, and calls this.
#[derive(Debug, Args)]
pub(super) struct StartArguments {
    /// The functions; one of each kind if none is given.
    functions: Vec<String>,
    /// Every function.
    #[arg(long, conflicts_with = "functions")]
    all: bool,
    /// The folder of the functions' binaries; the one of this program if not given.
    #[arg(long)]
    binaries: Option<PathBuf>,
    /// The folder of the events.
    #[arg(long, default_value = "events")]
    events: PathBuf,
    /// The binary of a function that does nothing.
    #[arg(long)]
    floor: Option<PathBuf>,
    /// A function for Node.js, as a module.
    #[arg(long)]
    node: Option<PathBuf>,
    /// How often each is started.
    #[arg(long, default_value_t = STARTS)]
    starts: usize,
    /// Where to keep callgrind's files, for `callgrind_annotate`.
    #[arg(long)]
    profiles: Option<PathBuf>,
}

pub(super) async fn run(command: BenchCommand) -> Result<(), CliError> {
    let failed = |error: crate::bench::stage::StageError| CliError::Usage(error.to_string());
    let report = match command {
        BenchCommand::Night => night::run().await.map_err(failed)?.to_string(),
        BenchCommand::Start(arguments) => {
            start::run(&options(arguments)?).await.map_err(failed)?.to_string()
        }
    };
    out::line(report);
    Ok(())
}

fn options(arguments: StartArguments) -> Result<start::Options, CliError> {
    let binaries = match arguments.binaries {
        Some(folder) => folder,
        None => std::env::current_exe()?.parent().map(PathBuf::from).unwrap_or_default(),
    };
    Ok(start::Options {
        binaries,
        events: arguments.events,
        functions: if arguments.all { start::all() } else { arguments.functions },
        floor: arguments.floor,
        node: arguments.node,
        starts: arguments.starts,
        profiles: arguments.profiles,
    })
}
