//! India.

use jiff::civil::{Date, date, time};

use super::charges::ChargeRules;
use super::contact::{ContactCap, ContactHours};
use super::overdue::OverdueClass;

/// Penal charges: no cap in numbers (reasonable and commensurate), never capitalised, no interest
/// on them. For loans from 1 April 2024.
pub(super) const CHARGE_RULES: [ChargeRules; 1] = [ChargeRules {
    from: date(2024, 4, 1),
    late_fee_cap: None,
    mora_cap: None,
    may_capitalise: false,
    source: "Reserve Bank of India, DoR.MCS.REC.28/01.01.001/2023-24 of 18 August 2023, with \
             DoR.MCS.REC.61/01.01.001/2023-24 of 29 December 2023",
}];

pub(super) const CONTACT_HOURS: ContactHours = ContactHours {
    from: time(8, 0, 0, 0),
    until: time(19, 0, 0, 0),
    source: "Reserve Bank of India, Outsourcing of Financial Services: Responsibilities of \
             regulated entities employing recovery agents, 12 August 2022",
};

/// A default that brands may change.
pub(super) const CONTACT_CAP: ContactCap = ContactCap {
    per_day: 3,
    per_week: 14,
    source: "market practice; Reserve Bank of India, Fair Practices Code (no harassment): no rule sets a \
             number",
};

/// Closed for the banks' yearly accounts in nearly every state: Reserve Bank of India, holiday
/// matrix of April 2024.
const YEARLY_CLOSING: [Date; 1] = [date(2024, 4, 1)];

/// The three national holidays and the days of [`YEARLY_CLOSING`]. All others differ by state.
pub(super) fn bank_holiday(date: Date) -> Option<&'static str> {
    match (date.month(), date.day()) {
        (1, 26) if date.year() >= 1950 => Some("Republic Day"),
        (8, 15) if date.year() >= 1947 => Some("Independence Day"),
        (10, 2) if date.year() >= 1948 => Some("Mahatma Gandhi Jayanti"),
        _ => YEARLY_CLOSING.contains(&date).then_some("Yearly closing of accounts"),
    }
}

/// Reserve Bank of India, DOR.STR.REC.68/21.04.048/2021-22 of 12 November 2021.
pub(super) fn overdue_class(days_with_due_date: u32) -> OverdueClass {
    match days_with_due_date {
        0..=30 => OverdueClass::Sma0,
        31..=60 => OverdueClass::Sma1,
        61..=90 => OverdueClass::Sma2,
        _ => OverdueClass::Npa,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::Jurisdiction;

    #[test]
    fn national_holidays_and_the_yearly_closing() {
        let dates = |year| {
            let holidays = Jurisdiction::India.bank_holidays(year);
            holidays.into_iter().map(|day| day.date).collect::<Vec<_>>()
        };
        assert_eq!(dates(2026), [date(2026, 1, 26), date(2026, 8, 15), date(2026, 10, 2)]);
        assert_eq!(
            dates(2024),
            [date(2024, 1, 26), date(2024, 4, 1), date(2024, 8, 15), date(2024, 10, 2)]
        );
    }
}
