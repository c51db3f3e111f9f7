//! How customers are found by fragments: for each of some trigrams of a customer's data (the
//! anchors, by winnowing) an item under the trigram's keyed hash, which holds the hashes of all the
//! trigrams to rank by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain::identity::Email;
use domain::ids::{BrandId, CustomerId};
use domain::search::{Word, winnowed, words};
use futures::FutureExt;
use futures::future::try_join_all;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use ulid::Ulid;

use super::{Customer, Customers, StoredCustomer};
use crate::store::{Condition, Consistency, Entity, Key, Range, StoreError, Tx};

/// The most customers that one search answers.
pub const SEARCH_LIMIT_HITS: usize = 50;
/// Items of one customer: all of them change in one transaction (old and new, beside the record,
/// its unique values and the event: below DynamoDB's 100).
const ANCHORS_LIMIT: usize = 40;
/// Trigrams of one customer that are ranked by.
const GRAMS_LIMIT: usize = 160;
/// Lists that one search reads; with the page of customers and the brand, five reads.
const LISTS_LIMIT: usize = 3;
/// What is read of one list: its newest customers.
const LIST_LIMIT_ITEMS: usize = 500;
/// Bytes of the hash that a list is found by, and of one that is ranked by.
const ANCHOR_BYTES: usize = 4;
const GRAM_BYTES: usize = 2;
/// Of the search's trigrams, a hit shares one in this many at least.
const SHARED_MIN_DIVISOR: usize = 2;
const KEY_PURPOSE: &[u8] = b"parcela: customers by trigrams, 1";

type Anchor = [u8; ANCHOR_BYTES];
type Gram = [u8; GRAM_BYTES];

/// The lists that a customer is in, as its record remembers them.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Anchors(#[serde(with = "serde_bytes")] Vec<u8>);

impl Anchors {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = Anchor> {
        self.0.as_chunks::<ANCHOR_BYTES>().0.iter().copied()
    }

    fn contains(&self, anchor: &Anchor) -> bool {
        self.iter().any(|own| own == *anchor)
    }
}

impl fmt::Debug for Anchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Anchors({})", self.iter().count())
    }
}

/// A customer in one of its lists.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    #[serde(rename = "pk")]
    list: String,
    /// The ULID of the customer.
    #[serde(rename = "sk")]
    customer: String,
    #[serde(rename = "g", with = "serde_bytes")]
    grams: Vec<u8>,
}

impl Entry {
    fn list_of(brand: BrandId, anchor: &Anchor) -> String {
        format!("B#{}#G#{}", brand.ulid(), hex::encode(anchor))
    }
}

impl Entity for Entry {
    const NAME: &'static str = "customer in a list of the search";

    fn key(&self) -> Key {
        Key::new(self.list.clone(), self.customer.clone())
    }
}

/// Hashes trigrams with a key of their own, for one brand.
struct Hasher(Hmac<Sha256>);

impl Hasher {
    fn new(lookup_key: &SecretString, brand: BrandId) -> Result<Self, StoreError> {
        let mac = |key: &[u8]| {
            Hmac::<Sha256>::new_from_slice(key)
                .map_err(|error| StoreError::Refused(error.to_string()))
        };
        let mut derived = mac(lookup_key.expose_secret().as_bytes())?;
        derived.update(KEY_PURPOSE);
        let mut own = mac(&derived.finalize().into_bytes())?;
        own.update(&brand.ulid().to_bytes());
        Ok(Self(own))
    }

    /// The hash of the list, and the one to rank by.
    fn hash(&self, gram: &str) -> (Anchor, Gram) {
        let mut mac = self.0.clone();
        mac.update(gram.as_bytes());
        let [a, b, c, d, e, f, ..] = <[u8; 32]>::from(mac.finalize().into_bytes());
        ([a, b, c, d], [e, f])
    }

    fn anchors(&self, grams: &[String]) -> Vec<Anchor> {
        let hashes: Vec<Anchor> = grams.iter().map(|gram| self.hash(gram).0).collect();
        winnowed(&hashes)
    }
}

/// What a customer is found by.
pub(super) struct Grams {
    pub anchors: Anchors,
    all: Vec<u8>,
}

