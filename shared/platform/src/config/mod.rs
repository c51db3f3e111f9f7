//! What the environment tells a function: read once at its start, every fault named at once.

use std::fmt;

use http::HeaderName;
use secrecy::SecretString;

use crate::aws::{Queue, QueueUrls};

/// The shortest key that signs tokens or cursors.
const KEY_MIN_BYTES: usize = 32;

/// The variables that every function reads.
pub const REQUIRED: [&str; 5] =
    ["TABLE_NAME", "BUCKET_NAME", "TOKEN_KEY", "CURSOR_KEY", "LOOKUP_KEY"];

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
    pub token_key: SecretString,
    /// Signs the cursors of lists.
    pub cursor_key: SecretString,
    /// Keys the hashes by which personal data are looked up.
    pub lookup_key: SecretString,
    /// The KMS key that wraps the data keys of personal data, for functions that touch such data.
    pub kms_key_id: Option<String>,
    /// Wraps the data keys in the place of KMS: on one machine only.
    pub data_key: Option<SecretString>,
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
            kms_key_id: reader.optional("KMS_KEY_ID"),
            data_key: reader.optional_key("DATA_KEY"),
            whatsapp_url: reader.optional("WHATSAPP_URL"),
            whatsapp_key: reader.optional("WHATSAPP_KEY").map(SecretString::from),
            whatsapp_webhook_key: reader.optional("WHATSAPP_WEBHOOK_KEY").map(SecretString::from),
            insecure_cookies: reader.switch("INSECURE_COOKIES"),
            client_address_header: reader.header("CLIENT_ADDRESS_HEADER"),
        };
        if config.kms_key_id.is_some() && config.data_key.is_some() {
            reader.faults.push("KMS_KEY_ID and DATA_KEY are both set".to_owned());
        }
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

    fn key(&mut self, name: &str) -> SecretString {
        let key = self.text(name);
        self.check_length(name, &key);
        SecretString::from(key)
    }

    fn optional_key(&mut self, name: &str) -> Option<SecretString> {
        let key = self.optional(name)?;
        self.check_length(name, &key);
        Some(SecretString::from(key))
    }

    fn check_length(&mut self, name: &str, key: &str) {
        if !key.is_empty() && key.len() < KEY_MIN_BYTES {
            self.faults.push(format!("{name} is shorter than {KEY_MIN_BYTES} bytes"));
        }
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
