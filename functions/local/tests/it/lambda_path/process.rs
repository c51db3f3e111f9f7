use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use local::lambda::{self, Answer, RuntimeApi};
use serde_json::Value;
use tempfile::TempDir;

use super::binaries;

/// Longer than an invocation may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A function's binary in the environment that Lambda gives it, and nothing of ours.
fn command(name: &str, environment: &[(&str, String)]) -> Command {
    let environment = environment.iter().map(|(name, value)| (*name, value.as_str()));
    lambda::command(binaries::of(name), name, environment)
}

/// A function that runs; it ends with the test.
pub struct Function {
    name: String,
    api: RuntimeApi,
    child: Child,
    log: PathBuf,
    _folder: TempDir,
}

impl Function {
    pub async fn start(name: &str, environment: &[(&str, String)]) -> Self {
        let api = RuntimeApi::start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let file = File::create(&log).unwrap();
        let child = command(name, environment)
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        Self { name: name.to_owned(), api, child, log, _folder: folder }
    }

    /// What becomes of an event.
    pub async fn try_event(&self, request_id: &str, event: Value) -> Answer {
        match tokio::time::timeout(PATIENCE, self.api.invoke(request_id, event)).await {
            Ok(Ok(answer)) => answer,
            other => panic!("{}: {other:?}\n{}", self.name, self.log()),
        }
    }

    /// What the function answers; a failure of the invocation fails the test.
    pub async fn invoke(&self, request_id: &str, event: Value) -> Value {
        match self.try_event(request_id, event).await {
            Answer::Response(answer) => answer,
            other => panic!("{}: {other:?}\n{}", self.name, self.log()),
        }
    }

    /// How the invocation fails.
    pub async fn invoke_in_vain(&self, request_id: &str, event: Value) -> Value {
        match self.try_event(request_id, event).await {
            Answer::Error(error) => error,
            other => panic!("{}: {other:?}\n{}", self.name, self.log()),
        }
    }

    /// What the function has written so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // Already gone is as good.
        if self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}

/// Runs a function that ends by itself: how, and what it wrote.
pub fn run_to_end(name: &str, environment: &[(&str, String)]) -> (ExitStatus, String) {
    let nobody = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9".to_owned());
    let output = command(name, environment).envs([nobody]).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status, String::from_utf8(text).unwrap())
}
