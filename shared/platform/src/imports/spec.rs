use domain::calendar::Frequency;
use domain::loans::terms::Method;
use garde::Validate;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const COLUMN_LIMIT_CHARS: usize = 64;

/// How a file of contracts is to be read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct ImportSpec {
    /// Where it is left out, each column is named as its field in the documents: `contract_id`, …
    #[serde(default)]
    #[garde(dive)]
    pub mapping: Mapping,
    #[serde(default)]
    pub date_format: DateFormat,
    #[serde(default)]
    pub delimiter: Delimiter,
    #[serde(default)]
    pub decimal_separator: DecimalSeparator,
    #[serde(default)]
    pub terms: ImportTerms,
}

/// The file's column of each field, by the name in its first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mapping {
    /// The lender's own number of the contract; a contract is imported once.
    #[garde(length(chars, min = 1, max = COLUMN_LIMIT_CHARS))]
    #[schema(example = "contract_id")]
    pub contract_id: String,
    /// The lender's own number of the customer; rows with the same one are one customer's.
    #[garde(length(chars, min = 1, max = COLUMN_LIMIT_CHARS))]
    #[schema(example = "customer_id")]
    pub customer_id: String,
    /// Where it is left out or empty, the customer is called after the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(length(chars, min = 1, max = COLUMN_LIMIT_CHARS))]
    pub customer_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(length(chars, min = 1, max = COLUMN_LIMIT_CHARS))]
    pub phone: Option<String>,
    #[garde(length(chars, min = 1, max = COLUMN_LIMIT_CHARS))]
    #[schema(example = "granted_on")]
    pub granted_on: String,
    #[garde(length(chars, min = 1, max = COLUMN_LIMIT_CHARS))]
    #[schema(example = "principal")]
    pub principal: String,
    #[garde(length(chars, min = 1, max = COLUMN_LIMIT_CHARS))]
    #[schema(example = "installments")]
    pub installments: String,
    #[garde(length(chars, min = 1, max = COLUMN_LIMIT_CHARS))]
    #[schema(example = "installment_amount")]
    pub installment_amount: String,
    /// How many installments are paid, from the first on.
    #[garde(length(chars, min = 1, max = COLUMN_LIMIT_CHARS))]
    #[schema(example = "paid_installments")]
    pub paid_installments: String,
    /// Where it is left out or empty, one period after the grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(length(chars, min = 1, max = COLUMN_LIMIT_CHARS))]
    pub first_due_date: Option<String>,
}

impl Default for Mapping {
    /// The columns that a file has that names them as the fields are named.
    fn default() -> Self {
        Self {
            contract_id: "contract_id".to_owned(),
            customer_id: "customer_id".to_owned(),
            customer_name: None,
            phone: None,
            granted_on: "granted_on".to_owned(),
            principal: "principal".to_owned(),
            installments: "installments".to_owned(),
            installment_amount: "installment_amount".to_owned(),
            paid_installments: "paid_installments".to_owned(),
            first_due_date: None,
        }
    }
}

/// The order of day, month and year, and what stands between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub enum DateFormat {
    #[default]
    #[serde(rename = "YYYY-MM-DD")]
    Iso,
    #[serde(rename = "DD/MM/YYYY")]
    DaySlash,
    #[serde(rename = "MM/DD/YYYY")]
    MonthSlash,
    #[serde(rename = "DD-MM-YYYY")]
    DayDash,
    #[serde(rename = "DD.MM.YYYY")]
    DayPoint,
}

impl DateFormat {
    /// The format as people write it, for messages.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Iso => "YYYY-MM-DD",
            Self::DaySlash => "DD/MM/YYYY",
            Self::MonthSlash => "MM/DD/YYYY",
            Self::DayDash => "DD-MM-YYYY",
            Self::DayPoint => "DD.MM.YYYY",
        }
    }

    /// The date; the year has four digits, day and month one or two.
    pub fn parse(self, text: &str) -> Option<Date> {
        let separator = match self {
            Self::Iso | Self::DayDash => '-',
            Self::DaySlash | Self::MonthSlash => '/',
            Self::DayPoint => '.',
        };
        let mut parts = text.split(separator);
        let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let (year, month, day) = match self {
            Self::Iso => (first, second, third),
            Self::DaySlash | Self::DayDash | Self::DayPoint => (third, second, first),
            Self::MonthSlash => (third, first, second),
        };
        let is_number = |text: &str, digits: std::ops::RangeInclusive<usize>| {
            digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(year, 4..=4) || !is_number(month, 1..=2) || !is_number(day, 1..=2) {
            return None;
        }
        Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
    }
}

/// What stands between the fields of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub enum Delimiter {
    #[default]
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = ";")]
    Semicolon,
    #[serde(rename = "\t")]
    Tab,
    #[serde(rename = "|")]
    Bar,
}

impl Delimiter {
    pub const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }
}

/// What stands before the decimals; the other of the two may group the digits before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub enum DecimalSeparator {
    #[default]
    #[serde(rename = ".")]
    Point,
    #[serde(rename = ",")]
    Comma,
}

impl DecimalSeparator {
    /// The number in plain digits and a point. Groups are of three digits, before the last group of
    /// two also (1,00,000): a group of another size is more likely a decimal part misread.
    pub fn plain(self, text: &str) -> Option<String> {
        let (decimal, group) = match self {
            Self::Point => ('.', ','),
            Self::Comma => (',', '.'),
        };
        let (whole, decimals) = match text.split_once(decimal) {
            Some((whole, decimals)) => (whole, Some(decimals)),
            None => (text, None),
        };
        let mut groups: Vec<&str> = whole.split(group).collect();
        if groups.len() > 1 {
            let (first, last) = (groups.first()?.len(), groups.last()?.len());
            let middle = groups.get(1..groups.len() - 1).unwrap_or_default();
            let is_grouped = (1..=3).contains(&first)
                && last == 3
                && middle.iter().all(|group| (2..=3).contains(&group.len()));
            if !is_grouped {
                return None;
            }
        }
        let whole: String = groups.drain(..).collect();
        Some(match decimals {
            Some(decimals) => format!("{whole}.{decimals}"),
            None => whole,
        })
    }
}

/// What the file does not say of its contracts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportTerms {
    /// FIXED_INSTALLMENT: the file says what each installment is.
    #[schema(value_type = String, example = "FIXED_INSTALLMENT")]
    pub method: Method,
    /// The unit is DAY, WEEK or MONTH.
    #[schema(value_type = crate::origination::FrequencySchema)]
    pub frequency: Frequency,
}

impl Default for ImportTerms {
    fn default() -> Self {
        Self { method: Method::FixedInstallment, frequency: Frequency::MONTHLY }
    }
}
