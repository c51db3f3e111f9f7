use domain::money::{Amount, Percent};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::engine::{Template, render};
use crate::text::Tags;
use crate::{Borrower, Letterhead, Pdf, RenderError, Style};

/// One installment as it was agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub number: u16,
    pub due: Date,
    pub principal: Amount,
    pub interest: Amount,
}

/// The installments of a contract, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub rows: Vec<Row>,
}

impl Schedule {
    fn principal(&self) -> Amount {
        self.rows.iter().map(|row| row.principal).sum()
    }

    fn interest(&self) -> Amount {
        self.rows.iter().map(|row| row.interest).sum()
    }

    pub(crate) fn written(&self, style: Style) -> Written {
        let mut balance = self.principal();
        let rows = self.rows.iter().map(|row| {
            balance -= row.principal;
            WrittenRow {
                number: row.number.to_string(),
                due_date: style.date(row.due),
                principal: style.money(row.principal),
                interest: style.money(row.interest),
                total: style.money(row.principal + row.interest),
                balance: style.money(balance),
            }
        });
        Written {
            rows: rows.collect(),
            principal: style.money(self.principal()),
            interest: style.money(self.interest()),
            total: style.money(self.principal() + self.interest()),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Written {
    rows: Vec<WrittenRow>,
    principal: String,
    interest: String,
    total: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenRow {
    number: String,
    due_date: String,
    principal: String,
    interest: String,
    total: String,
    balance: String,
}

/// When a contract is repaid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleDocument {
    pub letterhead: Letterhead,
    pub borrower: Borrower,
    pub contract: String,
    pub as_of: Date,
    pub disbursed_on: Option<Date>,
    pub principal: Amount,
    /// `PRICE`, `SAC`…
    pub method: String,
    pub annual_rate: Option<Percent>,
    pub schedule: Schedule,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(flatten)]
    tags: Tags,
    letterhead: &'a Letterhead,
    borrower: &'a Borrower,
    contract: &'a str,
    as_of: String,
    disbursed_on: Option<String>,
    principal: String,
    method: &'a str,
    annual_rate: Option<String>,
    schedule: Written,
}

impl ScheduleDocument {
    /// The PDF. It takes some tenths of a second of the processor.
    ///
    /// # Errors
    /// Where a character has no glyph.
    pub fn render(&self, style: Style, made_at: Timestamp) -> Result<Pdf, RenderError> {
        let data = Data {
            tags: style.tags(),
            letterhead: &self.letterhead,
            borrower: &self.borrower,
            contract: &self.contract,
            as_of: style.long_date(self.as_of),
            disbursed_on: self.disbursed_on.map(|date| style.long_date(date)),
            principal: style.money(self.principal),
            method: &self.method,
            annual_rate: self.annual_rate.map(|rate| style.percent(rate)),
            schedule: self.schedule.written(style),
        };
        render(Template::Schedule, style.locale, &data, made_at)
    }
}
