use jiff::civil::Date;
use serde::Serialize;

use super::{Account, Balances, Command, Entry, EntryKind};
use crate::loans::loan::Loan;
use crate::money::Amount;

/// What two accounts of the same loan disagree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "of", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DriftOf {
    /// The sum of the journal against the loan's own balance.
    Journal { account: Account },
    /// The loan's balance against that of the loan rebuilt from its history.
    Balance { account: Account },
    /// What is owed on an invoice, stored against rebuilt.
    Invoice { number: u16 },
}

/// A disagreement, which is always a defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    pub of: DriftOf,
    pub stored: Amount,
    pub rebuilt: Amount,
}

/// A loan computed anew from its opening and history, and where the stored one differs from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// All its invoices are held in it; its entries are numbered on from the stored loan's.
    pub loan: Loan,
    pub drift: Vec<Drift>,
}

impl Loan {
    /// Computes the loan anew as of `today` and compares. Nights that are not stored yet are no
    /// drift.
    pub fn rebuild(
        &self,
        opening: &Self,
        history: &[Command],
        journal: &[Entry],
        today: Date,
    ) -> Rebuilt {
        let mut stored = self.clone();
        let mut posted = Balances::of(journal);
        posted += &Balances::of(&stored.advance(today).entries);
        let mut loan = Self::replay(opening, history);
        loan.advance(today);
        loan.seq = self.seq;

        let balances = stored.balances();
        let mut drift = differences(&posted, &balances, |account| DriftOf::Journal { account });
        let rebuilt = loan.balances();
        drift.extend(differences(&balances, &rebuilt, |account| DriftOf::Balance { account }));
        for number in 1..=u16::try_from(loan.invoice_count()).unwrap_or(u16::MAX) {
            let owed = |loan: &Self| {
                let invoice = loan.invoice(number);
                invoice.map_or(Amount::ZERO, |invoice| {
                    invoice.owed(loan.accrual_date(today), &loan.terms).total()
                })
            };
            let (stored, rebuilt) = (owed(&stored), owed(&loan));
            if stored != rebuilt {
                drift.push(Drift { of: DriftOf::Invoice { number }, stored, rebuilt });
            }
        }
        Rebuilt { loan, drift }
    }
}

impl Rebuilt {
    /// Numbers the entry that makes the journal add up to the rebuilt loan; it has no postings
    /// where the journal does already.
    pub fn adjust(&mut self, journal: &[Entry], on: Date) -> Entry {
        let mut change = self.loan.balances();
        change -= &Balances::of(journal);
        let mut entry = Entry::of(EntryKind::Adjustment, on, &change);
        let posted = journal.iter().map(|entry| entry.seq).max().unwrap_or_default();
        self.loan.seq = self.loan.seq.max(posted);
        self.loan.number(std::slice::from_mut(&mut entry));
        entry
    }
}

fn differences(
    stored: &Balances,
    rebuilt: &Balances,
    of: impl Fn(Account) -> DriftOf,
) -> Vec<Drift> {
    let mut difference = stored.clone();
    difference -= rebuilt;
    difference
        .iter()
        .map(|(account, _)| Drift {
            of: of(account),
            stored: stored.get(account),
            rebuilt: rebuilt.get(account),
        })
        .collect()
}
