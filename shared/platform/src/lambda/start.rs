use std::sync::Arc;

use lambda_runtime::Error;

use crate::Deps;
use crate::aws::sdk;
use crate::clock::SystemClock;
use crate::config::{Config, ConfigError};
use crate::telemetry;

/// Where Lambda's X-Ray daemon listens.
const XRAY_VARIABLE: &str = "AWS_XRAY_DAEMON_ADDRESS";

/// Starts a function on Lambda: logging, configuration, clients. No call leaves the process here;
/// the clients are made, and connect, when they are first used.
pub(super) fn start() -> Result<Deps, Error> {
    telemetry::init(telemetry::Format::Json);
    telemetry::spans::start(variable(XRAY_VARIABLE).as_deref());
    match (Config::from_env(&variable), sdk::from_env(variable)) {
        (Ok(config), Ok(sdk)) => Ok(Deps::connect(config, &sdk, Arc::new(SystemClock))),
        (config, sdk) => {
            let faults = [config.err(), sdk.err()].into_iter().flatten();
            Err(ConfigError { faults: faults.flat_map(|error| error.faults).collect() }.into())
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the configuration is read here, once")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
