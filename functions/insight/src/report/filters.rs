use domain::ids::StaffId;
use domain::loans::status::Status;
use garde::Validate;
use jiff::ToSpan as _;
use jiff::civil::Date;
use platform::Deps;
use platform::http::{ApiError, FieldError};
use platform::origination::text_of;
use platform::store::{Brand, PERIOD_LIMIT_DAYS};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const PERIOD_DEFAULT_DAYS: i64 = 30;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReportType {
    /// Every contract with its figures.
    MasterReport,
    /// Active contracts by days past due.
    Aging,
    /// What came in, by value date.
    Collections,
    /// What was lent, by date.
    Disbursements,
    /// What was due, came in and was lent, by day or month.
    CashFlow,
}

impl std::str::FromStr for ReportType {
    type Err = serde::de::value::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use serde::de::IntoDeserializer as _;
        Self::deserialize(text.into_deserializer())
    }
}

/// The length of a line of the cash flow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Interval {
    Day,
    #[default]
    Month,
}

/// Which rows a report is to have. A parameter that the type does not have is refused.
#[derive(Debug, Clone, Copy, Default, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct ReportFilters {
    /// Of `collections`, `disbursements` and `cash-flow`: the first day; 30 days before `toDate`
    /// where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    pub from_date: Option<Date>,
    /// The last day; today where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    pub to_date: Option<Date>,
    /// Of `master-report` and `aging`: as things stood on this date by what is known now; today
    /// where absent. In the past: contracts that were disbursed by then.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    pub as_of: Option<Date>,
    /// Of `master-report`: only contracts of this status.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub status: Option<Status>,
    /// Of `aging`: only CURRENT, 1-30, 31-60, 61-90 or 90+.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub bucket: Option<Bucket>,
    /// Only contracts that are given to this member of staff now.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub owner: Option<StaffId>,
    /// Of `cash-flow`: lines of days or of months.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub by: Option<Interval>,
    /// Names and phones whole; needs `customers:read-full`, and is audited.
    #[serde(default)]
    pub full: bool,
}

/// Days past due of a contract's oldest open invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Bucket {
    #[serde(rename = "CURRENT")]
    Current,
    #[serde(rename = "1-30")]
    To30,
    #[serde(rename = "31-60")]
    To60,
    #[serde(rename = "61-90")]
    To90,
    #[serde(rename = "90+")]
    Over90,
}

impl Bucket {
    pub fn of(days_past_due: i64) -> Self {
        match days_past_due {
            ..=0 => Self::Current,
            1..=30 => Self::To30,
            31..=60 => Self::To60,
            61..=90 => Self::To90,
            91.. => Self::Over90,
        }
    }
}

/// A report that was asked for, with every default filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    pub report: ReportType,
    /// The first and the last day; of reports as of a date, that date twice.
    pub from: Date,
    pub to: Date,
    /// Whether the date is in the past, so that the journal has to tell.
    pub is_past: bool,
    pub status: Option<Status>,
    pub bucket: Option<Bucket>,
    pub owner: Option<StaffId>,
    pub by: Interval,
    pub full: bool,
}

impl Asked {
    /// # Errors
    /// 400 that names every parameter that is wrong, or is another type's.
    pub fn new(
        deps: &Deps,
        brand: &Brand,
        report: ReportType,
        filters: ReportFilters,
    ) -> Result<Self, ApiError> {
        let today = deps.today(brand);
        refuse_others(report, &filters)?;
        let (from, to) = match report {
            ReportType::MasterReport | ReportType::Aging => {
                let as_of = filters.as_of.unwrap_or(today);
                if as_of > today {
                    return Err(ApiError::invalid_field("asOf", "must not be in the future"));
                }
                (as_of, as_of)
            }
            ReportType::Collections | ReportType::Disbursements | ReportType::CashFlow => {
                period(today, &filters)?
            }
        };
        Ok(Self {
            report,
            from,
            to,
            is_past: filters.as_of.is_some_and(|as_of| as_of < today),
            status: filters.status,
            bucket: filters.bucket,
            owner: filters.owner,
            by: filters.by.unwrap_or_default(),
            full: filters.full,
        })
    }

    /// `aging-2026-03-31`, for the name of a file.
    pub fn file_stem(&self) -> String {
        let report = text_of(&self.report);
        if self.from == self.to {
            format!("{report}-{}", self.to)
        } else {
            format!("{report}-{}-{}", self.from, self.to)
        }
    }
}

fn refuse_others(report: ReportType, filters: &ReportFilters) -> Result<(), ApiError> {
    use ReportType::{Aging, CashFlow, Collections, Disbursements, MasterReport};
    let dated = [Collections, Disbursements, CashFlow];
    let given: [(&str, bool, &[ReportType]); 8] = [
        ("fromDate", filters.from_date.is_some(), &dated),
        ("toDate", filters.to_date.is_some(), &dated),
        ("asOf", filters.as_of.is_some(), &[MasterReport, Aging]),
        ("status", filters.status.is_some(), &[MasterReport]),
        ("bucket", filters.bucket.is_some(), &[Aging]),
        ("owner", filters.owner.is_some(), &[MasterReport, Aging, Collections, Disbursements]),
        ("by", filters.by.is_some(), &[CashFlow]),
        ("full", filters.full, &[MasterReport, Aging, Collections, Disbursements]),
    ];
    let errors: Vec<FieldError> = given
        .into_iter()
        .filter(|(_, is_given, of)| *is_given && !of.contains(&report))
        .map(|(name, _, _)| FieldError::new(name, format!("is not of {}", text_of(&report))))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid(errors)) }
}

fn period(today: Date, filters: &ReportFilters) -> Result<(Date, Date), ApiError> {
    let to = filters.to_date.unwrap_or(today);
    let from = filters.from_date.unwrap_or_else(|| to.saturating_sub(PERIOD_DEFAULT_DAYS.days()));
    if from > to {
        return Err(ApiError::invalid_field("fromDate", "must not be later than toDate"));
    }
    if to.saturating_sub(PERIOD_LIMIT_DAYS.days()) >= from {
        let message = format!("must be less than {PERIOD_LIMIT_DAYS} days before toDate");
        return Err(ApiError::invalid_field("fromDate", message));
    }
    Ok((from, to))
}
