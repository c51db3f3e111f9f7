use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_types::SdkConfig;
use futures::FutureExt;

use super::Lazy;

/// The largest object that is read into memory.
const READ_LIMIT_BYTES: i64 = 32 * 1024 * 1024;
/// The SDK's own variable for an S3 that is not AWS's.
const S3_ENDPOINT: &str = "AWS_ENDPOINT_URL_S3";

#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    #[error("no object with this key")]
    NotFound,
    #[error("the object is larger than {READ_LIMIT_BYTES} bytes")]
    TooLarge,
    #[error("the bucket is unavailable: {0}")]
    Unavailable(String),
}

/// The private bucket of documents, imports and nightly records.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Lazy<Client>,
    name: String,
}

impl Bucket {
    pub fn new(client: impl Into<Lazy<Client>>, name: impl Into<String>) -> Self {
        Self { client: client.into(), name: name.into() }
    }

    fn client(&self) -> &Client {
        self.client.get(connect)
    }

    pub async fn put(
        &self,
        key: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<(), BucketError> {
        self.client()
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_type(content_type)
            .body(ByteStream::from(body))
            .send()
            .boxed()
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(())
    }

    pub async fn get(&self, key: &str) -> Result<Vec<u8>, BucketError> {
        let output =
            match self.client().get_object().bucket(&self.name).key(key).send().boxed().await {
                Ok(output) => output,
                Err(error) if error.code() == Some("NoSuchKey") => {
                    return Err(BucketError::NotFound);
                }
                Err(error) => return Err(unavailable(&error)),
            };
        if output.content_length().is_some_and(|length| length > READ_LIMIT_BYTES) {
            return Err(BucketError::TooLarge);
        }
        let body = output.body.collect().await;
        body.map(|body| body.to_vec())
            .map_err(|_| BucketError::Unavailable("the object was not read to its end".to_owned()))
    }

    /// A URL by which the bearer may read one object until it expires.
    pub async fn presign_get(&self, key: &str, valid: Duration) -> Result<String, BucketError> {
        let config = PresigningConfig::expires_in(valid)
            .map_err(|error| BucketError::Unavailable(error.to_string()))?;
        let request =
            self.client().get_object().bucket(&self.name).key(key).presigned(config).await;
        request.map(|request| request.uri().to_owned()).map_err(|error| unavailable(&error))
    }

    /// Whether the bucket answers.
    pub async fn reachable(&self) -> Result<(), BucketError> {
        let answer = self.client().head_bucket().bucket(&self.name).send().boxed().await;
        answer.map(|_| ()).map_err(|error| unavailable(&error))
    }
}

/// AWS names the bucket in the host; a server on one machine cannot.
fn connect(sdk: &SdkConfig) -> Client {
    let builder = aws_sdk_s3::config::Builder::from(sdk);
    let own_server = sdk.endpoint_url().is_some() || std::env::var_os(S3_ENDPOINT).is_some();
    Client::from_conf(builder.force_path_style(own_server).build())
}

fn unavailable(error: &impl ProvideErrorMetadata) -> BucketError {
    BucketError::Unavailable(error.code().unwrap_or("no answer").to_owned())
}
