use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::{Amount, Currency};

/// How a figure is brought to a multiple.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RoundingMode {
    /// Half away from zero.
    #[default]
    HalfUp,
    /// Half to the even neighbour.
    HalfEven,
    /// Away from zero.
    Up,
    /// Toward zero.
    Down,
    /// Full precision: not rounded.
    None,
}

/// A rounding mode and the multiple it rounds to (0.01, 1, 100; always positive).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rounding {
    mode: RoundingMode,
    multiple: Decimal,
}

impl Rounding {
    /// Rounds to `multiple`; `None` where the multiple is not positive.
    pub fn to_multiple(mode: RoundingMode, multiple: Decimal) -> Option<Self> {
        (multiple > Decimal::ZERO).then_some(Self { mode, multiple })
    }

    /// Rounds to the currency's minor unit.
    pub fn to_minor_unit(mode: RoundingMode, currency: Currency) -> Self {
        Self { mode, multiple: Decimal::new(1, currency.exponent()) }
    }

    pub const fn mode(self) -> RoundingMode {
        self.mode
    }

    pub const fn multiple(self) -> Decimal {
        self.multiple
    }

    pub fn round(self, value: Decimal) -> Amount {
        let strategy = match self.mode {
            RoundingMode::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            RoundingMode::HalfEven => RoundingStrategy::MidpointNearestEven,
            RoundingMode::Up => RoundingStrategy::AwayFromZero,
            RoundingMode::Down => RoundingStrategy::ToZero,
            RoundingMode::None => return Amount::new(value),
        };
        Amount::new((value / self.multiple).round_dp_with_strategy(0, strategy) * self.multiple)
    }
}
