use std::sync::Arc;

use lambda_runtime::Error;

use crate::Deps;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::telemetry;

/// Where Lambda's X-Ray daemon listens.
const XRAY_VARIABLE: &str = "AWS_XRAY_DAEMON_ADDRESS";

/// Starts a function on Lambda: logging, configuration, clients. No call leaves the process here;
/// the clients connect when they are first used.
#[expect(clippy::disallowed_methods, reason = "the configuration is read here, once")]
pub(super) async fn start() -> Result<Deps, Error> {
    telemetry::init(telemetry::Format::Json);
    let config = Config::from_env(&|name| std::env::var(name).ok())?;
    telemetry::spans::start(std::env::var(XRAY_VARIABLE).ok().as_deref());
    let sdk = aws_config::load_from_env().await;
    Ok(Deps::connect(config, &sdk, Arc::new(SystemClock)))
}
