use jiff::civil::Time;

/// The hours in which a borrower may be contacted about a debt, local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactHours {
    /// The first moment allowed.
    pub from: Time,
    /// The first moment no longer allowed.
    pub until: Time,
    pub source: &'static str,
}

impl ContactHours {
    pub fn allow(&self, time: Time) -> bool {
        self.from <= time && time < self.until
    }

    /// The part of these hours from `from` on and before `until`, where they are given; `None`
    /// where nothing is left of them. They never become longer.
    pub fn narrowed(self, from: Option<Time>, until: Option<Time>) -> Option<Self> {
        let from = from.map_or(self.from, |from| from.max(self.from));
        let until = until.map_or(self.until, |until| until.min(self.until));
        (from < until).then_some(Self { from, until, ..self })
    }
}

/// How often a borrower may be contacted about a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactCap {
    /// On one day.
    pub per_day: u32,
    /// On seven days in a row.
    pub per_week: u32,
    pub source: &'static str,
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::super::Jurisdiction;

    #[test]
    fn the_first_moment_is_in_and_the_last_is_out() {
        let india = Jurisdiction::India.contact_hours();
        assert!(!india.allow(time(7, 59, 59, 0)));
        assert!(india.allow(time(8, 0, 0, 0)));
        assert!(india.allow(time(18, 59, 59, 0)));
        assert!(!india.allow(time(19, 0, 0, 0)));
        assert!(Jurisdiction::Brazil.contact_hours().allow(time(19, 59, 0, 0)));
    }

    #[test]
    fn a_lender_narrows_the_hours_and_never_widens_them() {
        let india = Jurisdiction::India.contact_hours();
        let at = |hour| Some(time(hour, 0, 0, 0));
        let hours = |from, until| india.narrowed(from, until).map(|h| (h.from, h.until));
        assert_eq!(hours(None, None), Some((time(8, 0, 0, 0), time(19, 0, 0, 0))));
        assert_eq!(hours(at(9), at(18)), Some((time(9, 0, 0, 0), time(18, 0, 0, 0))));
        assert_eq!(hours(at(6), at(23)), Some((time(8, 0, 0, 0), time(19, 0, 0, 0))));
        assert_eq!(hours(at(19), None), None);
        assert_eq!(hours(at(12), at(12)), None);
    }
}
