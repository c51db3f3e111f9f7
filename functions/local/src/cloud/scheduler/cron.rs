use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::expression::ExpressionError;

const MONTH_NAMES: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAY_NAMES: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const MINUTES: Field = Field { name: "minutes", min: 0, max: 59, names: &[], steps: true };
const HOURS: Field = Field { name: "hours", min: 0, max: 23, names: &[], steps: true };
const MONTH_DAYS: Field = Field { name: "day-of-month", min: 1, max: 31, names: &[], steps: true };
const MONTHS: Field = Field { name: "month", min: 1, max: 12, names: &MONTH_NAMES, steps: true };
const WEEKDAYS: Field =
    Field { name: "day-of-week", min: 1, max: 7, names: &WEEKDAY_NAMES, steps: false };
const YEARS: Field = Field { name: "year", min: 1970, max: 2199, names: &[], steps: true };

/// The six fields of `cron(minutes hours day-of-month month day-of-week year)`, as EventBridge
/// Scheduler reads them. Source: its user guide, "Cron-based schedules".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: BTreeSet<i16>,
    hours: BTreeSet<i16>,
    days: Days,
    months: BTreeSet<i16>,
    years: BTreeSet<i16>,
}

/// One of the two day fields; the other is `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Days {
    /// Days of the month, and its last day if `last`.
    OfMonth { days: BTreeSet<i16>, last: bool },
    /// The weekday nearest to a day, within the month.
    NearestWeekday(i16),
    /// Weekdays, Sunday is 1.
    OfWeek(BTreeSet<i16>),
    /// The month's last such weekday.
    LastOfWeek(i16),
    /// The month's n-th such weekday.
    NthOfWeek(i16, i16),
}

impl Cron {
    pub(super) fn parse(text: &str) -> Result<Self, ExpressionError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, month_days, months, weekdays, years] = fields[..] else {
            return Err(ExpressionError::FieldCount(fields.len()));
        };
        let days = match (month_days, weekdays) {
            ("?", "?") | ("*", "*") => return Err(ExpressionError::DayFields),
            (days, "?") => month_days_of(days)?,
            ("?", days) => weekdays_of(days)?,
            _ => return Err(ExpressionError::DayFields),
        };
        Ok(Self {
            minutes: MINUTES.set(minutes)?,
            hours: HOURS.set(hours)?,
            days,
            months: MONTHS.set(months)?,
            years: YEARS.set(years)?,
        })
    }

    /// The first firing after `after`. A local time that a forward shift of the clocks skips does
    /// not fire; one that a backward shift repeats fires the first time only.
    pub(super) fn next_fire(&self, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
        // Nothing earlier by the local clock comes later: repeated times fire the first time only.
        let floor = zone.to_datetime(after);
        self.dates(floor.date()).find_map(|date| self.first_time(date, floor, zone, after))
    }

    /// Matching dates from `from` on.
    fn dates(&self, from: Date) -> impl Iterator<Item = Date> {
        let months = self.years.range(from.year()..).flat_map(|year| {
            self.months
                .iter()
                .filter_map(|month| Date::new(*year, i8::try_from(*month).ok()?, 1).ok())
        });
        months
            .filter(move |first| *first >= from.first_of_month())
            .flat_map(|first| {
                first
                    .series(jiff::Span::new().days(1))
                    .take_while(move |date| date.month() == first.month())
            })
            .filter(move |date| *date >= from && self.days.contain(*date))
    }

    fn first_time(
        &self,
        date: Date,
        floor: DateTime,
        zone: &TimeZone,
        after: Timestamp,
    ) -> Option<Timestamp> {
        let times = self.hours.iter().flat_map(|h| self.minutes.iter().map(move |m| (*h, *m)));
        times
            .filter_map(|(hour, minute)| {
                Some(date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0))
            })
            .filter(|local| *local > floor)
            .filter_map(|local| match zone.to_ambiguous_timestamp(local).offset() {
                AmbiguousOffset::Unambiguous { offset }
                | AmbiguousOffset::Fold { before: offset, .. } => offset.to_timestamp(local).ok(),
                AmbiguousOffset::Gap { .. } => None,
            })
            .find(|instant| *instant > after)
    }
}

