//! Sums beside the portfolio's own ([`Shard`](super::Shard)): by month, by year of due dates, by
//! owner, by subdomain. Each changes in the transaction of what it counts.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::calendar::Month;
use domain::crm::{OwnerTally, Subdomain};
use domain::figures::{Figure, Figures};
use domain::ids::{BrandId, CustomerId, StaffId};
use domain::ledger::{Flows, FlowsByMonth};
use domain::money::Amount;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::customers::Counted;
use super::{
    Bookmark, Brand, Condition, Consistency, Entity, Item, Key, Range, Shard, Slice, StoreError,
    StoredCustomer, Table, Tx, Update,
};

/// Items of one dimension that are read at a time.
const PAGE_LIMIT_ITEMS: usize = 1_000;
/// Months that one query may be about.
pub const AGGREGATE_LIMIT_MONTHS: i32 = 12;
/// How many parts the customers of a brand are counted in.
const CUSTOMER_SHARDS: u16 = 8;
const LABEL: &str = "aggregate";
/// Sorts after every shard's number and every name.
const LAST: &str = "~";
const UPDATED_AT: &str = "t";

/// What a sum is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Money events by the month of their value date: [`Flows`].
    Month(Month),
    /// What invoices ask for by the month in which they are due, a year to an item, the months
    /// under the names `01` to `12`.
    DueIn(i16),
    /// What is given to a member of staff, or to nobody: [`OwnerTally`].
    Owner(Option<StaffId>),
    /// The site that customers came by, or none: [`CustomerTally`].
    Subdomain(Option<Subdomain>),
}

impl Dimension {
    // Not `M#`, which the table's stream takes for messages.
    const MONTH: &'static str = "F#";
    const DUE: &'static str = "Y#";
    const OWNER: &'static str = "O#";
    const SUBDOMAIN: &'static str = "W#";
    const PREFIXES: [&'static str; 4] = [Self::MONTH, Self::DUE, Self::OWNER, Self::SUBDOMAIN];

    fn parse(text: &str) -> Option<Self> {
        let (prefix, value) = text.split_at_checked(2)?;
        match prefix {
            Self::MONTH => Some(Self::Month(value.parse().ok()?)),
            Self::DUE => Some(Self::DueIn(value.parse().ok()?)),
            Self::OWNER => {
                let ulid = Ulid::from_string(value).ok()?;
                Some(Self::Owner((!ulid.is_nil()).then(|| StaffId::new(ulid))))
            }
            Self::SUBDOMAIN if value.is_empty() => Some(Self::Subdomain(None)),
            Self::SUBDOMAIN => Some(Self::Subdomain(Some(value.parse().ok()?))),
            _ => None,
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(month) => write!(f, "{}{month}", Self::MONTH),
            Self::DueIn(year) => write!(f, "{}{year:04}", Self::DUE),
            Self::Owner(owner) => {
                write!(f, "{}{}", Self::OWNER, owner.map_or(Ulid::nil(), StaffId::ulid))
            }
            Self::Subdomain(None) => f.write_str(Self::SUBDOMAIN),
            Self::Subdomain(Some(subdomain)) => write!(f, "{}{subdomain}", Self::SUBDOMAIN),
        }
    }
}

/// Which sum, and which shard's part of it. In text `F#2026-03#05`, its sort key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Place {
    pub of: Dimension,
    pub shard: u16,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{:02}", self.of, self.shard)
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

impl TryFrom<String> for Place {
    type Error = NotAPlace;

