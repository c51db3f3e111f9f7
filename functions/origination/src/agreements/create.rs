use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::LoanId;
use domain::loans::status::Status;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::MakeAgreements;
use platform::http::{ApiError, Path, RequestId};
use platform::origination::LoanTerms;
use platform::store::{
    Agreement, Brand, Condition, Customers, Effect, Entity as _, Event, LoanRecord, Loans,
    StoredFile,
};

use crate::customers::erased;

use super::material::{Material, installments, terms_of};
use super::render::{CONTENT_TYPE, off_thread};
use super::view::AgreementView;

/// Make the agreement of a loan
///
/// The contract as a PDF: parties, terms, the cost that was disclosed (Key Facts Statement or CET),
/// schedule. One for each version of the terms: made again, the same is answered. The loan must be
/// approved.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/agreement",
    tag = "agreements",
    responses(
        (status = 200, description = "it was made before", body = AgreementView),
        (status = 201, description = "the agreement, with a link to its file", body = AgreementView),
        (status = 409, description = "not possible in the loan's state", body = platform::http::ErrorBody),
    )
)]
pub(super) async fn create(
    allowed: Allowed<MakeAgreements>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
    request_id: RequestId,
) -> Result<Response, ApiError> {
    let brand = &allowed.brand;
    let record = Loans::new(&deps.table).get(brand.id, id).await?;
    let record = record.ok_or_else(ApiError::not_found)?;
    check_status(&record)?;
    let terms = terms_of(&deps, &record).await?;
    let terms =
        terms.ok_or_else(|| ApiError::conflict("the contract's terms came from another system"))?;
    let last = Agreement::last(&deps.table, brand.id, id).await?;
    let (status, agreement) = match last.filter(|last| last.terms_version == terms.version) {
        Some(agreement) => (StatusCode::OK, agreement),
        None => {
            let effect = Effect::new(allowed.actor.id.to_string(), "agreements:create", id)
                .after("termsVersion", terms.version)
                .request(request_id.as_str());
            (StatusCode::CREATED, make(&deps, brand, record, &terms, effect).await?)
        }
    };
    let view = AgreementView::with_link(&deps, &agreement, terms.version).await?;
    Ok((status, Json(view)).into_response())
}

fn check_status(record: &LoanRecord) -> Result<(), ApiError> {
    match record.loan.status() {
        Status::Approved | Status::Active => Ok(()),
        status @ (Status::Open
        | Status::Paid
        | Status::Unapproved
        | Status::Renegotiated
        | Status::Lost) => Err(ApiError::conflict(format!(
            "an agreement is made of a loan that is APPROVED or ACTIVE; this one is {status}"
        ))),
    }
}

/// Renders and stores the file, then records it if the terms still are those.
async fn make(
    deps: &Deps,
    brand: &Brand,
    record: LoanRecord,
    terms: &LoanTerms,
    effect: Effect,
) -> Result<Agreement, ApiError> {
    let (loan, customer) = (record.loan.id, record.loan.customer);
    let rows = installments(deps, brand, &record, Some(terms)).await?;
    let material = Material::load(deps, brand, record).await?;
    let document = material.agreement(terms, rows);
    let (style, made_at) = (material.style, deps.now());
    let pdf = off_thread(move || document.render(style, made_at)).await?;

    let sha256 = pdf.sha256();
    let key = Agreement::object_key(brand.id, loan, terms.version, &sha256);
    let bytes = u64::try_from(pdf.bytes.len()).unwrap_or(u64::MAX);
    let stored = deps.bucket.put(&key, CONTENT_TYPE, pdf.bytes).await;
    stored.map_err(|error| ApiError::unavailable(error.to_string()))?;

    let event = Event::new(deps, Some(brand.id), effect.after("sha256", &sha256));
    let file = StoredFile { key, sha256, bytes };
    let terms_version = terms.version;
    let agreement = Agreement { brand: brand.id, loan, terms_version, made_at, file };
    let same_terms = Condition::equals("v", terms.version)?;
    let tx = Customers::demand(deps.table.tx(), brand.id, customer);
    let tx = tx.create("agreement", &agreement).create("event", &event);
    match tx.check("terms", &terms.key(), &same_terms).commit().await {
        Ok(()) => Ok(agreement),
        Err(error) if error.is_conflict_on("customer") => {
            // Erased since it was read: nobody else knows of this file.
            let removed = deps.bucket.delete(&agreement.file.key).await;
            removed.map_err(|error| ApiError::unavailable(error.to_string()))?;
            Err(erased())
        }
        Err(error) => Err(error.into()),
    }
}
