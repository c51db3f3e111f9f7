//! `parcela reset`.

use std::fs::{self, File, TryLockError};
use std::io;

use clap::Args;

use super::{CliError, Global, out};

/// What only our data folders have.
const MARKS: [&str; 2] = ["keys.json", "cloud"];
const LOCK_FILE: &str = "cloud/lock";

#[derive(Debug, Args)]
pub(super) struct ResetArguments {
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(global: &Global, arguments: &ResetArguments) -> Result<(), CliError> {
    let folder = &global.data_dir;
    if !folder.exists() {
        out::line(format!("{} is not there: nothing to delete", folder.display()));
        return Ok(());
    }
    if !MARKS.iter().any(|mark| folder.join(mark).exists()) {
        let message = format!("{} is not a data folder of parcela", folder.display());
        return Err(CliError::Usage(message));
    }
    if in_use(folder)? {
        let message = format!("{} is in use: stop the system first", folder.display());
        return Err(CliError::Usage(message));
    }
    if !arguments.yes {
        out::ask(&format!("delete {} with all brands, loans and keys? [y/N] ", folder.display()));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            out::line("nothing was deleted");
            return Ok(());
        }
    }
    fs::remove_dir_all(folder)?;
    out::line(format!("{} is deleted", folder.display()));
    Ok(())
}

/// Whether a running process holds the folder.
fn in_use(folder: &std::path::Path) -> io::Result<bool> {
    let file = match File::open(folder.join(LOCK_FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
