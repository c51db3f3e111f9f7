use std::collections::HashMap;
use std::ops::Range;

use csv::{ReaderBuilder, StringRecord};

use super::line::{ImportLine, RowOutcome};
use super::row::Row;
use super::spec::ImportSpec;
use crate::http::FieldError;

/// The largest file.
pub const FILE_LIMIT_BYTES: usize = 4 * 1024 * 1024;
/// The most rows of one file.
pub const ROWS_LIMIT: usize = 50_000;
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A file of contracts, its rows not yet looked at.
#[derive(Debug)]
pub struct ImportFile<'s> {
    spec: &'s ImportSpec,
    columns: Columns,
    width: usize,
    rows: Vec<Line>,
}

/// The fields of a row and the line of the file on which it begins, the column names' being 1.
#[derive(Debug)]
struct Line {
    number: u64,
    fields: StringRecord,
}

/// Where each field stands in a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub contract_id: usize,
    pub customer_id: usize,
    pub customer_name: Option<usize>,
    pub phone: Option<usize>,
    pub granted_on: usize,
    pub principal: usize,
    pub installments: usize,
    pub installment_amount: usize,
    pub paid_installments: usize,
    pub first_due_date: Option<usize>,
}

impl<'s> ImportFile<'s> {
    /// Reads the lines and finds the columns.
    ///
    /// # Errors
    /// The fields of the request that are wrong: `csv`, `mapping.…`.
    pub fn parse(text: &str, spec: &'s ImportSpec) -> Result<Self, Vec<FieldError>> {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let wrong = |message: String| vec![FieldError::new("csv", message)];
        let mut reader = ReaderBuilder::new()
            .delimiter(spec.delimiter.byte())
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let unreadable = |error: &csv::Error| {
            let line = error.position().map_or(1, csv::Position::line);
            wrong(format!("is not readable at line {line}"))
        };
        let header = reader.headers().map_err(|error| unreadable(&error))?.clone();
        let columns = Columns::find(&header, spec)?;
        let mut rows = Vec::new();
        let mut counter = LineCounter { text, at: 0, line: 1 };
        for fields in reader.into_records() {
            let fields = fields.map_err(|error| unreadable(&error))?;
            let begins_at = fields.position().map_or(0, csv::Position::byte);
            let number = counter.line_at(begins_at);
            rows.push(Line { number, fields });
            if rows.len() > ROWS_LIMIT {
                return Err(wrong(format!("must not have more than {ROWS_LIMIT} rows")));
            }
        }
        if rows.is_empty() {
            return Err(wrong("must have a line of column names and at least one row".to_owned()));
        }
        Ok(Self { spec, columns, width: header.len(), rows })
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows of a range, each with its contract or with what it came to without one.
    pub(super) fn read(&self, range: Range<usize>, context: &RowContext) -> Vec<ReadRow> {
        let mut first_lines: HashMap<&str, &Line> = HashMap::new();
        let mut read = Vec::with_capacity(range.len());
        for (index, line) in self.rows.iter().enumerate().take(range.end) {
            let contract = line.fields.get(self.columns.contract_id).unwrap_or_default();
            let earlier = first_lines.get(contract).copied();
            if earlier.is_none() && !contract.is_empty() {
                first_lines.insert(contract, line);
            }
            if range.contains(&index) {
                let row = self.read_row(line, earlier, context);
                read.push(row.map_err(|outcome| ImportLine::new(line.number, contract, outcome)));
            }
        }
        read
    }

    fn read_row(
        &self,
        line: &Line,
        earlier: Option<&Line>,
        context: &RowContext,
    ) -> Result<Row, RowOutcome> {
        if let Some(earlier) = earlier {
            let of = earlier.number;
            if line.fields.iter().eq(earlier.fields.iter()) {
                return Err(RowOutcome::Duplicate { of });
            }
            let message = format!("is on line {of} already, with other values");
            return Err(RowOutcome::failed("contractId", message));
        }
        if line.fields.len() != self.width {
            let message = format!("must have {} fields, has {}", self.width, line.fields.len());
            return Err(RowOutcome::failed("line", message));
        }
        Row::parse(line.number, &line.fields, &self.columns, self.spec, context)
            .map_err(|errors| RowOutcome::Failed { errors })
    }
}

/// A row's contract, or what the row came to without one.
pub(super) type ReadRow = Result<Row, ImportLine>;

/// What a row is read against, beside the file's own format.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowContext {
    pub as_of: jiff::civil::Date,
    pub country: Option<domain::jurisdiction::Jurisdiction>,
}

impl Columns {
    fn find(header: &StringRecord, spec: &ImportSpec) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut find = |field: &str, column: &str| {
            let mut places = header.iter().enumerate().filter(|(_, name)| *name == column);
            let place = places.next().map(|(index, _)| index);
            let message = match (place, places.next()) {
                (Some(place), None) => return place,
                (Some(_), Some(_)) => "names a column that the file has twice",
                (None, _) => "names a column that the file does not have",
            };
            errors.push(FieldError::new(format!("mapping.{field}"), message));
            0
        };
        let mapping = &spec.mapping;
        let columns = Self {
            contract_id: find("contractId", &mapping.contract_id),
            customer_id: find("customerId", &mapping.customer_id),
            customer_name: mapping.customer_name.as_ref().map(|name| find("customerName", name)),
            phone: mapping.phone.as_ref().map(|name| find("phone", name)),
            granted_on: find("grantedOn", &mapping.granted_on),
            principal: find("principal", &mapping.principal),
            installments: find("installments", &mapping.installments),
            installment_amount: find("installmentAmount", &mapping.installment_amount),
            paid_installments: find("paidInstallments", &mapping.paid_installments),
            first_due_date: mapping.first_due_date.as_ref().map(|name| find("firstDueDate", name)),
        };
        if errors.is_empty() { Ok(columns) } else { Err(errors) }
    }
}

/// Counts the lines up to places of a text that come in order.
struct LineCounter<'t> {
    text: &'t str,
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// The line of the row whose reading began at a byte: line ends there belong to what is before.
    fn line_at(&mut self, byte: u64) -> u64 {
        let bytes = self.text.as_bytes();
        let mut to = usize::try_from(byte).unwrap_or(bytes.len());
        while bytes.get(to).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            to += 1;
        }
        let passed = bytes.get(self.at..to).unwrap_or_default();
        let ends = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line += u64::try_from(ends).unwrap_or(0);
        self.at = to.max(self.at);
        self.line
    }
}
