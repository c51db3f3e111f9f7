//! The contact guard: whether, and when, a borrower may be written to.
//!
//! Everything here is local to the brand: dates and times of its timezone.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::jurisdiction::ContactHours;

/// The days that a weekly cap looks back over, the day itself included.
const WEEK_DAYS: i32 = 7;

/// When and how often a lender's borrowers may be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactRules {
    pub hours: ContactHours,
    /// The most messages to one borrower on one day.
    pub per_day: u32,
    /// The most messages to one borrower on any seven days in a row.
    pub per_week: u32,
    /// Whether nobody is written to who has not agreed to it.
    pub needs_consent: bool,
}

/// What a borrower wants, and what staff decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Wishes {
    /// Staff decided that the borrower is not written to.
    pub do_not_contact: bool,
    /// The borrower asked not to be written to.
    pub opted_out: bool,
    /// The borrower agreed to be written to.
    pub consent: bool,
}

/// How many messages left for a borrower on each of the last days.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tally(BTreeMap<Date, u32>);

impl Tally {
    pub fn on(&self, date: Date) -> u32 {
        self.0.get(&date).copied().unwrap_or(0)
    }

    /// On the seven days that end with the date.
    pub fn week_to(&self, date: Date) -> u32 {
        self.0.range(week_start(date)..=date).map(|(_, count)| count).sum()
    }

    /// One message more; what no cap looks at any longer is forgotten.
    pub fn add(&mut self, date: Date) {
        let start = week_start(date);
        self.0.retain(|day, _| *day >= start);
        *self.0.entry(date).or_default() += 1;
    }

    /// One message less: it did not leave after all.
    pub fn take_back(&mut self, date: Date) {
        if let Some(count) = self.0.get_mut(&date) {
            *count = count.saturating_sub(1);
        }
        self.0.retain(|_, count| *count > 0);
    }

    /// The days that are counted.
    pub fn days(&self) -> usize {
        self.0.len()
    }
}

fn week_start(date: Date) -> Date {
    date.saturating_sub((WEEK_DAYS - 1).days())
}

/// Why a message is never sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suppression {
    DoNotContact,
    OptedOut,
    NoConsent,
    DayCap,
    WeekCap,
}

impl Suppression {
    pub const fn code(self) -> &'static str {
        match self {
            Self::DoNotContact => "DO_NOT_CONTACT",
            Self::OptedOut => "OPTED_OUT",
            Self::NoConsent => "NO_CONSENT",
            Self::DayCap => "FREQUENCY_DAY",
            Self::WeekCap => "FREQUENCY_WEEK",
        }
    }

    /// A sentence for staff.
    pub const fn message(self) -> &'static str {
        match self {
            Self::DoNotContact => "the borrower is marked as not to be contacted",
            Self::OptedOut => "the borrower asked for no more messages",
            Self::NoConsent => "the borrower has not agreed to messages",
            Self::DayCap => "the borrower got as many messages today as the brand allows",
            Self::WeekCap => "the borrower got as many messages this week as the brand allows",
        }
    }
}

/// What becomes of a message at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Now,
    /// Not yet: ask again at this local time.
    Later(DateTime),
    Never(Suppression),
}

impl ContactRules {
    /// Decides on a message that would leave at a local time.
    ///
    /// Wishes come first, so that nobody waits for a message that is not to be sent. The caps are
    /// those of the day on which it would leave: a message that is put off is asked about again.
    pub fn decide(&self, wishes: Wishes, tally: &Tally, local: DateTime) -> Verdict {
        if let Some(suppression) = self.refusal(wishes) {
            return Verdict::Never(suppression);
        }
        let opening = self.opening(local);
        if opening > local {
            return Verdict::Later(opening);
        }
        let today = local.date();
        if tally.on(today) >= self.per_day {
            Verdict::Never(Suppression::DayCap)
        } else if tally.week_to(today) >= self.per_week {
            Verdict::Never(Suppression::WeekCap)
        } else {
            Verdict::Now
        }
    }

    fn refusal(&self, wishes: Wishes) -> Option<Suppression> {
        if wishes.do_not_contact {
            Some(Suppression::DoNotContact)
        } else if wishes.opted_out {
            Some(Suppression::OptedOut)
        } else if self.needs_consent && !wishes.consent {
            Some(Suppression::NoConsent)
        } else {
            None
        }
    }

