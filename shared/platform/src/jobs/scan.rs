//! Reading the loans of a shard that a night concerns.

use crate::store::{Bookmark, Brand, Consistency, LoanRecord, Range, StoreError, Table};
use jiff::civil::Date;

/// Loans read together: DynamoDB's own bound of one BatchGetItem.
const PAGE_LIMIT_LOANS: usize = 100;

/// Reads, page by page, the shard's active loans whose oldest open invoice is due before a date.
#[derive(Debug)]
pub struct Scan<'a> {
    table: &'a Table,
    range: Range,
    consistency: Consistency,
    next: Next,
}

#[derive(Debug)]
enum Next {
    Start,
    After(Bookmark),
    End,
}

impl<'a> Scan<'a> {
    pub fn due_before(
        table: &'a Table,
        brand: &Brand,
        shard: u16,
        date: Date,
        consistency: Consistency,
    ) -> Self {
        // Sort keys are `date#loan`, so a bare date stands before all of its own loans.
        let range =
            Range::due(LoanRecord::due_partition(brand.id, shard)).at_most(date.to_string());
        Self { table, range, consistency, next: Next::Start }
    }

    /// As [`Self::due_before`], those due on the date included.
    pub fn due_by(
        table: &'a Table,
        brand: &Brand,
        shard: u16,
        date: Date,
        consistency: Consistency,
    ) -> Self {
        // `$` is the character after `#`: the bound stands behind all the date's own loans.
        let range =
            Range::due(LoanRecord::due_partition(brand.id, shard)).at_most(format!("{date}$"));
        Self { table, range, consistency, next: Next::Start }
    }

    /// The next page, or `None` past the last.
    pub async fn next_page(&mut self) -> Result<Option<Vec<LoanRecord>>, StoreError> {
        let after = match std::mem::replace(&mut self.next, Next::End) {
            Next::Start => None,
            Next::After(position) => Some(position),
            Next::End => return Ok(None),
        };
        let slice = self.table.query_keys(&self.range, PAGE_LIMIT_LOANS, after).await?;
        if let Some(position) = slice.next {
            self.next = Next::After(position);
        }
        let mut records =
            self.table.batch_get::<LoanRecord>(&slice.items, self.consistency).await?;
        records.sort_by_key(|record| record.loan.id);
        Ok(Some(records))
    }
}
