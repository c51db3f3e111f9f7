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
}
