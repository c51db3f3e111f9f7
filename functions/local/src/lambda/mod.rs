//! What Lambda is to a function's binary: the Runtime API, and the environment.

mod runtime_api;

use std::path::Path;
use std::process::Command;

pub use runtime_api::{Answer, RuntimeApi};

/// The memory that a function is told it has.
const MEMORY_MB: &str = "512";

/// A function's binary in the environment that Lambda gives it, and nothing of ours.
pub fn command<'v>(
    binary: &Path,
    name: &str,
    environment: impl IntoIterator<Item = (&'v str, &'v str)>,
) -> Command {
    let mut command = Command::new(binary);
    set_environment(&mut command, name, environment);
    command
}

/// Gives a command the environment of the function `name`, and no other.
pub fn set_environment<'v>(
    command: &mut Command,
    name: &str,
    environment: impl IntoIterator<Item = (&'v str, &'v str)>,
) {
    command
        .env_clear()
        .env("AWS_LAMBDA_FUNCTION_NAME", name)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_MB)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "2025/01/06/[$LATEST]0")
        .envs(environment);
}
