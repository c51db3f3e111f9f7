use axum::Json;
use axum::extract::State;
use domain::ids::{InvoiceId, LoanId};
use domain::invoices::PayoffQuote;
use domain::money::Amount;
use garde::Validate;
use jiff::Span;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCollections;
use platform::http::{ApiError, Path, Query};
use platform::servicing::refused;
use platform::store::Loans;
use platform::views::SplitView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How far ahead a payoff is quoted.
const AHEAD_LIMIT_DAYS: i32 = 30;

/// For which day to quote.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct PayoffFor {
    /// The value date of the payment, from today to 30 days ahead; today where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
}

/// What ends a contract on a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PayoffQuote)]
pub struct PayoffQuoteView {
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    /// The value date that the quote is exact for.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// The last value date on which `payable` is enough, if nothing else happens to the loan until
    /// then. What an earlier day takes less becomes credit.
    #[schema(value_type = String, format = Date)]
    pub valid_until: Date,
    /// Owed by contract, interest of later periods included.
    pub owed: SplitView,
    /// Interest that is not charged because it is not earned by then.
    #[schema(value_type = String)]
    pub unearned_interest: Amount,
    #[schema(value_type = String)]
    pub discount: Amount,
    /// Paid as `payoff`, this ends the contract.
    #[schema(value_type = String)]
    pub payable: Amount,
    pub invoices: Vec<PayoffLineView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PayoffLine)]
pub struct PayoffLineView {
    #[schema(value_type = String)]
    pub invoice_id: InvoiceId,
    #[schema(value_type = String, format = Date)]
    pub due_date: Date,
    pub owed: SplitView,
    #[schema(value_type = String)]
    pub unearned_interest: Amount,
    pub discount: SplitView,
}

/// What an early payoff takes on a day.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/collection/{loanId}/payoff-quote",
    operation_id = "get_payoff_quote", tag = "collections", params(PayoffFor),
    responses((status = 200, body = PayoffQuoteView),
        (status = 409, description = "the loan is not active")))]
pub async fn payoff_quote(
    allowed: Allowed<ReadCollections>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
    Query(PayoffFor { on }): Query<PayoffFor>,
) -> Result<Json<PayoffQuoteView>, ApiError> {
    let brand = &allowed.brand;
    let record = Loans::new(&deps.table).get(brand.id, id).await?;
    let loan = record.ok_or_else(ApiError::not_found)?.loan;
    let today = deps.today(brand);
    let last = today.saturating_add(Span::new().days(AHEAD_LIMIT_DAYS));
    let on = on.unwrap_or(today);
    if !(today..=last).contains(&on) {
        return Err(ApiError::invalid_field("on", format!("must be from {today} to {last}")));
    }
    let quote = loan.payoff_quote(on).map_err(|error| refused(&error))?;
    Ok(Json(PayoffQuoteView::new(id, quote)))
}

impl PayoffQuoteView {
    fn new(loan: LoanId, quote: PayoffQuote) -> Self {
        let PayoffQuote { on, lines, owed, unearned_interest, discount, payable } = quote;
        let invoices = lines.into_iter().map(|line| PayoffLineView {
            invoice_id: InvoiceId { loan, number: line.invoice },
            due_date: line.due,
            owed: line.owed.into(),
            unearned_interest: line.unearned_interest,
            discount: line.discount.into(),
        });
        Self {
            loan_id: loan,
            on,
            valid_until: on,
            owed: owed.into(),
            unearned_interest,
            discount,
            payable,
            invoices: invoices.collect(),
        }
    }
}
