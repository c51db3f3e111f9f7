use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::process::Start;
use super::size::Size;

/// What starting one thing costs.
#[derive(Debug, Clone)]
pub struct Line {
    pub name: String,
    /// Of one start; not counted for other runtimes.
    pub instructions: Option<u64>,
    /// Medians of all starts.
    pub wall: Duration,
    pub cpu: Duration,
    pub peak_kb: u64,
    pub size: Option<Size>,
    /// What the first answer was.
    pub answer: String,
}

impl Line {
    pub(super) fn new(
        name: &str,
        starts: &[Start],
        instructions: Option<u64>,
        size: Option<Size>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            instructions,
            wall: median(starts.iter().map(|start| start.wall)),
            cpu: median(starts.iter().map(|start| start.cpu)),
            peak_kb: median(starts.iter().map(|start| start.peak_kb)),
            size,
            answer: starts.last().map(|start| told(&start.answer)).unwrap_or_default(),
        }
    }
}

/// The middle one of an odd number, the upper middle one of an even number.
fn median<T: Ord + Default>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort();
    let middle = values.len() / 2;
    values.into_iter().nth(middle).unwrap_or_default()
}

/// An answer in few words: a status, what a job did, how many messages come again, an error.
fn told(answer: &Value) -> String {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    if let Some(status) = answer.get("statusCode") {
        return status.to_string();
    }
    if let Some(failures) = answer.get("batchItemFailures").and_then(Value::as_array) {
        return format!("{} again", failures.len());
    }
    let known = text("kind").or_else(|| text("errorMessage")).map(str::to_owned);
    known.unwrap_or_else(|| answer.to_string().chars().take(40).collect())
}

/// What a bench found.
#[derive(Debug)]
pub struct Report {
    pub lines: Vec<Line>,
    pub starts: usize,
}

/// A table in Markdown.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "medians of {} starts; the instructions are of one more\n", self.starts)?;
        writeln!(
            f,
            "| | instructions | ms | ms on a processor | peak memory, MB | binary, KB | zip, KB | \
             first answer |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|---:|---|")?;
        for line in &self.lines {
            let instructions = line.instructions.map(thousands).unwrap_or_default();
            let kb = |bytes: u64| thousands(bytes.div_ceil(1024));
            writeln!(
                f,
                "| {} | {instructions} | {} | {} | {} | {} | {} | {} |",
                line.name,
                millis(line.wall),
                millis(line.cpu),
                tenths(line.peak_kb * 10 / 1024),
                line.size.map(|size| kb(size.binary_bytes)).unwrap_or_default(),
                line.size.map(|size| kb(size.zip_bytes)).unwrap_or_default(),
                line.answer,
            )?;
        }
        Ok(())
    }
}

fn millis(duration: Duration) -> String {
    tenths(u64::try_from(duration.as_micros() / 100).unwrap_or(u64::MAX))
}

fn tenths(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// `1,234,567`
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
