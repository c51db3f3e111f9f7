use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

/// The longest interval between two due dates, in units.
const MAX_EVERY_UNITS: u16 = 366;

/// What an interval is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Unit {
    /// Calendar days.
    Day,
    /// Days on which the brand takes repayments.
    BusinessDay,
    Week,
    Month,
}

/// How often an installment falls due. JSON: `{"every": 2, "unit": "WEEK"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Frequency {
    every: NonZeroU16,
    unit: Unit,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("every must be from 1 to {MAX_EVERY_UNITS}")]
pub struct FrequencyError;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    every: u16,
    unit: Unit,
}

impl Frequency {
    pub const DAILY: Self = Self { every: NonZeroU16::MIN, unit: Unit::Day };
    pub const EVERY_BUSINESS_DAY: Self = Self { every: NonZeroU16::MIN, unit: Unit::BusinessDay };
    pub const WEEKLY: Self = Self { every: NonZeroU16::MIN, unit: Unit::Week };
    pub const MONTHLY: Self = Self { every: NonZeroU16::MIN, unit: Unit::Month };

    /// Every `every` units, from 1 to 366.
    pub fn new(every: u16, unit: Unit) -> Result<Self, FrequencyError> {
        let every = NonZeroU16::new(every)
            .filter(|every| every.get() <= MAX_EVERY_UNITS)
            .ok_or(FrequencyError)?;
        Ok(Self { every, unit })
    }

    pub const fn every(self) -> u16 {
        self.every.get()
    }

    pub const fn unit(self) -> Unit {
        self.unit
    }
}

impl TryFrom<Wire> for Frequency {
    type Error = FrequencyError;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        Self::new(wire.every, wire.unit)
    }
}

impl From<Frequency> for Wire {
    fn from(frequency: Frequency) -> Self {
        Self { every: frequency.every(), unit: frequency.unit }
    }
}

#[cfg(test)]
mod tests {
    use super::{Frequency, Unit};

    #[test]
    fn json_is_every_and_unit() {
        let monthly: Frequency = serde_json::from_str(r#"{"every":1,"unit":"MONTH"}"#).unwrap();
        assert_eq!(monthly, Frequency::MONTHLY);
        let business = Frequency::new(1, Unit::BusinessDay).unwrap();
        assert_eq!(
            serde_json::to_string(&business).unwrap(),
            r#"{"every":1,"unit":"BUSINESS_DAY"}"#
        );
    }

    #[test]
    fn an_interval_is_from_1_to_366_units() {
        for wire in [
            r#"{"every":0,"unit":"MONTH"}"#,
            r#"{"every":367,"unit":"DAY"}"#,
            r#"{"every":1,"unit":"YEAR"}"#,
            r#"{"every":1,"unit":"DAY","x":1}"#,
        ] {
            assert!(serde_json::from_str::<Frequency>(wire).is_err(), "{wire}");
        }
    }
}