impl Grams {
    pub fn of(lookup_key: &SecretString, customer: &Customer) -> Result<Self, StoreError> {
        let hasher = Hasher::new(lookup_key, customer.brand)?;
        let codes = codes_of(customer);
        let words = words(customer.name.expose());
        let email = customer.email.as_ref().map(whole_address);
        let mut all: BTreeSet<Gram> = BTreeSet::new();
        let grams = codes.iter().chain(&words).flat_map(Word::grams).chain(email.clone());
        for gram in grams.take(GRAMS_LIMIT) {
            all.insert(hasher.hash(&gram).1);
        }
        let mut anchors: Vec<Anchor> = email.iter().map(|email| hasher.hash(email).0).collect();
        anchors.extend(codes.iter().flat_map(|code| hasher.anchors(&code.grams())));
        anchors.extend(in_turn(words.iter().map(|word| hasher.anchors(&word.grams())).collect()));
        let mut distinct = Vec::new();
        for anchor in anchors {
            if distinct.len() < ANCHORS_LIMIT && !distinct.contains(&anchor) {
                distinct.push(anchor);
            }
        }
        Ok(Self { anchors: Anchors(distinct.concat()), all: all.into_iter().flatten().collect() })
    }
}

fn codes_of(customer: &Customer) -> Vec<Word> {
    let codes = [
        customer.phone.as_ref().map(|phone| phone.expose()),
        customer.cpf.as_ref().map(|cpf| cpf.expose()),
        customer.cnpj.as_ref().map(|cnpj| cnpj.expose()),
        customer.pan.as_ref().map(|pan| pan.expose()),
    ];
    codes.into_iter().flatten().filter_map(Word::code).collect()
}

/// Whether a change of the customer changes what they are found by.
pub(super) fn is_found_otherwise(before: &Customer, after: &Customer) -> bool {
    before.name != after.name
        || before.phone != after.phone
        || before.email != after.email
        || before.cpf != after.cpf
        || before.cnpj != after.cnpj
        || before.pan != after.pan
}

/// An address is found whole only: a part of it would be somebody's name.
fn whole_address(email: &Email) -> String {
    email.expose().to_owned()
}

/// The first of each, then the second of each: where there is no room for all, every word of a name
/// keeps its beginning.
fn in_turn(lists: Vec<Vec<Anchor>>) -> Vec<Anchor> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .flat_map(|place| lists.iter().filter_map(move |list| list.get(place)))
        .copied()
        .collect()
}

/// Adds to a transaction the lists that a customer enters and leaves. The condition of each is the
/// version of the customer's record, which the same transaction replaces.
pub(super) fn replace<'x>(
    tx: Tx<'x>,
    customer: &Customer,
    before: &Anchors,
    grams: &Grams,
) -> Tx<'x> {
    let mut tx = tx;
    for anchor in grams.anchors.iter() {
        let entry = Entry {
            list: Entry::list_of(customer.brand, &anchor),
            customer: customer.id.ulid().to_string(),
            grams: grams.all.clone(),
        };
        tx = tx.put("search", &entry, Condition::default());
    }
    let left = before.iter().filter(|anchor| !grams.anchors.contains(anchor));
    left.fold(tx, |tx, anchor| leave(tx, customer.brand, customer.id, &anchor))
}

/// Adds to a transaction that the customer leaves all its lists.
pub(super) fn remove<'x>(tx: Tx<'x>, stored: &StoredCustomer) -> Tx<'x> {
    stored.anchors.iter().fold(tx, |tx, anchor| leave(tx, stored.brand, stored.id, &anchor))
}

fn leave<'x>(tx: Tx<'x>, brand: BrandId, id: CustomerId, anchor: &Anchor) -> Tx<'x> {
    let key = Key::new(Entry::list_of(brand, anchor), id.ulid().to_string());
    tx.delete("search", &key, &Condition::default())
}

/// Why nothing was looked for.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("needs a word of three letters, or four characters of a number")]
    TooShort,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A customer that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub customer: Customer,
    /// The trigrams of the search that the customer's data have.
    pub shared: usize,
    /// The trigrams of the search.
    pub of: usize,
}

