//! What a country's law and custom add to a loan: dated data, each with its source.

pub mod br;
mod charges;
mod contact;
mod easter;
mod format;
pub mod r#in;
mod overdue;

pub use charges::{CapExceeded, Charge, ChargeRules};
pub use contact::{ContactCap, ContactHours};
pub use format::{Locale, UnknownLocale, format_date, format_money};
pub use overdue::{Dpd, OverdueClass};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::Weekend;
use crate::money::Percent;

/// A country whose rules are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Jurisdiction {
    #[serde(rename = "BR")]
    Brazil,
    #[serde(rename = "IN")]
    India,
}

/// A day on which banks are closed everywhere in the country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BankHoliday {
    pub date: Date,
    /// In the country's language of business.
    pub name: &'static str,
}

impl Jurisdiction {
    pub const ALL: [Self; 2] = [Self::Brazil, Self::India];

    /// ISO 3166-1 alpha-2.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Brazil => "BR",
            Self::India => "IN",
        }
    }

    /// The rules on late charges in force on `on`; `None` before the first that is known.
    pub fn charge_rules(self, on: Date) -> Option<&'static ChargeRules> {
        let table: &[ChargeRules] = match self {
            Self::Brazil => &br::CHARGE_RULES,
            Self::India => &r#in::CHARGE_RULES,
        };
        table.iter().rev().find(|rules| rules.from <= on)
    }

    /// Checks a product's late fee (percent of the installment, once) and mora (percent a month)
    /// against the caps in force on `on`.
    pub fn check_charges(
        self,
        late_fee: Percent,
        mora_per_month: Percent,
        on: Date,
    ) -> Result<(), CapExceeded> {
        self.charge_rules(on).map_or(Ok(()), |rules| rules.check(late_fee, mora_per_month))
    }

    /// The name of the nationwide bank holiday on `date`, if it is one. Regional holidays are the
    /// brand's own non-repayment dates.
    pub fn bank_holiday(self, date: Date) -> Option<&'static str> {
        match self {
            Self::Brazil => br::bank_holiday(date),
            Self::India => r#in::bank_holiday(date),
        }
    }

    /// The nationwide bank holidays of `year`, in order; empty for a year outside 1 to 9999.
    pub fn bank_holidays(self, year: i16) -> Vec<BankHoliday> {
        let first = Date::new(year.max(1), 1, 1).ok().filter(|first| first.year() == year);
        first
            .into_iter()
            .flat_map(|first| first.series(jiff::Span::new().days(1)).take_while(in_year(year)))
            .filter_map(|date| self.bank_holiday(date).map(|name| BankHoliday { date, name }))
            .collect()
    }

    /// The days of every week on which banks are closed.
    pub const fn bank_weekend(self) -> Weekend {
        match self {
            Self::Brazil => Weekend::SaturdaySunday,
            Self::India => Weekend::SundayAndSecondAndFourthSaturday,
        }
    }

    /// When a borrower may be contacted about a debt, in the brand's timezone.
    pub const fn contact_hours(self) -> ContactHours {
        match self {
            Self::Brazil => br::CONTACT_HOURS,
            Self::India => r#in::CONTACT_HOURS,
        }
    }

    /// How often a borrower may be contacted about a debt, where the brand says nothing.
    pub const fn contact_cap(self) -> ContactCap {
        match self {
            Self::Brazil => br::CONTACT_CAP,
            Self::India => r#in::CONTACT_CAP,
        }
    }

    /// The class, at the end of the day `on`, of a loan whose oldest unpaid installment fell due on
    /// `oldest_unpaid` (`None`: nothing is unpaid).
    ///
    /// India upgrades a non-performing loan only when all arrears are paid; a caller that keeps
    /// classes over time applies that to what it stored.
    pub fn overdue_class(self, oldest_unpaid: Option<Date>, on: Date) -> OverdueClass {
        match oldest_unpaid.filter(|due| *due <= on) {
            None => OverdueClass::Current,
            Some(due) => {
                let days = Dpd::of(due, on).with_due_date_as_day_one();
                match self {
                    Self::Brazil => br::overdue_class(days),
                    Self::India => r#in::overdue_class(days),
                }
            }
        }
    }
}

fn in_year(year: i16) -> impl Fn(&Date) -> bool {
    move |date| date.year() == year
}

#[cfg(test)]
mod tests {
    use super::Jurisdiction;

    #[test]
    fn json_is_the_iso_code() {
        for jurisdiction in Jurisdiction::ALL {
            let json = serde_json::to_string(&jurisdiction).unwrap();
            assert_eq!(json, format!("\"{}\"", jurisdiction.code()));
        }
    }

    #[test]
    fn years_outside_the_calendar_have_no_holidays() {
        for year in [-5, 0, 10_000] {
            assert!(Jurisdiction::Brazil.bank_holidays(year).is_empty());
        }
        assert!(!Jurisdiction::Brazil.bank_holidays(9_999).is_empty());
    }
}
