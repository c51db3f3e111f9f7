use std::collections::BTreeSet;

use domain::ids::{AuditId, BrandId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{AuditRecord, ChainHead, Hash, Link, link_hash};
use crate::store::{Consistency, Range, StoreError, Table};

const PAGE_LIMIT_RECORDS: usize = 500;
/// The longest chain that is walked; its links are held in memory.
const CHAIN_LIMIT_RECORDS: usize = 2_000_000;
const HEADS_LIMIT_MONTHS: usize = 1_200;
/// The months back from today that are looked at where nothing says when the audit began.
const SEARCH_BACK_MONTHS: i64 = 13;

/// A chain's end as it was at some time, kept outside of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Anchor {
    pub month: String,
    pub records: u64,
    /// The hash of the last of these records.
    pub head: String,
}

/// What a walk along a chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Chain {
    pub month: String,
    pub records: u64,
    /// The hash of the last record; with the number of records it is the chain's anchor.
    pub head: String,
    pub first_break: Option<Break>,
}

/// Where a chain is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum Break {
    /// The content is not what the hash was made of.
    Changed { position: u64, record: AuditId },
    /// The place is that of another record, which stands elsewhere.
    Moved { position: u64, record: AuditId, belongs: AuditId },
    /// No record has this place, and later ones exist.
    Removed { position: u64 },
    /// A record was put beside the chain: it has no place, or that of another one.
    Inserted { position: Option<u64>, record: AuditId },
    /// The record does not carry the hash of the one before it: one of them was written anew.
    Relinked { position: u64, record: AuditId },
    /// The head knows of records after this place that are gone.
    Truncated { position: u64, records: u64 },
    /// The chain ends in another hash than its head says, or goes on after it.
    Head { position: u64 },
    /// There are records, and no head.
    NoHead,
    /// At this place the chain was once another one.
    Anchor { position: u64 },
}

/// A record as the walk needs it.
struct Place {
    id: AuditId,
    content: Hash,
    link: Link,
}

impl Place {
    fn is_as_written(&self) -> bool {
        link_hash(self.link.position, &self.link.previous, &self.content) == self.link.hash
    }
}

/// Walks along every chain of a brand, the first month first.
///
/// Records may be appended meanwhile.
///
/// # Errors
/// Where the table does not answer, or holds something unreadable.
pub async fn verify(
    table: &Table,
    brand: BrandId,
    today: Date,
    anchors: &[Anchor],
) -> Result<Vec<Chain>, StoreError> {
    let range = Range::partition(ChainHead::partition(brand)).consistency(Consistency::Strong);
    let heads: Vec<ChainHead> = table.query_all(&range, HEADS_LIMIT_MONTHS).await?;
    let mut months: BTreeSet<String> = heads.iter().map(|head| head.month.clone()).collect();
    months.extend(anchors.iter().map(|anchor| anchor.month.clone()));
    // A chain whose head is gone has to be looked for.
    let mut month = today.first_of_month();
    let known = months.first().cloned();
    for back in 0..i64::try_from(HEADS_LIMIT_MONTHS).unwrap_or(i64::MAX) {
        let name = month.strftime("%Y-%m").to_string();
        if back >= SEARCH_BACK_MONTHS && known.as_ref().is_none_or(|first| name < *first) {
            break;
        }
        months.insert(name);
        let Ok(before) = month.yesterday() else { break };
        month = before.first_of_month();
    }
    let mut chains = Vec::new();
    for month in months {
        let head = heads.iter().find(|head| head.month == month);
        let anchors: Vec<&Anchor> = anchors.iter().filter(|anchor| anchor.month == month).collect();
        let chain = walk(table, brand, &month, head, &anchors).await?;
        if chain.records > 0 || chain.first_break.is_some() {
            chains.push(chain);
        }
    }
    Ok(chains)
}

