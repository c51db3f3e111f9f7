use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Subject;
use crate::bench::stage::StageError;
use crate::lambda::{Answer, RuntimeApi, set_environment};

/// Longer than a start takes, also under callgrind.
const PATIENCE: Duration = Duration::from_secs(120);
/// How much of a failed function's log is shown, from its end.
const LOG_LIMIT_BYTES: usize = 2_000;

/// How something is started.
pub(super) struct Program {
    interpreter: Option<&'static str>,
    file: PathBuf,
}

impl Program {
    pub(super) fn binary(file: &Path) -> Self {
        Self { interpreter: None, file: file.to_owned() }
    }

    pub(super) fn interpreted(interpreter: &'static str, file: &Path) -> Self {
        Self { interpreter: Some(interpreter), file: file.to_owned() }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    fn command(&self) -> Command {
        match self.interpreter {
            None => Command::new(&self.file),
            Some(interpreter) => {
                let mut command = Command::new(interpreter);
                command.arg(&self.file);
                command
            }
        }
    }
}

/// One start, from `exec` to the first answer.
pub(super) struct Start {
    pub(super) wall: Duration,
    /// On the processors, all threads together.
    pub(super) cpu: Duration,
    /// The most memory that was resident.
    pub(super) peak_kb: u64,
    pub(super) answer: Value,
}

/// Starts it once and ends it after its first answer.
#[expect(clippy::disallowed_methods, reason = "how long a start takes is not business time")]
pub(super) async fn start(
    subject: &Subject,
    environment: &[(String, String)],
    folder: &Path,
) -> Result<Start, StageError> {
    let api = RuntimeApi::start().await?;
    let answer = api.invoke("first", subject.event.clone());
    let mut command = subject.program.command();
    let started = Instant::now();
    let running = Running::spawn(&mut command, subject, environment, &api, folder)?;
    let answer = running.answer(answer).await?;
    let wall = started.elapsed();
    let process = PathBuf::from(format!("/proc/{}", running.child.id()));
    Ok(Start { wall, cpu: cpu(&process)?, peak_kb: peak_kb(&process)?, answer })
}

/// The instructions of one start, counted by callgrind, whose file stays in `folder`.
pub(super) async fn instructions(
    subject: &Subject,
    environment: &[(String, String)],
    folder: &Path,
) -> Result<u64, StageError> {
    let name = subject.program.file.file_name().unwrap_or_default().to_string_lossy();
    let profile = folder.join(format!("callgrind.{name}"));
    let api = RuntimeApi::start().await?;
    let answer = api.invoke("first", subject.event.clone());
    let mut command = Command::new("valgrind");
    command
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(&subject.program.file);
    let mut running = Running::spawn(&mut command, subject, environment, &api, folder)?;
    running.answer(answer).await?;
    running.terminate()?;
    let text = fs::read_to_string(&profile)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let total = total.ok_or_else(|| format!("{} has no total", profile.display()))?;
    Ok(total.trim().parse()?)
}

/// A started process; it ends with this.
struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    fn spawn(
        command: &mut Command,
        subject: &Subject,
        environment: &[(String, String)],
        api: &RuntimeApi,
        folder: &Path,
    ) -> Result<Self, StageError> {
        let log = folder.join("log");
        let file = File::create(&log)?;
        let variables = environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        set_environment(command, &subject.name, variables);
        let child = command
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        Ok(Self { child, log })
    }

    async fn answer(
        &self,
        answer: tokio::sync::oneshot::Receiver<Answer>,
    ) -> Result<Value, StageError> {
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(Answer::Response(answer))) => Ok(answer),
            Ok(Ok(Answer::Error(error))) => Ok(error),
            Ok(Err(_)) | Err(_) => {
                let log = fs::read_to_string(&self.log)?;
                let end = log.char_indices().rev().nth(LOG_LIMIT_BYTES).map_or(0, |(at, _)| at);
                Err(format!("no answer:\n{}", log.get(end..).unwrap_or_default()).into())
            }
        }
    }

    /// Asks the process to end, and waits for it.
    fn terminate(&mut self) -> Result<(), StageError> {
        let pid = self.child.id().to_string();
        if !Command::new("kill").arg(pid).status()?.success() {
            return Err("a process could not be ended".into());
        }
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone is as good.
        if self.child.kill().is_ok()
            && let Err(error) = self.child.wait()
        {
            tracing::warn!(%error, "a process was not waited for");
        }
    }
}

/// The first number of `schedstat` is the time on a processor, in nanoseconds.
fn cpu(process: &Path) -> Result<Duration, StageError> {
    let mut total = 0_u64;
    for thread in fs::read_dir(process.join("task"))? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        total += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(total))
}

fn peak_kb(process: &Path) -> Result<u64, StageError> {
    let text = fs::read_to_string(process.join("status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(number.ok_or("the kernel does not tell VmHWM")?.trim().parse()?)
}
