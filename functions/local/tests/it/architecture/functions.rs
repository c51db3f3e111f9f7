use std::path::Path;

use super::{assert_none, metadata, root};

/// A `main` of more lines has something in it that belongs into its module.
const MAIN_LIMIT_LINES: usize = 7;

/// What invokes a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Http,
    Job,
    Queue,
    Stream,
}

/// A function as its `src/bin` says it.
#[derive(Debug)]
pub struct Function {
    /// `job-overdue`.
    pub name: String,
    /// `jobs`.
    pub area: String,
    pub kind: Kind,
    /// `jobs::overdue::handle`.
    pub handler: String,
    source: String,
}

/// Every function, by name.
pub fn all() -> Vec<Function> {
    let mut functions = Vec::new();
    for area in folder(&root().join("functions")) {
        for file in folder(&area.join("src/bin")) {
            functions.push(read(&area, &file));
        }
    }
    functions.sort_by(|a, b| a.name.cmp(&b.name));
    functions
}

fn folder(path: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn read(area: &Path, file: &Path) -> Function {
    let source = std::fs::read_to_string(file).unwrap();
    let called = source.split_once("platform::lambda::serve_").map(|(_, rest)| rest);
    let called = called.and_then(|rest| rest.split_once(')')?.0.split_once('('));
    let Some((kind, handler)) = called else {
        panic!("{} does not call platform::lambda::serve_…(handler)", file.display());
    };
    let kind = match kind {
        "http" => Kind::Http,
        "job" => Kind::Job,
        "queue" => Kind::Queue,
        "stream" => Kind::Stream,
        other => panic!("{} calls serve_{other}", file.display()),
    };
    Function {
        name: file.file_stem().unwrap().to_str().unwrap().to_owned(),
        area: area.file_name().unwrap().to_str().unwrap().to_owned(),
        kind,
        handler: handler.to_owned(),
        source,
    }
}

impl Function {
    /// Where the code of a function of this name is: `job-overdue` is `jobs::overdue::handle`.
    fn expected_handler(&self) -> String {
        let name = self.name.as_str();
        let short = ["job-", "worker-", "stream-", "webhook-"]
            .iter()
            .find_map(|start| name.strip_prefix(start));
        let module = short.unwrap_or(name).replace('-', "_");
        let entry = if self.kind == Kind::Http { "router" } else { "handle" };
        format!("{}::{module}::{entry}", self.area)
    }
}

#[test]
fn a_function_is_a_short_main_and_the_module_of_its_name() {
    let mut faults = Vec::new();
    for function in all() {
        let name = &function.name;
        let lines = function.source.lines().count();
        if lines > MAIN_LIMIT_LINES {
            faults.push(format!("{name}: its main has {lines} lines, not {MAIN_LIMIT_LINES}"));
        }
        let expected = function.expected_handler();
        if function.handler != expected {
            faults.push(format!("{name}: serves {}, not {expected}", function.handler));
        }
    }
    assert_none(&faults);
}

#[test]
fn a_function_is_a_binary_without_a_test_harness() {
    let metadata = metadata();
    let mut faults = Vec::new();
    for function in all() {
        let name = &function.name;
        let package = metadata.workspace_packages().into_iter().find(|p| *p.name == function.area);
        let target = package
            .and_then(|package| package.targets.iter().find(|t| t.is_bin() && t.name == *name));
        match target {
            None => faults.push(format!("{name}: no binary of {}", function.area)),
            Some(target) if target.test => {
                faults.push(format!("{name}: needs [[bin]] test = false in its Cargo.toml"));
            }
            Some(_) => {}
        }
    }
    assert_none(&faults);
}
