//! Brazil.

use jiff::civil::{Date, date, time};
use serde::{Deserialize, Serialize};

use super::charges::{ChargeRules, percent};
use super::contact::{ContactCap, ContactHours};
use super::easter::easter_sunday;
use super::overdue::OverdueClass;
use crate::calendar::days_between;
use crate::money::Percent;

/// Late charges in consumer credit. Mora of 1 % a month: Decreto 22.626/1933, art. 5, and STJ,
/// Súmula 379.
pub(super) const CHARGE_RULES: [ChargeRules; 2] = [
    ChargeRules {
        from: date(1991, 3, 11),
        late_fee_cap: Some(percent(10, 0)),
        mora_cap: Some(percent(1, 0)),
        may_capitalise: false,
        source: "Lei 8.078/1990 (CDC), art. 52 §1; Decreto 22.626/1933, art. 5",
    },
    ChargeRules {
        from: date(1996, 8, 2),
        late_fee_cap: Some(percent(2, 0)),
        mora_cap: Some(percent(1, 0)),
        may_capitalise: false,
        source: "CDC, art. 52 §1, as of Lei 9.298/1996; Decreto 22.626/1933, art. 5; STJ, Súmula 379",
    },
];

/// A default that brands may narrow: no national statute sets the hours.
pub(super) const CONTACT_HOURS: ContactHours = ContactHours {
    from: time(8, 0, 0, 0),
    until: time(20, 0, 0, 0),
    source: "market practice; CDC, art. 42 (no embarrassment or threat)",
};

/// A default that brands may change.
pub(super) const CONTACT_CAP: ContactCap = ContactCap {
    per_day: 3,
    per_week: 14,
    source: "market practice; CDC, art. 42 (no embarrassment or threat): no statute sets a number",
};

/// Who borrows, where tax law tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Borrower {
    NaturalPerson,
    LegalPerson,
}

/// The tax on credit (IOF) for loans contracted from `from` on, until the table's next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IofRates {
    pub from: Date,
    /// Percent a day of each principal repayment, for the days from disbursement to its due date.
    pub daily: Percent,
    /// Percent of the principal, once.
    pub additional: Percent,
    pub source: &'static str,
}

/// The most days that the daily IOF is charged for (Decreto 6.306/2007, art. 7, §1).
pub const IOF_MAX_DAYS: u32 = 365;

const IOF_NATURAL_PERSON: [IofRates; 7] = [
    IofRates {
        from: date(2015, 1, 22),
        daily: percent(82, 4),
        additional: percent(38, 2),
        source: "Decreto 6.306/2007, arts. 7 and 8 §5, as of Decreto 8.392/2015",
    },
    IofRates {
        from: date(2020, 4, 3),
        daily: Percent::ZERO,
        additional: Percent::ZERO,
        source: "Decreto 10.305/2020; until 26 November by Decreto 10.551/2020",
    },
    IofRates {
        from: date(2020, 11, 27),
        daily: percent(82, 4),
        additional: percent(38, 2),
        source: "Decreto 10.551/2020",
    },
    IofRates {
        from: date(2020, 12, 15),
        daily: Percent::ZERO,
        additional: Percent::ZERO,
        source: "Decreto 10.572/2020",
    },
    IofRates {
        from: date(2021, 1, 1),
        daily: percent(82, 4),
        additional: percent(38, 2),
        source: "Decreto 6.306/2007, arts. 7 and 8 §5",
    },
    IofRates {
        from: date(2021, 9, 20),
        daily: percent(1_118, 5),
        additional: percent(38, 2),
        source: "Decreto 10.797/2021",
    },
    IofRates {
        from: date(2022, 1, 1),
        daily: percent(82, 4),
        additional: percent(38, 2),
        source: "Decreto 6.306/2007, arts. 7 and 8 §5",
    },
];

const IOF_LEGAL_PERSON: [IofRates; 1] = [IofRates {
    from: date(2025, 6, 11),
    daily: percent(82, 4),
    additional: percent(38, 2),
    source: "Decreto 6.306/2007, arts. 7 and 8 §5, as of Decreto 12.499/2025",
}];

/// The IOF rates for a loan contracted on `on`; `None` before the first that is known.
pub fn iof_rates(borrower: Borrower, on: Date) -> Option<&'static IofRates> {
    let table: &[IofRates] = match borrower {
        Borrower::NaturalPerson => &IOF_NATURAL_PERSON,
        Borrower::LegalPerson => &IOF_LEGAL_PERSON,
    };
    table.iter().rev().find(|rates| rates.from <= on)
}

