use jiff::Timestamp;
use jiff::tz::TimeZone;
use local::cloud::scheduler::{Expression, ExpressionError, next_fire};

/// The first `count` firings after `after`, rates counted from `after`.
fn firings(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let expression: Expression = expression.parse().unwrap();
    let zone = TimeZone::get(zone).unwrap();
    let anchor: Timestamp = after.parse().unwrap();
    let next = |after: &Timestamp| next_fire(&expression, &zone, anchor, *after);
    let times = std::iter::successors(next(&anchor), next);
    times.take(count).map(|time| time.to_string()).collect()
}

/// Examples of the EventBridge user guides, "Cron expressions reference" and "Cron-based
/// schedules"; weekdays read off a calendar (1 January 2026 is a Thursday).
#[test]
fn documented_examples() {
    let utc = |expression, after, count| firings(expression, "UTC", after, count);
    let new_year = "2026-01-01T00:00:00Z";
    assert_eq!(
        utc("cron(0 10 * * ? *)", new_year, 2),
        ["2026-01-01T10:00:00Z", "2026-01-02T10:00:00Z"]
    );
    assert_eq!(
        utc("cron(0 18 ? * MON-FRI *)", new_year, 3),
        ["2026-01-01T18:00:00Z", "2026-01-02T18:00:00Z", "2026-01-05T18:00:00Z"]
    );
    assert_eq!(
        utc("cron(0 8 1 * ? *)", new_year, 2),
        ["2026-01-01T08:00:00Z", "2026-02-01T08:00:00Z"]
    );
    assert_eq!(
        utc("cron(0/15 * * * ? *)", new_year, 4),
        [
            "2026-01-01T00:15:00Z",
            "2026-01-01T00:30:00Z",
            "2026-01-01T00:45:00Z",
            "2026-01-01T01:00:00Z"
        ]
    );
    // Every five minutes from 8:00 to 17:55 on weekdays: after Friday's last comes Monday's first.
    assert_eq!(
        utc("cron(0/5 8-17 ? * MON-FRI *)", "2026-01-02T17:50:00Z", 2),
        ["2026-01-02T17:55:00Z", "2026-01-05T08:00:00Z"]
    );
    assert_eq!(utc("cron(0 9 ? * 2#1 *)", "2026-01-31T00:00:00Z", 1), ["2026-02-02T09:00:00Z"]);
    // 10:15 on the last Friday of each month of 2022 and 2023.
    assert_eq!(
        utc("cron(15 10 ? * 6L 2022-2023)", "2022-01-01T00:00:00Z", 2),
        ["2022-01-28T10:15:00Z", "2022-02-25T10:15:00Z"]
    );
    assert_eq!(
        utc("cron(15 10 ? * 6L 2022-2023)", "2023-12-29T10:15:00Z", 1),
        Vec::<String>::new()
    );
    assert_eq!(utc("cron(0 9 ? * L *)", new_year, 1), ["2026-01-03T09:00:00Z"]);
}

#[test]
fn ends_of_months_and_nearest_weekdays() {
    let utc = |expression, after, count| firings(expression, "UTC", after, count);
    assert_eq!(
        utc("cron(0 0 L 2,4 ? *)", "2023-12-31T00:00:00Z", 3),
        ["2024-02-29T00:00:00Z", "2024-04-30T00:00:00Z", "2025-02-28T00:00:00Z"]
    );
    assert_eq!(
        utc("cron(0 0 15,L FEB ? *)", "2026-01-01T00:00:00Z", 2),
        ["2026-02-15T00:00:00Z", "2026-02-28T00:00:00Z"]
    );
    // 3 October 2026 is a Saturday: Friday the 2nd.
    assert_eq!(utc("cron(0 0 3W 10 ? *)", "2026-01-01T00:00:00Z", 1), ["2026-10-02T00:00:00Z"]);
    // 1 August 2026 is a Saturday; the Friday before is in July: Monday the 3rd.
    assert_eq!(utc("cron(0 0 1W 8 ? *)", "2026-01-01T00:00:00Z", 1), ["2026-08-03T00:00:00Z"]);
    // 31 January 2027 is a Sunday; the Monday after is in February: Friday the 29th.
    assert_eq!(utc("cron(0 0 31W 1 ? *)", "2026-02-01T00:00:00Z", 1), ["2027-01-29T00:00:00Z"]);
    // Only leap years have it.
    assert_eq!(utc("cron(0 0 29 2 ? *)", "2026-01-01T00:00:00Z", 1), ["2028-02-29T00:00:00Z"]);
    assert_eq!(utc("cron(0 0 30 2 ? *)", "2026-01-01T00:00:00Z", 1), Vec::<String>::new());
}

