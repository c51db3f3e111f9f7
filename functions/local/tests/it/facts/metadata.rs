use std::collections::BTreeMap;

use serde::Deserialize;

use crate::architecture::metadata;

/// `[package.metadata.functions.<name>]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Metadata {
    pub memory_mb: u32,
    pub timeout_seconds: u32,
    /// Whether it calls servers outside AWS.
    #[serde(default)]
    pub egress: bool,
    #[serde(default)]
    pub reserved_concurrency: Option<u32>,
    /// Variables that it reads beyond those that every function reads.
    #[serde(default)]
    pub environment: Vec<String>,
    /// IAM actions with what they are about; `infra/lib/grants.ts` says how they are written.
    pub grants: Vec<String>,
}

/// Every function's, by name.
pub fn read() -> BTreeMap<String, Metadata> {
    let mut functions = BTreeMap::new();
    for package in metadata().workspace_packages() {
        let Some(of_package) = package.metadata.get("functions") else { continue };
        let of_package: BTreeMap<String, Metadata> = serde_json::from_value(of_package.clone())
            .unwrap_or_else(|error| panic!("{}: {error}", package.manifest_path));
        functions.extend(of_package);
    }
    functions
}
