//! The internal rate of return of payments on given days.

use rust_decimal::Decimal;

const MAX_ITERATIONS: usize = 200;
/// A step in the daily discount factor below which it is found: 10⁻²⁴.
const DISCOUNT_TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 24);
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
///
/// The sum is a polynomial in v with positive coefficients, rising and convex, so that Newton's
/// steps from v = 1 approach the root from above and never pass it.
pub(super) fn daily_growth(received: Decimal, payments: &[Payment]) -> Option<Decimal> {
    let repaid: Decimal = payments.iter().map(|payment| payment.amount).sum();
    if received <= Decimal::ZERO || repaid < received {
        return None;
    }
    let mut v = Decimal::ONE;
    for _ in 0..MAX_ITERATIONS {
        let (worth, slope) = worth_and_slope(v, payments);
        if slope.is_zero() {
            return None;
        }
        let step = (worth - received) / slope;
        v -= step;
        if v <= Decimal::ZERO {
            return None;
        }
        if step.abs() <= DISCOUNT_TOLERANCE {
            return Decimal::ONE.checked_div(v.min(Decimal::ONE));
        }
    }
    None
}

/// The payments' worth at the discount factor `v`, and its derivative, by Horner's rule.
fn worth_and_slope(v: Decimal, payments: &[Payment]) -> (Decimal, Decimal) {
    let mut powers: Vec<(u32, Decimal, Decimal)> = Vec::new();
    let mut worth = Decimal::ZERO;
    let mut slope = Decimal::ZERO;
    for (index, payment) in payments.iter().enumerate().rev() {
        let before = index.checked_sub(1).map_or(0, |previous| payments[previous].days);
        let gap = payment.days.saturating_sub(before);
        worth += payment.amount;
        if gap == 0 {
            continue;
        }
        let known = powers.iter().find(|(days, ..)| *days == gap).copied();
        let (_, below, full) = known.unwrap_or_else(|| {
            let below = discount(v, gap - 1);
            let entry = (gap, below, below * v);
            powers.push(entry);
            entry
        });
        slope = slope * full + worth * below * Decimal::from(gap);
        worth *= full;
    }
    (worth, slope)
}

/// `v` to the power of `days`, for `v` from 0 to 1.
fn discount(v: Decimal, days: u32) -> Decimal {
    power(v, days).unwrap_or_default()
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
        if (y - better).abs() <= DISCOUNT_TOLERANCE {
            return Some(better);
        }
        y = better;
    }
    None
}
