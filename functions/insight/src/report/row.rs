use std::fmt::Display;

use domain::money::Amount;
use jiff::civil::Date;
use platform::csv::Cell;
use serde::Serialize;

use super::filters::ReportType;
use super::rows::{AgingRow, CashFlowRow, CollectionRow, DisbursementRow, MasterRow};

/// A value that stands in a cell.
pub(super) trait Value {
    fn cell(&self) -> Cell;
}

/// Numbers, dates and names of our own making.
macro_rules! plain {
    ($($type:ty)*) => {$(
        impl Value for $type {
            fn cell(&self) -> Cell {
                plain(self)
            }
        }
    )*};
}

plain! {
    Amount Date i64 u16 domain::money::Percent domain::ids::LoanId domain::ids::CustomerId
    domain::ids::StaffId
}

fn plain(value: &impl Display) -> Cell {
    Cell::Plain(value.to_string())
}

impl Value for String {
    fn cell(&self) -> Cell {
        Cell::Text(self.clone())
    }
}

impl<T: Value> Value for Option<T> {
    fn cell(&self) -> Cell {
        self.as_ref().map_or(Cell::Empty, Value::cell)
    }
}

/// Declares a row: its fields with their names in JSON, which are the headings of the table.
macro_rules! row {
    (
        $(#[$row_meta:meta])* $row:ident
        $($(#[$meta:meta])* $field:ident: $type:ty = $name:literal,)*
    ) => {
        $(#[$row_meta])*
        #[derive(Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
        pub struct $row {
            $($(#[$meta])* #[serde(rename = $name)] pub $field: $type,)*
        }

        impl $row {
            pub(super) const HEADINGS: &'static [&'static str] = &[$($name,)*];

            pub(super) fn cells(&self) -> Vec<platform::csv::Cell> {
                vec![$($crate::report::row::Value::cell(&self.$field),)*]
            }
        }

        /// It may name a person.
        impl std::fmt::Debug for $row {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($row)).finish_non_exhaustive()
            }
        }
    };
}
pub(super) use row;

/// A line of any report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = ReportRow)]
pub enum Row {
    Master(Box<MasterRow>),
    Aging(AgingRow),
    Collection(CollectionRow),
    Disbursement(DisbursementRow),
    CashFlow(CashFlowRow),
}

impl Row {
    pub(super) const fn headings(report: ReportType) -> &'static [&'static str] {
        match report {
            ReportType::MasterReport => MasterRow::HEADINGS,
            ReportType::Aging => AgingRow::HEADINGS,
            ReportType::Collections => CollectionRow::HEADINGS,
            ReportType::Disbursements => DisbursementRow::HEADINGS,
            ReportType::CashFlow => CashFlowRow::HEADINGS,
        }
    }

    pub(super) fn cells(&self) -> Vec<Cell> {
        match self {
            Self::Master(row) => row.cells(),
            Self::Aging(row) => row.cells(),
            Self::Collection(row) => row.cells(),
            Self::Disbursement(row) => row.cells(),
            Self::CashFlow(row) => row.cells(),
        }
    }
}
