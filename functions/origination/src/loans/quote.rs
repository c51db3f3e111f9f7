use axum::Json;
use axum::extract::State;
use domain::loans::quote::Quote;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadLoans;
use platform::http::{ApiError, Body};
use platform::origination::{QuoteTerms, invalid_terms};
use utoipa::ToSchema;

/// What falls due on one date.
#[derive(Debug, ToSchema)]
#[schema(as = QuotedInstallment, rename_all = "camelCase")]
pub struct InstallmentSchema {
    pub number: u16,
    /// Before any move for non-repayment dates.
    #[schema(format = Date)]
    pub nominal_due_date: String,
    #[schema(format = Date)]
    pub due_date: String,
    pub principal: String,
    pub interest: String,
    pub fees: String,
    pub total: String,
    /// The principal still owed once this installment is paid.
    pub balance: String,
}

/// The sums of the installments' columns.
#[derive(Debug, ToSchema)]
#[schema(as = QuoteTotals)]
pub struct TotalsSchema {
    pub principal: String,
    pub interest: String,
    pub fees: String,
    pub total: String,
}

/// The cost of the loan, all charges included; rates in percent with two decimals.
#[derive(Debug, ToSchema)]
#[schema(as = Disclosure, rename_all = "camelCase")]
pub struct DisclosureSchema {
    pub net_disbursed: String,
    pub monthly_irr: Option<String>,
    /// Twelve times the monthly rate: the APR of India's Key Facts Statement.
    pub apr_nominal: Option<String>,
    /// Compounded over a year: Brazil's CET.
    pub effective_annual_cost: Option<String>,
}

/// A quote: schedule, totals, cost, and how each came about.
#[derive(Debug, ToSchema)]
#[schema(as = Quote, rename_all = "camelCase")]
pub struct QuoteSchema {
    pub installments: Vec<InstallmentSchema>,
    /// The level installment; where none is, the first one that repays principal.
    pub installment_amount: String,
    pub totals: TotalsSchema,
    pub disclosure: DisclosureSchema,
    #[schema(value_type = Object)]
    pub explanation: String,
}

/// Quote a loan
///
/// Stores nothing. What is left out of the terms is the brand's rule.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/loans/quote",
    tag = "loans",
    request_body = QuoteTerms,
    responses((status = 200, description = "the schedule and its cost", body = QuoteSchema))
)]
pub(super) async fn quote(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    Body(terms): Body<QuoteTerms>,
) -> Result<Json<Quote>, ApiError> {
    let contract = terms.contract(&allowed.brand, deps.today(&allowed.brand));
    Ok(Json(contract.map_err(|error| invalid_terms(error, ""))?.quote))
}
