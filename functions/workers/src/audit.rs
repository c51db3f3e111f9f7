//! `worker-audit`: appends what was done to the audit, once.

use platform::Deps;
use platform::lambda::Message;
use platform::store::{AuditRecord, StoreError};
use tokio::sync::Mutex;

/// A chain takes one record at a time: those of one process wait for their turn here, so that only
/// other processes can get in between.
static TURN: Mutex<()> = Mutex::const_new(());

/// Appends a record to its chain; one that is there already is left as it is.
pub async fn handle(deps: Deps, message: Message<AuditRecord>) -> Result<(), StoreError> {
    let _turn = TURN.lock().await;
    message.body.append(&deps.table).await
}
