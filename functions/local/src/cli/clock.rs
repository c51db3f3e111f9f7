//! `parcela clock show|set|advance`.

use clap::Subcommand;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, Zoned};

use super::client::Client;
use super::{CliError, Global, out};
use crate::system::{Move, Moved, Progress, Status, Summary};

#[derive(Debug, Subcommand)]
pub(super) enum ClockCommand {
    /// Show business time.
    Show,
    /// Move business time to a date or time (in UTC where it names no offset). Forward, every
    /// schedule on the way fires in order; back, it jumps, which suits an empty portfolio only.
    Set {
        /// `1998-12-31`, `1998-12-31T12:00`, `1998-12-31T12:00:00-03:00`.
        to: String,
    },
    /// Let time pass: every schedule and message on the way happens in order.
    Advance {
        /// `15d`, `6h`, `10m`, or several: `1d12h`.
        by: String,
    },
}

pub(super) async fn run(global: &Global, command: &ClockCommand) -> Result<(), CliError> {
    let client = Client::connect(&global.data_dir).await?;
    let status: Status = client.get("/local/status").await?;
    match command {
        ClockCommand::Show => {
            show(&status);
            Ok(())
        }
        ClockCommand::Set { to } => travel(&client, &status, instant(to)?).await,
        ClockCommand::Advance { by } => {
            let to = advanced(status.business_now, by)?;
            travel(&client, &status, to).await
        }
    }
}

fn show(status: &Status) {
    out::line(format!("business time {}", seconds(status.business_now)));
    out::line(format!("machine time  {}", seconds(status.wall_now)));
    let offset = SignedDuration::from_secs(status.offset_seconds);
    out::line(format!("offset        {offset:#}"));
    for brand in &status.brands {
        out::line(format!("{}  {} ({})", brand.business_date, brand.name, brand.timezone));
    }
}

fn seconds(instant: Timestamp) -> String {
    format!("{instant:.0}")
}

/// A date, a time in UTC, or a time with an offset.
fn instant(text: &str) -> Result<Timestamp, CliError> {
    let utc =
        |time: DateTime| time.to_zoned(TimeZone::UTC).map(|zoned: Zoned| zoned.timestamp()).ok();
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| utc(text.parse::<DateTime>().ok()?))
        .or_else(|| utc(text.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight())))
        .ok_or_else(|| {
            CliError::Usage(format!("{text} is not a date or time such as 1998-12-31T12:00"))
        })
}

fn advanced(now: Timestamp, by: &str) -> Result<Timestamp, CliError> {
    let wrong = || CliError::Usage(format!("{by} is not a duration such as 15d, 6h or 10m"));
    let span: Span = by.parse().map_err(|_| wrong())?;
    if !span.is_positive() {
        return Err(wrong());
    }
    // A day is 24 hours here: brands in different timezones share the clock.
    let now = now.to_zoned(TimeZone::UTC);
    now.checked_add(span).map(|later| later.timestamp()).map_err(|_| wrong())
}

async fn travel(client: &Client, status: &Status, to: Timestamp) -> Result<(), CliError> {
    if to < status.business_now {
        out::line("going back: records that were written later keep their times");
    }
    let mut response = client.post("/local/clock", &Move { to }).await?;
    let way = seconds_between(status.business_now, to);
    let bar = out::bar(way);
    let mut buffer = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        buffer.extend_from_slice(&chunk);
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            match serde_json::from_slice(&line)? {
                Moved::Progress(progress) => {
                    bar.set_position(seconds_between(status.business_now, progress.at).min(way));
                    bar.set_message(describe(&progress));
                }
                Moved::Done(summary) => {
                    bar.finish_and_clear();
                    summarise(&summary);
                    return Ok(());
                }
                Moved::Failed(message) => {
                    bar.abandon();
                    return Err(CliError::Usage(message));
                }
            }
        }
    }
    bar.abandon();
    Err(CliError::Usage("the running system ended before the clock was there".to_owned()))
}

fn seconds_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}

fn describe(progress: &Progress) -> String {
    let fired = progress.fired.last().map(|fired| format!(" {}", fired.function));
    let messages = progress.messages;
    format!("{}{} · {messages} messages", seconds(progress.at), fired.unwrap_or_default())
}

fn summarise(summary: &Summary) {
    out::line(format!("from {} to {}", seconds(summary.from), seconds(summary.to)));
    for (function, firings) in &summary.jobs {
        out::line(format!("  {function}: {firings} runs"));
    }
    out::line(format!("  messages sent: {}", summary.messages));
    if summary.unfinished_stops > 0 {
        out::line(format!("  work was left at {} stops; see the log", summary.unfinished_stops));
    }
    if summary.dead_letters > 0 {
        out::line(format!("  dead letters: {}", summary.dead_letters));
    }
}
