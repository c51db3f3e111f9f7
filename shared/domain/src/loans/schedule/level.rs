//! The level installment, and the rate that one implies.
//!
//! EMI = P·∏(1+fᵢ) / Fₙ with F₁ = 1, Fₖ = 1 + Fₖ₋₁·(1+fₖ), where fᵢ is the rate of period i. Dividing
//! both by ∏(1+fᵢ) gives P / a with a = Σₖ 1/((1+f₁)…(1+fₖ)), the worth of an annuity of 1. That is
//! what is computed: a never exceeds n, so that 480 periods at any rate stay within a decimal's range.

use rust_decimal::Decimal;

const MAX_ITERATIONS: usize = 200;
/// A step in the monthly rate below which it is found: 10⁻²².
const RATE_TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 22);

/// For each k the worth, at the start of period k, of 1 due at the end of each period from k on:
/// aₖ = (1 + aₖ₊₁) / (1 + fₖ). The level installment from period k on is balance / aₖ.
pub(super) fn annuities(rates: &[Decimal]) -> Vec<Decimal> {
    let mut later = Decimal::ZERO;
    let mut annuities: Vec<Decimal> = rates
        .iter()
        .rev()
        .map(|rate| {
            later = (Decimal::ONE + later) / (Decimal::ONE + rate);
            later
        })
        .collect();
    annuities.reverse();
    annuities
}

/// The rate per month at which equal installments of `amount`, due after periods of this many
/// months each, are worth `principal`; `None` where it is not found or would be negative.
///
/// The worth falls and is convex in the rate, so that Newton's steps from 0 approach the rate from
/// below and never pass it.
pub(super) fn implied_monthly_rate(
    principal: Decimal,
    amount: Decimal,
    months: &[Decimal],
) -> Option<Decimal> {
    let target = principal / amount;
    if target > Decimal::from(months.len()) {
        return None;
    }
    let mut rate = Decimal::ZERO;
    for _ in 0..MAX_ITERATIONS {
        let mut discount = Decimal::ONE;
        let mut annuity = Decimal::ZERO;
        let mut duration = Decimal::ZERO;
        let mut slope = Decimal::ZERO;
        let mut known = (Decimal::ZERO, Decimal::ONE, Decimal::ZERO);
        for &period in months {
            if known.0 != period {
                let factor = Decimal::ONE / (Decimal::ONE + rate * period);
                known = (period, factor, period * factor);
            }
            discount *= known.1;
            annuity += discount;
            duration += known.2;
            slope += discount * duration;
        }
        if slope.is_zero() {
            return None;
        }
        let step = (annuity - target) / slope;
        rate = rate.checked_add(step)?;
        if step <= RATE_TOLERANCE {
            return Some(rate.max(Decimal::ZERO));
        }
    }
    None
}
