use std::collections::BTreeMap;

use proptest::{prop_assert, prop_assert_eq, proptest};
use rust_decimal::{Decimal, RoundingStrategy};

use super::book::{Book, life, plus};
use crate::invoices::ChargeRounding;
use crate::ledger::{Explained, Rule};
use crate::loans::loan::Loan;
use crate::money::Amount;

/// The figure that its terms make, by the formulas as they are documented.
fn evaluated(figure: &Explained, loan: &Loan) -> Amount {
    let strategy = match loan.terms.rounding {
        ChargeRounding::HalfUp => RoundingStrategy::MidpointAwayFromZero,
        ChargeRounding::HalfEven => RoundingStrategy::MidpointNearestEven,
    };
    let round = |value: Decimal| Amount::new(value.round_dp_with_strategy(2, strategy));
    match &figure.rule {
        Rule::Sum { terms } => terms.iter().map(|term| term.value).sum(),
        Rule::SumOrZero { terms } => {
            terms.iter().map(|term| term.value).sum::<Amount>().max(Amount::ZERO)
        }
        Rule::LateFee { base, percent, .. } => {
            round(base.value() * percent.value() / Decimal::from(100))
        }
        Rule::Mora { until, days, base, monthly_percent, .. } => {
            let grown = base.value() * monthly_percent.value() * Decimal::from(*days);
            *until + round(grown / Decimal::from(3_000))
        }
    }
}

proptest! {
    /// Any life of a loan, on any day after it: each figure is what its terms make, and a term that
    /// is a figure itself has that figure's value.
    #[test]
    fn terms_make_their_figures(life in life(), days in 0..300_i64) {
        let book = Book::live(&life);
        let on = plus(book.today, days);
        let mut loan = book.loan.clone();
        loan.advance(on);
        let figures = loan.explain_figures(on);
        let values: BTreeMap<&str, Amount> =
            figures.iter().map(|figure| (figure.figure.as_str(), figure.value)).collect();
        prop_assert_eq!(values.len(), figures.len());
        for figure in &figures {
            prop_assert_eq!(evaluated(figure, &loan), figure.value, "{:?}", figure);
            if let Rule::Sum { terms } | Rule::SumOrZero { terms } = &figure.rule {
                for term in terms {
                    let known = values.get(term.of.as_str());
                    prop_assert!(
                        known.is_none_or(|known| *known == term.value || -*known == term.value),
                        "{:?}", term
                    );
                }
            }
        }
        prop_assert_eq!(values["owed.total"], loan.owed(on).total());
        prop_assert_eq!(values["totalValuePaid"], loan.total_value_paid());
    }
}
