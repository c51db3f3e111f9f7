//! Published schedules and costs, computed by us. Each file in `tests/reference/` names its source; its
//! `request` is a body of the quote endpoint, its `expected` the part of the answer that is published.

use std::fs;
use std::path::Path;

use domain::calendar::{BusinessCalendar, Convention, DayCount, Frequency, MonthEnd};
use domain::loans::quote::Quote;
use domain::loans::terms::{Fee, Grace, Method, RoundingRules, ScheduleTerms, TermsInput};
use domain::money::{Amount, Currency, Percent, RoundingMode};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

/// A table that is lost or not picked up fails the test.
const TABLES: usize = 51;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    source: String,
    currency: Currency,
    request: Request,
    expected: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    principal: Amount,
    method: Method,
    annual_rate: Option<Percent>,
    monthly_rate: Option<Percent>,
    installments: Option<u16>,
    installment_amount: Option<Amount>,
    frequency: Frequency,
    disbursement_date: Date,
    first_due_date: Option<Date>,
    day_count: DayCount,
    #[serde(default)]
    month_end: MonthEnd,
    rounding: Option<RoundingRules>,
    #[serde(default)]
    grace_installments: Grace,
    #[serde(default)]
    fees: Vec<Fee>,
}

impl Table {
    fn terms(&self) -> TermsInput {
        let request = &self.request;
        TermsInput {
            currency: self.currency,
            principal: request.principal,
            method: request.method,
            annual_rate: request.annual_rate,
            monthly_rate: request.monthly_rate,
            installments: request.installments,
            installment_amount: request.installment_amount,
            frequency: request.frequency,
            disbursement_date: request.disbursement_date,
            first_due_date: request.first_due_date,
            day_count: request.day_count,
            month_end: request.month_end,
            rounding: request.rounding.unwrap_or_else(|| {
                RoundingRules::to_minor_unit(RoundingMode::HalfUp, self.currency)
            }),
            grace: request.grace_installments,
            fees: request.fees.clone(),
            convention: Convention::Following,
            calendar: BusinessCalendar::every_day(),
        }
    }
}

#[test]
fn published_tables() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let mut wrong = Vec::new();
    let mut tables = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let table: Table =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!table.source.is_empty(), "{name} has no source");
        let answer = ScheduleTerms::parse(table.terms()).and_then(|terms| Quote::new(&terms));
        let answer = answer.unwrap_or_else(|error| panic!("{name}: {error}"));
        compare(&name, &table.expected, &serde_json::to_value(answer).unwrap(), &mut wrong);
        tables += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(tables, TABLES);
}

/// Everything that is expected must be in the answer; the answer may say more.
fn compare(path: &str, expected: &Value, actual: &Value, wrong: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (key, value) in expected {
                let found = actual.get(key).unwrap_or(&Value::Null);
                compare(&format!("{path}.{key}"), value, found, wrong);
            }
        }
        (Value::Array(expected), Value::Array(actual)) => {
            if expected.len() != actual.len() {
                wrong.push(format!("{path}: {} rows, not {}", actual.len(), expected.len()));
            }
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                compare(&format!("{path}[{index}]"), expected, actual, wrong);
            }
        }
        _ if expected == actual || agrees_as_published(expected, actual) => {}
        _ => wrong.push(format!("{path}: {actual}, not {expected}")),
    }
}

/// Whether an amount that is not rounded agrees to the decimals that are published.
fn agrees_as_published(expected: &Value, actual: &Value) -> bool {
    let decimal = |value: &Value| value.as_str().and_then(|text| text.parse::<Decimal>().ok());
    match (decimal(expected), decimal(actual)) {
        (Some(expected), Some(actual)) => actual.round_dp(expected.scale()) == expected,
        _ => false,
    }
}