    fn try_from(text: String) -> Result<Self, NotAPlace> {
        let parts = text.rsplit_once('#');
        let place = parts.and_then(|(of, shard)| {
            Some(Self { of: Dimension::parse(of)?, shard: shard.parse().ok()? })
        });
        place.ok_or(NotAPlace)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the place of an aggregate")]
pub struct NotAPlace;

/// The part of a sum that the records of one shard add to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregate {
    #[serde(rename = "pk")]
    partition: String,
    #[serde(rename = "sk")]
    place: Place,
    /// When it last changed.
    #[serde(rename = "t")]
    updated_at: Timestamp,
    /// One number attribute each, by short name; those at zero may be left out.
    #[serde(skip)]
    numbers: Numbers,
}

/// Sums of a brand, each by the short names of its figures, without zeros.
pub type Sums = BTreeMap<Place, Numbers>;

/// Figures by short name.
pub type Numbers = BTreeMap<String, Decimal>;

fn number(figure: Figure) -> Decimal {
    match figure {
        Figure::Count(count) => Decimal::from(count),
        Figure::Amount(amount) => amount.value().normalize(),
    }
}

fn typed<F: Figures>(numbers: &Numbers) -> F {
    let mut figures = F::default();
    for (name, _) in F::default().figures() {
        let Some(value) = numbers.get(name) else { continue };
        let count = i64::try_from(*value).ok().filter(|count| Decimal::from(*count) == *value);
        let is_count = count.is_some_and(|count| figures.set_figure(name, Figure::Count(count)));
        if !is_count {
            figures.set_figure(name, Figure::Amount(Amount::new(*value)));
        }
    }
    figures
}

/// The name under which a year's item keeps a month.
fn due_name(month: Month) -> String {
    format!("{:02}", month.number())
}

/// Sums of one dimension over all its shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    pub of: Dimension,
    pub updated_at: Timestamp,
    numbers: Numbers,
}

impl Sum {
    pub fn figures<F: Figures>(&self) -> F {
        typed(&self.numbers)
    }
}

impl Aggregate {
    pub fn key_of(brand: BrandId, place: &Place) -> Key {
        Key::new(Shard::partition(brand), place.to_string())
    }

    /// The money events of each month from one to another, by one query; months without any are
    /// left out.
    pub async fn months(
        table: &Table,
        brand: BrandId,
        from: Month,
        to: Month,
    ) -> Result<Vec<(Month, Flows, Timestamp)>, StoreError> {
        let range = between(brand, &Dimension::Month(from), &Dimension::Month(to));
        let sums = summed(read_all(table, &range).await?);
        Ok(sums
            .into_iter()
            .filter_map(|sum| match sum.of {
                Dimension::Month(month) => Some((month, sum.figures(), sum.updated_at)),
                _ => None,
            })
            .collect())
    }

    /// What invoices ask for in each month from one to another, by one query.
    pub async fn due(
        table: &Table,
        brand: BrandId,
        from: Month,
        to: Month,
    ) -> Result<BTreeMap<Month, Amount>, StoreError> {
        let range = between(brand, &Dimension::DueIn(from.year()), &Dimension::DueIn(to.year()));
        let mut due = BTreeMap::new();
        for item in read_all(table, &range).await? {
            let Dimension::DueIn(year) = item.place.of else { continue };
            for (name, value) in &item.numbers {
                let month: Month = format!("{year:04}-{name}")
                    .parse()
                    .map_err(|_| StoreError::Corrupt(format!("aggregate: {name} of {year}")))?;
                if (from..=to).contains(&month) {
                    *due.entry(month).or_default() += Amount::new(*value);
                }
            }
        }
        Ok(due)
    }

    /// A page of owners: nobody first, then in order of their creation.
    pub async fn owners(
        table: &Table,
        brand: &Brand,
        limit: usize,
        after: Option<&Bookmark>,
    ) -> Result<Slice<Sum>, StoreError> {
        page(table, brand, Dimension::OWNER, limit, after).await
    }

    /// A page of subdomains: none first, then in alphabetical order.
    pub async fn subdomains(
        table: &Table,
        brand: &Brand,
        limit: usize,
        after: Option<&Bookmark>,
    ) -> Result<Slice<Sum>, StoreError> {
        page(table, brand, Dimension::SUBDOMAIN, limit, after).await
    }

