use jiff::civil::Date;

/// Easter Sunday of the Gregorian calendar, by the anonymous algorithm (Meeus/Jones/Butcher;
/// J. Meeus, "Astronomical Algorithms", 1991, chapter 8). `None` outside the years 1583 to 9999.
pub(super) fn easter_sunday(year: i16) -> Option<Date> {
    if year < 1583 {
        return None;
    }
    let year = i32::from(year);
    let golden = year % 19;
    let (century, of_century) = (year / 100, year % 100);
    let (century_leaps, century_rest) = (century / 4, century % 4);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century_leaps - correction + 15) % 30;
    let (leaps, leap_rest) = (of_century / 4, of_century % 4);
    let weekday = (32 + 2 * century_rest + 2 * leaps - epact - leap_rest) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let from_march = epact + weekday - 7 * late + 114;
    let month = i8::try_from(from_march / 31).ok()?;
    let day = i8::try_from(from_march % 31 + 1).ok()?;
    Date::new(i16::try_from(year).ok()?, month, day).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};

    use super::easter_sunday;

    /// Dates of Easter: US Census Bureau, "Easter dates from 1600 to 2099"; the earliest (1818) and
    /// the latest (1943, 2038) possible ones among them.
    #[test]
    fn published_dates() {
        for (year, month, day) in [
            (1818, 3, 22),
            (1943, 4, 25),
            (1954, 4, 18),
            (1981, 4, 19),
            (1998, 4, 12),
            (1999, 4, 4),
            (2000, 4, 23),
            (2008, 3, 23),
            (2011, 4, 24),
            (2016, 3, 27),
            (2019, 4, 21),
            (2020, 4, 12),
            (2021, 4, 4),
            (2022, 4, 17),
            (2023, 4, 9),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2038, 4, 25),
            (2049, 4, 18),
            (2076, 4, 19),
        ] {
            assert_eq!(easter_sunday(year), Some(date(year, month, day)));
        }
    }

    #[test]
    fn always_a_sunday_from_22_march_to_25_april() {
        for year in 1583..=9999 {
            let easter = easter_sunday(year).unwrap();
            assert_eq!(easter.weekday(), Weekday::Sunday);
            assert!(date(year, 3, 22) <= easter && easter <= date(year, 4, 25));
        }
        assert_eq!(easter_sunday(1582), None);
    }
}
