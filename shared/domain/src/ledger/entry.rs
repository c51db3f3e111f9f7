use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Account, Balances};
use crate::money::Amount;

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EntryKind {
    Disbursement,
    /// An invoice became overdue: its late fee, and its interest earned.
    Overdue,
    /// Mora grown up to an event, posted before it.
    Mora,
    Payment,
    /// A payment on a loan written off.
    Recovery,
    Waiver,
    /// Interest not yet earned and discount given up by an early payoff.
    Payoff,
    /// A settlement was agreed; no money moves, so it has no postings.
    SettlementOffer,
    SettlementLoss,
    WriteOff,
    Refund,
    /// A payment taken back, with the charges that arise as if it had never been made.
    Reversal,
    /// The charges that a value date in the past takes back or brings about.
    Adjustment,
    Renegotiation,
}

/// One line of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Posting {
    pub account: Account,
    /// A debit where positive, a credit where negative; never zero.
    pub amount: Amount,
}

impl Posting {
    pub const fn new(account: Account, amount: Amount) -> Self {
        Self { account, amount }
    }
}

/// One balanced entry of a loan's journal; never changed once written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// From 1, in posting order, without gaps.
    pub seq: u32,
    pub kind: EntryKind,
    /// The value date.
    pub on: Date,
    /// For [`EntryKind::Overdue`]: the invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<u16>,
    pub postings: Vec<Posting>,
}

impl Entry {
    pub fn is_balanced(&self) -> bool {
        self.postings.iter().map(|posting| posting.amount).sum::<Amount>().is_zero()
    }

    pub(crate) fn of(kind: EntryKind, on: Date, change: &Balances) -> Self {
        let postings =
            change.iter().map(|(account, amount)| Posting::new(account, amount)).collect();
        Self { seq: 0, kind, on, invoice: None, postings }
    }
}

impl Balances {
    pub fn post(&mut self, entry: &Entry) {
        for posting in &entry.postings {
            self.add(posting.account, posting.amount);
        }
    }

    /// What a journal adds up to.
    pub fn of<'entry>(entries: impl IntoIterator<Item = &'entry Entry>) -> Self {
        let mut balances = Self::default();
        for entry in entries {
            balances.post(entry);
        }
        balances
    }
}
