//! What a borrower is shown before a loan: installments, totals, cost, and how each came about.

use serde::Serialize;

use super::schedule::{Installment, Schedule, ScheduleExplanation, Totals};
use super::terms::{InvalidTerms, ScheduleTerms};
use crate::disclosure::iof::{Iof, IofPayment, IofRates, with_iof};
use crate::disclosure::{Disclosure, DisclosureExplanation};
use crate::money::{Amount, Rounding, RoundingMode};

/// A quote, in the shape of the API's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    pub installments: Vec<Installment>,
    pub installment_amount: Amount,
    pub totals: Totals,
    pub disclosure: Disclosure,
    pub explanation: QuoteExplanation,
}

/// How a quote came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuoteExplanation {
    pub schedule: ScheduleExplanation,
    pub disclosure: DisclosureExplanation,
    /// The tax that is among the charges, where there is one.
    pub iof: Option<Iof>,
}

impl Quote {
    /// The quote of `terms` as they are, without taxes.
    pub fn new(terms: &ScheduleTerms) -> Result<Self, InvalidTerms> {
        Ok(Self::assemble(terms, Schedule::build(terms)?, None))
    }

    /// The quote with Brazil's tax on credit, rounded half-up to the currency's minor unit.
    pub fn with_iof(
        terms: &ScheduleTerms,
        rates: &IofRates,
        payment: IofPayment,
    ) -> Result<Self, InvalidTerms> {
        let rounding = Rounding::to_minor_unit(RoundingMode::HalfUp, terms.input().currency);
        let (taxed, schedule, iof) = with_iof(terms, rates, payment, rounding)?;
        Ok(Self::assemble(&taxed, schedule, Some(iof)))
    }

    fn assemble(terms: &ScheduleTerms, schedule: Schedule, iof: Option<Iof>) -> Self {
        let (disclosure, explained) = Disclosure::of(terms, &schedule);
        Self {
            installments: schedule.installments,
            installment_amount: schedule.installment_amount,
            totals: schedule.totals,
            disclosure,
            explanation: QuoteExplanation {
                schedule: schedule.explanation,
                disclosure: explained,
                iof,
            },
        }
    }
}
