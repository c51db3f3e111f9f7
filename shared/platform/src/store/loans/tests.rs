use aws_sdk_dynamodb::types::AttributeValue;
use domain::calendar::{BusinessCalendar, Convention, DayCount, Frequency, MonthEnd};
use domain::ids::{BrandId, CustomerId, LoanId, PaymentId, StaffId};
use domain::invoices::{Installment, InvoiceStatus, PaymentCommand, ServicingTerms};
use domain::loans::loan::{Activation, Loan};
use domain::loans::schedule::Schedule;
use domain::loans::status::Transition;
use domain::loans::terms::{Grace, Method, RoundingRules, ScheduleTerms, TermsInput};
use domain::money::{Amount, Currency, RoundingMode};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use ulid::Ulid;

use super::packed::{pack, pack_invoices, unpack, unpack_invoices};
use super::{LoanRecord, Plan};
use crate::store::{Entity, Item};

/// DynamoDB bills an item by the kilobyte begun.
const WRITE_UNIT_BYTES: usize = 1_024;
const START: Date = date(2026, 1, 31);

/// The size that DynamoDB bills: names and values in UTF-8, binary as it is, a number half a byte
/// a digit and one more, a map three bytes and one for each element.
/// Source: "DynamoDB item sizes and formats", Amazon DynamoDB developer guide.
fn billed_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + value_bytes(value)).sum::<usize>()
        }
        other => panic!("an attribute of a kind that loans do not have: {other:?}"),
    }
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn active(method: Method, frequency: Frequency, principal: &str, installments: u16) -> Loan {
    let currency = Currency::INR;
    let fixed = method == Method::FixedInstallment;
    let each = amount(principal).value() / rust_decimal::Decimal::from(installments);
    let input = TermsInput {
        currency,
        principal: amount(principal),
        method,
        annual_rate: (!fixed).then(|| "36.5".parse().unwrap()),
        monthly_rate: None,
        installments: Some(installments),
        installment_amount: fixed.then(|| {
            Amount::new((each * "1.21".parse::<rust_decimal::Decimal>().unwrap()).round_dp(2))
        }),
        frequency,
        disbursement_date: START,
        first_due_date: None,
        day_count: DayCount::Act365,
        month_end: MonthEnd::Clamp,
        rounding: RoundingRules::to_minor_unit(RoundingMode::HalfUp, currency),
        grace: Grace::default(),
        fees: Vec::new(),
        convention: Convention::Following,
        calendar: BusinessCalendar::new(domain::calendar::Weekend::SaturdaySunday),
    };
    let schedule = Schedule::build(&ScheduleTerms::parse(input).unwrap()).unwrap();
    let terms = ServicingTerms::new(currency, "2".parse().unwrap(), "1".parse().unwrap());
    let mut loan = Loan::request(
        LoanId::new(Ulid::from_parts(1_769_817_600_000, 42)),
        CustomerId::new(Ulid::from_parts(1_769_817_600_000, 43)),
        amount(principal),
        terms,
    );
    for transition in [Transition::Submit, Transition::Approve] {
        loan.originate(transition).unwrap();
    }
    let rows = schedule.installments.iter().map(|row| Installment {
        nominal_due: row.nominal_due_date,
        due: row.due_date,
        principal: row.principal,
        interest: row.interest,
    });
    loan.activate(&Activation {
        on: START,
        installments: rows.collect(),
        fees_withheld: Amount::ZERO,
    })
    .unwrap();
    loan
}

fn record(loan: Loan) -> LoanRecord {
    LoanRecord {
        brand: BrandId::new(Ulid::from_parts(1_769_817_600_000, 44)),
        version: 1_000,
        shard: 63,
        plan: Plan {
            method: "FIXED_INSTALLMENT".to_owned(),
            annual_rate: Some("36.123456".parse().unwrap()),
            installments: 24,
        },
        owner: Some(StaffId::new(Ulid::from_parts(1_769_817_600_000, 45))),
        reference: Some("CONTRACT-2026-000123".to_owned()),
        created_at: Timestamp::from_second(1_769_817_600).unwrap(),
        loan,
    }
}

