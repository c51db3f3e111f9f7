use jiff::civil::Date;

use super::{Account, Balances, Entry, EntryKind};
use crate::loans::loan::Loan;
use crate::money::Amount;

/// What a command brought about, and the entries that post it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed<T> {
    pub outcome: T,
    /// Balanced and numbered; empty where nothing changed.
    pub entries: Vec<Entry>,
}

/// Turns the steps of a command into entries: each is the difference of the loan's balances.
#[derive(Debug)]
pub(crate) struct Recorder {
    last: Balances,
    entries: Vec<Entry>,
}

impl Recorder {
    pub fn new(loan: &Loan) -> Self {
        Self { last: loan.balances(), entries: Vec::new() }
    }

    /// Posts mora closed by the step that [`Self::step`] posts next.
    pub fn mora(&mut self, mora: Amount, on: Date) {
        let mut change = Balances::default();
        change.add(Account::MoraReceivable, mora);
        change.add(Account::MoraIncome, -mora);
        self.push(EntryKind::Mora, on, &change);
    }

    /// Posts everything that changed since the last step.
    pub fn step(&mut self, loan: &Loan, kind: EntryKind, on: Date) {
        let mut change = loan.balances();
        change -= &self.last;
        self.push(kind, on, &change);
    }

    /// Notes an event that moves no money.
    pub fn note(&mut self, kind: EntryKind, on: Date) {
        self.entries.push(Entry::of(kind, on, &Balances::default()));
    }

    fn push(&mut self, kind: EntryKind, on: Date, change: &Balances) {
        if !change.is_empty() {
            self.last += change;
            self.entries.push(Entry::of(kind, on, change));
        }
    }

    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}

impl Loan {
    /// Posts a change of one step, numbered.
    pub(crate) fn record(
        &mut self,
        mut recorder: Recorder,
        kind: EntryKind,
        on: Date,
    ) -> Changed<()> {
        recorder.step(self, kind, on);
        let mut entries = recorder.into_entries();
        self.number(&mut entries);
        Changed { outcome: (), entries }
    }

    pub(crate) fn number(&mut self, entries: &mut [Entry]) {
        for entry in entries {
            self.seq += 1;
            entry.seq = self.seq;
        }
    }
}
