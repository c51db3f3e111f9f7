use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Bookmark, Entity, Range, Slice, StoreError, Table};

/// Records that one call looks at, at most, to fill a page of those that a filter keeps.
const MONTHS_SCAN_ITEMS: usize = 1_000;
const MONTHS_BATCH_ITEMS: usize = 100;
/// The longest period that one query may be about.
pub const PERIOD_LIMIT_DAYS: i64 = 366;

/// A time from an instant, which counts, to another, which does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Period {
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// The months of UTC that the period touches, the last one first: `2026-03`.
    fn months(&self) -> Vec<String> {
        let first_of_month = |at: Timestamp| at.to_zoned(TimeZone::UTC).date().first_of_month();
        let first = first_of_month(self.from);
        let before = |date: &jiff::civil::Date| {
            date.yesterday().ok().map(|date| date.first_of_month()).filter(|date| *date >= first)
        };
        std::iter::successors(Some(first_of_month(self.until)), before)
            .map(|date| date.strftime("%Y-%m").to_string())
            .collect()
    }
}

impl Table {
    /// One page of records that are kept by month, the latest first: at most `limit` of those that
    /// `keep` keeps.
    ///
    /// A call looks at no more than a thousand records: a page may hold less than `limit` and still
    /// not be the last.
    pub async fn latest_by_month<E: Entity>(
        &self,
        partition_of: impl Fn(&str) -> String,
        period: &Period,
        limit: usize,
        after: Option<Bookmark>,
        keep: impl Fn(&E) -> bool,
    ) -> Result<Slice<E>, StoreError> {
        let partitions = period.months().into_iter().map(|month| partition_of(&month));
        let partitions: Vec<String> = match after.as_ref().and_then(Bookmark::partition) {
            Some(stopped) => partitions.skip_while(|partition| *partition != stopped).collect(),
            None => partitions.collect(),
        };
        let mut after = after.filter(Bookmark::is_place);
        let (mut items, mut looked) = (Vec::new(), 0);
        for (index, partition) in partitions.iter().enumerate() {
            let range = Range::partition(partition.as_str()).descending();
            loop {
                let page = self.query::<E>(&range, MONTHS_BATCH_ITEMS, after.take()).await?;
                looked += page.items.len();
                for record in page.items {
                    if !keep(&record) {
                        continue;
                    }
                    let here = Bookmark::at(&record.key());
                    items.push(record);
                    if items.len() >= limit {
                        return Ok(Slice { items, next: Some(here) });
                    }
                }
                if looked >= MONTHS_SCAN_ITEMS {
                    let next_month =
                        || partitions.get(index + 1).map(|partition| Bookmark::start_of(partition));
                    return Ok(Slice { items, next: page.next.or_else(next_month) });
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(Slice { items, next: None })
    }
}
