use axum::Json;
use axum::extract::State;
use domain::ids::{LoanId, PaymentId};
use domain::loans::loan::Loan;
use domain::money::Amount;
use garde::Validate;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ProposeRenegotiations;
use platform::http::{ApiError, Body, FieldError};
use platform::renegotiation::{NewIds, Offer, OfferError, below, derive};
use platform::store::{Brand, Loans};
use platform::views::SplitView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::OfferView;

const OFFERS_LIMIT_ITEMS: usize = 5;

/// Offers for a loan, to be seen side by side.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct Simulation {
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    #[garde(length(min = 1, max = OFFERS_LIMIT_ITEMS), dive)]
    #[schema(min_items = 1, max_items = 5)]
    pub offers: Vec<Offer>,
}

/// What each offer comes to, as of today.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SimulatedOffers)]
pub struct SimulationView {
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    pub owed: SplitView,
    /// What an early payoff would take today.
    #[schema(value_type = String)]
    pub payoff: Amount,
    /// What is still owed of the root loan's value: the most that new penalties are based on.
    #[schema(value_type = String)]
    pub mora_base: Amount,
    /// In the order of the request.
    pub offers: Vec<OfferView>,
}

/// Simulates up to five offers side by side; nothing is stored.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/renegotiations/simulate",
    operation_id = "simulate_renegotiation", tag = "renegotiations", request_body = Simulation,
    responses((status = 200, description = "what each comes to", body = SimulationView),
        (status = 409, description = "the loan is not active")))]
pub async fn simulate(
    allowed: Allowed<ProposeRenegotiations>,
    State(deps): State<Deps>,
    Body(body): Body<Simulation>,
) -> Result<Json<SimulationView>, ApiError> {
    let brand = &allowed.brand;
    let record = Loans::new(&deps.table).get(brand.id, body.loan_id).await?;
    let loan = record.ok_or_else(ApiError::not_found)?.loan;
    let today = deps.today(brand);
    let offers = side_by_side(&deps, brand, &loan, body.offers, today)?;
    let payoff = loan.payoff_quote(today).map(|quote| quote.payable);
    Ok(Json(SimulationView {
        loan_id: loan.id,
        as_of: today,
        owed: loan.owed(today).into(),
        payoff: payoff.map_err(|error| platform::servicing::refused(&error))?,
        mora_base: loan.renegotiation_base(),
        offers,
    }))
}

/// Every offer, or the wrong fields of all of them.
fn side_by_side(
    deps: &Deps,
    brand: &Brand,
    loan: &Loan,
    offers: Vec<Offer>,
    today: Date,
) -> Result<Vec<OfferView>, ApiError> {
    let mut views = Vec::new();
    let mut faults: Vec<FieldError> = Vec::new();
    for (index, offer) in offers.into_iter().enumerate() {
        let ids =
            NewIds { loan: LoanId::new(deps.ulid()), down_payment: PaymentId::new(deps.ulid()) };
        let path = format!("offers[{index}].");
        match derive(brand, loan, &offer, ids, (today, today)) {
            Ok(derived) => views.push(OfferView::new(offer, derived.figures, &derived.rows)),
            Err(OfferError::Fields(fields)) => faults.extend(below(&path, fields)),
            Err(other) => return Err(other.at(&path)),
        }
    }
    if faults.is_empty() { Ok(views) } else { Err(ApiError::invalid(faults)) }
}
