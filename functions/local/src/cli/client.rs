//! Calls to the running system of a data folder.

use std::path::Path;
use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::CliError;
use crate::seed::SUPER_ADMIN_EMAIL;
use crate::system::{Keys, Running};

const API: &str = "/api/v1";
/// Jobs and moves of the clock take as long as they take; this only ends a call that hangs.
const CALL_LIMIT: Duration = Duration::from_secs(24 * 3_600);
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// A client of the running system.
pub(super) struct Client {
    http: reqwest::Client,
    pub(super) running: Running,
}

impl Client {
    /// Finds the system that runs over a data folder.
    pub(super) async fn connect(data_dir: &Path) -> Result<Self, CliError> {
        let not_running = || CliError::NotRunning(data_dir.to_owned());
        let running = Running::read(data_dir)?.ok_or_else(not_running)?;
        let http = reqwest::Client::builder()
            .timeout(CALL_LIMIT)
            .connect_timeout(CONNECT_LIMIT)
            .build()?;
        let client = Self { http, running };
        // The file outlives a kill: only an answer with our token says that the system runs.
        match client.get::<crate::system::Status>("/local/status").await {
            Ok(_) => Ok(client),
            Err(CliError::Http(error)) if error.is_connect() => Err(not_running()),
            Err(CliError::Refused { status: 401 | 404, .. }) => Err(not_running()),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CliError> {
        let request = self.http.get(format!("{}{path}", self.running.url));
        let response = request.bearer_auth(&self.running.control_token).send().await?;
        Ok(checked(response).await?.json().await?)
    }

    pub(super) async fn post(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Response, CliError> {
        let request = self.http.post(format!("{}{path}", self.running.url)).json(body);
        checked(request.bearer_auth(&self.running.control_token).send().await?).await
    }

    /// Invokes a function with an event in Lambda's shape.
    pub(super) async fn invoke(
        &self,
        function: &str,
        event: &impl Serialize,
    ) -> Result<serde_json::Value, CliError> {
        Ok(self.post(&format!("/local/functions/{function}"), event).await?.json().await?)
    }

    /// Waits until nothing is left to do.
    pub(super) async fn drain(&self) -> Result<(), CliError> {
        self.post("/local/drain", &serde_json::json!({})).await.map(|_| ())
    }
}

/// Calls to the API as a person of the demo.
pub(super) struct Api<'c> {
    client: &'c Client,
    email: String,
    password: String,
    token: String,
}

impl<'c> Api<'c> {
    /// Signs in as the platform's administrator.
    pub(super) async fn sign_in(client: &'c Client, data_dir: &Path) -> Result<Self, CliError> {
        Self::sign_in_as(client, data_dir, SUPER_ADMIN_EMAIL.to_owned()).await
    }

    /// Signs in with the demo password of the data folder.
    pub(super) async fn sign_in_as(
        client: &'c Client,
        data_dir: &Path,
        email: String,
    ) -> Result<Self, CliError> {
        let password = Keys::open(data_dir)?.demo_password().to_owned();
        let mut api = Self { client, email, password, token: String::new() };
        api.renew().await?;
        Ok(api)
    }

    /// The access token, for 15 minutes.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    async fn renew(&mut self) -> Result<(), CliError> {
        let login = serde_json::json!({
            "email": self.email, "password": self.password, "delivery": "BEARER",
        });
        let url = format!("{}{API}/partner/auth/login", self.client.running.url);
        let response = checked(self.client.http.post(url).json(&login).send().await?).await?;
        let answer: serde_json::Value = response.json().await?;
        let token = answer.get("accessToken").and_then(serde_json::Value::as_str);
        self.token = token.unwrap_or_default().to_owned();
        Ok(())
    }

    /// The path begins behind `/api/v1`.
    pub(super) async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, CliError> {
        self.call(|http, url| http.get(url), path).await
    }

    /// Posts with an idempotency key, so that the same command again is the same intent.
    pub(super) async fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        key: &str,
        body: &impl Serialize,
    ) -> Result<T, CliError> {
        let request = |http: &reqwest::Client, url: &str| {
            http.post(url).header("idempotency-key", key).json(body)
        };
        self.call(request, path).await
    }

    /// An access token lives 15 minutes, a command perhaps longer: 401 is tried once more.
    async fn call<T: DeserializeOwned>(
        &mut self,
        request: impl Fn(&reqwest::Client, &str) -> reqwest::RequestBuilder,
        path: &str,
    ) -> Result<T, CliError> {
        let url = format!("{}{API}{path}", self.client.running.url);
        let mut response = request(&self.client.http, &url).bearer_auth(&self.token).send().await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            self.renew().await?;
            response = request(&self.client.http, &url).bearer_auth(&self.token).send().await?;
        }
        Ok(checked(response).await?.json().await?)
    }
}

async fn checked(response: Response) -> Result<Response, CliError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await?;
    let message = serde_json::from_str(&text).ok().and_then(|body| said(&body)).unwrap_or(text);
    Err(CliError::Refused { status: status.as_u16(), message })
}

/// The message of an error's body, with the fields that are wrong.
fn said(body: &serde_json::Value) -> Option<String> {
    let text = |value: &serde_json::Value, name| Some(value.get(name)?.as_str()?.to_owned());
    let mut said = text(body, "message")?;
    let errors = body.get("errors").and_then(|errors| errors.as_array());
    for error in errors.into_iter().flatten() {
        let (field, message) = (text(error, "field")?, text(error, "message")?);
        said.push_str(&format!("\n  {field}: {message}"));
    }
    Some(said)
}