impl Customers<'_> {
    /// The customers whose name, phone or identifiers have the most trigrams in common with the
    /// text, most first, of the same number those who have its words as they are, and then the newest;
    /// or who have exactly this e-mail address.
    /// At most four reads, whatever the number of customers; of a list that is longer than 500 only
    /// the newest are looked at.
    pub async fn search(
        &self,
        brand: BrandId,
        text: &str,
        limit: usize,
    ) -> Result<Vec<Found>, SearchError> {
        let hasher = Hasher::new(self.lookup_key, brand)?;
        let sought = Sought::of(&hasher, text).ok_or(SearchError::TooShort)?;
        let reads = sought.lists.iter().map(|anchor| {
            let range = Range::partition(Entry::list_of(brand, anchor)).descending();
            async move { self.table.query::<Entry>(&range, LIST_LIMIT_ITEMS, None).await }.boxed()
        });
        let lists = try_join_all(reads).await?;
        let mut hits: BTreeMap<Ulid, usize> = BTreeMap::new();
        for entry in lists.into_iter().flat_map(|list| list.items) {
            let customer = Ulid::from_string(&entry.customer);
            let customer = customer.map_err(|_| StoreError::Corrupt(Entry::NAME.to_owned()))?;
            hits.insert(customer, sought.shared(&entry.grams));
        }
        let enough = |shared: usize| shared * SHARED_MIN_DIVISOR >= sought.grams.len();
        let mut hits: Vec<(usize, Ulid)> = hits
            .into_iter()
            .filter(|(_, shared)| enough(*shared))
            .map(|(customer, shared)| (shared, customer))
            .collect();
        hits.sort_unstable_by(|a, b| b.cmp(a));
        hits.truncate(limit.min(SEARCH_LIMIT_HITS));
        let keys: Vec<Key> = hits
            .iter()
            .map(|(_, customer)| Customer::key_of(brand, CustomerId::new(*customer)))
            .collect();
        let stored: Vec<StoredCustomer> =
            self.table.batch_get(&keys, Consistency::Eventual).await?;
        let there = stored.into_iter().filter(|stored| !stored.is_erased()).collect();
        let mut customers: BTreeMap<Ulid, Customer> = self
            .open_all(there)
            .await?
            .into_iter()
            .map(|customer| (customer.id.ulid(), customer))
            .collect();
        let of = sought.grams.len();
        let found = hits.into_iter().filter_map(|(shared, id)| {
            Some(Found { customer: customers.remove(&id)?, shared, of })
        });
        let mut found: Vec<Found> = found.collect();
        // Stable: what is the same in both stays newest first.
        found.sort_by_key(|found| {
            std::cmp::Reverse((found.shared, sought.words_in(&found.customer)))
        });
        Ok(found)
    }
}

/// What a search looks for.
struct Sought {
    words: Vec<Word>,
    lists: Vec<Anchor>,
    grams: BTreeSet<Gram>,
}

impl Sought {
    /// `None` where the text is too short.
    fn of(hasher: &Hasher, text: &str) -> Option<Self> {
        if let Ok(email) = text.trim().parse::<Email>() {
            let (list, gram) = hasher.hash(&whole_address(&email));
            return Some(Self {
                words: Vec::new(),
                lists: vec![list],
                grams: BTreeSet::from([gram]),
            });
        }
        let mut words = words(text);
        if !words.iter().any(Word::is_searchable) {
            return None;
        }
        // Long words first: fewer have their trigrams.
        words.sort_by_key(|word| std::cmp::Reverse(word.chars()));
        let mut grams = BTreeSet::new();
        for gram in words.iter().flat_map(Word::grams).take(GRAMS_LIMIT) {
            grams.insert(hasher.hash(&gram).1);
        }
        let of_words = words.iter().map(|word| hasher.anchors(&word.certain_grams())).collect();
        let mut lists = Vec::new();
        for anchor in in_turn(of_words) {
            if lists.len() < LISTS_LIMIT && !lists.contains(&anchor) {
                lists.push(anchor);
            }
        }
        Some(Self { words, lists, grams })
    }

    /// The words of the search that the customer's data have as they are: hashes do not say in what
    /// order trigrams come.
    fn words_in(&self, customer: &Customer) -> usize {
        let known = [words(customer.name.expose()), codes_of(customer)].concat();
        self.words.iter().filter(|word| known.iter().any(|known| known.has(word))).count()
    }

    fn shared(&self, grams: &[u8]) -> usize {
        let grams: BTreeSet<&Gram> = grams.as_chunks::<GRAM_BYTES>().0.iter().collect();
        self.grams.iter().filter(|gram| grams.contains(gram)).count()
    }
}
