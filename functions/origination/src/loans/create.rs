use axum::extract::State;
use axum::response::Response;
use domain::ids::CustomerId;
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::RequestLoans;
use platform::http::{ApiError, MaybeIdempotent, RequestId, once};
use platform::origination::QuoteTerms;
use platform::store::Author;
use platform::views::LoanView;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::request::LoanRequest;

const REFERENCE_LIMIT_CHARS: usize = 64;

/// A loan that staff asks for on a customer's behalf.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateLoan {
    #[schema(value_type = String, example = "cus_01JZ0000000000000000000000")]
    pub customer_id: CustomerId,
    #[garde(dive)]
    pub terms: QuoteTerms,
    /// The lender's own number of the contract.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REFERENCE_LIMIT_CHARS))]
    pub reference: Option<String>,
}

/// Request a loan
///
/// The request is submitted at once: what remains is the decision.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/loans",
    tag = "loans",
    request_body = CreateLoan,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 201, description = "the requested loan", body = LoanView),
        (status = 409, description = "the customer takes no new loans", body = platform::http::ErrorBody),
    )
)]
pub(super) async fn create(
    allowed: Allowed<RequestLoans>,
    State(deps): State<Deps>,
    request_id: RequestId,
    request: MaybeIdempotent<CreateLoan>,
) -> Result<Response, ApiError> {
    let (brand, actor) = (&allowed.brand, &allowed.actor);
    let body = request.body;
    once(&deps, brand.id, actor.id, request.intent.as_ref(), async |once| {
        let asked = LoanRequest {
            deps: &deps,
            brand,
            author: Author::of_request(actor, &request_id),
            action: "loans:request",
            customer: body.customer_id,
            terms: &body.terms,
            reference: body.reference.clone(),
        };
        asked.save(once).await
    })
    .await
}
