use std::cmp::Reverse;

use rust_decimal::Decimal;

use super::{Amount, Rounding};

/// The amount cannot be split in these proportions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    #[error("the weights must not be negative and must not all be zero")]
    Weights,
    #[error("the amount and its weights are too large to multiply")]
    TooLarge,
}

/// Splits `amount` in proportion to `weights` by largest remainder: each share is a multiple of the
/// rounding's multiple, what is left goes one multiple at a time to the largest remainders (the
/// earlier first where they are equal), and the shares sum to `amount` exactly.
///
/// A share of weight 0 is 0. Where `amount` is itself no whole number of multiples, the odd rest is
/// in the first share with a weight. The rounding's mode plays no part.
pub fn split(
    amount: Amount,
    weights: &[Amount],
    rounding: Rounding,
) -> Result<Vec<Amount>, SplitError> {
    let total: Amount = weights.iter().copied().sum();
    if weights.iter().any(|weight| weight.is_negative()) || !total.is_positive() {
        return Err(SplitError::Weights);
    }
    let unit = rounding.multiple();
    let odd_rest = amount.value() % unit;
    let whole = (amount.value() - odd_rest).abs();

    let mut shares = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        let exact = whole.checked_mul(weight.value()).ok_or(SplitError::TooLarge)? / total.value();
        let remainder = exact % unit;
        shares.push(exact - remainder);
        if weight.is_positive() {
            remainders.push((Reverse(remainder), index));
        }
    }
    let mut left = whole - shares.iter().copied().sum::<Decimal>();
    remainders.sort_unstable();
    for (_, index) in remainders.iter().cycle() {
        if left < unit {
            break;
        }
        if let Some(share) = shares.get_mut(*index) {
            *share += unit;
            left -= unit;
        }
    }

    if amount.is_negative() {
        shares.iter_mut().for_each(|share| *share = -*share);
    }
    let first_weighted = weights.iter().position(|weight| weight.is_positive());
    if let Some(share) = first_weighted.and_then(|index| shares.get_mut(index)) {
        *share += odd_rest;
    }
    Ok(shares.into_iter().map(Amount::new).collect())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{prop_assert, prop_assert_eq, prop_assume, proptest};

    use super::super::{Amount, Currency, Rounding, RoundingMode};
    use super::{SplitError, split};

    fn cents() -> Rounding {
        Rounding::to_minor_unit(RoundingMode::HalfUp, Currency::BRL)
    }

    fn amounts(texts: &[&str]) -> Vec<Amount> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    /// 800.00 over three equal values: 266.66 each, and the two cents left go to the first two.
    #[test]
    fn equal_weights_give_the_first_ones_the_cents_left() {
        let shares = split("800.00".parse().unwrap(), &amounts(&["300", "300", "300"]), cents());
        assert_eq!(shares.unwrap(), amounts(&["266.67", "266.67", "266.66"]));
    }

    /// Hamilton's method on 0.10 with weights 15, 25, 60: exact 0.015, 0.025, 0.060; floors 0.01,
    /// 0.02, 0.06; the cent left goes to the first of the two equal remainders.
    #[test]
    fn the_largest_remainder_gets_the_cent() {
        let shares = |weights| split("0.10".parse().unwrap(), &amounts(weights), cents()).unwrap();
        assert_eq!(shares(&["15", "25", "60"]), amounts(&["0.02", "0.02", "0.06"]));
        assert_eq!(shares(&["14", "26", "60"]), amounts(&["0.01", "0.03", "0.06"]));
    }

    #[test]
    fn weight_zero_gets_nothing_and_an_odd_rest_is_kept() {
        let shares = split("1.005".parse().unwrap(), &amounts(&["0", "1", "1"]), cents()).unwrap();
        assert_eq!(shares, amounts(&["0", "0.505", "0.50"]));
    }

    #[test]
    fn weights_that_cannot_be_used_are_errors() {
        let one = Amount::from_minor(100, Currency::BRL);
        for weights in [vec![], amounts(&["0", "0"]), amounts(&["2", "-1"])] {
            assert_eq!(split(one, &weights, cents()), Err(SplitError::Weights));
        }
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_amount_and_lie_within_a_cent_of_the_proportion(
            minor in -1_000_000_000_000_i64..=1_000_000_000_000,
            weights in vec(0_i64..=1_000_000_000, 1..60),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let amount = Amount::from_minor(minor, Currency::BRL);
            let weights: Vec<_> =
                weights.iter().map(|weight| Amount::from_minor(*weight, Currency::BRL)).collect();
            let shares = split(amount, &weights, cents()).unwrap();
            prop_assert_eq!(shares.iter().copied().sum::<Amount>(), amount);
            let total = weights.iter().copied().sum::<Amount>().value();
            for (share, weight) in shares.iter().zip(&weights) {
                prop_assert!(share.to_minor(Currency::BRL).is_some());
                let exact = amount.value() * weight.value() / total;
                prop_assert!((share.value() - exact).abs() < cents().multiple());
            }
        }
    }
}
