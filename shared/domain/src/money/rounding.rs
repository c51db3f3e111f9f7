use rust_decimal::Decimal;
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

    /// The nearest multiple by the mode; exact, since only a remainder is taken, never a quotient.
    pub fn round(self, value: Decimal) -> Amount {
        let rest = value % self.multiple;
        let toward_zero = value - rest;
        let away = if value.is_sign_negative() { -self.multiple } else { self.multiple };
        let half = rest.abs().cmp(&(self.multiple - rest.abs()));
        let is_up = match self.mode {
            RoundingMode::None => return Amount::new(value),
            RoundingMode::Down => false,
            RoundingMode::Up => !rest.is_zero(),
            RoundingMode::HalfUp => half.is_ge(),
            RoundingMode::HalfEven => {
                let is_odd = !(toward_zero % (self.multiple + self.multiple)).is_zero();
                half.is_gt() || (half.is_eq() && is_odd)
            }
        };
        Amount::new(if is_up { toward_zero + away } else { toward_zero })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};
    use rust_decimal::{Decimal, RoundingStrategy};

    use super::super::Currency;
    use super::{Rounding, RoundingMode};

    fn round(mode: RoundingMode, multiple: &str, value: &str) -> String {
        let rounding = Rounding::to_multiple(mode, multiple.parse().unwrap()).unwrap();
        rounding.round(value.parse().unwrap()).to_string()
    }

    /// The table of java.math.RoundingMode (Java SE API), in whole units.
    #[test]
    fn modes_agree_with_the_published_table() {
        let inputs = ["5.5", "2.5", "1.6", "1.1", "1.0", "-1.0", "-1.1", "-1.6", "-2.5", "-5.5"];
        for (mode, expected) in [
            (RoundingMode::Up, ["6", "3", "2", "2", "1", "-1", "-2", "-2", "-3", "-6"]),
            (RoundingMode::Down, ["5", "2", "1", "1", "1", "-1", "-1", "-1", "-2", "-5"]),
            (RoundingMode::HalfUp, ["6", "3", "2", "1", "1", "-1", "-1", "-2", "-3", "-6"]),
            (RoundingMode::HalfEven, ["6", "2", "2", "1", "1", "-1", "-1", "-2", "-2", "-6"]),
        ] {
            let rounded = inputs.map(|input| round(mode, "1", input));
            assert_eq!(rounded, expected.map(|whole| format!("{whole}.00")), "{mode:?}");
        }
    }

    #[test]
    fn multiples_other_than_the_cent() {
        assert_eq!(round(RoundingMode::HalfUp, "100", "1250"), "1300.00");
        assert_eq!(round(RoundingMode::HalfEven, "100", "1250"), "1200.00");
        assert_eq!(round(RoundingMode::HalfUp, "0.05", "1.025"), "1.05");
        assert_eq!(round(RoundingMode::Up, "0.5", "0.0001"), "0.50");
        assert_eq!(round(RoundingMode::None, "0.01", "1.23456"), "1.23456");
        assert_eq!(round(RoundingMode::Down, "0.01", "-0.001"), "0.00");
        // one step below the half, at the last digit that a decimal holds
        assert_eq!(round(RoundingMode::HalfUp, "100", "49.999999999999999999999999999"), "0.00");
    }

    #[test]
    fn a_multiple_is_positive() {
        assert!(Rounding::to_multiple(RoundingMode::Up, Decimal::ZERO).is_none());
        assert!(Rounding::to_multiple(RoundingMode::Up, Decimal::NEGATIVE_ONE).is_none());
    }

    proptest! {
        #[test]
        fn cents_agree_with_the_decimal_library(mantissa in -1_000_000_000_000_i64..1_000_000_000_000) {
            let value = Decimal::new(mantissa, 5);
            for (mode, strategy) in [
                (RoundingMode::HalfUp, RoundingStrategy::MidpointAwayFromZero),
                (RoundingMode::HalfEven, RoundingStrategy::MidpointNearestEven),
                (RoundingMode::Up, RoundingStrategy::AwayFromZero),
                (RoundingMode::Down, RoundingStrategy::ToZero),
            ] {
                let rounding = Rounding::to_minor_unit(mode, Currency::BRL);
                let expected = value.round_dp_with_strategy(2, strategy);
                prop_assert_eq!(rounding.round(value).value(), expected);
                prop_assert_eq!(rounding.round(expected).value(), expected);
            }
        }
    }
}