    /// Every stored sum of a brand, shard by shard.
    pub async fn all(table: &Table, brand: BrandId) -> Result<Sums, StoreError> {
        let mut all = Sums::new();
        for prefix in Dimension::PREFIXES {
            let range = Range::partition(Shard::partition(brand))
                .prefix(prefix)
                .consistency(Consistency::Strong);
            for item in read_all(table, &range).await? {
                all.insert(item.place, without_zeros(item.numbers));
            }
        }
        Ok(all)
    }
}

impl Aggregate {
    /// Adds to a transaction what a sum lacks, on condition that it still has the numbers that were
    /// read.
    ///
    /// # Errors
    /// [`StoreError::Contention`] where it has others already.
    pub async fn correct<'x>(
        table: &Table,
        tx: Tx<'x>,
        brand: BrandId,
        place: &Place,
        read: &Numbers,
        missing: &Numbers,
        at: Timestamp,
    ) -> Result<Tx<'x>, StoreError> {
        let key = Self::key_of(brand, place);
        let stored = table.get::<Self>(&key, Consistency::Strong).await?;
        let numbers = stored.map(|stored| stored.numbers).unwrap_or_default();
        if without_zeros(numbers.clone()) != *read {
            return Err(StoreError::Contention);
        }
        let mut update = Update::new().set(UPDATED_AT, at)?;
        let mut condition = Condition::default();
        for (name, value) in missing {
            update = update.add(name.as_str(), value);
            condition = match numbers.get(name) {
                Some(stored) => condition.and_number(name, stored),
                None => condition.and_absent(name.clone()),
            };
        }
        Ok(tx.update(LABEL, &key, &update, &condition))
    }
}

fn without_zeros(numbers: Numbers) -> Numbers {
    numbers
        .into_iter()
        .filter(|(_, value)| !value.is_zero())
        .map(|(name, value)| (name, value.normalize()))
        .collect()
}

/// From a value of a dimension to another, both included.
fn between(brand: BrandId, from: &Dimension, to: &Dimension) -> Range {
    Range::partition(Shard::partition(brand)).between(format!("{from}#"), format!("{to}#{LAST}"))
}

async fn read_all(table: &Table, range: &Range) -> Result<Vec<Aggregate>, StoreError> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let slice = table.query::<Aggregate>(range, PAGE_LIMIT_ITEMS, after).await?;
        items.extend(slice.items);
        match slice.next {
            Some(next) => after = Some(next),
            None => return Ok(items),
        }
    }
}

/// The shard that a customer is counted in.
fn shard_of(customer: CustomerId) -> u16 {
    u16::try_from(customer.ulid().0 % u128::from(CUSTOMER_SHARDS)).unwrap_or(0)
}

/// Adds up the shards of each dimension; the items come in the order of their keys.
fn summed(items: Vec<Aggregate>) -> Vec<Sum> {
    let mut sums: Vec<Sum> = Vec::new();
    for item in items {
        match sums.last_mut().filter(|sum| sum.of == item.place.of) {
            Some(sum) => {
                sum.updated_at = sum.updated_at.max(item.updated_at);
                for (name, value) in item.numbers {
                    *sum.numbers.entry(name).or_default() += value;
                }
            }
            None => sums.push(Sum {
                of: item.place.of,
                updated_at: item.updated_at,
                numbers: item.numbers,
            }),
        }
    }
    sums
}

/// A page of whole sums by one query: as many items as so many sums have at most.
async fn page(
    table: &Table,
    brand: &Brand,
    prefix: &str,
    limit: usize,
    after: Option<&Bookmark>,
) -> Result<Slice<Sum>, StoreError> {
    let from = match after.and_then(Bookmark::marked) {
        Some(seen) => format!("{seen}#{LAST}"),
        None => prefix.to_owned(),
    };
    let range =
        Range::partition(Shard::partition(brand.id)).between(from, format!("{prefix}{LAST}"));
    let items = limit * usize::from(brand.shards.max(CUSTOMER_SHARDS)) + 1;
    let slice = table.query::<Aggregate>(&range, items, None).await?;
    let mut sums = summed(slice.items);
    // The last one may go on beyond what was read.
    let mut is_cut = slice.next.is_some();
    if is_cut && sums.len() > 1 {
        sums.pop();
    }
    if sums.len() > limit {
        sums.truncate(limit);
        is_cut = true;
    }
    let next = sums.last().filter(|_| is_cut).map(|sum| Bookmark::mark(sum.of.to_string()));
    Ok(Slice { items: sums, next })
}

/// Changes of sums that belong to one transaction.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Additions(Sums);

impl Additions {
    pub fn add(&mut self, of: Dimension, shard: u16, figures: &impl Figures) {
        let figures = figures.figures();
        for (name, figure) in figures.into_iter().filter(|(_, figure)| !figure.is_zero()) {
            self.add_number(of.clone(), shard, name.to_owned(), number(figure));
        }
    }

    pub fn subtract(&mut self, of: Dimension, shard: u16, figures: &impl Figures) {
        let figures = figures.figures();
        for (name, figure) in figures.into_iter().filter(|(_, figure)| !figure.is_zero()) {
            self.add_number(of.clone(), shard, name.to_owned(), -number(figure));
        }
    }

