//! `parcela` without a command: the whole system until ctrl-c.

use super::{CliError, Global, out};
use crate::seed;
use crate::system::{DEFAULT_DATA_DIR, DEFAULT_PORT, Options, System};

pub(super) async fn run(global: &Global) -> Result<(), CliError> {
    let options = Options { port: global.port, ..Options::new(global.data_dir.clone()) };
    let system = System::start(options).await?;
    welcome(global, &system);
    tokio::signal::ctrl_c().await?;
    out::line("stopping");
    system.stop().await;
    Ok(())
}

fn welcome(global: &Global, system: &System) {
    let running = system.running();
    out::line("");
    out::line("parcela is running; ctrl-c stops it, the data stay in the folder");
    out::line(format!("  API              {}/api/v1", running.url));
    out::line(format!("  API browser      {}/docs", running.url));
    out::line(format!("  WhatsApp phone   {}/whatsapp", running.sandbox_url));
    out::line(format!("  text messages    {}/sms", running.sandbox_url));
    out::line(format!("  mailbox          {}/mailbox", running.sandbox_url));
    out::line(format!("  data folder      {}", global.data_dir.display()));
    out::line(format!("  business clock   {}", system.driver().now()));
    out::line("");
    let password = system.keys().demo_password();
    out::line(format!("demo logins (invented people), password {password}"));
    for brand in &seed::BRANDS {
        let id = brand.id().map(|id| id.to_string()).unwrap_or_default();
        out::line(format!("  {} ({id})", brand.name));
        for department in seed::DEPARTMENTS {
            out::line(format!("    {}", brand.email(department)));
        }
    }
    out::line(format!("  the platform: {}", seed::SUPER_ADMIN_EMAIL));
    out::line("");
    out::line("try in another terminal");
    let with = flags(global);
    out::line(format!("  cargo run -q --{with} doctor"));
    out::line(format!("  cargo run -q --{with} seed --customers 20 --contracts 30"));
    out::line(format!("  cargo run -q --{with} clock advance 40d"));
    out::line("");
}

/// The flags that a command needs to find this system.
fn flags(global: &Global) -> String {
    let mut flags = String::new();
    if global.data_dir != std::path::Path::new(DEFAULT_DATA_DIR) {
        flags.push_str(&format!(" --data-dir {}", global.data_dir.display()));
    }
    if global.port != DEFAULT_PORT {
        flags.push_str(&format!(" --port {}", global.port));
    }
    flags
}
