//! The facts of the functions, each from the one place where it stands: what invokes a function and
//! its routes from its code (`local::system::functions`), memory, time, environment and grants from
//! `[package.metadata.functions.<name>]` in its area's Cargo.toml. `infra/functions.json`,
//! `template.yaml` and the README's table are written from them by
//!
//! ```sh
//! REGENERATE=1 cargo test --workspace --test it -- facts
//! ```

mod json;
pub mod metadata;
mod readme;
mod routes;
mod template;

use std::collections::BTreeSet;

use local::system::functions::{FUNCTIONS, Trigger};
use platform::aws::Queue;
use platform::config::REQUIRED;
use platform::jobs::Job;
use serde_json::Value;

use crate::architecture::functions::all;
use metadata::Metadata;

/// Runs that a message stays hidden for: Lambda's own advice for the retries of a throttled batch.
const VISIBILITY_RUNS: u32 = 6;

/// One function with everything that a deployment needs to know of it.
struct Facts {
    name: String,
    area: String,
    trigger: Trigger,
    metadata: Metadata,
    /// Route keys of API Gateway, for those with routes.
    routes: Vec<String>,
}

impl Facts {
    /// Every function, in the order of the local system.
    fn all() -> Vec<Self> {
        let mut metadata = metadata::read();
        let mut routes = routes::keys();
        let areas = all();
        let facts = FUNCTIONS.iter().map(|function| {
            let name = function.name.to_owned();
            let area = areas.iter().find(|binary| binary.name == name);
            Self {
                area: area.unwrap_or_else(|| panic!("{name} has no binary")).area.clone(),
                trigger: function.trigger,
                metadata: metadata
                    .remove(&name)
                    .unwrap_or_else(|| panic!("{name} has no [package.metadata.functions.{name}]")),
                routes: routes.remove(&name).unwrap_or_default(),
                name,
            }
        });
        let facts = facts.collect();
        let unknown: Vec<_> = metadata.keys().collect();
        assert!(unknown.is_empty(), "metadata of functions that are not there: {unknown:?}");
        facts
    }

    const fn kind(&self) -> &'static str {
        match self.trigger {
            Trigger::Http(_) => "http",
            Trigger::Job(_) => "job",
            Trigger::Queue { .. } => "queue",
            Trigger::Stream(_) => "stream",
        }
    }

    /// When a job fires in each brand's timezone; `None` for what is invoked by hand alone.
    fn schedule(&self) -> Option<&'static str> {
        Job::ALL.into_iter().find(|job| job.function() == self.name).map(Job::schedule)
    }

    fn environment(&self) -> Vec<String> {
        let required = REQUIRED.into_iter().map(str::to_owned);
        required.chain(self.metadata.environment.iter().cloned()).collect()
    }

    /// How long a queue hides a message that this function works on, in seconds.
    const fn visibility_seconds(&self) -> u32 {
        self.metadata.timeout_seconds * VISIBILITY_RUNS
    }

    /// What invokes it, in a few words.
    fn invoked_by(&self) -> String {
        match self.trigger {
            Trigger::Http(_) => "HTTP".to_owned(),
            Trigger::Job(_) => self.schedule().map_or_else(|| "by hand".to_owned(), plain),
            Trigger::Queue { queue, .. } => format!("queue `{queue}`"),
            Trigger::Stream(_) => "the table's stream".to_owned(),
        }
    }
}

fn plain(schedule: &str) -> String {
    format!("`{schedule}`, the brand's time")
}

#[test]
fn a_function_is_given_what_it_asks_for_and_has_time_to_answer() {
    for facts in Facts::all() {
        let Metadata { memory_mb, timeout_seconds, .. } = facts.metadata;
        assert!((128..=10_240).contains(&memory_mb), "{}: {memory_mb} MB", facts.name);
        // API Gateway waits 30 seconds, Lambda 15 minutes.
        let longest = if facts.kind() == "http" { 29 } else { 900 };
        assert!((1..=longest).contains(&timeout_seconds), "{}: {timeout_seconds} s", facts.name);
        for twice in [&facts.metadata.environment, &facts.metadata.grants] {
            let mut once = twice.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), twice.len(), "{}: something stands twice", facts.name);
        }
    }
}

/// A key is given to the functions that use it, and to no other: who reads a function's
/// configuration learns no more than that function knows.
#[test]
fn a_function_has_the_keys_that_its_routes_need() {
    const KEYS: [&str; 3] = ["TOKEN_KEY", "CURSOR_KEY", "LOOKUP_KEY"];
    // Beyond their routes: the first administrator's secure code, and customers by their phone.
    const OTHERS: [(&str, &str); 2] =
        [("job-bootstrap", "LOOKUP_KEY"), ("worker-import", "LOOKUP_KEY")];
    let api: Value =
        serde_json::from_str(include_str!("../../../../administration/src/docs/openapi.json"))
            .unwrap();
    let mut needed: BTreeSet<(&str, &str)> = OTHERS.into_iter().collect();
    let paths = api["paths"].as_object().unwrap().values();
    for operation in paths.flat_map(|methods| methods.as_object().unwrap().values()) {
        let function = operation["tags"][0].as_str().unwrap_or_default();
        if operation["security"].as_array().is_some_and(|schemes| !schemes.is_empty()) {
            // Either credential, also where only one is good: a key is looked up to be refused.
            needed.extend([(function, "TOKEN_KEY"), (function, "LOOKUP_KEY")]);
        }
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        if parameters.any(|parameter| parameter["name"] == "cursor") {
            needed.insert((function, "CURSOR_KEY"));
        }
    }
    let all = Facts::all();
    let given: BTreeSet<(&str, &str)> = all
        .iter()
        .flat_map(|facts| KEYS.map(|key| (facts, key)))
        .filter(|(facts, key)| facts.metadata.environment.iter().any(|name| name == key))
        .map(|(facts, key)| (facts.name.as_str(), key))
        .collect();
    assert_eq!(given, needed);
}

/// `.env.example` names what functions read, and a grant to send comes with the queue's URL.
#[test]
fn the_environment_is_described_and_goes_with_the_grants() {
    let example =
        std::fs::read_to_string(crate::architecture::root().join(".env.example")).unwrap();
    let described: Vec<&str> =
        example.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    for facts in Facts::all() {
        for name in facts.environment() {
            assert!(described.contains(&name.as_str()), ".env.example lacks {name}");
        }
        for queue in Queue::ALL {
            let is_granted =
                facts.metadata.grants.iter().any(|grant| {
                    grant.starts_with("sqs:") && grant.ends_with(&format!(":{queue}"))
                });
            let has_url = facts.metadata.environment.iter().any(|name| name == queue.variable());
            assert_eq!(is_granted, has_url, "{}: queue {queue}", facts.name);
        }
    }
}
