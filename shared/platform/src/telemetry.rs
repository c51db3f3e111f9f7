//! Logs and metrics.
//!
//! On Lambda each log line is one JSON object on stdout with the fields of its span (request id,
//! brand, function); elsewhere a line for people. Metrics are lines in CloudWatch's embedded
//! metric format, so a metric costs no call.
//!
//! Nothing here masks: a type with personal data or a secret masks itself in `Debug`, and has no
//! `Display`.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The CloudWatch namespace of every metric.
pub const METRIC_NAMESPACE: &str = "Parcela";
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
static METRICS_TO_STDOUT: AtomicBool = AtomicBool::new(false);

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
        Format::Human => filtered
            .with(layer().with_ansi(std::io::stdout().is_terminal()).compact())
            .try_init(),
    };
    if started.is_ok() {
        METRICS_TO_STDOUT.store(format == Format::Json, Ordering::Relaxed);
    }
}

/// The function that this process is: Lambda's name of it; `None` where one process is many.
#[expect(clippy::disallowed_methods, reason = "Lambda's own name for the process, read once")]
pub fn function() -> Option<&'static str> {
    let name = FUNCTION.get_or_init(|| std::env::var(FUNCTION_VARIABLE).unwrap_or_default());
    (!name.is_empty()).then_some(name.as_str())
}

/// A duration as it is logged.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The unit of a metric, in CloudWatch's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Count,
    Milliseconds,
    Bytes,
}

impl Unit {
    const fn text(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::Bytes => "Bytes",
        }
    }
}

/// Where a metric belongs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dimensions<'a> {
    pub function: &'a str,
    /// Empty for what concerns no single brand.
    pub brand: &'a str,
}

/// Records one value under [`METRIC_NAMESPACE`], by function and by function and brand.
pub fn metric(dimensions: Dimensions<'_>, at: jiff::Timestamp, name: &str, value: u64, unit: Unit) {
    if !METRICS_TO_STDOUT.load(Ordering::Relaxed) {
        tracing::debug!(name, value, brand = dimensions.brand, "metric");
        return;
    }
    let line = metric_line(dimensions, at, name, value, unit);
    if let Err(error) = writeln!(std::io::stdout().lock(), "{line}") {
        tracing::warn!(%error, name, "a metric could not be written");
    }
}

fn metric_line(
    dimensions: Dimensions<'_>,
    at: jiff::Timestamp,
    name: &str,
    value: u64,
    unit: Unit,
) -> Value {
    let sets = if dimensions.brand.is_empty() {
        json!([["Function"]])
    } else {
        json!([["Function"], ["Function", "Brand"]])
    };
    let mut line = Map::new();
    line.insert("Function".to_owned(), dimensions.function.into());
    if !dimensions.brand.is_empty() {
        line.insert("Brand".to_owned(), dimensions.brand.into());
    }
    line.insert(name.to_owned(), value.into());
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": at.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": METRIC_NAMESPACE,
                "Dimensions": sets,
                "Metrics": [{ "Name": name, "Unit": unit.text() }],
            }],
        }),
    );
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Dimensions, Unit, metric_line};

    /// The shape of the "Embedded metric format" specification in CloudWatch's user guide.
    #[test]
    fn a_metric_is_one_embedded_metric_line() {
        let dimensions = Dimensions { function: "worker-accrual", brand: "brand_A" };
        let at = jiff::Timestamp::UNIX_EPOCH;
        assert_eq!(
            metric_line(dimensions, at, "WriteUnits", 408, Unit::Count),
            json!({
                "_aws": {
                    "Timestamp": 0,
                    "CloudWatchMetrics": [{
                        "Namespace": "Parcela",
                        "Dimensions": [["Function"], ["Function", "Brand"]],
                        "Metrics": [{ "Name": "WriteUnits", "Unit": "Count" }],
                    }],
                },
                "Function": "worker-accrual",
                "Brand": "brand_A",
                "WriteUnits": 408,
            })
        );
    }
}
