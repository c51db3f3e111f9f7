use domain::ids::{BrandId, JournalEntryId, LoanId};
use domain::invoices::Invoice;
use domain::ledger::{Account, Command, Entry, EntryKind, Posting};
use domain::loans::loan::Loan;
use domain::money::{Amount, Currency};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::packed::{PackError, pack, pack_invoices, unpack, unpack_invoices};
use super::record::LoanRecord;
use crate::store::{Effect, Entity, Key, StoreError};

/// One change of a loan's money: the command, its balanced entries, and who did it. Written in the
/// transaction of the change; the table's stream carries it to the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalItem {
    pub brand: BrandId,
    pub loan: LoanId,
    pub id: JournalEntryId,
    /// The number of the first entry; orders the journal.
    pub seq: u32,
    pub at: Timestamp,
    pub effect: Effect,
    /// The entries as JSON, each a [`StoredEntry`].
    entries: String,
    /// What was asked, as JSON; absent where the calendar or an activation made the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    /// The commands of a history that came from another system, as JSON, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    history: Option<String>,
    /// The loan right after its activation, in compact form: the fold's starting point.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "serde_bytes")]
    opening: Option<Vec<u8>>,
    /// Closed invoices that left the loan's item with this change, in compact form.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "serde_bytes")]
    evicted: Option<Vec<u8>>,
    /// That the change left nothing owed on the contract, or something again; absent where neither
    /// changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clear: Option<bool>,
}

impl JournalItem {
    pub const SORT_PREFIX: &'static str = "J#";

    /// The journal item of one change.
    ///
    /// # Errors
    /// [`StoreError::Refused`] without an entry to number it by.
    pub fn new(
        record: &LoanRecord,
        id: JournalEntryId,
        at: Timestamp,
        effect: Effect,
        entries: &[Entry],
        command: Option<&Command>,
    ) -> Result<Self, StoreError> {
        let first = entries.first();
        let seq = first
            .ok_or_else(|| StoreError::Refused("a journal item without entries".to_owned()))?
            .seq;
        Ok(Self {
            brand: record.brand,
            loan: record.loan.id,
            id,
            seq,
            at,
            effect,
            entries: to_json(&entries.iter().map(StoredEntry::from).collect::<Vec<_>>())?,
            command: command.map(to_json).transpose()?,
            history: None,
            opening: None,
            evicted: None,
            clear: None,
        })
    }

    /// Keeps the commands by which a loan that came from another system got where it is.
    pub fn with_history(mut self, commands: &[Command]) -> Result<Self, StoreError> {
        if !commands.is_empty() {
            self.history = Some(to_json(commands)?);
        }
        Ok(self)
    }

    /// Keeps the loan as it is right after its activation.
    pub fn with_opening(mut self, loan: &Loan) -> Result<Self, StoreError> {
        self.opening = Some(pack(loan)?);
        Ok(self)
    }

    /// Notes whether anything is owed, where the change decides it.
    pub(super) fn with_clear(mut self, before: &Loan, after: &Loan) -> Self {
        let clear = after.is_clear();
        self.clear = (before.is_clear() != clear).then_some(clear);
        self
    }

    /// Whether with this change the contract came to owe nothing, or something again.
    pub const fn turns_clearance(&self) -> bool {
        self.clear.is_some()
    }

    pub(super) fn with_evicted(
        mut self,
        invoices: &[Invoice],
        currency: Currency,
    ) -> Result<Self, StoreError> {
        if !invoices.is_empty() {
            self.evicted = Some(pack_invoices(invoices, currency)?);
        }
        Ok(self)
    }

    pub fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let entries: Vec<StoredEntry> = from_json(&self.entries)?;
        Ok(entries.into_iter().map(Entry::from).collect())
    }

    /// What was asked, in order: one command, several where a history came from another system,
    /// none where the calendar or an activation made the change.
    pub fn commands(&self) -> Result<Vec<Command>, StoreError> {
        let mut commands: Vec<Command> =
            self.history.as_deref().map(from_json).transpose()?.unwrap_or_default();
        commands.extend(self.command.as_deref().map(from_json).transpose()?);
        Ok(commands)
    }

    pub fn opening(&self) -> Result<Option<Loan>, StoreError> {
        Ok(self.opening.as_deref().map(|bytes| unpack(self.loan, bytes)).transpose()?)
    }

    /// The closed invoices that left the loan with this change.
    pub fn evicted(&self, currency: Currency) -> Result<Vec<Invoice>, StoreError> {
        let unpacked = self.evicted.as_deref().map(|bytes| unpack_invoices(bytes, currency));
        Ok(unpacked.transpose()?.unwrap_or_default())
    }
}

/// What a loan's journal says was done: the loan right after its activation, and the commands since,
/// those that were posted together in one slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postings {
    pub opening: Loan,
    commands: Vec<Vec<Command>>,
}

impl Postings {
    /// `None` for a loan that was never disbursed, which has no books.
    pub fn of(journal: &[JournalItem]) -> Result<Option<Self>, StoreError> {
        let (mut opening, mut commands) = (None, Vec::new());
        for item in journal {
            let posted = item.commands()?;
            match item.opening()? {
                // A history that came from another system was not posted at once.
                Some(loan) => {
                    opening = Some(loan);
                    commands.extend(posted.into_iter().map(|command| vec![command]));
                }
                None if posted.is_empty() => {}
                None => commands.push(posted),
            }
        }
        Ok(opening.map(|opening| Self { opening, commands }))
    }

    pub fn slices(&self) -> impl Iterator<Item = &[Command]> {
        self.commands.iter().map(Vec::as_slice)
    }

    /// The loan as it stood at the end of a date, by what is known now: with payments that came in
    /// time and were told later, and with those that were taken back later.
    pub fn as_of(&self, date: Date) -> Loan {
        let commands = self.commands.iter().flatten();
        let known: Vec<Command> =
            commands.filter(|command| command.on() <= date).cloned().collect();
        Loan::replay(&self.opening, &known)
    }
}

impl Entity for JournalItem {
    const NAME: &'static str = "journal item";

    fn key(&self) -> Key {
        let pk = LoanRecord::partition(self.brand, self.loan);
        Key::new(pk, format!("{}{:08}", Self::SORT_PREFIX, self.seq))
    }

    fn is_told(&self) -> bool {
        !self.effect.is_of_many()
    }
}

/// An entry without its field names: three invoices that fall overdue at once are one write unit.
/// `[2,"OVERDUE","2026-03-11",1,[["LATE_FEE_RECEIVABLE","10.00"],["LATE_FEE_INCOME","-10.00"]]]`
#[derive(Serialize, Deserialize)]
struct StoredEntry(u32, EntryKind, Date, Option<u16>, Vec<(Account, Amount)>);

impl From<&Entry> for StoredEntry {
    fn from(entry: &Entry) -> Self {
        let postings = entry.postings.iter().map(|posting| (posting.account, posting.amount));
        Self(entry.seq, entry.kind, entry.on, entry.invoice, postings.collect())
    }
}

impl From<StoredEntry> for Entry {
    fn from(StoredEntry(seq, kind, on, invoice, postings): StoredEntry) -> Self {
        let postings = postings.into_iter().map(|(account, amount)| Posting::new(account, amount));
        Self { seq, kind, on, invoice, postings: postings.collect() }
    }
}

fn to_json(value: &(impl Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Refused(error.to_string()))
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("journal: {error}")))
}

impl From<PackError> for StoreError {
    fn from(error: PackError) -> Self {
        Self::Corrupt(error.to_string())
    }
}
