use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use futures::FutureExt;

/// The largest object that is read into memory.
const READ_LIMIT_BYTES: i64 = 32 * 1024 * 1024;

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
    client: Client,
    name: String,
}

impl Bucket {
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    pub async fn put(
        &self,
        key: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<(), BucketError> {
        self.client
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

    /// Begins an object that is uploaded in parts; answers the upload's id.
    pub async fn begin_upload(&self, key: &str, content_type: &str) -> Result<String, BucketError> {
        let output = self
            .client
            .create_multipart_upload()
            .bucket(&self.name)
            .key(key)
            .content_type(content_type)
            .send()
            .boxed()
            .await
            .map_err(|error| unavailable(&error))?;
        let id = output.upload_id;
        id.ok_or_else(|| BucketError::Unavailable("an upload without an id".to_owned()))
    }

    /// Uploads a part, numbered from 1; answers what [`Self::complete_upload`] wants of it. All but
    /// the last have 5 MiB at least.
    pub async fn upload_part(
        &self,
        key: &str,
        upload: &str,
        number: i32,
        body: Vec<u8>,
    ) -> Result<String, BucketError> {
        let output = self
            .client
            .upload_part()
            .bucket(&self.name)
            .key(key)
            .upload_id(upload)
            .part_number(number)
            .body(ByteStream::from(body))
            .send()
            .boxed()
            .await
            .map_err(|error| unavailable(&error))?;
        output.e_tag.ok_or_else(|| BucketError::Unavailable("a part without a tag".to_owned()))
    }

    /// Makes the parts, in their order, one object.
    ///
    /// # Errors
    /// [`BucketError::NotFound`] where there is no such upload, or it was completed before.
    pub async fn complete_upload(
        &self,
        key: &str,
        upload: &str,
        tags: &[String],
    ) -> Result<(), BucketError> {
        let parts = (1..)
            .zip(tags)
            .map(|(number, tag)| CompletedPart::builder().part_number(number).e_tag(tag).build());
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        let answer = self
            .client
            .complete_multipart_upload()
            .bucket(&self.name)
            .key(key)
            .upload_id(upload)
            .multipart_upload(parts)
            .send()
            .boxed()
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("NoSuchUpload") => Err(BucketError::NotFound),
            Err(error) => Err(unavailable(&error)),
        }
    }

    pub async fn get(&self, key: &str) -> Result<Vec<u8>, BucketError> {
        let output = match self.client.get_object().bucket(&self.name).key(key).send().boxed().await
        {
            Ok(output) => output,
            Err(error) if error.code() == Some("NoSuchKey") => return Err(BucketError::NotFound),
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
        let request = self.client.get_object().bucket(&self.name).key(key).presigned(config).await;
        request.map(|request| request.uri().to_owned()).map_err(|error| unavailable(&error))
    }

    /// A URL by which the bearer may write one object of this type and this size, until it expires.
    pub async fn presign_put(
        &self,
        key: &str,
        content_type: &str,
        size_bytes: u64,
        valid: Duration,
    ) -> Result<String, BucketError> {
        let refused = |error: String| BucketError::Unavailable(error);
        let config =
            PresigningConfig::expires_in(valid).map_err(|error| refused(error.to_string()))?;
        let length = i64::try_from(size_bytes).map_err(|error| refused(error.to_string()))?;
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_type(content_type)
            .content_length(length)
            .presigned(config)
            .await;
        request.map(|request| request.uri().to_owned()).map_err(|error| unavailable(&error))
    }

    /// Removes an object; one that is not there is removed already.
    pub async fn delete(&self, key: &str) -> Result<(), BucketError> {
        let answer = self.client.delete_object().bucket(&self.name).key(key).send().boxed().await;
        match answer {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("NoSuchKey") => Ok(()),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Whether the bucket answers.
    pub async fn reachable(&self) -> Result<(), BucketError> {
        let answer = self.client.head_bucket().bucket(&self.name).send().boxed().await;
        answer.map(|_| ()).map_err(|error| unavailable(&error))
    }
}

fn unavailable(error: &impl ProvideErrorMetadata) -> BucketError {
    BucketError::Unavailable(error.code().unwrap_or("no answer").to_owned())
}
