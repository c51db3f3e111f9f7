//! The SDK's settings on Lambda: what the environment says, and nothing else.
//!
//! The SDK's own loader also looks into profile files, asks the metadata service, and chooses among
//! eleven kinds of credentials; a function has its credentials in its environment. See
//! docs/start-up.md for what that costs.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, HttpClientError};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::config::ConfigError;

/// The certification authorities of AWS's endpoints: Amazon Trust Services' four roots, and the one
/// that they are signed by for older clients (www.amazontrust.com/repository).
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");
/// A file of certification authorities to trust instead: the variable of AWS's other tools.
const CA_VARIABLE: &str = "AWS_CA_BUNDLE";
const ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL";

/// Answers a variable of the environment where it is set.
pub type Variable = fn(&str) -> Option<String>;

/// The settings of every client; no call is made, and no file is read unless one is named.
///
/// # Errors
/// Names every variable that is missing or wrong.
pub fn from_env(variable: Variable) -> Result<SdkConfig, ConfigError> {
    let mut faults = Vec::new();
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let mut required = |name: &str| {
        set(name).unwrap_or_else(|| {
            faults.push(format!("{name} is not set"));
            String::new()
        })
    };
    let region = required("AWS_REGION");
    let (key, secret) = (required("AWS_ACCESS_KEY_ID"), required("AWS_SECRET_ACCESS_KEY"));
    // An environment's credentials are good for as long as Lambda keeps the environment.
    let credentials = Credentials::new(key, secret, set("AWS_SESSION_TOKEN"), None, "Lambda");
    let roots = match set(CA_VARIABLE) {
        None => AMAZON_ROOTS.to_vec(),
        Some(file) => std::fs::read(&file).unwrap_or_else(|error| {
            faults.push(format!("{CA_VARIABLE}: {file}: {error}"));
            Vec::new()
        }),
    };
    let client = http_client(roots).map_err(|error| faults.push(error.to_string()));
    match client {
        Ok(client) if faults.is_empty() => Ok(SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .sleep_impl(TokioSleep::new())
            .http_client(client)
            .service_config(Endpoints(variable))
            .build()),
        _ => Err(ConfigError { faults }),
    }
}

/// One client for all services, so that they share what it costs.
fn http_client(roots: Vec<u8>) -> Result<SharedHttpClient, HttpClientError> {
    let trusted = TrustStore::empty().with_pem_certificate(roots);
    let context = TlsContext::builder().with_trust_store(trusted).build()?;
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    Ok(SharedHttpClient::new(AtFirstCall(client.tls_context(context).build_https())))
}

/// The SDK's HTTP client, made at the first call. By itself it prepares TLS for each client of the
/// SDK that is built, called or not.
#[derive(Debug)]
struct AtFirstCall(SharedHttpClient);

impl HttpClient for AtFirstCall {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

/// Endpoints that are not AWS's: `AWS_ENDPOINT_URL_DYNAMODB` and so on, or one for all.
#[derive(Debug)]
struct Endpoints(Variable);

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        if key.env() != ENDPOINT_VARIABLE {
            return None;
        }
        let service = key.service_id().to_uppercase().replace(' ', "_");
        let own = (self.0)(&format!("{ENDPOINT_VARIABLE}_{service}"));
        own.or_else(|| (self.0)(ENDPOINT_VARIABLE)).filter(|url| !url.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use aws_types::service_config::{LoadServiceConfig as _, ServiceConfigKey};

    use super::{AMAZON_ROOTS, Endpoints, from_env};

    fn complete(name: &str) -> Option<String> {
        match name {
            "AWS_REGION" => Some("sa-east-1".to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("invented".to_owned()),
            "AWS_ENDPOINT_URL_DYNAMODB_STREAMS" => Some("http://127.0.0.1:1".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn what_is_missing_is_named_at_once() {
        let faults = from_env(|_| None).unwrap_err().faults;
        let names = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        assert_eq!(faults, names.map(|name| format!("{name} is not set")));
        let sdk = from_env(complete).unwrap();
        assert_eq!(sdk.region().map(|region| region.as_ref()), Some("sa-east-1"));
        assert!(sdk.credentials_provider().is_some() && sdk.http_client().is_some());
    }

    #[test]
    fn a_bundle_that_cannot_be_read_is_a_fault() {
        let variable = |name: &str| match name {
            "AWS_CA_BUNDLE" => Some("/nowhere/ca.pem".to_owned()),
            _ => complete(name),
        };
        let faults = from_env(variable).unwrap_err().faults;
        assert!(faults[0].starts_with("AWS_CA_BUNDLE: /nowhere/ca.pem: "), "{faults:?}");
    }

    #[test]
    fn each_service_has_its_own_endpoint() {
        let load = |id: &str| {
            let key = ServiceConfigKey::builder().service_id(id).profile("endpoint_url");
            Endpoints(complete).load_config(key.env("AWS_ENDPOINT_URL").build().unwrap())
        };
        assert_eq!(load("DynamoDB Streams").as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(load("SQS"), None);
    }

    #[test]
    fn the_roots_are_five_certificates() {
        let text = std::str::from_utf8(AMAZON_ROOTS).unwrap();
        assert_eq!(text.matches("-----BEGIN CERTIFICATE-----").count(), 5);
    }
}
