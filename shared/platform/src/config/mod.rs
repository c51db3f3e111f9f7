//! What the environment tells a function: read once at its start, every fault named at once.

use std::fmt;

use http::HeaderName;
use secrecy::SecretString;

use crate::aws::{Queue, QueueUrls};

/// The shortest key that signs tokens or cursors.
const KEY_MIN_BYTES: usize = 32;

/// The variables that every function reads. What else one needs is in its metadata.
pub const REQUIRED: [&str; 2] = ["TABLE_NAME", "BUCKET_NAME"];

/// The settings of a deployment.
#[derive(Debug)]
pub struct Config {
    pub table: String,
    pub bucket: String,
    pub queues: QueueUrls,
    /// The group that the brands' schedules are created in.
    pub schedule_group: String,
    /// The role by which the scheduler invokes the jobs.
    pub schedule_role_arn: String,
    /// The ARN of a job's function, with `{job}` where its name stands.
    pub job_arn: String,
    /// Signs access tokens (HS256).
    pub token_key: Key,
    /// Signs the cursors of lists.
    pub cursor_key: Key,
    /// Keys the hashes by which personal data are looked up.
    pub lookup_key: Key,
    /// Base URL of the WhatsApp gateway (Evolution API), where one is used.
    pub whatsapp_url: Option<String>,
    pub whatsapp_key: Option<SecretString>,
    /// Signs the webhooks of the WhatsApp gateway (HS256).
    pub whatsapp_webhook_key: Option<SecretString>,
    /// Whether cookies may travel over plain HTTP: on one machine only.
    pub insecure_cookies: bool,
    /// The header in which what stands before the API (CloudFront) writes the caller's address,
    /// over whatever the caller wrote there. Set only where nothing else reaches the API.
    pub client_address_header: Option<HeaderName>,
}

/// A key that is given only to the functions that use it, so that the others cannot lose it.
#[derive(Debug, Clone)]
pub struct Key {
    name: &'static str,
    value: Option<SecretString>,
}

impl Key {
    /// # Errors
    /// Names the variable where it is not set: the function's metadata does not ask for it.
    pub fn get(&self) -> Result<&SecretString, NotSet> {
        self.value.as_ref().ok_or(NotSet(self.name))
    }
}

/// A variable that this function has not been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not set")]
pub struct NotSet(pub &'static str);

/// Every variable that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    pub faults: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment is not complete: {}", self.faults.join("; "))
    }
}

impl Config {
    /// Reads the settings through `variable`, which answers a variable's value where it is set.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn from_env(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader { variable, faults: Vec::new() };
        let config = Self {
            table: reader.text("TABLE_NAME"),
            bucket: reader.text("BUCKET_NAME"),
            queues: Queue::ALL
                .into_iter()
                .filter_map(|queue| Some((queue, reader.optional(queue.variable())?)))
                .collect(),
            schedule_group: reader
                .optional("SCHEDULE_GROUP")
                .unwrap_or_else(|| "parcela".to_owned()),
            schedule_role_arn: reader.optional("SCHEDULE_ROLE_ARN").unwrap_or_default(),
            job_arn: reader.optional("JOB_ARN").unwrap_or_default(),
            token_key: reader.key("TOKEN_KEY"),
            cursor_key: reader.key("CURSOR_KEY"),
            lookup_key: reader.key("LOOKUP_KEY"),
            whatsapp_url: reader.optional("WHATSAPP_URL"),
            whatsapp_key: reader.optional("WHATSAPP_KEY").map(SecretString::from),
            whatsapp_webhook_key: reader.optional("WHATSAPP_WEBHOOK_KEY").map(SecretString::from),
            insecure_cookies: reader.switch("INSECURE_COOKIES"),
            client_address_header: reader.header("CLIENT_ADDRESS_HEADER"),
        };
        if reader.faults.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError { faults: reader.faults })
        }
    }
}

struct Reader<'v> {
    variable: &'v dyn Fn(&str) -> Option<String>,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn optional(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn text(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.faults.push(format!("{name} is not set"));
            String::new()
        })
    }

    fn key(&mut self, name: &'static str) -> Key {
        let value = self.optional(name);
        if value.as_ref().is_some_and(|key| key.len() < KEY_MIN_BYTES) {
            self.faults.push(format!("{name} is shorter than {KEY_MIN_BYTES} bytes"));
        }
        Key { name, value: value.map(SecretString::from) }
    }

    fn header(&mut self, name: &str) -> Option<HeaderName> {
        let header = self.optional(name)?.parse().ok();
        if header.is_none() {
            self.faults.push(format!("{name} is not the name of a header"));
        }
        header
    }

    fn switch(&mut self, name: &str) -> bool {
        match self.optional(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.faults.push(format!("{name} is neither true nor false"));
                false
            }
        }
    }
}
