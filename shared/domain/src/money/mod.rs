//! Money, rates and rounding.

mod amount;
mod currency;
mod rate;
mod rounding;

pub use amount::{Amount, AmountError};
pub use currency::{Currency, UnknownCurrency};
pub use rate::{Percent, PercentError};
pub use rounding::{Rounding, RoundingMode};
