//! `parcela doctor`.

use std::net::{Ipv4Addr, TcpListener};

use serde_json::Value;

use super::client::Client;
use super::{CliError, Global, out};
use crate::system::Status;

/// Ports after the API's that the system takes.
const PORTS: u16 = 6;

pub(super) async fn run(global: &Global) -> Result<(), CliError> {
    let mut report = Report { faults: 0 };
    report.say(true, &format!("version {}", env!("CARGO_PKG_VERSION")));
    folder(global, &mut report);
    match Client::connect(&global.data_dir).await {
        Ok(client) => running(&client, &mut report).await?,
        Err(CliError::NotRunning(_)) => {
            report.say(true, "the system is not running; `cargo run` starts it");
            ports(global, &mut report);
        }
        Err(error) => report.say(false, &error.to_string()),
    }
    if report.faults == 0 { Ok(()) } else { Err(CliError::Found) }
}

struct Report {
    faults: u32,
}

impl Report {
    fn say(&mut self, good: bool, text: &str) {
        out::line(format!("{} {text}", if good { "ok   " } else { "FAULT" }));
        self.faults += u32::from(!good);
    }
}

fn folder(global: &Global, report: &mut Report) {
    let folder = &global.data_dir;
    match std::fs::metadata(folder) {
        Ok(metadata) if !metadata.is_dir() => {
            report.say(false, &format!("{} is not a folder", folder.display()));
        }
        Ok(metadata) if metadata.permissions().readonly() => {
            report.say(false, &format!("{} cannot be written", folder.display()));
        }
        Ok(_) => report.say(true, &format!("data folder {}", folder.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = format!("data folder {} is created at the first start", folder.display());
            report.say(true, &text);
        }
        Err(error) => report.say(false, &format!("{}: {error}", folder.display())),
    }
}

fn ports(global: &Global, report: &mut Report) {
    for port in (global.port..).take(usize::from(PORTS)) {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => report.say(true, &format!("port {port} is free")),
            Err(error) => report.say(false, &format!("port {port}: {error}")),
        }
    }
}

async fn running(client: &Client, report: &mut Report) -> Result<(), CliError> {
    let status: Status = client.get("/local/status").await?;
    let same = status.version == env!("CARGO_PKG_VERSION");
    report.say(same, &format!("running version {} at {}", status.version, client.running.url));
    report.say(true, &format!("business time {:.0}", status.business_now));
    let offset = jiff::SignedDuration::from_secs(status.offset_seconds);
    report.say(true, &format!("clock offset {offset:#}"));
    for brand in &status.brands {
        report.say(true, &format!("brand {} {} ({})", brand.id, brand.name, brand.timezone));
    }
    for queue in &status.queues {
        let waiting = queue.ready + queue.in_flight + queue.delayed;
        let dead = queue.name.ends_with("-dead");
        report.say(!dead || waiting == 0, &format!("queue {}: {waiting} messages", queue.name));
    }
    match client.get::<Value>("/api/v1/health").await {
        Ok(health) => report.say(true, &format!("health {health}")),
        Err(error) => report.say(false, &error.to_string()),
    }
    Ok(())
}