    /// The local time itself where borrowers may be contacted then, else when that begins next.
    pub fn opening(&self, local: DateTime) -> DateTime {
        if self.hours.allow(local.time()) {
            return local;
        }
        let date = if local.time() < self.hours.from {
            local.date()
        } else {
            local.date().saturating_add(1.day())
        };
        date.to_datetime(self.hours.from)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::ToSpan;
    use jiff::civil::{DateTime, datetime, time};
    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    use super::{ContactRules, Suppression, Tally, Verdict, Wishes};
    use crate::jurisdiction::Jurisdiction;

    fn rules(per_day: u32, per_week: u32) -> ContactRules {
        let hours = Jurisdiction::India.contact_hours();
        ContactRules { hours, per_day, per_week, needs_consent: false }
    }

    fn at(hour: i8, minute: i8) -> DateTime {
        datetime(2026, 3, 11, hour, minute, 0, 0)
    }

    #[test]
    fn outside_the_hours_a_message_waits_for_the_next_opening() {
        let decide = |local| rules(1, 1).decide(Wishes::default(), &Tally::default(), local);
        // India: 08:00 to 19:00.
        assert_eq!(decide(at(7, 59)), Verdict::Later(at(8, 0)));
        assert_eq!(decide(at(8, 0)), Verdict::Now);
        assert_eq!(decide(at(18, 59)), Verdict::Now);
        assert_eq!(decide(at(19, 0)), Verdict::Later(datetime(2026, 3, 12, 8, 0, 0, 0)));
    }

    #[test]
    fn each_wish_is_a_reason_of_its_own_and_comes_before_the_hours() {
        let strict = ContactRules { needs_consent: true, ..rules(1, 1) };
        let agreed = Wishes { consent: true, ..Wishes::default() };
        let cases = [
            (Wishes { do_not_contact: true, opted_out: true, ..agreed }, Suppression::DoNotContact),
            (Wishes { opted_out: true, ..agreed }, Suppression::OptedOut),
            (Wishes::default(), Suppression::NoConsent),
        ];
        for (wishes, reason) in cases {
            let verdict = strict.decide(wishes, &Tally::default(), at(3, 0));
            assert_eq!(verdict, Verdict::Never(reason));
        }
        assert_eq!(strict.decide(agreed, &Tally::default(), at(9, 0)), Verdict::Now);
    }

    #[test]
    fn the_week_is_the_seven_days_that_end_today() {
        let mut tally = Tally::default();
        // 11 March is the last of the seven days from 5 March on.
        for day in [4, 5, 10] {
            tally.add(at(9, 0).date().saturating_sub((11 - day).days()));
        }
        assert_eq!(tally.week_to(at(9, 0).date()), 2);
        let decide = |week| rules(1, week).decide(Wishes::default(), &tally, at(9, 0));
        assert_eq!(decide(2), Verdict::Never(Suppression::WeekCap));
        assert_eq!(decide(3), Verdict::Now);
        tally.add(at(9, 0).date());
        assert_eq!(
            rules(1, 9).decide(Wishes::default(), &tally, at(9, 0)),
            Verdict::Never(Suppression::DayCap)
        );
        tally.take_back(at(9, 0).date());
        assert_eq!(tally.on(at(9, 0).date()), 0);
    }

    proptest! {
        /// Messages are asked for at any moments of three weeks, and each is asked about again when
        /// it was told to: every one ends, none leaves outside the hours, and no day and no seven
        /// days in a row have more than the caps allow.
        #[test]
        fn no_message_leaves_outside_the_hours_or_above_the_caps(
            minutes in prop::collection::vec(0_i64..21 * 24 * 60, 0..120),
            from in 0_i8..24,
            length in 1_i8..12,
            per_day in 1_u32..5,
            per_week in 1_u32..12,
        ) {
            let narrowed = Jurisdiction::Brazil.contact_hours().narrowed(
                Some(time(from, 0, 0, 0)),
                Some(time(from.saturating_add(length).min(23), 30, 0, 0)),
            );
            let Some(hours) = narrowed else { return Ok(()) };
            let rules = ContactRules { hours, per_day, per_week, needs_consent: false };
            let start = datetime(2026, 2, 20, 0, 0, 0, 0);
            let mut waiting: BTreeMap<(DateTime, usize), ()> = minutes
                .iter()
                .enumerate()
                .map(|(number, minute)| ((start.saturating_add(minute.minutes()), number), ()))
                .collect();
            let (mut tally, mut sent, mut suppressed) = (Tally::default(), Vec::new(), 0);
            while let Some(((local, number), ())) = waiting.pop_first() {
                match rules.decide(Wishes::default(), &tally, local) {
                    Verdict::Now => {
                        tally.add(local.date());
                        sent.push(local);
                    }
                    Verdict::Later(next) => {
                        prop_assert!(next > local);
                        waiting.insert((next, number), ());
                    }
                    Verdict::Never(_) => suppressed += 1,
                }
            }
            prop_assert_eq!(sent.len() + suppressed, minutes.len());
            for local in &sent {
                prop_assert!(hours.from <= local.time() && local.time() < hours.until);
                let day = local.date();
                let on_day = sent.iter().filter(|other| other.date() == day).count();
                prop_assert!(on_day <= per_day as usize, "{on_day} on {day}");
                let last = day.saturating_add(6.days());
                let in_week = sent.iter().filter(|o| day <= o.date() && o.date() <= last).count();
                prop_assert!(in_week <= per_week as usize, "{in_week} from {day} on");
            }
            prop_assert!(tally.days() <= 7);
        }

        #[test]
        fn who_asked_for_nothing_gets_nothing(
            hour in 0_i8..24, consent in any::<bool>(), opted_out in any::<bool>(),
        ) {
            let wishes = Wishes { do_not_contact: !opted_out, opted_out, consent };
            let verdict = rules(9, 9).decide(wishes, &Tally::default(), at(hour, 0));
            prop_assert!(matches!(verdict, Verdict::Never(_)));
        }
    }
}
