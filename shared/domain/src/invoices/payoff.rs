use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Invoice, Part, Rebate, Split, days_between};
use crate::ledger::CommandError;
use crate::loans::loan::Loan;
use crate::loans::status::{Status, Transition};
use crate::money::Amount;

/// What ends a contract on a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PayoffQuote {
    /// The quote holds for a payment with this value date.
    pub on: Date,
    pub lines: Vec<PayoffLine>,
    /// Owed by contract on that date, interest of later periods included.
    pub owed: Split,
    pub unearned_interest: Amount,
    pub discount: Amount,
    /// `owed − unearned_interest − discount`
    pub payable: Amount,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PayoffLine {
    pub invoice: u16,
    pub due: Date,
    pub owed: Split,
    /// Interest of this invoice that is not charged.
    pub unearned_interest: Amount,
    /// What the discount takes off this invoice.
    pub discount: Split,
}

/// Charges are given up before interest, interest before principal.
const DISCOUNT_ORDER: [Part; 4] = [Part::Mora, Part::LateFee, Part::Interest, Part::Principal];

impl Loan {
    /// The quote for an early payoff on `on`.
    ///
    /// # Errors
    /// The loan is not active, or a later money event is posted already.
    pub fn payoff_quote(&self, on: Date) -> Result<PayoffQuote, CommandError> {
        if self.status() != Status::Active {
            return Err(self
                .stage
                .after(Transition::Complete)
                .map_or_else(CommandError::from, |stage| CommandError::NotPayable {
                    status: stage.status(),
                }));
        }
        if let Some(through) = self.through.filter(|through| on < *through) {
            return Err(CommandError::NeedsHistory { through });
        }
        Ok(self.quote(on))
    }

    pub(crate) fn quote(&self, on: Date) -> PayoffQuote {
        let mut lines: Vec<_> = self
            .open_in_order(None)
            .into_iter()
            .map(|index| {
                let invoice = &self.invoices[index];
                PayoffLine {
                    invoice: invoice.number,
                    due: invoice.due,
                    owed: invoice.owed(on, &self.terms),
                    unearned_interest: Amount::ZERO,
                    discount: Split::default(),
                }
            })
            .collect();
        self.rebate(on, &mut lines);
        let owed: Split = lines.iter().map(|line| line.owed).sum();
        let unearned_interest: Amount = lines.iter().map(|line| line.unearned_interest).sum();
        let before = owed.total() - unearned_interest;
        let percent = self.terms.payoff_discount.value().min(Decimal::ONE_HUNDRED);
        let discount = self.terms.share(before, percent, Decimal::ONE_HUNDRED);
        let mut left = discount;
        for part in DISCOUNT_ORDER {
            for line in &mut lines {
                let mut open = line.owed;
                open.interest -= line.unearned_interest;
                let share = open.get(part).min(left);
                *line.discount.get_mut(part) = share;
                left -= share;
            }
        }
        PayoffQuote { on, lines, owed, unearned_interest, discount, payable: before - discount }
    }

    /// Fills in the interest that is not charged, by the product's rule.
    fn rebate(&self, on: Date, lines: &mut [PayoffLine]) {
        match self.terms.rebate {
            Rebate::None => {}
            Rebate::ProRata => {
                for line in lines {
                    if let Some(invoice) = self.invoice(line.invoice) {
                        let unearned = invoice.interest - self.earned(invoice, on);
                        line.unearned_interest = unearned.min(line.owed.interest);
                    }
                }
            }
            Rebate::RuleOf78 => {
                let begins_later = |number| self.period_start(number) >= Some(on);
                let left_periods = lines.iter().filter(|line| begins_later(line.invoice)).count();
                let digits = |count: usize| {
                    let count = Decimal::from(count);
                    count * (count + Decimal::ONE)
                };
                let mut left = self.terms.share(
                    self.interest,
                    digits(left_periods),
                    digits(self.invoice_count()),
                );
                let later = lines.iter_mut().filter(|line| begins_later(line.invoice));
                for line in later.rev() {
                    line.unearned_interest = left.min(line.owed.interest);
                    left -= line.unearned_interest;
                }
            }
        }
    }

    /// Interest of one invoice earned by `on`, by the days of its own period.
    fn earned(&self, invoice: &Invoice, on: Date) -> Amount {
        let Some(start) = self.period_start(invoice.number) else { return invoice.interest };
        let days = days_between(start, invoice.nominal_due);
        let elapsed = days_between(start, on).clamp(0, days.max(0));
        if days <= 0 || elapsed == days {
            return if on >= invoice.nominal_due { invoice.interest } else { Amount::ZERO };
        }
        self.terms.share(invoice.interest, elapsed.into(), days.into())
    }
}
