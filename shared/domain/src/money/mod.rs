//! Money, rates and rounding.

mod amount;
mod currency;
mod rate;
mod rounding;
mod split;

pub use amount::{Amount, AmountError};
pub use currency::{Currency, UnknownCurrency};
pub use rate::{Percent, PercentError};
pub use rounding::{Rounding, RoundingMode};
pub use split::{SplitError, split};

use rust_decimal::Decimal;

/// The longest text of a decimal that is looked at: a sign, 28 digits and a point, with room for
/// leading zeros.
const DECIMAL_TEXT_BYTES: usize = 40;

/// A decimal in plain digits (`-12.50`); `None` for signs, separators or exponents beyond that, and
/// where the value does not fit exactly.
fn parse_decimal(text: &str) -> Option<Decimal> {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let is_plain = match unsigned.split_once('.') {
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
        None => is_digits(unsigned),
    };
    if !is_plain || text.len() > DECIMAL_TEXT_BYTES {
        return None;
    }
    let value = Decimal::from_str_exact(text).ok()?;
    Some(if value.is_zero() { Decimal::ZERO } else { value })
}
