use std::path::Path;

use axum::Router;
use axum::error_handling::HandleError;
use axum::http::StatusCode;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;

use super::{ACCESS_KEY_ID, CloudError, SECRET_ACCESS_KEY};

/// Buckets as folders below `folder`, path-style. Signatures and presigned URLs are checked against
/// the local credentials.
pub(crate) fn router(folder: &Path) -> Result<Router, CloudError> {
    std::fs::create_dir_all(folder)?;
    let files = FileSystem::new(folder).map_err(|error| CloudError::S3(format!("{error:?}")))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
    let service = HandleError::new(builder.build(), |error| async move {
        tracing::error!(?error, "local S3 failed");
        StatusCode::INTERNAL_SERVER_ERROR
    });
    Ok(Router::new().fallback_service(service))
}
