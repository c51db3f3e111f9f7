use std::collections::BTreeMap;
use std::ops::{AddAssign, SubAssign};

use serde::{Deserialize, Serialize};

use crate::money::Amount;

/// The accounts of a loan's books. Debits are positive, credits negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Account {
    Cash,
    PrincipalReceivable,
    InterestReceivable,
    LateFeeReceivable,
    MoraReceivable,
    /// What the lender owes the customer.
    CustomerCredit,
    /// Contract interest of periods that are not over; becomes income when its invoice falls
    /// overdue, or is paid earlier.
    UnearnedInterest,
    InterestIncome,
    LateFeeIncome,
    MoraIncome,
    UpfrontFeeIncome,
    /// Given up: late fees, mora, and what an early payoff's discount takes off.
    Waivers,
    SettlementLoss,
    /// What a write-off took off the books, recoverable.
    WriteOff,
    Recovery,
    /// Between a renegotiated loan and the one that replaces it: sums to zero over both.
    RenegotiationTransfer,
    /// The new principal above (credit) or below (debit) the book value that it replaces.
    RenegotiationDifference,
}

/// The balance of each account; accounts at zero are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Balances(BTreeMap<Account, Amount>);

impl Balances {
    pub fn get(&self, account: Account) -> Amount {
        self.0.get(&account).copied().unwrap_or_default()
    }

    pub fn add(&mut self, account: Account, amount: Amount) {
        let balance = self.0.entry(account).or_default();
        *balance += amount;
        if balance.is_zero() {
            self.0.remove(&account);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (Account, Amount)> + '_ {
        self.0.iter().map(|(account, amount)| (*account, *amount))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether debits equal credits.
    pub fn is_balanced(&self) -> bool {
        self.0.values().copied().sum::<Amount>().is_zero()
    }
}

impl AddAssign<&Self> for Balances {
    fn add_assign(&mut self, other: &Self) {
        for (account, amount) in other.iter() {
            self.add(account, amount);
        }
    }
}

impl SubAssign<&Self> for Balances {
    fn sub_assign(&mut self, other: &Self) {
        for (account, amount) in other.iter() {
            self.add(account, -amount);
        }
    }
}
