//! `parcela cloud`: the embedded cloud alone.

use super::{CliError, Global, out};
use crate::system::{Options, System};

pub(super) async fn run(global: &Global) -> Result<(), CliError> {
    let options = Options { port: global.port, ..Options::new(global.data_dir.clone()) };
    let (cloud, environment) = System::start_cloud(&options).await?;
    out::line("# the embedded cloud is running; ctrl-c stops it. In another terminal:");
    for (name, value) in environment {
        out::line(format!("export {name}='{value}'"));
    }
    tokio::signal::ctrl_c().await?;
    cloud.stop().await;
    Ok(())
}
