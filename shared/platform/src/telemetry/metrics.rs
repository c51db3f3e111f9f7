//! Metrics as lines in CloudWatch's embedded metric format: a metric costs no call.
//!
//! Each combination of dimensions is a metric of its own, which CloudWatch charges for. What is
//! measured of every piece of work therefore goes by function alone; what concerns a brand's
//! business goes by function and brand too.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

use super::function;
use crate::clock::{Clock as _, SystemClock};

/// The CloudWatch namespace of every metric.
pub const METRIC_NAMESPACE: &str = "Parcela";

static TO_STDOUT: AtomicBool = AtomicBool::new(false);

/// From now on metrics are lines of stdout.
pub(super) fn write_to_stdout() {
    TO_STDOUT.store(true, Ordering::Relaxed);
}

/// The unit of a metric, in CloudWatch's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Count,
    Seconds,
    Milliseconds,
    Bytes,
}

impl Unit {
    const fn text(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
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

impl<'a> Dimensions<'a> {
    /// Of the function that runs here.
    pub(super) fn here(brand: &'a str) -> Self {
        Self { function: function().unwrap_or_default(), brand }
    }
}

/// One value of one metric.
#[derive(Debug, Clone)]
pub struct Measure {
    name: &'static str,
    value: Number,
    unit: Unit,
}

impl Measure {
    pub fn new(name: &'static str, value: impl Into<Number>, unit: Unit) -> Self {
        Self { name, value: value.into(), unit }
    }

    pub fn count(name: &'static str, count: u64) -> Self {
        Self::new(name, count, Unit::Count)
    }
}

/// Counts something that happened to a brand, by the function that runs here.
pub fn count(brand: impl ToString, name: &'static str, count: u64) {
    measure(brand, &[Measure::count(name, count)]);
}

/// Records what concerns a brand, by the function that runs here.
pub fn measure(brand: impl ToString, measures: &[Measure]) {
    metrics(Dimensions::here(&brand.to_string()), SystemClock.wall(), measures);
}

/// Records one value under [`METRIC_NAMESPACE`], by function and by function and brand.
pub fn metric(
    dimensions: Dimensions<'_>,
    at: Timestamp,
    name: &'static str,
    value: u64,
    unit: Unit,
) {
    metrics(dimensions, at, &[Measure::new(name, value, unit)]);
}

/// As [`metric`], for several values at once.
pub(super) fn metrics(dimensions: Dimensions<'_>, at: Timestamp, measures: &[Measure]) {
    let Dimensions { function, brand } = dimensions;
    for Measure { name, value, .. } in measures {
        tracing::debug!(function, brand, name, %value, "metric");
    }
    if measures.is_empty() || !TO_STDOUT.load(Ordering::Relaxed) {
        return;
    }
    let line = line(dimensions, at, measures);
    if let Err(error) = writeln!(std::io::stdout().lock(), "{line}") {
        tracing::warn!(%error, "metrics could not be written");
    }
}

fn line(dimensions: Dimensions<'_>, at: Timestamp, measures: &[Measure]) -> Value {
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
    for measure in measures {
        line.insert(measure.name.to_owned(), measure.value.clone().into());
    }
    let described =
        measures.iter().map(|of| json!({ "Name": of.name, "Unit": of.unit.text() })).collect();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": at.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": METRIC_NAMESPACE,
                "Dimensions": sets,
                "Metrics": Value::Array(described),
            }],
        }),
    );
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Dimensions, Measure, Unit, line};

    /// The shape of the "Embedded metric format" specification in CloudWatch's user guide.
    #[test]
    fn metrics_are_one_embedded_metric_line() {
        let dimensions = Dimensions { function: "worker-accrual", brand: "brand_A" };
        let at = jiff::Timestamp::UNIX_EPOCH;
        let measures = [Measure::count("LateFees", 408), Measure::new("Run", 7, Unit::Seconds)];
        assert_eq!(
            line(dimensions, at, &measures),
            json!({
                "_aws": {
                    "Timestamp": 0,
                    "CloudWatchMetrics": [{
                        "Namespace": "Parcela",
                        "Dimensions": [["Function"], ["Function", "Brand"]],
                        "Metrics": [
                            { "Name": "LateFees", "Unit": "Count" },
                            { "Name": "Run", "Unit": "Seconds" },
                        ],
                    }],
                },
                "Function": "worker-accrual",
                "Brand": "brand_A",
                "LateFees": 408,
                "Run": 7,
            })
        );
    }

    #[test]
    fn what_concerns_no_brand_has_no_dimension_of_one() {
        let dimensions = Dimensions { function: "loans", brand: "" };
        let line = line(dimensions, jiff::Timestamp::UNIX_EPOCH, &[Measure::count("Requests", 1)]);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Function"]]));
        assert!(line.get("Brand").is_none());
    }
}