impl Days {
    fn contain(&self, date: Date) -> bool {
        let day = i16::from(date.day());
        let weekday = i16::from(date.weekday().to_sunday_one_offset());
        let days_in_month = i16::from(date.days_in_month());
        match self {
            Self::OfMonth { days, last } => days.contains(&day) || (*last && day == days_in_month),
            Self::NearestWeekday(target) => nearest_weekday(date, *target) == Some(day),
            Self::OfWeek(days) => days.contains(&weekday),
            Self::LastOfWeek(wanted) => weekday == *wanted && day + 7 > days_in_month,
            Self::NthOfWeek(wanted, n) => weekday == *wanted && (day - 1) / 7 + 1 == *n,
        }
    }
}

/// The day of `date`'s month that is the weekday nearest to day `target`; it never leaves the
/// month. None in months that have no such day.
fn nearest_weekday(date: Date, target: i16) -> Option<i16> {
    let days_in_month = i16::from(date.days_in_month());
    let target_date = Date::new(date.year(), date.month(), i8::try_from(target).ok()?).ok()?;
    Some(match target_date.weekday() {
        Weekday::Saturday if target == 1 => 3,
        Weekday::Saturday => target - 1,
        Weekday::Sunday if target == days_in_month => target - 2,
        Weekday::Sunday => target + 1,
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday => target,
    })
}

fn month_days_of(text: &str) -> Result<Days, ExpressionError> {
    if let Some(day) = text.strip_suffix('W') {
        return Ok(Days::NearestWeekday(MONTH_DAYS.value(day)?));
    }
    let (last, listed): (Vec<&str>, Vec<&str>) = text.split(',').partition(|part| *part == "L");
    let days =
        if listed.is_empty() { BTreeSet::new() } else { MONTH_DAYS.set(&listed.join(","))? };
    Ok(Days::OfMonth { days, last: !last.is_empty() })
}

fn weekdays_of(text: &str) -> Result<Days, ExpressionError> {
    if let Some((weekday, n)) = text.split_once('#') {
        let n = n.parse().ok().filter(|n| (1..=5).contains(n));
        let n = n.ok_or_else(|| WEEKDAYS.refuse(text))?;
        return Ok(Days::NthOfWeek(WEEKDAYS.value(weekday)?, n));
    }
    // Alone, the week's last day.
    if text == "L" {
        return Ok(Days::OfWeek(BTreeSet::from([7])));
    }
    if let Some(weekday) = text.strip_suffix('L') {
        return Ok(Days::LastOfWeek(WEEKDAYS.value(weekday)?));
    }
    Ok(Days::OfWeek(WEEKDAYS.set(text)?))
}

struct Field {
    name: &'static str,
    min: i16,
    max: i16,
    /// Names of the values from `min` on.
    names: &'static [&'static str],
    /// Whether `/` is allowed.
    steps: bool,
}

impl Field {
    /// A list of values, ranges and steps.
    fn set(&self, text: &str) -> Result<BTreeSet<i16>, ExpressionError> {
        let mut set = BTreeSet::new();
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(self.step(part, step)?)),
                None => (part, None),
            };
            let (first, last) = match range.split_once('-') {
                _ if range == "*" => (self.min, self.max),
                Some((first, last)) => (self.value(first)?, self.value(last)?),
                None => {
                    let first = self.value(range)?;
                    (first, if step.is_some() { self.max } else { first })
                }
            };
            if first > last {
                return Err(self.refuse(part));
            }
            set.extend((first..=last).step_by(step.unwrap_or(1)));
        }
        Ok(set)
    }

    fn step(&self, part: &str, step: &str) -> Result<usize, ExpressionError> {
        let span = usize::try_from(self.max - self.min).unwrap_or_default() + 1;
        let step = step.parse().ok().filter(|step| self.steps && (1..=span).contains(step));
        step.ok_or_else(|| self.refuse(part))
    }

    fn value(&self, text: &str) -> Result<i16, ExpressionError> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let value = match named.and_then(|index| i16::try_from(index).ok()) {
            Some(index) => Some(self.min + index),
            None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            None => None,
        };
        value.filter(|value| (self.min..=self.max).contains(value)).ok_or_else(|| self.refuse(text))
    }

    fn refuse(&self, value: &str) -> ExpressionError {
        ExpressionError::Field { field: self.name, value: value.to_owned() }
    }
}
