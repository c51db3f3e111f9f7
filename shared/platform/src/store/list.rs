use std::collections::HashMap;

use futures::future::try_join_all;

use super::{Bookmark, Consistency, Entity, Key, Range, Slice, StoreError, Table};

/// Records that one call looks at, at most, to fill a page of those that a filter keeps.
const LIST_SCAN_ITEMS: usize = 1_000;
const LIST_BATCH_ITEMS: usize = 100;

impl Table {
    /// The first entries of several ranges of one index together, in the order of their sort keys
    /// (the ranges' own, ascending or descending): at most `limit`.
    pub async fn merged_entries(
        &self,
        ranges: &[Range],
        limit: usize,
    ) -> Result<Vec<(String, Key)>, StoreError> {
        let pages = ranges.iter().map(|range| self.query_entries(range, limit));
        let mut entries: Vec<_> = try_join_all(pages).await?.into_iter().flatten().collect();
        entries.sort();
        if ranges.first().is_some_and(Range::is_descending) {
            entries.reverse();
        }
        entries.truncate(limit);
        Ok(entries)
    }

    /// One page of the records of several ranges of one index: at most `limit` whole records, those
    /// that `keep` keeps. `ranges` gives the ranges from a sort key on, it included, or from the
    /// start.
    ///
    /// As with [`Self::list`], a page may hold less than `limit` and still not be the last.
    pub async fn merged<E: Entity>(
        &self,
        ranges: impl Fn(Option<&str>) -> Vec<Range>,
        limit: usize,
        after: Option<&Bookmark>,
        keep: impl Fn(&E) -> bool,
    ) -> Result<Slice<E>, StoreError> {
        let mut items = Vec::new();
        let mut mark = after.and_then(Bookmark::marked).map(str::to_owned);
        let mut looked = 0;
        let mut batch = limit.clamp(1, LIST_BATCH_ITEMS);
        loop {
            // One more than a batch: the entry at the mark was seen before.
            let wanted = batch + 1;
            let mut entries = self.merged_entries(&ranges(mark.as_deref()), wanted).await?;
            let is_last = entries.len() < wanted;
            entries.retain(|(sort, _)| mark.as_ref() != Some(sort));
            let keys: Vec<Key> = entries.iter().map(|(_, key)| key.clone()).collect();
            let records = self.batch_get::<E>(&keys, Consistency::Eventual).await?;
            let mut records: HashMap<_, _> =
                records.into_iter().map(|record| (record.key(), record)).collect();
            looked += entries.len();
            let last = entries.len().saturating_sub(1);
            for (index, (sort, key)) in entries.into_iter().enumerate() {
                let kept = records.remove(&key).filter(&keep);
                mark = Some(sort.clone());
                items.extend(kept);
                if items.len() >= limit {
                    let next = (!is_last || index < last).then(|| Bookmark::mark(sort));
                    return Ok(Slice { items, next });
                }
            }
            if is_last || looked >= LIST_SCAN_ITEMS {
                let next = mark.filter(|_| !is_last).map(Bookmark::mark);
                return Ok(Slice { items, next });
            }
            batch = LIST_BATCH_ITEMS;
        }
    }

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
