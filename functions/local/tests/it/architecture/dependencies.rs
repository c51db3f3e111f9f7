use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, Package, PackageId};

use super::{assert_none, metadata};

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
const NOWHERE: [&str; 5] = ["native-tls", "openssl", "openssl-probe", "openssl-sys", "ring"];

/// The layer of a package of the workspace; a package depends on lower layers only.
fn layer(package: &Package) -> u8 {
    let folder = package.manifest_path.parent().unwrap().parent().unwrap().file_name().unwrap();
    match (folder, package.name.as_str()) {
        ("shared", "domain") => 0,
        ("shared", "connectors") => 1,
        ("shared", "platform") => 2,
        ("functions", "local") => 4,
        ("functions", _) => 3,
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
    let metadata = metadata();
    let domain = metadata.workspace_packages().into_iter().find(|p| p.name == "domain").unwrap();
    let mut faults: Vec<String> = reachable(&metadata, &domain.id)
        .into_iter()
        .filter(|id| **id != domain.id)
        .map(|id| metadata[id].name.as_str())
        .filter(|name| NOT_IN_DOMAIN.iter().any(|start| name.starts_with(start)))
        .map(|name| format!("domain reaches {name}"))
        .collect();
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
    let metadata = metadata();
    let nodes = &metadata.resolve.as_ref().unwrap().nodes;
    let names: BTreeSet<&str> = nodes.iter().map(|node| metadata[&node.id].name.as_str()).collect();
    assert!(names.contains("aws-lc-rs"), "rustls has no aws-lc under it");
    let faults: Vec<String> = NOWHERE
        .iter()
        .filter(|name| names.contains(*name))
        .map(|name| format!("{name} is in the tree: see `cargo tree --workspace -i {name}`"))
        .collect();
    assert_none(&faults);
}

/// The packages that a package's own code is linked with.
fn reachable<'m>(metadata: &'m Metadata, from: &'m PackageId) -> BTreeSet<&'m PackageId> {
    let nodes = &metadata.resolve.as_ref().unwrap().nodes;
    let nodes: BTreeMap<&PackageId, _> = nodes.iter().map(|node| (&node.id, node)).collect();
    let (mut found, mut open) = (BTreeSet::from([from]), vec![from]);
    while let Some(id) = open.pop() {
        for dependency in &nodes[id].deps {
            let linked = dependency.dep_kinds.iter().any(|of| of.kind == DependencyKind::Normal);
            if linked && found.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    found
}
