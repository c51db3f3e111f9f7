//! The compact form of a loan: minor units and day numbers as variable-length integers, and short
//! forms for the invoices that most loans consist of.

use domain::ids::{CustomerId, LoanId};
use domain::invoices::{Installment, Invoice, InvoiceStatus, ServicingTerms, Split};
use domain::ledger::Tally;
use domain::loans::loan::{Loan, SettlementOffer, WrittenOff};
use domain::loans::status::Stage;
use domain::money::{Amount, Currency};
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// The form that [`pack`] writes; [`unpack`] reads this and every earlier one.
const FORM: u8 = 1;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    #[error("{0} is finer than the currency's minor unit or too large")]
    Amount(Amount),
    #[error("form {0} of the loan is not known")]
    Form(u8),
    #[error("the loan's bytes are not readable: {0}")]
    Bytes(String),
}

impl From<postcard::Error> for PackError {
    fn from(error: postcard::Error) -> Self {
        Self::Bytes(error.to_string())
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct PackedLoan {
    customer: u128,
    stage: Stage,
    terms: PackedTerms,
    principal: i64,
    interest: i64,
    disbursed: i64,
    fees_withheld: i64,
    transferred_in: i64,
    start: Option<i32>,
    through: Option<i32>,
    evicted: Option<PackedTally>,
    received: i64,
    credit: i64,
    settlement: Option<(i64, i64, i32, i32)>,
    settlement_loss: i64,
    written_off: Option<(i32, i64)>,
    renegotiated_from: Option<u128>,
    renegotiated_to: Option<u128>,
    /// `None` where the loan is its own root.
    root: Option<u128>,
    seq: u32,
    invoices: Vec<PackedInvoice>,
}

#[derive(Debug, Serialize, Deserialize)]
struct PackedTerms {
    currency: [u8; 3],
    late_fee: String,
    mora_monthly: String,
    rounding: domain::invoices::ChargeRounding,
    allocation: domain::invoices::AllocationOrder,
    rebate: domain::invoices::Rebate,
    payoff_discount: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct PackedTally {
    last_number: u16,
    last_nominal_due: Option<i32>,
    splits: [[i64; 4]; 4],
    earned: i64,
    waived_unearned: i64,
    carried_unearned: i64,
}

/// An invoice, its dates counted from those of the invoice before it.
#[derive(Debug, Serialize, Deserialize)]
enum PackedInvoice {
    /// Pending and untouched, with the principal and interest of the invoice before it.
    Same(PackedDates),
    /// Pending and untouched.
    Pending(PackedDates, PackedValue),
    /// Unpaid and untouched since its transition.
    Unpaid(PackedDates, PackedValue, i64),
    /// Paid in full without waivers: late fee, mora, and the days from due date to closing and to
    /// the last mora event.
    Paid {
        dates: PackedDates,
        value: PackedValue,
        late_fee: i64,
        mora: i64,
        since: Option<i32>,
        closed: i32,
    },
    /// Anything else.
    Other(Box<PackedOther>),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct PackedDates {
    /// Days from the nominal due date of the invoice before it.
    gap: i32,
    /// Days by which the due date was moved.
    moved: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct PackedValue {
    principal: i64,
    interest: i64,
    /// The accrual base, less principal and interest.
    base_excess: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct PackedOther {
    dates: PackedDates,
    value: PackedValue,
    status: InvoiceStatus,
    late_fee: i64,
    mora_fixed: i64,
    mora_since: Option<i32>,
    paid: [i64; 4],
    waived: [i64; 4],
    closed_on: Option<i32>,
}

/// The loan in its compact form.
pub fn pack(loan: &Loan) -> Result<Vec<u8>, PackError> {
    let money = Minor(loan.terms.currency);
    let packed = PackedLoan {
        customer: loan.customer.ulid().0,
        stage: loan.stage,
        terms: PackedTerms {
            currency: currency_bytes(loan.terms.currency),
            late_fee: loan.terms.late_fee.to_string(),
            mora_monthly: loan.terms.mora_monthly.to_string(),
            rounding: loan.terms.rounding,
            allocation: loan.terms.allocation,
            rebate: loan.terms.rebate,
            payoff_discount: loan.terms.payoff_discount.to_string(),
        },
        principal: money.pack(loan.principal)?,
        interest: money.pack(loan.interest)?,
        disbursed: money.pack(loan.disbursed)?,
        fees_withheld: money.pack(loan.fees_withheld)?,
        transferred_in: money.pack(loan.transferred_in)?,
        start: loan.start.map(day),
        through: loan.through.map(day),
        evicted: pack_tally(&loan.evicted, money)?,
        received: money.pack(loan.received)?,
        credit: money.pack(loan.credit)?,
        settlement: match loan.settlement {
            Some(offer) => Some((
                money.pack(offer.amount)?,
                money.pack(offer.received)?,
                day(offer.agreed_on),
                day(offer.until),
            )),
            None => None,
        },
        settlement_loss: money.pack(loan.settlement_loss)?,
        written_off: match loan.written_off {
            Some(written_off) => Some((day(written_off.on), money.pack(written_off.recovered)?)),
            None => None,
        },
        renegotiated_from: loan.renegotiated_from.map(|id| id.ulid().0),
        renegotiated_to: loan.renegotiated_to.map(|id| id.ulid().0),
        root: (loan.root != loan.id).then(|| loan.root.ulid().0),
        seq: loan.seq,
        invoices: pack_rows(&loan.invoices, money)?,
    };
    Ok(postcard::to_extend(&packed, vec![FORM])?)
}

/// The loan with this id out of its compact form.
pub fn unpack(id: LoanId, bytes: &[u8]) -> Result<Loan, PackError> {
    let body = body(bytes)?;
    let packed: PackedLoan = postcard::from_bytes(body)?;
    let currency = currency_of(packed.terms.currency)?;
    let money = Minor(currency);
    let percent = |text: &str| text.parse().map_err(|_| PackError::Bytes(format!("rate {text}")));
    let evicted = packed.evicted.map(|tally| unpack_tally(&tally, money)).transpose()?;
    let evicted = evicted.unwrap_or_default();
    Ok(Loan {
        id,
        customer: CustomerId::new(Ulid(packed.customer)),
        stage: packed.stage,
        terms: ServicingTerms {
            currency,
            late_fee: percent(&packed.terms.late_fee)?,
            mora_monthly: percent(&packed.terms.mora_monthly)?,
            rounding: packed.terms.rounding,
            allocation: packed.terms.allocation,
            rebate: packed.terms.rebate,
            payoff_discount: percent(&packed.terms.payoff_discount)?,
        },
        principal: money.unpack(packed.principal),
        interest: money.unpack(packed.interest),
        disbursed: money.unpack(packed.disbursed),
        fees_withheld: money.unpack(packed.fees_withheld),
        transferred_in: money.unpack(packed.transferred_in),
        start: packed.start.map(date_of).transpose()?,
        through: packed.through.map(date_of).transpose()?,
        invoices: unpack_rows(&packed.invoices, evicted.last_number, money)?,
        evicted,
        received: money.unpack(packed.received),
        credit: money.unpack(packed.credit),
        settlement: match packed.settlement {
            Some((amount, received, agreed_on, until)) => Some(SettlementOffer {
                amount: money.unpack(amount),
                received: money.unpack(received),
                agreed_on: date_of(agreed_on)?,
                until: date_of(until)?,
            }),
            None => None,
        },
        settlement_loss: money.unpack(packed.settlement_loss),
        written_off: match packed.written_off {
            Some((on, recovered)) => {
                Some(WrittenOff { on: date_of(on)?, recovered: money.unpack(recovered) })
            }
            None => None,
        },
        renegotiated_from: packed.renegotiated_from.map(loan_id),
        renegotiated_to: packed.renegotiated_to.map(loan_id),
        root: packed.root.map_or(id, loan_id),
        seq: packed.seq,
    })
}

/// Closed invoices that leave the loan, in the compact form, with the number of the first.
pub fn pack_invoices(invoices: &[Invoice], currency: Currency) -> Result<Vec<u8>, PackError> {
    let first = invoices.first().map_or(1, |invoice| invoice.number);
    let rows = pack_rows(invoices, Minor(currency))?;
    Ok(postcard::to_extend(&(first, rows), vec![FORM])?)
}

pub fn unpack_invoices(bytes: &[u8], currency: Currency) -> Result<Vec<Invoice>, PackError> {
    let body = body(bytes)?;
    let (first, rows): (u16, Vec<PackedInvoice>) = postcard::from_bytes(body)?;
    unpack_rows(&rows, first.saturating_sub(1), Minor(currency))
}

fn body(bytes: &[u8]) -> Result<&[u8], PackError> {
    match bytes.split_first() {
        Some((&FORM, body)) => Ok(body),
        Some((form, _)) => Err(PackError::Form(*form)),
        None => Err(PackError::Bytes("empty".to_owned())),
    }
}

fn pack_rows(invoices: &[Invoice], money: Minor) -> Result<Vec<PackedInvoice>, PackError> {
    let mut before = (EPOCH, None);
    let mut rows = Vec::with_capacity(invoices.len());
    for invoice in invoices {
        let dates = PackedDates {
            gap: day(invoice.nominal_due) - day(before.0),
            moved: day(invoice.due) - day(invoice.nominal_due),
        };
        let value = PackedValue {
            principal: money.pack(invoice.principal)?,
            interest: money.pack(invoice.interest)?,
            base_excess: money.pack(invoice.base - invoice.value())?,
        };
        rows.push(pack_row(invoice, dates, value, before.1, money)?);
        before = (invoice.nominal_due, Some(value));
    }
    Ok(rows)
}

fn pack_row(
    invoice: &Invoice,
    dates: PackedDates,
    value: PackedValue,
    before: Option<PackedValue>,
    money: Minor,
) -> Result<PackedInvoice, PackError> {
    let days_from_due = |date: Date| day(date) - day(invoice.due);
    let late_fee = money.pack(invoice.late_fee)?;
    let mora = money.pack(invoice.mora_fixed)?;
    let plain = Invoice::new(invoice.number, installment(invoice), invoice.base);
    if *invoice == plain {
        return Ok(match before {
            Some(before) if before == value => PackedInvoice::Same(dates),
            _ => PackedInvoice::Pending(dates, value),
        });
    }
    let unpaid = Invoice {
        status: InvoiceStatus::Unpaid,
        late_fee: invoice.late_fee,
        mora_since: Some(invoice.due),
        ..plain.clone()
    };
    if *invoice == unpaid {
        return Ok(PackedInvoice::Unpaid(dates, value, late_fee));
    }
    if let Some(closed_on) = invoice.closed_on
        && *invoice == paid_in_full(plain, invoice, closed_on)
    {
        let since = invoice.mora_since.map(days_from_due);
        let closed = days_from_due(closed_on);
        return Ok(PackedInvoice::Paid { dates, value, late_fee, mora, since, closed });
    }
    Ok(PackedInvoice::Other(Box::new(PackedOther {
        dates,
        value,
        status: invoice.status,
        late_fee,
        mora_fixed: mora,
        mora_since: invoice.mora_since.map(days_from_due),
        paid: money.pack_split(&invoice.paid)?,
        waived: money.pack_split(&invoice.waived)?,
        closed_on: invoice.closed_on.map(days_from_due),
    })))
}

/// `plain`, paid in full with the charges of `invoice`.
fn paid_in_full(plain: Invoice, invoice: &Invoice, closed_on: Date) -> Invoice {
    Invoice {
        status: InvoiceStatus::Paid,
        late_fee: invoice.late_fee,
        mora_fixed: invoice.mora_fixed,
        mora_since: invoice.mora_since,
        paid: Split {
            late_fee: invoice.late_fee,
            mora: invoice.mora_fixed,
            interest: invoice.interest,
            principal: invoice.principal,
        },
        closed_on: Some(closed_on),
        ..plain
    }
}

fn unpack_rows(rows: &[PackedInvoice], last: u16, money: Minor) -> Result<Vec<Invoice>, PackError> {
    let mut number = last;
    let mut nominal = day(EPOCH);
    let mut before = PackedValue { principal: 0, interest: 0, base_excess: 0 };
    let mut invoices = Vec::with_capacity(rows.len());
    for row in rows {
        let (dates, value) = match row {
            PackedInvoice::Same(dates) => (*dates, before),
            PackedInvoice::Pending(dates, value)
            | PackedInvoice::Unpaid(dates, value, _)
            | PackedInvoice::Paid { dates, value, .. } => (*dates, *value),
            PackedInvoice::Other(other) => (other.dates, other.value),
        };
        number = number.checked_add(1).ok_or_else(|| PackError::Bytes("numbers".to_owned()))?;
        nominal =
            nominal.checked_add(dates.gap).ok_or_else(|| PackError::Bytes("dates".to_owned()))?;
        before = value;
        let installment = Installment {
            nominal_due: date_of(nominal)?,
            due: date_of(nominal.saturating_add(dates.moved))?,
            principal: money.unpack(value.principal),
            interest: money.unpack(value.interest),
        };
        let base = installment.value() + money.unpack(value.base_excess);
        let plain = Invoice::new(number, installment, base);
        invoices.push(unpack_row(row, plain, money)?);
    }
    Ok(invoices)
}

fn unpack_row(row: &PackedInvoice, plain: Invoice, money: Minor) -> Result<Invoice, PackError> {
    let due = day(plain.due);
    let from_due = |days: i32| date_of(due.saturating_add(days));
    Ok(match row {
        PackedInvoice::Same(_) | PackedInvoice::Pending(..) => plain,
        PackedInvoice::Unpaid(_, _, late_fee) => Invoice {
            status: InvoiceStatus::Unpaid,
            late_fee: money.unpack(*late_fee),
            mora_since: Some(plain.due),
            ..plain
        },
        PackedInvoice::Paid { late_fee, mora, since, closed, .. } => {
            let charged = Invoice {
                late_fee: money.unpack(*late_fee),
                mora_fixed: money.unpack(*mora),
                mora_since: since.map(from_due).transpose()?,
                ..plain.clone()
            };
            paid_in_full(plain, &charged, from_due(*closed)?)
        }
        PackedInvoice::Other(other) => Invoice {
            status: other.status,
            late_fee: money.unpack(other.late_fee),
            mora_fixed: money.unpack(other.mora_fixed),
            mora_since: other.mora_since.map(from_due).transpose()?,
            paid: money.unpack_split(other.paid),
            waived: money.unpack_split(other.waived),
            closed_on: other.closed_on.map(from_due).transpose()?,
            ..plain
        },
    })
}

const fn installment(invoice: &Invoice) -> Installment {
    Installment {
        nominal_due: invoice.nominal_due,
        due: invoice.due,
        principal: invoice.principal,
        interest: invoice.interest,
    }
}

fn pack_tally(tally: &Tally, money: Minor) -> Result<Option<PackedTally>, PackError> {
    if *tally == Tally::default() {
        return Ok(None);
    }
    Ok(Some(PackedTally {
        last_number: tally.last_number,
        last_nominal_due: tally.last_nominal_due.map(day),
        splits: [
            money.pack_split(&tally.charged)?,
            money.pack_split(&tally.paid)?,
            money.pack_split(&tally.waived)?,
            money.pack_split(&tally.carried)?,
        ],
        earned: money.pack(tally.earned)?,
        waived_unearned: money.pack(tally.waived_unearned)?,
        carried_unearned: money.pack(tally.carried_unearned)?,
    }))
}

fn unpack_tally(packed: &PackedTally, money: Minor) -> Result<Tally, PackError> {
    let [charged, paid, waived, carried] = packed.splits;
    Ok(Tally {
        last_number: packed.last_number,
        last_nominal_due: packed.last_nominal_due.map(date_of).transpose()?,
        charged: money.unpack_split(charged),
        paid: money.unpack_split(paid),
        waived: money.unpack_split(waived),
        carried: money.unpack_split(carried),
        earned: money.unpack(packed.earned),
        waived_unearned: money.unpack(packed.waived_unearned),
        carried_unearned: money.unpack(packed.carried_unearned),
    })
}

/// Amounts as whole numbers of a currency's minor unit.
#[derive(Debug, Clone, Copy)]
struct Minor(Currency);

impl Minor {
    fn pack(self, amount: Amount) -> Result<i64, PackError> {
        amount.to_minor(self.0).ok_or(PackError::Amount(amount))
    }

    fn unpack(self, minor: i64) -> Amount {
        Amount::from_minor(minor, self.0)
    }

    fn pack_split(self, split: &Split) -> Result<[i64; 4], PackError> {
        Ok([
            self.pack(split.late_fee)?,
            self.pack(split.mora)?,
            self.pack(split.interest)?,
            self.pack(split.principal)?,
        ])
    }

    fn unpack_split(self, [late_fee, mora, interest, principal]: [i64; 4]) -> Split {
        Split {
            late_fee: self.unpack(late_fee),
            mora: self.unpack(mora),
            interest: self.unpack(interest),
            principal: self.unpack(principal),
        }
    }
}

const EPOCH: Date = date(2000, 1, 1);

/// Days since 1 January 2000.
fn day(date: Date) -> i32 {
    date.duration_since(EPOCH).as_hours().div_euclid(24).try_into().unwrap_or(i32::MAX)
}

fn date_of(day: i32) -> Result<Date, PackError> {
    EPOCH
        .checked_add(jiff::SignedDuration::from_hours(i64::from(day) * 24))
        .map_err(|_| PackError::Bytes(format!("day {day}")))
}

const fn loan_id(ulid: u128) -> LoanId {
    LoanId::new(Ulid(ulid))
}

fn currency_bytes(currency: Currency) -> [u8; 3] {
    currency.code().as_bytes().try_into().unwrap_or_default()
}

fn currency_of(code: [u8; 3]) -> Result<Currency, PackError> {
    str::from_utf8(&code)
        .ok()
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| PackError::Bytes("currency".to_owned()))
}
