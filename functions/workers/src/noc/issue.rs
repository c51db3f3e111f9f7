//! From a certificate that is written down to one that the borrower has.

use documents::{Borrower, Letterhead, Pdf, Style};
use domain::dunning::{Body, Kind};
use platform::Deps;
use platform::store::{
    Appearance, Brand, Certificate, CertificateStatus, Communication, Customer, CustomerStatus,
    Customers, Effect, Event, LoanRecord, StoredFile,
};

use super::{ACTOR, Next, NocError, unchanged};

const CONTENT_TYPE: &str = "application/pdf";

/// Renders and stores the file, then records it together with the message to the borrower, if the
/// contract still is as it was read: what is cut off in between is done again, to the same bytes.
pub(super) async fn issue(
    deps: &Deps,
    brand: &Brand,
    record: &LoanRecord,
    mut certificate: Certificate,
) -> Result<Next, NocError> {
    let customer = Customers::new(deps).get(brand.id, certificate.customer).await?;
    let customer = customer.ok_or(NocError::NoCustomer)?;
    if customer.status == CustomerStatus::Erased {
        tracing::info!(loan = %certificate.loan, "nobody is left to certify anything to");
        return Ok(Next::Done);
    }
    let pdf = render(deps, brand, record, &certificate, &customer).await?;
    let sha256 = pdf.sha256();
    let key = certificate.object_key(&sha256);
    let bytes = u64::try_from(pdf.bytes.len()).unwrap_or(u64::MAX);
    deps.bucket.put(&key, CONTENT_TYPE, pdf.bytes).await?;

    let effect = Effect::new(ACTOR, "certificates:issue", certificate.loan)
        .after("number", certificate.number())
        .after("closing", certificate.closing.text())
        .after("sha256", &sha256);
    let event = Event::new(deps, Some(brand.id), effect);
    let mut message = message(deps, brand, &certificate);
    certificate.status = CertificateStatus::Issued;
    certificate.file = Some(StoredFile { key: key.clone(), sha256, bytes });
    let tx = Customers::demand(deps.table.tx(), brand.id, certificate.customer)
        .replace("certificate", &mut certificate)
        .replace("communication", &mut message)
        .create("event", &event);
    match unchanged(tx, record)?.commit().await {
        Ok(()) => tracing::info!(loan = %certificate.loan, "a certificate is issued"),
        Err(error) if error.is_conflict_on("customer") => {
            // Erased since it was read: nobody else knows of this file.
            deps.bucket.delete(&key).await?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Next::Done)
}

/// That the contract is over: its id follows from the certificate, so that there is one.
fn message(deps: &Deps, brand: &Brand, certificate: &Certificate) -> Communication {
    let Certificate { loan, ordinal, issued_on, ended_on, customer, .. } = *certificate;
    let id = Communication::certificate_id(loan, ordinal, issued_on);
    let number = certificate.number();
    let body = Body::of_certificate(brand.message_style(), &number, ended_on);
    Communication::queued(brand.id, id, customer, Kind::Certificate, body, ACTOR, deps.now())
}

/// On a thread for work that takes the processor.
async fn render(
    deps: &Deps,
    brand: &Brand,
    record: &LoanRecord,
    certificate: &Certificate,
    customer: &Customer,
) -> Result<Pdf, NocError> {
    let appearance = Appearance::of(&deps.table, brand).await?;
    let (style, at) = (Style::of(brand), certificate.at);
    let document = documents::Certificate {
        letterhead: Letterhead::of(brand, &appearance),
        borrower: Borrower::masked(customer),
        number: certificate.number(),
        contract: record.contract_number(),
        contracted_on: certificate.contracted_on,
        principal: certificate.principal,
        paid: certificate.paid,
        waived: certificate.waived,
        closing: certificate.closing,
        ended_on: certificate.ended_on,
        issued_on: certificate.issued_on,
    };
    Ok(tokio::task::spawn_blocking(move || document.render(style, at)).await??)
}
