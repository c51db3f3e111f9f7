use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::Package;

use super::{assert_none, metadata, root};

/// What `domain` must not reach, by the beginning of a package's name: runtimes, the network, AWS,
/// clocks and sources of chance.
const NOT_IN_DOMAIN: [&str; 14] = [
    "aws-",
    "axum",
    "chrono",
    "dotenv",
    "getrandom",
    "http",
    "hyper",
    "lambda",
    "mio",
    "rand",
    "reqwest",
    "rustls",
    "time",
    "tokio",
];
/// Of jiff without its clock.
const DOMAIN_JIFF_FEATURES: [&str; 2] = ["alloc", "serde"];
/// There is one TLS stack: rustls over aws-lc.
const NOWHERE: [&str; 4] = ["native-tls", "openssl", "openssl-sys", "ring"];

/// The layer of a package of the workspace; a package depends on lower layers only.
fn layer(package: &Package) -> u8 {
    let folder = package.manifest_path.parent().unwrap().parent().unwrap().file_name().unwrap();
    match (folder, package.name.as_str()) {
        ("shared", "domain") => 0,
        ("shared", "connectors") => 1,
        ("shared", "platform") => 2,
        ("shared", "documents") => 3,
        ("functions", "local") => 5,
        ("functions", _) => 4,
        (folder, name) => panic!("{name} is in {folder}, which is no layer"),
    }
}

#[test]
fn packages_depend_on_lower_layers_only() {
    let metadata = metadata();
    let own: BTreeMap<&str, &Package> = metadata
        .workspace_packages()
        .into_iter()
        .map(|package| (package.name.as_str(), package))
        .collect();
    assert!(own.len() > 12, "the workspace has {} packages", own.len());
    let mut faults = Vec::new();
    for package in own.values() {
        for dependency in &package.dependencies {
            let Some(on) = own.get(dependency.name.as_str()) else { continue };
            if layer(on) >= layer(package) {
                faults.push(format!("{} must not depend on {}", package.name, on.name));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn the_domain_reaches_nothing_outside_itself() {
    let mut faults: Vec<String> = linked_with("domain")
        .into_iter()
        .filter(|name| NOT_IN_DOMAIN.iter().any(|start| name.starts_with(start)))
        .map(|name| format!("domain reaches {name}"))
        .collect();
    let metadata = metadata();
    let domain = metadata.workspace_packages().into_iter().find(|p| p.name == "domain").unwrap();
    for dependency in &domain.dependencies {
        if dependency.name != "jiff" {
            continue;
        }
        let features = dependency.features.iter().map(String::as_str);
        let more = features.filter(|feature| !DOMAIN_JIFF_FEATURES.contains(feature));
        faults.extend(more.map(|feature| format!("domain asks for jiff's feature {feature}")));
        if dependency.uses_default_features {
            faults.push("domain asks for jiff's default features, its clock among them".to_owned());
        }
    }
    assert_none(&faults);
}

#[test]
fn there_is_one_tls_stack() {
    let names = linked_with("local");
    assert!(names.contains("aws-lc-rs"), "rustls has no aws-lc under it");
    let faults: Vec<String> = NOWHERE
        .iter()
        .filter(|name| names.contains(**name))
        .map(|name| format!("{name} is in the tree: see `cargo tree -p local -e normal -i {name}`"))
        .collect();
    assert_none(&faults);
}

/// The packages that a package's own code is linked with, itself left out, with the features that
/// it asks for itself (cargo's metadata has those of the whole workspace).
fn linked_with(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let names = tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned);
    names.filter(|name| !name.is_empty() && name != package).collect()
}
