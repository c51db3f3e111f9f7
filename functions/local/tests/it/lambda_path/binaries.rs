//! The functions' binaries. Cargo builds no other package's binaries for a test, so the test asks
//! it to: with the same features (the whole workspace's, with those that tests need), so that
//! nothing but the binaries is left to do, and every time, so that they are never those of
//! yesterday's code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use cargo_metadata::Message;

use crate::architecture::functions::all;
use crate::architecture::root;

static BUILT: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();

/// The executable of a function.
pub fn of(function: &str) -> &'static Path {
    let built = BUILT.get_or_init(build);
    built.get(function).unwrap_or_else(|| panic!("{function} is not among the binaries"))
}

fn build() -> BTreeMap<String, PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["build", "--workspace", "--locked"]);
    // This target directory, and tests as targets, so that their dependencies count.
    cargo.arg("--target-dir").arg(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap());
    cargo.args(["--test", "it", "--message-format", "json-render-diagnostics"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    for function in all() {
        cargo.args(["--bin", &function.name]);
    }
    let output = cargo.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the functions do not build:\n{errors}");
    Message::parse_stream(output.stdout.as_slice())
        .filter_map(|message| match message.unwrap() {
            Message::CompilerArtifact(artifact) if artifact.target.is_bin() => {
                Some((artifact.target.name, artifact.executable?.into_std_path_buf()))
            }
            _ => None,
        })
        .collect()
}
