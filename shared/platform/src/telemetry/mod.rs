//! Logs, metrics and traces.
//!
//! On Lambda each log line is one JSON object on stdout with the fields of its span (request id,
//! brand, function); elsewhere a line for people.
//!
//! Nothing here masks: a type with personal data or a secret masks itself in `Debug`, and has no
//! `Display`.

mod metrics;
pub(crate) mod spans;
mod trace;
mod work;

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::Duration;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub use metrics::{Dimensions, METRIC_NAMESPACE, Measure, Unit, count, measure, metric};
pub(crate) use trace::is_request_id;
pub use trace::{NoTrace, Trace};
pub(crate) use work::{End, Work};

/// Levels by target, as `info,platform=debug`. Not by span or field: that takes regular expressions,
/// which cost every start.
const FILTER_VARIABLE: &str = "RUST_LOG";
/// What is logged where it is not set.
const DEFAULT_FILTER: &str = "info,hyper=warn,lambda_runtime=warn";
/// As above for people, who do not want a line for each message that went well.
const DEFAULT_FILTER_HUMAN: &str = "info,hyper=warn,dynoxide=error,platform::lambda::queue=warn,\
     platform::lambda::stream=warn";

const FUNCTION_VARIABLE: &str = "AWS_LAMBDA_FUNCTION_NAME";

static FUNCTION: OnceLock<String> = OnceLock::new();

tokio::task_local! {
    static FUNCTION_HERE: &'static str;
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object per line; metrics are written too.
    Json,
    /// For people; metrics are debug lines.
    Human,
}

/// Starts logging; later calls do nothing.
#[expect(clippy::disallowed_methods, reason = "logging starts before the configuration is read")]
pub fn init(format: Format) {
    let default = match format {
        Format::Json => DEFAULT_FILTER,
        Format::Human => DEFAULT_FILTER_HUMAN,
    };
    let wanted = std::env::var(FILTER_VARIABLE).ok();
    let filter = wanted.and_then(|text| text.parse::<Targets>().ok());
    let filter = filter.or_else(|| default.parse().ok()).unwrap_or_default();
    let filtered = tracing_subscriber::registry().with(filter);
    let started = match format {
        Format::Json => filtered
            .with(layer().json().flatten_event(true).with_current_span(true).with_span_list(false))
            .try_init(),
        Format::Human => {
            filtered.with(layer().with_ansi(std::io::stdout().is_terminal()).compact()).try_init()
        }
    };
    if started.is_ok() && format == Format::Json {
        metrics::write_to_stdout();
    }
}

/// The function that runs here: Lambda's name of the process, or, where one process is many, the
/// name that [`as_function`] gave.
pub fn function() -> Option<&'static str> {
    FUNCTION_HERE.try_with(|name| *name).ok().or_else(of_process)
}

#[expect(clippy::disallowed_methods, reason = "Lambda's own name for the process, read once")]
fn of_process() -> Option<&'static str> {
    let name = FUNCTION.get_or_init(|| std::env::var(FUNCTION_VARIABLE).unwrap_or_default());
    (!name.is_empty()).then_some(name.as_str())
}

/// Runs as a function, where one process is many.
pub fn as_function<F: Future>(name: &'static str, future: F) -> impl Future<Output = F::Output> {
    FUNCTION_HERE.scope(name, future)
}

/// A duration as it is logged.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