/// Europe/Prague: clocks went forward on 29 March 2026 at 2:00 and back on 25 October at 3:00.
#[test]
fn skipped_times_do_not_fire_and_repeated_ones_fire_once() {
    let prague = |expression, after, count| firings(expression, "Europe/Prague", after, count);
    assert_eq!(
        prague("cron(30 2 * * ? *)", "2026-03-28T00:00:00Z", 2),
        ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"]
    );
    assert_eq!(
        prague("cron(30 2 * * ? *)", "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
    );
    assert_eq!(
        prague("cron(0/30 * * * ? *)", "2026-10-25T00:00:00Z", 2),
        ["2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z"]
    );
    assert_eq!(
        prague("at(2026-07-01T08:00:00)", "2026-01-01T00:00:00Z", 2),
        ["2026-07-01T06:00:00Z"]
    );
    assert_eq!(
        prague("at(2026-03-29T02:30:00)", "2026-01-01T00:00:00Z", 1),
        ["2026-03-29T01:30:00Z"]
    );
}

/// Brazil's last summer time: forward on 4 November 2018 at 0:00, so that day has no midnight; back
/// on 18 February 2018 at 0:00, so 17 February has 23:30 twice.
#[test]
fn shifts_at_midnight_in_sao_paulo() {
    let sao_paulo = |expression, after| firings(expression, "America/Sao_Paulo", after, 2);
    assert_eq!(
        sao_paulo("cron(0 0 * * ? *)", "2018-11-03T00:00:00Z"),
        ["2018-11-03T03:00:00Z", "2018-11-05T02:00:00Z"]
    );
    assert_eq!(
        sao_paulo("cron(30 23 * * ? *)", "2018-02-17T12:00:00Z"),
        ["2018-02-18T01:30:00Z", "2018-02-19T02:30:00Z"]
    );
    assert_eq!(
        sao_paulo("cron(5 0 * * ? *)", "1999-01-01T00:00:00Z"),
        ["1999-01-01T02:05:00Z", "1999-01-02T02:05:00Z"]
    );
}

#[test]
fn kolkata_has_no_shifts() {
    assert_eq!(
        firings("cron(30 0 * * ? *)", "Asia/Kolkata", "2026-03-28T00:00:00Z", 2),
        ["2026-03-28T19:00:00Z", "2026-03-29T19:00:00Z"]
    );
}

/// A day is 24 hours whatever the clocks do.
#[test]
fn rates_keep_their_period() {
    assert_eq!(
        firings("rate(1 day)", "Europe/Prague", "2026-03-28T12:00:00Z", 2),
        ["2026-03-29T12:00:00Z", "2026-03-30T12:00:00Z"]
    );
    let zone = TimeZone::UTC;
    let every_five: Expression = "rate(5 minutes)".parse().unwrap();
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    let next = |after| next_fire(&every_five, &zone, time("2026-01-01T00:02:00Z"), time(after));
    assert_eq!(next("2025-12-31T23:59:59Z"), Some(time("2026-01-01T00:02:00Z")));
    assert_eq!(next("2026-01-01T00:02:00Z"), Some(time("2026-01-01T00:07:00Z")));
}

#[test]
fn what_the_service_refuses_is_refused_by_name() {
    let error = |text: &str| text.parse::<Expression>().unwrap_err();
    assert_eq!(error("0 10 * * ? *"), ExpressionError::Kind);
    assert_eq!(error("cron(0 10 * * *)"), ExpressionError::FieldCount(5));
    for both in ["cron(0 10 * * * *)", "cron(0 10 ? * ? *)", "cron(0 10 1 * MON *)"] {
        assert_eq!(error(both), ExpressionError::DayFields, "{both}");
    }
    for (text, field) in [
        ("cron(60 10 * * ? *)", "minutes"),
        ("cron(0 24 * * ? *)", "hours"),
        ("cron(0 5-1 * * ? *)", "hours"),
        ("cron(0/0 5 * * ? *)", "minutes"),
        ("cron(0 0 32 * ? *)", "day-of-month"),
        ("cron(0 0 1 13 ? *)", "month"),
        ("cron(0 0 1 JANUARY ? *)", "month"),
        ("cron(0 0 ? * 0 *)", "day-of-week"),
        ("cron(0 0 ? * 2#6 *)", "day-of-week"),
        ("cron(0 0 ? * 2/2 *)", "day-of-week"),
        ("cron(0 0 1 * ? 2200)", "year"),
        ("cron(+5 0 1 * ? *)", "minutes"),
    ] {
        match error(text) {
            ExpressionError::Field { field: named, .. } => assert_eq!(named, field, "{text}"),
            other => panic!("{text}: {other}"),
        }
    }
    for text in ["rate(0 minutes)", "rate(5 seconds)", "rate(5)", "rate(1.5 hours)"] {
        assert_eq!(error(text), ExpressionError::Rate, "{text}");
    }
    assert_eq!(error("at(2026-02-30T00:00:00)"), ExpressionError::At);
}
