use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};

use serde::{Deserialize, Serialize};

use crate::money::Amount;

/// One of the four parts of what is charged on an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Part {
    LateFee,
    Mora,
    Interest,
    Principal,
}

impl Part {
    pub const ALL: [Self; 4] = [Self::LateFee, Self::Mora, Self::Interest, Self::Principal];
}

/// An amount by its four parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Split {
    pub late_fee: Amount,
    pub mora: Amount,
    pub interest: Amount,
    pub principal: Amount,
}

impl Split {
    pub fn total(&self) -> Amount {
        self.late_fee + self.mora + self.interest + self.principal
    }

    /// Interest and principal: the installment without its charges.
    pub fn value(&self) -> Amount {
        self.interest + self.principal
    }

    pub fn is_zero(&self) -> bool {
        Part::ALL.iter().all(|part| self.get(*part).is_zero())
    }

    pub const fn get(&self, part: Part) -> Amount {
        match part {
            Part::LateFee => self.late_fee,
            Part::Mora => self.mora,
            Part::Interest => self.interest,
            Part::Principal => self.principal,
        }
    }

    pub const fn get_mut(&mut self, part: Part) -> &mut Amount {
        match part {
            Part::LateFee => &mut self.late_fee,
            Part::Mora => &mut self.mora,
            Part::Interest => &mut self.interest,
            Part::Principal => &mut self.principal,
        }
    }

    /// The part of `available` that goes to each part of `self`, in this order.
    pub fn fill(&self, mut available: Amount, order: [Part; 4]) -> Self {
        let mut filled = Self::default();
        for part in order {
            let share = self.get(part).min(available);
            *filled.get_mut(part) = share;
            available -= share;
        }
        filled
    }
}

impl Add for Split {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sub for Split {
    type Output = Self;
    fn sub(mut self, other: Self) -> Self {
        self -= other;
        self
    }
}

impl AddAssign for Split {
    fn add_assign(&mut self, other: Self) {
        for part in Part::ALL {
            *self.get_mut(part) += other.get(part);
        }
    }
}

impl SubAssign for Split {
    fn sub_assign(&mut self, other: Self) {
        for part in Part::ALL {
            *self.get_mut(part) -= other.get(part);
        }
    }
}

impl Sum for Split {
    fn sum<I: Iterator<Item = Self>>(splits: I) -> Self {
        splits.fold(Self::default(), Add::add)
    }
}
