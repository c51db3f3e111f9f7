use std::collections::HashMap;

use super::{Bookmark, Consistency, Entity, Range, Slice, StoreError, Table};

/// Records that one call looks at, at most, to fill a page of those that a filter keeps.
const LIST_SCAN_ITEMS: usize = 1_000;
const LIST_BATCH_ITEMS: usize = 100;

impl Table {
    /// One page of a range of an index ([`Range::list`], [`Range::due`]): at most `limit` whole
    /// records, those that `keep` keeps.
    ///
    /// A call looks at no more than a thousand records: with a filter that keeps few, a page may
    /// hold less than `limit` and still not be the last.
    pub async fn list<E: Entity>(
        &self,
        range: &Range,
        limit: usize,
        after: Option<Bookmark>,
        keep: impl Fn(&E) -> bool,
    ) -> Result<Slice<E>, StoreError> {
        let mut items = Vec::new();
        let mut after = after;
        let mut looked = 0;
        let mut batch = limit.clamp(1, LIST_BATCH_ITEMS);
        loop {
            let page = self.query_keys(range, batch, after).await?;
            let records = self.batch_get::<E>(&page.items, Consistency::Eventual).await?;
            let mut records: HashMap<_, _> =
                records.into_iter().map(|record| (record.key(), record)).collect();
            looked += page.items.len();
            for (index, key) in page.items.iter().enumerate() {
                let Some(record) = records.remove(key).filter(&keep) else { continue };
                let here = Bookmark::in_range(range, &record);
                items.push(record);
                if items.len() >= limit {
                    let is_last = index + 1 == page.items.len() && page.next.is_none();
                    return Ok(Slice { items, next: here.filter(|_| !is_last) });
                }
            }
            match page.next {
                Some(next) if looked < LIST_SCAN_ITEMS => after = Some(next),
                next => return Ok(Slice { items, next }),
            }
            batch = LIST_BATCH_ITEMS;
        }
    }
}
