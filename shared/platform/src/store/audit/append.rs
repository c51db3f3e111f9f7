use super::{AuditRecord, ChainHead, Link, link_hash};
use crate::store::{Consistency, Retry, StoreError, Table};

impl AuditRecord {
    /// Appends the record to its chain, in one transaction with the chain's head; one that is there
    /// already is left as it is. Where another record got in between, it is linked to that one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] or [`StoreError::Contention`] where others got in between until the
    /// tries were used up.
    pub async fn append(mut self, table: &Table) -> Result<(), StoreError> {
        let content = self.content()?;
        let month = self.month();
        let key = ChainHead::key_of(self.brand, &month);
        let mut retry = Retry::default();
        loop {
            let stored = table.get::<ChainHead>(&key, Consistency::Strong).await?;
            let mut head = stored.unwrap_or_else(|| ChainHead::empty(self.brand, &month));
            let position = head.records + 1;
            let hash = link_hash(position, &head.hash, &content);
            let previous = std::mem::replace(&mut head.hash, hash.clone());
            self.link = Some(Link { position, previous, hash });
            let tx = table.tx().create("record", &self).replace("head", &mut head);
            match tx.commit().await {
                Ok(()) => return Ok(()),
                Err(error) if error.is_conflict_on("record") => return Ok(()),
                Err(error) => retry.pause(error).await?,
            }
        }
    }
}
