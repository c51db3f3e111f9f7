use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::LoanId;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::IssueCertificates;
use platform::http::{ApiError, Path, RequestId};
use platform::store::{
    Brand, Certificate, CertificateStatus, Condition, Consistency, Customers, Effect, Event,
    LoanRecord, Retry, StoreError,
};
use platform::views::CertificateView;

use crate::customers::erased;

/// Issue the certificate that nothing is owed
///
/// A contract that is paid gets its certificate by itself; this answers it, and has one made for a
/// contract that has none. 202 while it is being made: ask again. The link is good for five minutes.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/generate-ndc",
    tag = "loans",
    responses(
        (status = 200, description = "the certificate, with a link to its file", body = CertificateView),
        (status = 202, description = "it is being made", body = CertificateView),
        (status = 409, description = "something is owed, or the customer was erased", body = platform::http::ErrorBody),
    )
)]
pub(super) async fn generate_ndc(
    allowed: Allowed<IssueCertificates>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
    request_id: RequestId,
) -> Result<Response, ApiError> {
    let effect = Effect::new(allowed.actor.id.to_string(), "certificates:request", id)
        .request(request_id.as_str());
    let certificate = ask(&deps, &allowed.brand, id, &effect).await?;
    let view = CertificateView::with_link(&deps, &certificate).await?;
    let status = match certificate.status {
        CertificateStatus::Issued => StatusCode::OK,
        CertificateStatus::Pending | CertificateStatus::Withdrawn => StatusCode::ACCEPTED,
    };
    Ok((status, Json(view)).into_response())
}

/// The certificate of the contract as it is now; where it is not there yet, the wish for it is
/// written down, and the table's stream carries it on.
async fn ask(
    deps: &Deps,
    brand: &Brand,
    id: LoanId,
    effect: &Effect,
) -> Result<Certificate, ApiError> {
    let mut retry = Retry::default();
    loop {
        let key = LoanRecord::key_of(brand.id, id);
        let record = deps.table.get::<LoanRecord>(&key, Consistency::Strong).await?;
        let record = record.ok_or_else(ApiError::not_found)?;
        let today = deps.today(brand);
        let closing = record.loan.closing(today);
        let closing = closing.map_err(|error| ApiError::conflict(error.to_string()))?;
        let last = Certificate::last(&deps.table, brand.id, id).await?;
        let asked_by = Some(effect.actor.clone());
        let (mut certificate, mut outdated) = match last {
            Some(last) if last.is_of(&record.loan, closing) => {
                (Certificate { asked_by, ..last }, None)
            }
            last => {
                let (before, now) = (last.as_ref(), deps.now());
                let next = Certificate::begin(&record, closing, before, today, now, asked_by);
                (next, last.and_then(Certificate::withdrawn))
            }
        };
        if certificate.status == CertificateStatus::Issued {
            return Ok(certificate);
        }
        let event = effect.clone().after("number", certificate.number());
        let event = Event::new(deps, Some(brand.id), event);
        let tx = Customers::demand(deps.table.tx(), brand.id, certificate.customer);
        let mut tx = tx.replace("certificate", &mut certificate);
        if let Some(outdated) = &mut outdated {
            tx = tx.replace("outdated", outdated);
        }
        let tx = tx.create("event", &event);
        let tx = tx.check("loan", &key, &Condition::equals("v", record.version)?);
        match tx.commit().await {
            Ok(()) => return Ok(certificate),
            Err(error) if error.is_conflict_on("customer") => return Err(erased()),
            Err(error) if error.is_conflict() => {
                retry.pause(StoreError::Contention).await?;
            }
            Err(error) => retry.pause(error).await?,
        }
    }
}
