use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::money::Percent;

/// A charge on an overdue installment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Charge {
    /// Once, in percent of the installment.
    LateFee,
    /// In percent a month, simple, by the day.
    Mora,
}

impl Charge {
    /// The product's field that holds it.
    pub const fn field(self) -> &'static str {
        match self {
            Self::LateFee => "lateFeePercent",
            Self::Mora => "lateFeeMoraPercent",
        }
    }
}

/// The law on late charges from a date on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChargeRules {
    pub from: Date,
    /// `None`: no cap in numbers.
    pub late_fee_cap: Option<Percent>,
    /// A month; `None`: no cap in numbers.
    pub mora_cap: Option<Percent>,
    /// Whether a late charge may be added to what interest is computed on.
    pub may_capitalise: bool,
    pub source: &'static str,
}

/// A charge above the legal cap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} must not exceed {cap} % but is {offered} % ({source_of_cap})", charge.field())]
pub struct CapExceeded {
    pub charge: Charge,
    pub cap: Percent,
    pub offered: Percent,
    pub source_of_cap: &'static str,
}

impl ChargeRules {
    pub(super) fn check(&self, late_fee: Percent, mora: Percent) -> Result<(), CapExceeded> {
        let charges =
            [(Charge::LateFee, late_fee, self.late_fee_cap), (Charge::Mora, mora, self.mora_cap)];
        for (charge, offered, cap) in charges {
            if let Some(cap) = cap.filter(|cap| offered > *cap) {
                return Err(CapExceeded { charge, cap, offered, source_of_cap: self.source });
            }
        }
        Ok(())
    }
}

/// `mantissa` / 10^`scale` percent.
pub(super) const fn percent(mantissa: u32, scale: u32) -> Percent {
    Percent::new(Decimal::from_parts(mantissa, 0, 0, false, scale))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::Jurisdiction;
    use super::{Charge, percent};

    #[test]
    fn brazil_caps_the_late_fee_at_2_and_mora_at_1_a_month() {
        let on = date(2026, 1, 1);
        let check = |fee, mora| Jurisdiction::Brazil.check_charges(fee, mora, on);
        assert_eq!(check(percent(2, 0), percent(1, 0)), Ok(()));
        let fee = check(percent(201, 2), percent(1, 0)).unwrap_err();
        assert_eq!((fee.charge, fee.cap), (Charge::LateFee, percent(2, 0)));
        assert!(fee.to_string().starts_with("lateFeePercent must not exceed 2 % but is 2.01 %"));
        assert_eq!(check(percent(2, 0), percent(1_001, 3)).unwrap_err().charge, Charge::Mora);
    }

    #[test]
    fn brazil_allowed_10_percent_before_august_1996() {
        let check = |day| {
            Jurisdiction::Brazil.check_charges(percent(10, 0), percent(1, 0), date(1996, 8, day))
        };
        assert_eq!(check(1), Ok(()));
        assert!(check(2).is_err());
    }

    #[test]
    fn india_has_no_cap_in_numbers_but_forbids_capitalising() {
        let on = date(2026, 1, 1);
        assert_eq!(Jurisdiction::India.check_charges(percent(5, 0), percent(3, 0), on), Ok(()));
        assert!(!Jurisdiction::India.charge_rules(on).unwrap().may_capitalise);
        assert!(Jurisdiction::India.charge_rules(date(2024, 3, 31)).is_none());
    }
}
