//! `parcela import`: a portfolio through the API.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use domain::ids::BrandId;
use serde_json::{Value, json};

use super::client::{Api, Client};
use super::invoke::brands;
use super::{CliError, Global, out};

/// How often it is asked how far the import is.
const LOOK: Duration = Duration::from_millis(500);
/// The mapping of files whose columns have our names.
const DEFAULT_MAPPING: &str = "default";

#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// A line of column names and one line a contract.
    csv: PathBuf,
    /// The brand's id; the first demo brand if not given.
    #[arg(long)]
    brand: Option<BrandId>,
    /// `default`, or a JSON file that says how to read the file (`spec` of `POST /imports`).
    #[arg(long, default_value = DEFAULT_MAPPING)]
    mapping: String,
    /// Only say what would come in.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(global: &Global, arguments: &ImportArguments) -> Result<(), CliError> {
    let csv = read(&arguments.csv)?;
    let spec = spec(&arguments.mapping)?;
    let client = Client::connect(&global.data_dir).await?;
    let mut api = Api::sign_in(&client, &global.data_dir).await?;
    let brand = match arguments.brand {
        Some(brand) => brand,
        None => first_brand(&client).await?,
    };
    let name = arguments.csv.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let body = json!({ "name": name, "csv": csv, "spec": spec, "dryRun": arguments.dry_run });
    let path = format!("/partner/brand/{brand}/imports");
    // Each command is an intent of its own: contracts that are there already stay as they are.
    let key = format!("cli-{}", crate::cloud::unique_id());
    let created: Value = api.post(&path, &key, &body).await?;
    let path = format!("{path}/{}", field(&created, "id"));
    let import = wait(&mut api, &path).await?;
    report(&import);
    let wrong = import.get("issues").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    if field(&import, "status") == "FAILED" || wrong { Err(CliError::Found) } else { Ok(()) }
}

fn read(path: &std::path::Path) -> Result<String, CliError> {
    std::fs::read_to_string(path)
        .map_err(|error| CliError::Usage(format!("{}: {error}", path.display())))
}

fn spec(mapping: &str) -> Result<Value, CliError> {
    if mapping == DEFAULT_MAPPING {
        return Ok(json!({}));
    }
    serde_json::from_str(&read(mapping.as_ref())?)
        .map_err(|error| CliError::Usage(format!("{mapping}: {error}")))
}

async fn first_brand(client: &Client) -> Result<BrandId, CliError> {
    let demo = crate::seed::BRANDS[0].id().map_err(crate::system::SystemError::from)?;
    let all = brands(client, None).await?;
    all.iter()
        .find(|brand| **brand == demo)
        .or(all.first())
        .copied()
        .ok_or_else(|| CliError::Usage("there is no brand".to_owned()))
}

async fn wait(api: &mut Api<'_>, path: &str) -> Result<Value, CliError> {
    let mut bar = None;
    loop {
        let import: Value = api.get(path).await?;
        let number = |name: &str| import.get(name).and_then(Value::as_u64).unwrap_or_default();
        let bar = bar.get_or_insert_with(|| out::bar(number("rows")));
        bar.set_position(number("rowsDone"));
        if matches!(field(&import, "status"), "DONE" | "FAILED") {
            bar.finish_and_clear();
            return Ok(import);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn field<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn report(import: &Value) {
    out::line(format!("{} {}", field(import, "id"), field(import, "status")));
    if let Some(counts) = import.get("counts").and_then(Value::as_object) {
        let counts: Vec<String> =
            counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
        out::line(format!("rows: {}", counts.join(", ")));
    }
    for issue in import.get("issues").and_then(Value::as_array).into_iter().flatten() {
        out::line(format!("  {issue}"));
    }
    if let Some(reconciliation) = import.get("reconciliation").and_then(Value::as_object) {
        for (name, figure) in reconciliation {
            let Some(figure) = figure.as_object() else { continue };
            let side = |name| figure.get(name).map(plain).unwrap_or_default();
            let (file, system, difference) = (side("file"), side("system"), side("difference"));
            out::line(format!("{name}: file {file}, system {system}, difference {difference}"));
        }
    }
    let failure = field(import, "failure");
    if !failure.is_empty() {
        out::line(failure);
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
