use super::ImportError;
use crate::Deps;
use crate::aws::BucketError;
use crate::pii::KeyRing;
use crate::store::Import;

const FIELD: &str = "file";
const CONTENT_TYPE: &str = "application/octet-stream";

/// Keeps the file of a new import in the bucket, sealed under a key of the import's own.
///
/// # Errors
/// Where the bucket or the key service does not answer.
pub async fn keep(deps: &Deps, import: &mut Import, csv: &str) -> Result<(), ImportError> {
    let subject = import.subject();
    import.keys = deps.pii.generate(&subject, deps.now()).await?;
    let sealed = deps.pii.seal(&subject, &import.keys, FIELD, csv.as_bytes()).await?;
    deps.bucket.put(&import.file_key(), CONTENT_TYPE, sealed.into_bytes()).await?;
    Ok(())
}

/// The text of the file; `None` where the file is gone.
pub(super) async fn read(deps: &Deps, import: &Import) -> Result<Option<String>, ImportError> {
    let sealed = match deps.bucket.get(&import.file_key()).await {
        Ok(bytes) => crate::pii::Sealed::from_bytes(bytes),
        Err(BucketError::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let text = deps.pii.open_text(&import.subject(), &import.keys, FIELD, &sealed).await?;
    Ok(Some(text))
}

/// Makes the file of an import that comes to its end unreadable: nobody needs its personal data
/// any more.
pub(super) fn forget(import: &mut Import) {
    import.keys = KeyRing::default();
}

/// Removes the file that was forgotten.
pub(super) async fn remove(deps: &Deps, import: &Import) -> Result<(), ImportError> {
    Ok(deps.bucket.delete(&import.file_key()).await?)
}
