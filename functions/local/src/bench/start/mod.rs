//! What starting a function costs: its release binary under a stub of the Runtime API, over the
//! embedded cloud, from `exec` to its first answer. What it is compared with (a function that does
//! nothing, other runtimes) is measured in the same run, in turns, so that both meet the same
//! machine.

mod events;
mod process;
mod report;
mod size;

use std::path::{Path, PathBuf};

use platform::store::{Brands, Table};
use serde_json::Value;

use super::stage::{StageError, lender};
use crate::cloud::Cloud;
use crate::system::functions::{FUNCTIONS, Function, find};
use crate::system::{Options as SystemOptions, System};
use process::Program;

pub use report::{Line, Report};

/// One function of each kind.
pub const REPRESENTATIVES: [&str; 4] =
    ["invoices", "webhook-evolution", "job-overdue", "worker-accrual"];
/// The shards of the brand that the events are about.
const SHARDS: u16 = 4;
const TABLE_VARIABLE: &str = "TABLE_NAME";

/// What is measured, and how often.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of the functions' release binaries.
    pub binaries: PathBuf,
    /// The folder of the functions' events.
    pub events: PathBuf,
    /// [`REPRESENTATIVES`] where empty.
    pub functions: Vec<String>,
    /// A function that does nothing, built like the others.
    pub floor: Option<PathBuf>,
    /// A function for Node.js: a module that the program `node` runs.
    pub node: Option<PathBuf>,
    /// Starts of each, of which the median is told.
    pub starts: usize,
    /// Where callgrind's files are kept; they are removed where not given.
    pub profiles: Option<PathBuf>,
}

/// Something that starts under the Runtime API.
struct Subject {
    name: String,
    program: Program,
    event: Value,
    /// Whether its file says how large a deployment is.
    is_bootstrap: bool,
}

/// Measures every subject; everything happens in a folder that is removed afterwards.
///
/// # Errors
/// Where a binary is missing, the embedded cloud does not start, or a function does not answer.
pub async fn run(options: &Options) -> Result<Report, StageError> {
    let folder = std::env::temp_dir().join(format!("parcela-bench-start-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(options, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    measured
}

async fn measure(options: &Options, folder: &Path) -> Result<Report, StageError> {
    let system = SystemOptions { port: 0, demo: false, ..SystemOptions::new(folder.join("data")) };
    let (cloud, environment) = System::start_cloud(&system).await?;
    let variable = |name: &str| {
        let found = environment.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    store_brand(&cloud, variable(TABLE_VARIABLE)).await?;
    let subjects = subjects(options, &variable)?;
    let lines = lines(options, &subjects, &environment, folder).await;
    cloud.stop().await;
    Ok(Report { lines: lines?, starts: options.starts })
}

/// The brand of the events.
async fn store_brand(cloud: &Cloud, table: &str) -> Result<(), StageError> {
    let table = Table::new(cloud.endpoints().dynamodb_client(), table);
    let mut brand = lender(events::BRAND.parse()?, SHARDS)?;
    Brands::new(table).save(&mut brand).await?;
    Ok(())
}

fn subjects<'v>(
    options: &Options,
    variable: &dyn Fn(&str) -> &'v str,
) -> Result<Vec<Subject>, StageError> {
    let mut subjects = Vec::new();
    if let Some(floor) = &options.floor {
        subjects.push(Subject {
            name: "floor: a function that does nothing".to_owned(),
            program: Program::binary(floor),
            event: Value::Object(serde_json::Map::new()),
            is_bootstrap: true,
        });
    }
    for function in functions(&options.functions)? {
        let binary = options.binaries.join(function.name);
        if !binary.is_file() {
            return Err(
                format!("there is no {}; build the functions first", binary.display()).into()
            );
        }
        subjects.push(Subject {
            name: function.name.to_owned(),
            program: Program::binary(&binary),
            event: events::prepare(function, &options.events, variable)?,
            is_bootstrap: true,
        });
    }
    if let Some(module) = &options.node {
        subjects.push(Subject {
            name: "Node.js with the AWS SDK".to_owned(),
            program: Program::interpreted("node", module),
            event: events::node(),
            is_bootstrap: false,
        });
    }
    Ok(subjects)
}

fn functions(names: &[String]) -> Result<Vec<Function>, StageError> {
    let named =
        |name: &str| find(name).ok_or_else(|| format!("there is no function {name}").into());
    if names.is_empty() {
        REPRESENTATIVES.into_iter().map(named).collect()
    } else {
        names.iter().map(|name| named(name)).collect()
    }
}

/// The names of all functions.
pub fn all() -> Vec<String> {
    FUNCTIONS.iter().map(|function| function.name.to_owned()).collect()
}

async fn lines(
    options: &Options,
    subjects: &[Subject],
    environment: &[(String, String)],
    folder: &Path,
) -> Result<Vec<Line>, StageError> {
    let mut starts: Vec<Vec<process::Start>> = subjects.iter().map(|_| Vec::new()).collect();
    for _ in 0..options.starts.max(1) {
        for (subject, starts) in subjects.iter().zip(&mut starts) {
            starts.push(process::start(subject, environment, folder).await?);
        }
    }
    let profiles = options.profiles.as_deref().unwrap_or(folder);
    std::fs::create_dir_all(profiles)?;
    let mut lines = Vec::new();
    for (subject, starts) in subjects.iter().zip(&starts) {
        // Another runtime compiles while it runs, which callgrind does not follow well.
        let instructions = if subject.is_bootstrap {
            Some(process::instructions(subject, environment, profiles).await?)
        } else {
            None
        };
        let size =
            if subject.is_bootstrap { Some(size::of(subject.program.file())?) } else { None };
        lines.push(Line::new(&subject.name, starts, instructions, size));
    }
    Ok(lines)
}