async fn walk(
    table: &Table,
    brand: BrandId,
    month: &str,
    head: Option<&ChainHead>,
    anchors: &[&Anchor],
) -> Result<Chain, StoreError> {
    let (places, unlinked) = read(table, brand, month).await?;
    let empty = ChainHead::empty(brand, month);
    let mut first_break = first_break(&places, &empty.hash, head, anchors);
    if first_break.is_none()
        && let Some(record) = unlinked.first().copied()
    {
        first_break = Some(Break::Inserted { position: None, record });
    }
    let last = places.last();
    let records = last.map_or(0, |place| place.link.position);
    if first_break.is_none() && records > head.map_or(0, |head| head.records) {
        // Appended since the heads were read, or put behind the end by hand.
        let key = ChainHead::key_of(brand, month);
        let now = table.get::<ChainHead>(&key, Consistency::Strong).await?;
        first_break = match now {
            None => Some(Break::NoHead),
            Some(now) if now.records < records => Some(Break::Head { position: now.records + 1 }),
            Some(_) => None,
        };
    }
    Ok(Chain {
        month: month.to_owned(),
        records,
        head: last.map_or(empty.hash, |place| place.link.hash.clone()),
        first_break,
    })
}

/// The records of a chain by their places, and those without one.
async fn read(
    table: &Table,
    brand: BrandId,
    month: &str,
) -> Result<(Vec<Place>, Vec<AuditId>), StoreError> {
    let range = Range::partition(AuditRecord::partition(brand, month));
    let range = range.consistency(Consistency::Strong);
    let (mut places, mut unlinked) = (Vec::new(), Vec::new());
    let mut after = None;
    loop {
        let page = table.query::<AuditRecord>(&range, PAGE_LIMIT_RECORDS, after).await?;
        for record in page.items {
            let content = record.content()?;
            match record.link {
                Some(link) => places.push(Place { id: record.id, content, link }),
                None => unlinked.push(record.id),
            }
        }
        if places.len() > CHAIN_LIMIT_RECORDS {
            return Err(StoreError::Refused(format!("more than {CHAIN_LIMIT_RECORDS} records")));
        }
        after = page.next;
        if after.is_none() {
            places.sort_by_key(|place| place.link.position);
            return Ok((places, unlinked));
        }
    }
}

fn first_break(
    places: &[Place],
    beginning: &str,
    head: Option<&ChainHead>,
    anchors: &[&Anchor],
) -> Option<Break> {
    let mut previous = beginning;
    let mut position = 0;
    for (index, place) in places.iter().enumerate() {
        if place.link.position > position + 1 {
            return Some(Break::Removed { position: position + 1 });
        }
        position += 1;
        let same_place = |other: &&Place| other.link.position == place.link.position;
        if let Some(other) = places.get(index + 1).filter(same_place) {
            // The one that fits is the chain's own.
            let fits = |place: &Place| place.is_as_written() && place.link.previous == previous;
            let record = if fits(place) { other.id } else { place.id };
            return Some(Break::Inserted { position: Some(position), record });
        }
        if place.link.position < position {
            return Some(Break::Inserted { position: Some(place.link.position), record: place.id });
        }
        if !place.is_as_written() {
            return Some(changed(place, places));
        }
        if place.link.previous != previous {
            return Some(Break::Relinked { position, record: place.id });
        }
        previous = &place.link.hash;
        if anchors.iter().any(|anchor| anchor.records == position && anchor.head != *previous) {
            return Some(Break::Anchor { position });
        }
        if head.is_some_and(|head| head.records == position && head.hash != *previous) {
            return Some(Break::Head { position });
        }
    }
    if let Some(head) = head.filter(|head| head.records > position) {
        return Some(Break::Truncated { position, records: head.records });
    }
    let cut = anchors.iter().find(|anchor| anchor.records > position);
    cut.map(|anchor| Break::Truncated { position, records: anchor.records })
}

/// A record that does not fit its hash: changed in place, or put at the place of another one.
fn changed(place: &Place, places: &[Place]) -> Break {
    let Link { position, ref previous, ref hash } = place.link;
    let belongs = places.iter().find(|other| {
        other.id != place.id && link_hash(position, previous, &other.content) == *hash
    });
    match belongs {
        Some(other) => Break::Moved { position, record: place.id, belongs: other.id },
        None => Break::Changed { position, record: place.id },
    }
}