const METHODS: [Method; 6] = [
    Method::Price,
    Method::Sac,
    Method::Flat,
    Method::Bullet,
    Method::InterestOnly,
    Method::FixedInstallment,
];
const FREQUENCIES: [Frequency; 4] =
    [Frequency::DAILY, Frequency::EVERY_BUSINESS_DAY, Frequency::WEEKLY, Frequency::MONTHLY];

/// Every product, in every state that 24 open invoices can be in without a single exception.
fn products() -> Vec<(String, Loan)> {
    let mut loans = Vec::new();
    for method in METHODS {
        for frequency in FREQUENCIES {
            for principal in ["2400.00", "999999999.99"] {
                let loan = active(method, frequency, principal, 24);
                let name = format!("{method:?} {frequency:?} {principal}");
                let mut overdue = loan.clone();
                overdue.advance(date(2029, 1, 1));
                let mut part_paid = overdue.clone();
                let payment = PaymentCommand {
                    payment: PaymentId::new(Ulid::from_parts(1_769_817_600_000, 46)),
                    amount: amount("12.34"),
                    value_date: date(2029, 1, 1),
                    invoice: None,
                    payoff: false,
                };
                part_paid.pay(&payment, date(2029, 1, 1)).unwrap();
                loans.push((format!("{name} pending"), loan));
                loans.push((format!("{name} overdue"), overdue));
                loans.push((format!("{name} part paid"), part_paid));
            }
        }
    }
    loans
}

#[test]
fn a_loan_with_24_open_invoices_is_one_write_unit() {
    let mut largest = (0, String::new());
    for (name, loan) in products() {
        let size = billed_bytes(&record(loan).to_item().unwrap());
        assert!(size <= WRITE_UNIT_BYTES, "{name}: {size} bytes");
        largest = largest.max((size, name));
    }
    // The worst product leaves room; the figure is here to be noticed when it moves.
    assert!(largest.0 > 500, "{largest:?}");
}

#[test]
fn what_is_packed_comes_back_the_same() {
    for (name, loan) in products() {
        assert_eq!(unpack(loan.id, &pack(&loan).unwrap()).unwrap(), loan, "{name}");
        let record = record(loan);
        let item = record.to_item().unwrap();
        assert_eq!(LoanRecord::from_item(item).unwrap(), record, "{name}");
    }
}

#[test]
fn closed_invoices_leave_when_the_item_grows_and_come_back_the_same() {
    let mut loan = active(Method::Price, Frequency::MONTHLY, "96000.00", 60);
    let mut paid = 0;
    while loan.invoices.iter().filter(|invoice| invoice.is_open()).count() > 10 {
        paid += 1;
        let due = loan.open_invoices().next().unwrap();
        let payment = PaymentCommand {
            payment: PaymentId::new(Ulid::from_parts(1, paid)),
            amount: due.value(),
            value_date: due.due,
            invoice: None,
            payoff: false,
        };
        let today = due.due;
        loan.pay(&payment, today).unwrap();
    }
    let whole = loan.clone();
    let mut record = record(loan);
    let left = record.slim().unwrap();
    assert!(!left.is_empty());
    assert!(billed_bytes(&record.to_item().unwrap()) <= WRITE_UNIT_BYTES);
    assert!(left.iter().all(|invoice| invoice.status == InvoiceStatus::Paid));
    assert_eq!(record.loan.sums(), whole.sums());
    assert_eq!(record.loan.position(date(2032, 1, 1)), whole.position(date(2032, 1, 1)));
    let bytes = pack_invoices(&left, Currency::INR).unwrap();
    let back = unpack_invoices(&bytes, Currency::INR).unwrap();
    assert_eq!([back, record.loan.invoices].concat(), whole.invoices);
}

#[test]
fn an_unknown_form_is_refused() {
    let mut bytes = pack(&active(Method::Sac, Frequency::MONTHLY, "2400.00", 24)).unwrap();
    bytes[0] = 200;
    assert_eq!(
        unpack(LoanId::new(Ulid::nil()), &bytes).unwrap_err().to_string(),
        "form 200 of the loan is not known"
    );
}