    pub fn add_flows(&mut self, shard: u16, months: &FlowsByMonth) {
        for (month, flows) in months {
            self.add(Dimension::Month(*month), shard, flows);
        }
    }

    pub fn add_due(&mut self, shard: u16, due: &BTreeMap<Month, Amount>) {
        for (month, amount) in due {
            let of = Dimension::DueIn(month.year());
            self.add_number(of, shard, due_name(*month), amount.value().normalize());
        }
    }

    /// That a loan changes from one state and owner to another.
    pub fn move_loan(
        &mut self,
        shard: u16,
        before: Option<(Option<StaffId>, OwnerTally)>,
        after: (Option<StaffId>, OwnerTally),
    ) {
        if let Some((owner, tally)) = before {
            self.subtract(Dimension::Owner(owner), shard, &tally);
        }
        let (owner, tally) = after;
        self.add(Dimension::Owner(owner), shard, &tally);
    }

    pub fn subtract_due(&mut self, shard: u16, due: &BTreeMap<Month, Amount>) {
        for (month, amount) in due {
            let of = Dimension::DueIn(month.year());
            self.add_number(of, shard, due_name(*month), -amount.value().normalize());
        }
    }

    /// That a customer is there, by owner and by subdomain.
    pub(super) fn add_customer(&mut self, counted: &Counted<'_>) {
        let (shard, tally) = (shard_of(counted.customer), counted.status.tally());
        self.add(Dimension::Owner(counted.owner), shard, &OwnerTally::from(tally));
        self.add(Dimension::Subdomain(counted.subdomain.cloned()), shard, &tally);
    }

    /// The opposite of [`Self::add_customer`].
    pub(super) fn subtract_customer(&mut self, counted: &Counted<'_>) {
        let (shard, tally) = (shard_of(counted.customer), counted.status.tally());
        self.subtract(Dimension::Owner(counted.owner), shard, &OwnerTally::from(tally));
        self.subtract(Dimension::Subdomain(counted.subdomain.cloned()), shard, &tally);
    }

    /// As [`Self::add_customer`], for whoever adds up everything anew.
    pub fn count_customer(&mut self, customer: &StoredCustomer) {
        self.add_customer(&customer.counted());
    }

    fn add_number(&mut self, of: Dimension, shard: u16, name: String, value: Decimal) {
        let numbers = self.0.entry(Place { of, shard }).or_default();
        *numbers.entry(name).or_default() += value;
    }

    /// Adds what is not zero to a transaction, one write for each sum of a shard. What they count
    /// carries the conditions.
    pub fn write<'x>(
        self,
        tx: Tx<'x>,
        brand: BrandId,
        at: Timestamp,
    ) -> Result<Tx<'x>, StoreError> {
        let mut tx = tx;
        for (place, numbers) in self.0 {
            let numbers = without_zeros(numbers);
            if numbers.is_empty() {
                continue;
            }
            let mut update = Update::new().set(UPDATED_AT, at)?;
            for (name, value) in numbers {
                update = update.add(name, &value);
            }
            let key = Aggregate::key_of(brand, &place);
            tx = tx.update(LABEL, &key, &update, &Condition::default());
        }
        Ok(tx)
    }

    /// The sums themselves, where everything was added.
    pub fn into_sums(self) -> Sums {
        self.0
            .into_iter()
            .map(|(place, numbers)| (place, without_zeros(numbers)))
            .filter(|(_, numbers)| !numbers.is_empty())
            .collect()
    }
}

impl Entity for Aggregate {
    const NAME: &'static str = LABEL;

    fn key(&self) -> Key {
        Key::new(self.partition.clone(), self.place.to_string())
    }

    fn from_item(item: Item) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("{LABEL}: {what}"));
        let mut numbers = Numbers::new();
        for (name, value) in &item {
            if let AttributeValue::N(text) = value {
                let value = Decimal::from_str_exact(text).map_err(|_| corrupt(name))?;
                numbers.insert(name.clone(), value);
            }
        }
        let read: Self =
            serde_dynamo::from_item(item).map_err(|error| corrupt(&error.to_string()))?;
        Ok(Self { numbers, ..read })
    }
}
