use axum::Json;
use axum::extract::State;
use domain::ids::LoanId;
use domain::ledger::Command;
use domain::loans::loan::Loan;
use domain::money::Amount;
use garde::Validate;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadLoans;
use platform::clock::business_date;
use platform::http::{ApiError, Path, Query};
use platform::store::{JournalItem, Loans, StoreError};
use platform::views::{InvoiceView, SplitView};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::JournalLine;

/// Which day's statement, and by whose knowledge.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct StatementFor {
    /// The day that the statement is about; today where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    pub as_of: Option<Date>,
    /// The last day whose postings count; `asOf` where it is left out, which is the day's screen
    /// as it was. A later day corrects it by payments that were posted later with an earlier value
    /// date, and by payments that were taken back.
    #[param(value_type = Option<String>, format = Date)]
    pub known_at: Option<Date>,
}

/// A contract on a past day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LoanStatement)]
pub struct StatementView {
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    #[schema(value_type = String, format = Date)]
    pub known_at: Date,
    #[schema(example = "ACTIVE")]
    pub status: String,
    #[schema(example = "DISBURSED")]
    pub stage: String,
    pub days_past_due: i64,
    pub owed: SplitView,
    pub paid: SplitView,
    pub waived: SplitView,
    /// All payments kept.
    #[schema(value_type = String)]
    pub total_value_paid: Amount,
    #[schema(value_type = String)]
    pub credit: Amount,
    /// All of them, the closed ones too.
    pub invoices: Vec<InvoiceView>,
    /// What was posted until `knownAt`, with value dates until `asOf`.
    pub entries: Vec<JournalLine>,
}

/// Get a loan's statement as of a past date
///
/// Folded from the journal: what a day's screen showed, or what is known of that day now.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/statement",
    tag = "loans",
    params(StatementFor),
    responses((status = 200, description = "the contract as of the date", body = StatementView))
)]
pub(super) async fn statement(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
    Query(query): Query<StatementFor>,
) -> Result<Json<StatementView>, ApiError> {
    let (brand, loans) = (&allowed.brand, Loans::new(&deps.table));
    loans.get(brand.id, id).await?.ok_or_else(ApiError::not_found)?;
    let today = deps.today(brand);
    let as_of = query.as_of.unwrap_or(today);
    let known_at = query.known_at.unwrap_or(as_of);
    check_dates(as_of, known_at, today)?;
    let journal = loans.journal(brand.id, id).await?;
    let past = Past::of(&journal, as_of, known_at, &brand.timezone)?;
    let begun = |loan: &Loan| loan.start.is_some_and(|start| start <= as_of);
    let loan = past.loan.filter(begun).ok_or_else(|| {
        ApiError::invalid_field("asOf", "is before anything was posted for the loan")
    })?;
    Ok(Json(StatementView::new(&loan, past.entries, as_of, known_at)))
}

fn check_dates(as_of: Date, known_at: Date, today: Date) -> Result<(), ApiError> {
    if as_of > today {
        return Err(ApiError::invalid_field("asOf", format!("must not be after {today}")));
    }
    if known_at < as_of || known_at > today {
        let message = format!("must be from {as_of} to {today}");
        return Err(ApiError::invalid_field("knownAt", message));
    }
    Ok(())
}

/// A loan on a past day.
struct Past {
    /// None where it had no books yet.
    loan: Option<Loan>,
    entries: Vec<JournalLine>,
}

impl Past {
    /// Folds what was posted until one day and has effect until another.
    fn of(
        journal: &[JournalItem],
        as_of: Date,
        known_at: Date,
        zone: &TimeZone,
    ) -> Result<Self, StoreError> {
        let (mut opening, mut commands, mut entries) = (None, Vec::new(), Vec::new());
        for item in journal.iter().filter(|item| business_date(item.at, zone) <= known_at) {
            opening = item.opening()?.or(opening);
            commands.extend(item.commands()?);
            let in_effect = item.entries()?.into_iter().filter(|entry| entry.on <= as_of);
            entries.extend(in_effect.map(|entry| JournalLine::posted(item, entry)));
        }
        // A payment that is taken back was never made, whatever the day on which it was taken back.
        commands
            .retain(|command| matches!(command, Command::Reverse { .. }) || command.on() <= as_of);
        let loan = opening.map(|opening| {
            let mut loan = Loan::replay(&opening, &commands);
            loan.advance(as_of);
            loan
        });
        Ok(Self { loan, entries })
    }
}

impl StatementView {
    fn new(loan: &Loan, entries: Vec<JournalLine>, as_of: Date, known_at: Date) -> Self {
        let sums = loan.sums();
        let invoice = |invoice| InvoiceView::new(loan, invoice, as_of);
        Self {
            loan_id: loan.id,
            as_of,
            known_at,
            status: loan.status().to_string(),
            stage: loan.stage.to_string(),
            days_past_due: loan.days_past_due(as_of),
            owed: loan.owed(as_of).into(),
            paid: sums.paid.into(),
            waived: sums.waived.into(),
            total_value_paid: loan.total_value_paid(),
            credit: loan.credit,
            invoices: loan.invoices.iter().map(invoice).collect(),
            entries,
        }
    }
}
