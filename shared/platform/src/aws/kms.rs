use async_trait::async_trait;
use aws_sdk_kms::Client;
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use futures::FutureExt;
use secrecy::{ExposeSecret, SecretSlice};

use crate::pii::{DataKey, KeyError, KeyWrapper, Subject};

/// The encryption context: KMS logs it with every use of the key, and asks for the same to unwrap.
const BRAND: &str = "brand";
const SUBJECT: &str = "subject";
/// What repeating the call can put right.
const TRANSIENT_CODES: [&str; 5] = [
    "DependencyTimeoutException",
    "KMSInternalException",
    "KeyUnavailableException",
    "ThrottlingException",
    "LimitExceededException",
];

/// KMS with the deployment's key.
#[derive(Debug, Clone)]
pub struct Kms {
    client: Client,
    key_id: String,
}

impl Kms {
    pub fn new(client: Client, key_id: impl Into<String>) -> Self {
        Self { client, key_id: key_id.into() }
    }
}

#[async_trait]
impl KeyWrapper for Kms {
    async fn generate(&self, subject: &Subject) -> Result<(DataKey, Vec<u8>), KeyError> {
        let output = self
            .client
            .generate_data_key()
            .key_id(&self.key_id)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context(BRAND, subject.brand.to_string())
            .encryption_context(SUBJECT, &subject.id)
            .send()
            .boxed()
            .await
            .map_err(|error| failed(&error))?;
        let key = plain(output.plaintext)?;
        let wrapped = output.ciphertext_blob.map(Blob::into_inner).ok_or_else(incomplete)?;
        Ok((DataKey::new(key.expose_secret())?, wrapped))
    }

    async fn unwrap(&self, subject: &Subject, wrapped: &[u8]) -> Result<DataKey, KeyError> {
        let output = self
            .client
            .decrypt()
            .key_id(&self.key_id)
            .ciphertext_blob(Blob::new(wrapped))
            .encryption_context(BRAND, subject.brand.to_string())
            .encryption_context(SUBJECT, &subject.id)
            .send()
            .boxed()
            .await
            .map_err(|error| failed(&error))?;
        DataKey::new(plain(output.plaintext)?.expose_secret())
    }
}

/// The key's bytes, wiped when they are dropped.
fn plain(blob: Option<Blob>) -> Result<SecretSlice<u8>, KeyError> {
    blob.map(|blob| SecretSlice::from(blob.into_inner())).ok_or_else(incomplete)
}

fn incomplete() -> KeyError {
    KeyError::Unavailable("an answer without a key".to_owned())
}

/// Without an answer, or with one that says to try again, the service is unavailable.
fn failed(error: &impl ProvideErrorMetadata) -> KeyError {
    match error.code() {
        None => KeyError::Unavailable("no answer".to_owned()),
        Some(code) if TRANSIENT_CODES.contains(&code) => KeyError::Unavailable(code.to_owned()),
        Some(code) => KeyError::Refused(code.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_sdk_kms::Client;
    use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
    use axum::Json;
    use axum::body::Bytes;
    use axum::extract::State;
    use axum::response::{IntoResponse, Response};
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use domain::ids::{BrandId, CustomerId};
    use http::{HeaderMap, StatusCode};
    use serde_json::{Value, json};
    use tokio::net::TcpListener;
    use tokio::sync::Mutex;
    use ulid::Ulid;

    use super::{KeyError, KeyWrapper, Kms, Subject};

    const KEY_ID: &str = "arn:aws:kms:sa-east-1:000000000000:key/invented";

    type Seen = Arc<Mutex<Vec<(String, Value)>>>;

    /// Answers as the API reference of KMS says; what it unwraps must have the context of
    /// `wrapped for …`.
    async fn answer(State(seen): State<Seen>, headers: HeaderMap, body: Bytes) -> Response {
        let body: Value = serde_json::from_slice(&body).unwrap();
        let target = headers["x-amz-target"].to_str().unwrap().to_owned();
        let context = body["EncryptionContext"].to_string();
        seen.lock().await.push((target.clone(), body.clone()));
        let wrapped = BASE64_STANDARD.encode(format!("wrapped for {context}"));
        let plaintext = BASE64_STANDARD.encode([7; 32]);
        match target.as_str() {
            "TrentService.GenerateDataKey" => Json(json!({
                "KeyId": KEY_ID, "CiphertextBlob": wrapped, "Plaintext": plaintext,
            }))
            .into_response(),
            "TrentService.Decrypt" if body["CiphertextBlob"] == wrapped => {
                Json(json!({ "KeyId": KEY_ID, "Plaintext": plaintext })).into_response()
            }
            _ => {
                let fault = json!({ "__type": "InvalidCiphertextException" });
                (StatusCode::BAD_REQUEST, Json(fault)).into_response()
            }
        }
    }

    async fn kms(url: String) -> Kms {
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("sa-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(aws_sdk_kms::config::retry::RetryConfig::disabled())
            .endpoint_url(url)
            .build();
        Kms::new(Client::from_conf(config), KEY_ID)
    }

    fn subject(customer: u128) -> Subject {
        let brand = BrandId::new(Ulid::from(1_u128));
        Subject::customer(brand, CustomerId::new(Ulid::from(customer)))
    }

    #[tokio::test]
    async fn keys_are_made_and_unwrapped_with_brand_and_subject() {
        let seen = Seen::default();
        let app = axum::Router::new().fallback(answer).with_state(Arc::clone(&seen));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let kms = kms(url).await;

        let (_, wrapped) = kms.generate(&subject(2)).await.unwrap();
        kms.unwrap(&subject(2), &wrapped).await.unwrap();
        let refused = kms.unwrap(&subject(3), &wrapped).await.unwrap_err();
        assert_eq!(refused, KeyError::Refused("InvalidCiphertextException".to_owned()));

        let seen = seen.lock().await;
        let (target, body) = &seen[0];
        assert_eq!(target, "TrentService.GenerateDataKey");
        let context = json!({
            "brand": "brand_00000000000000000000000001",
            "subject": "cus_00000000000000000000000002",
        });
        let expected =
            json!({ "KeyId": KEY_ID, "KeySpec": "AES_256", "EncryptionContext": context });
        assert_eq!(*body, expected);
        assert_eq!(seen[1].1["EncryptionContext"], context);
    }

    #[tokio::test]
    async fn a_service_that_is_not_there_is_unavailable() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let error = kms(url).await.generate(&subject(2)).await.unwrap_err();
        assert!(matches!(error, KeyError::Unavailable(_)), "{error}");
    }
}
