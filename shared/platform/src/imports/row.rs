use csv::StringRecord;
use domain::identity::{PersonName, Phone};
use domain::loans::loan::LOAN_VALUE_MAX;
use domain::money::Amount;
use jiff::civil::Date;

use super::file::{Columns, RowContext};
use super::spec::ImportSpec;
use crate::http::FieldError;

/// The longest number of a contract or customer in another system.
pub(super) const REFERENCE_LIMIT_CHARS: usize = 64;
const INSTALLMENTS_LIMIT: u16 = 480;

/// One contract as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub line: u64,
    pub contract: String,
    pub customer: String,
    pub name: PersonName,
    pub phone: Option<Phone>,
    pub granted_on: Date,
    pub first_due: Option<Date>,
    pub principal: Amount,
    pub installments: u16,
    pub installment_amount: Amount,
    /// From the first on.
    pub paid: u16,
}

impl Row {
    /// Reads the fields of a line; the errors are all of them.
    pub(super) fn parse(
        line: u64,
        record: &StringRecord,
        columns: &Columns,
        spec: &ImportSpec,
        context: &RowContext,
    ) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields { record, spec, errors: Vec::new() };
        let contract = fields.reference("contractId", columns.contract_id);
        let customer = fields.reference("customerId", columns.customer_id);
        let name = fields.name(columns.customer_name, customer.as_deref());
        let phone = fields.phone(columns.phone, context);
        let granted_on = fields.date("grantedOn", columns.granted_on);
        let first_due = fields.first_due(columns.first_due_date, granted_on);
        let principal = fields.amount("principal", columns.principal);
        let installments =
            fields.count("installments", columns.installments, 1..=INSTALLMENTS_LIMIT);
        let installment_amount = fields.amount("installmentAmount", columns.installment_amount);
        let most = installments.unwrap_or(INSTALLMENTS_LIMIT);
        let paid = fields.count("paidInstallments", columns.paid_installments, 0..=most);
        if granted_on.is_some_and(|granted_on| granted_on > context.as_of) {
            fields.wrong("grantedOn", format!("must not be after {}", context.as_of));
        }
        let errors = fields.errors;
        let row = || {
            Some(Self {
                line,
                contract: contract?,
                customer: customer?,
                name: name?,
                phone,
                granted_on: granted_on?,
                first_due,
                principal: principal?,
                installments: installments?,
                installment_amount: installment_amount?,
                paid: paid?,
            })
        };
        match row() {
            Some(row) if errors.is_empty() => Ok(row),
            _ => Err(errors),
        }
    }
}

/// The fields of a line, and what is wrong with them. No message says what a field has: it may be
/// personal data in the wrong column.
struct Fields<'r> {
    record: &'r StringRecord,
    spec: &'r ImportSpec,
    errors: Vec<FieldError>,
}

impl Fields<'_> {
    fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(FieldError::new(field, message));
    }

    fn text(&self, column: usize) -> Option<&str> {
        self.record.get(column).filter(|text| !text.is_empty())
    }

    fn required<T>(
        &mut self,
        field: &str,
        column: usize,
        read: impl FnOnce(&str, &ImportSpec) -> Result<T, String>,
    ) -> Option<T> {
        let result = match self.text(column) {
            Some(text) => read(text, self.spec),
            None => Err("is required".to_owned()),
        };
        result.map_err(|message| self.wrong(field, message)).ok()
    }

    fn reference(&mut self, field: &str, column: usize) -> Option<String> {
        self.required(field, column, |text, _| {
            let is_number = text.chars().count() <= REFERENCE_LIMIT_CHARS
                && !text.chars().any(char::is_control);
            let limit = || format!("must have 1 to {REFERENCE_LIMIT_CHARS} printable characters");
            if is_number { Ok(text.to_owned()) } else { Err(limit()) }
        })
    }

    fn amount(&mut self, field: &str, column: usize) -> Option<Amount> {
        self.required(field, column, |text, spec| {
            let plain = spec.decimal_separator.plain(text);
            let amount = plain.and_then(|text| text.parse::<Amount>().ok());
            amount
                .filter(|amount| amount.is_positive() && *amount <= LOAN_VALUE_MAX)
                .ok_or_else(|| format!("must be an amount above zero, at most {LOAN_VALUE_MAX}"))
        })
    }

    fn count(
        &mut self,
        field: &str,
        column: usize,
        bounds: std::ops::RangeInclusive<u16>,
    ) -> Option<u16> {
        self.required(field, column, |text, _| {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            let count = text.parse().ok().filter(|count| is_number && bounds.contains(count));
            let (least, most) = (bounds.start(), bounds.end());
            count.ok_or_else(|| format!("must be a number from {least} to {most}"))
        })
    }

    fn date(&mut self, field: &str, column: usize) -> Option<Date> {
        self.required(field, column, |text, spec| {
            let format = spec.date_format;
            format.parse(text).ok_or_else(|| format!("must be a date as {}", format.text()))
        })
    }

    fn first_due(&mut self, column: Option<usize>, granted_on: Option<Date>) -> Option<Date> {
        let column = column.filter(|column| self.text(*column).is_some())?;
        let date = self.date("firstDueDate", column)?;
        if granted_on.is_some_and(|granted_on| date <= granted_on) {
            self.wrong("firstDueDate", "must be after grantedOn");
        }
        Some(date)
    }

    /// The customer's name; without one, a name after the customer's number.
    fn name(&mut self, column: Option<usize>, customer: Option<&str>) -> Option<PersonName> {
        let given = column.and_then(|column| self.text(column));
        let name = match given {
            Some(given) => given.parse(),
            None => {
                let plain =
                    |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
                let number: String = customer?.chars().map(plain).collect();
                format!("Customer {number}").parse()
            }
        };
        name.map_err(|error: domain::identity::InvalidPersonName| {
            self.wrong("customerName", error.to_string());
        })
        .ok()
    }

    fn phone(&mut self, column: Option<usize>, context: &RowContext) -> Option<Phone> {
        let text = column.and_then(|column| self.text(column))?;
        let phone = match context.country {
            Some(country) => Phone::parse_in(text, country),
            None => text.parse(),
        };
        phone.map_err(|error| self.wrong("phone", error.to_string())).ok()
    }
}
