//! The internal rate of return of payments on given days.

use rust_decimal::Decimal;

const MAX_ITERATIONS: usize = 200;
/// A step in a discount or growth factor below which it is found: 10⁻²².
const TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 22);
/// The largest growth factor that is reported: above it a rate says nothing.
const MAX_GROWTH: Decimal = Decimal::from_parts(10_000_000, 0, 0, false, 0);
const ROOT_ITERATIONS: usize = 100;

/// A payment so many days after the disbursement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Payment {
    pub days: u32,
    pub amount: Decimal,
}

/// By how much money grows in one day where `payments`, in order of their days, repay `received`:
/// Σ amount × v^days = received, growth = 1/v. `None` where there is no such rate of 0 or more.
/// `guess` is a growth that is not above it, as far as one knows.
///
/// The sum is a polynomial in v with positive coefficients, rising and convex: a chord through two
/// points above the root meets 0 above it too. So the steps fall to the root and never pass it.
pub(super) fn daily_growth(
    received: Decimal,
    payments: &[Payment],
    guess: Decimal,
) -> Option<Decimal> {
    let repaid: Decimal = payments.iter().map(|payment| payment.amount).sum();
    if received <= Decimal::ZERO || repaid < received {
        return None;
    }
    let mut before = Decimal::ONE;
    let mut excess_before = repaid - received;
    let mut v = Decimal::ONE.checked_div(guess)?;
    let mut excess = worth(v, payments) - received;
    if v >= Decimal::ONE || excess < Decimal::ZERO {
        v = before - excess_before.checked_div(slope_at_one(payments))?;
        excess = worth(v, payments) - received;
    }
    for _ in 0..MAX_ITERATIONS {
        if v <= Decimal::ZERO {
            return None;
        }
        let slope = (excess_before - excess).checked_div(before - v).unwrap_or_default();
        if excess <= Decimal::ZERO || slope <= Decimal::ZERO {
            return Decimal::ONE.checked_div(v);
        }
        let step = excess / slope;
        (before, excess_before) = (v, excess);
        v -= step;
        if step <= TOLERANCE {
            return Decimal::ONE.checked_div(v);
        }
        excess = worth(v, payments) - received;
    }
    None
}

fn slope_at_one(payments: &[Payment]) -> Decimal {
    payments.iter().map(|payment| payment.amount * Decimal::from(payment.days)).sum()
}

/// What the payments are worth at the discount factor `v`, by Horner's rule.
fn worth(v: Decimal, payments: &[Payment]) -> Decimal {
    let mut powers: Vec<(u32, Decimal)> = Vec::new();
    let mut worth = Decimal::ZERO;
    for (index, payment) in payments.iter().enumerate().rev() {
        let before = index.checked_sub(1).map_or(0, |earlier| payments[earlier].days);
        let gap = payment.days.saturating_sub(before);
        let known = powers.iter().find(|(days, _)| *days == gap).copied();
        let (_, factor) = known.unwrap_or_else(|| {
            let entry = (gap, power(v, gap).unwrap_or_default());
            powers.push(entry);
            entry
        });
        worth = (worth + payment.amount) * factor;
    }
    worth
}

/// `growth` over `days` days, where it can be reported.
pub(super) fn over_days(growth: Decimal, days: u32) -> Option<Decimal> {
    power(growth, days).filter(|total| *total <= MAX_GROWTH)
}

fn power(base: Decimal, exponent: u32) -> Option<Decimal> {
    let mut result = Decimal::ONE;
    let mut square = base;
    let mut rest = exponent;
    loop {
        if rest & 1 == 1 {
            result = result.checked_mul(square)?;
        }
        rest >>= 1;
        if rest == 0 {
            return Some(result);
        }
        square = square.checked_mul(square)?;
    }
}

/// The growth of a month where that of a year is `yearly`: its twelfth root, taken as the cube root
/// of the fourth root. Each root's Newton steps start above it and fall to it.
pub(super) fn twelfth_root(yearly: Decimal) -> Option<Decimal> {
    let fourth = square_root(square_root(yearly)?)?;
    cube_root(fourth)
}

fn square_root(value: Decimal) -> Option<Decimal> {
    let half = Decimal::TWO;
    newton((value + Decimal::ONE) / half, |y| Some((y + value.checked_div(y)?) / half))
}

fn cube_root(value: Decimal) -> Option<Decimal> {
    let three = Decimal::from(3);
    newton((value + Decimal::TWO) / three, |y| {
        Some((y + y + value.checked_div(y.checked_mul(y)?)?) / three)
    })
}

fn newton(start: Decimal, next: impl Fn(Decimal) -> Option<Decimal>) -> Option<Decimal> {
    let mut y = start;
    for _ in 0..ROOT_ITERATIONS {
        let better = next(y)?;
        if (y - better).abs() <= TOLERANCE {
            return Some(better);
        }
        y = better;
    }
    None
}