/// Resolução CMN 4.880/2020: national holidays, Carnival Monday and Tuesday, Good Friday, Corpus
/// Christi and 2 November. National holidays: Lei 662/1949, Lei 6.802/1980 (12 October),
/// Lei 14.759/2023 (20 November, from 2024).
pub(super) fn bank_holiday(date: Date) -> Option<&'static str> {
    match (date.month(), date.day()) {
        (1, 1) => Some("Confraternização Universal"),
        (4, 21) => Some("Tiradentes"),
        (5, 1) => Some("Dia do Trabalho"),
        (9, 7) => Some("Independência do Brasil"),
        (10, 12) if date.year() >= 1980 => Some("Nossa Senhora Aparecida"),
        (11, 2) => Some("Finados"),
        (11, 15) => Some("Proclamação da República"),
        (11, 20) if date.year() >= 2024 => Some("Consciência Negra"),
        (12, 25) => Some("Natal"),
        _ => match days_between(easter_sunday(date.year())?, date) {
            -48 | -47 => Some("Carnaval"),
            -2 => Some("Paixão de Cristo"),
            60 => Some("Corpus Christi"),
            _ => None,
        },
    }
}

/// Resolução CMN 4.966/2021, art. 3: a problem asset is overdue by more than 90 days.
pub(super) fn overdue_class(days_with_due_date: u32) -> OverdueClass {
    match days_with_due_date {
        0 | 1 => OverdueClass::Current,
        2..=91 => OverdueClass::PastDue,
        _ => OverdueClass::ProblemAsset,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::super::Jurisdiction;
    use super::{Borrower, iof_rates};

    fn holidays(year: i16) -> Vec<Date> {
        Jurisdiction::Brazil.bank_holidays(year).into_iter().map(|day| day.date).collect()
    }

    fn dates(year: i16, month_days: &[(i8, i8)]) -> Vec<Date> {
        month_days.iter().map(|(month, day)| date(year, *month, *day)).collect()
    }

    /// Febraban, bank holidays of 2017 (as listed by Econet): no day in November but 2 and 15.
    #[test]
    fn year_2017() {
        assert_eq!(
            holidays(2017),
            dates(
                2017,
                &[
                    (1, 1),
                    (2, 27),
                    (2, 28),
                    (4, 14),
                    (4, 21),
                    (5, 1),
                    (6, 15),
                    (9, 7),
                    (10, 12),
                    (11, 2),
                    (11, 15),
                    (12, 25),
                ]
            )
        );
    }

    /// B3 and Febraban, holidays of 2020.
    #[test]
    fn year_2020() {
        assert_eq!(
            holidays(2020),
            dates(
                2020,
                &[
                    (1, 1),
                    (2, 24),
                    (2, 25),
                    (4, 10),
                    (4, 21),
                    (5, 1),
                    (6, 11),
                    (9, 7),
                    (10, 12),
                    (11, 2),
                    (11, 15),
                    (12, 25),
                ]
            )
        );
    }

    /// Febraban, bank holidays of 2026: thirteen on weekdays and Sunday 15 November.
    #[test]
    fn year_2026() {
        assert_eq!(
            holidays(2026),
            dates(
                2026,
                &[
                    (1, 1),
                    (2, 16),
                    (2, 17),
                    (4, 3),
                    (4, 21),
                    (5, 1),
                    (6, 4),
                    (9, 7),
                    (10, 12),
                    (11, 2),
                    (11, 15),
                    (11, 20),
                    (12, 25),
                ]
            )
        );
    }

    /// Carnival by Febraban's notices: 15 and 16 February 2021, 28 February and 1 March 2022,
    /// 3 and 4 March 2025; Carnival and Corpus Christi of 2013 by its table of that year.
    #[test]
    fn carnival_of_other_years() {
        for carnival in [
            date(2013, 2, 11),
            date(2013, 2, 12),
            date(2021, 2, 15),
            date(2021, 2, 16),
            date(2022, 2, 28),
            date(2022, 3, 1),
            date(2025, 3, 3),
            date(2025, 3, 4),
        ] {
            assert_eq!(Jurisdiction::Brazil.bank_holiday(carnival), Some("Carnaval"), "{carnival}");
        }
        assert_eq!(Jurisdiction::Brazil.bank_holiday(date(2013, 5, 30)), Some("Corpus Christi"));
        // Ash Wednesday is a working day
        assert_eq!(Jurisdiction::Brazil.bank_holiday(date(2025, 3, 5)), None);
    }

    #[test]
    fn iof_of_a_natural_person_by_date_of_contract() {
        for (on, daily, additional) in [
            (date(2020, 4, 2), "0.0082", "0.38"),
            (date(2020, 4, 3), "0", "0"),
            (date(2020, 11, 26), "0", "0"),
            (date(2020, 11, 27), "0.0082", "0.38"),
            (date(2020, 12, 31), "0", "0"),
            (date(2021, 9, 20), "0.01118", "0.38"),
            (date(2026, 6, 1), "0.0082", "0.38"),
        ] {
            let rates = iof_rates(Borrower::NaturalPerson, on).unwrap();
            assert_eq!(
                (rates.daily.to_string().as_str(), rates.additional.to_string().as_str()),
                (daily, additional),
                "{on}"
            );
        }
        assert!(iof_rates(Borrower::NaturalPerson, date(2015, 1, 21)).is_none());
        assert!(iof_rates(Borrower::LegalPerson, date(2025, 6, 10)).is_none());
    }
}
