//! The one place that writes to the terminal.
#![expect(clippy::print_stderr, reason = "the commands' answers are for the terminal")]

use std::io::Write as _;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

/// One line of an answer. Where the reader has gone (`… | head`), the command still ends its work.
pub(super) fn line(text: impl AsRef<str>) {
    if let Err(error) = writeln!(std::io::stdout(), "{}", text.as_ref()) {
        tracing::debug!(%error, "a line was not read");
    }
}

/// Why a command failed.
pub(super) fn error(text: &str) {
    eprintln!("error: {text}");
}

/// A question without an end of line.
pub(super) fn ask(text: &str) {
    let mut out = std::io::stdout();
    if let Err(error) = write!(out, "{text}").and_then(|()| out.flush()) {
        eprintln!("error: {error}");
    }
}

/// A bar over `length` steps, with what is being done behind it. Nothing is drawn where the output
/// is not a terminal.
pub(super) fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{bar:30} {percent:>3}% {elapsed:>5} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Prints an answer's figures.
pub(super) fn tree(value: &Value) {
    print(value, 0);
}

/// One line for each figure, deeper ones set in.
fn print(value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::Null => {}
                    Value::Object(_) | Value::Array(_) => {
                        line(format!("{indent}{name}"));
                        print(field, depth + 1);
                    }
                    plain => line(format!("{indent}{name}: {}", text(plain))),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| print(item, depth)),
        plain => line(format!("{indent}{}", text(plain))),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
