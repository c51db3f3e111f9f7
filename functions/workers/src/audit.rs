//! `worker-audit`: appends what was done to the audit, once.

use platform::Deps;
use platform::lambda::Message;
use platform::store::{AuditRecord, StoreError};

/// Appends a record; one that is there already is left as it is.
pub async fn handle(deps: Deps, message: Message<AuditRecord>) -> Result<(), StoreError> {
    match deps.table.create(&message.body).await {
        Err(error) if error.is_conflict() => Ok(()),
        result => result,
    }
}
