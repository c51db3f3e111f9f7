//! The one place that writes to the terminal.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the commands' answers are for the terminal"
)]

use indicatif::{ProgressBar, ProgressStyle};

/// One line of an answer.
pub(super) fn line(text: impl AsRef<str>) {
    println!("{}", text.as_ref());
}

/// Why a command failed.
pub(super) fn error(text: &str) {
    eprintln!("error: {text}");
}

/// A question without an end of line.
pub(super) fn ask(text: &str) {
    use std::io::Write as _;
    print!("{text}");
    if let Err(error) = std::io::stdout().flush() {
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
