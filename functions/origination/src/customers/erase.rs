use axum::Json;
use axum::extract::State;
use domain::dunning::{Kind, TemplateText};
use domain::ids::{CustomerId, LoanId, MessageSubject};
use domain::loans::status::Status;
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ErasePersonalData;
use platform::aws::BucketError;
use platform::documents::discard;
use platform::http::{ApiError, ErrorBody, IfMatch, Path, RequestId};
use platform::store::{
    Agreement, Author, Brand, Certificate, Comment, Communication, Condition, Consistency,
    Customers, Document, Entity, Erasure, Event, LoanRecord, Range, Retry, StoreError,
    StoredCustomer, Subject,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Loans that a refusal names.
const NAMED_LIMIT_LOANS: usize = 10;
/// Records of one kind that are read at a time.
const PAGE_ITEMS: usize = 100;
/// What stands in the place of what somebody wrote.
const ERASED_TEXT: &str = "(erased)";

/// What is left of a customer whose personal data were erased.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasedCustomer {
    #[schema(value_type = String, example = "cus_01JZ0000000000000000000000")]
    pub id: CustomerId,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub erased_at: Option<Timestamp>,
    /// The contracts that are kept, without personal data.
    #[schema(value_type = Vec<String>)]
    pub loans: Vec<LoanId>,
}

/// Erase a customer's personal data
///
/// For good: name, phone, e-mail, identifiers, documents, the files of agreements and certificates,
/// comments, and what people wrote in messages; nobody finds the customer any more. Loans, payments and the ledger stay, under an id
/// that names nobody. Refused while a loan of the customer is not at an end. Asked for again, it
/// finishes what was left and changes nothing else.
#[utoipa::path(
    delete,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/personal-data",
    operation_id = "erase_customer",
    tag = "customers",
    params(("If-Match" = Option<String>, Header, description = "the version that was seen")),
    responses(
        (status = 200, description = "what is left", body = ErasedCustomer),
        (status = 409, description = "a loan is not at an end", body = ErrorBody),
    )
)]
pub(super) async fn erase(
    allowed: Allowed<ErasePersonalData>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
    if_match: IfMatch,
    request_id: RequestId,
) -> Result<Json<ErasedCustomer>, ApiError> {
    let (brand, customers) = (&allowed.brand, Customers::new(&deps));
    let mut stored = customers.stored(brand.id, id).await?.ok_or_else(ApiError::not_found)?;
    let loans = customers.loans(brand.id, id).await?;
    if !stored.is_erased() {
        if_match.check(stored.version)?;
        require_ended(&deps, brand, &loans).await?;
        let author = Author::of_request(&allowed.actor, &request_id);
        stored = shred(&deps, brand, stored, author).await?;
    }
    sweep(&deps, brand, id, &loans).await?;
    Ok(Json(ErasedCustomer { id, erased_at: stored.erased_at, loans }))
}

/// 409 that names loans that are not at an end: until then their contract needs the person.
async fn require_ended(deps: &Deps, brand: &Brand, loans: &[LoanId]) -> Result<(), ApiError> {
    let keys: Vec<_> = loans.iter().map(|loan| LoanRecord::key_of(brand.id, *loan)).collect();
    let loans: Vec<LoanRecord> = deps.table.batch_get(&keys, Consistency::Strong).await?;
    let runs = |status: Status| match status {
        Status::Open | Status::Approved | Status::Active | Status::Lost => true,
        Status::Paid | Status::Unapproved | Status::Renegotiated => false,
    };
    let running = loans.iter().filter(|record| runs(record.loan.status()));
    let mut running: Vec<String> = running.map(|record| record.loan.id.to_string()).collect();
    if running.is_empty() {
        return Ok(());
    }
    running.sort();
    running.truncate(NAMED_LIMIT_LOANS);
    Err(ApiError::conflict(format!("not at an end: {}", running.join(", "))))
}

/// Destroys the key and everything that is found by it, in one transaction.
async fn shred(
    deps: &Deps,
    brand: &Brand,
    stored: StoredCustomer,
    author: Author,
) -> Result<StoredCustomer, StoreError> {
    let effect = author.effect("customers:erase", stored.id);
    let tx = deps.table.tx().create("event", &Event::new(deps, Some(brand.id), effect));
    let Erasure { tx, erased } = Customers::new(deps).erase(tx, stored).await?;
    tx.commit().await?;
    Ok(erased)
}

/// Removes what people wrote about the customer and handed in of them. Each step can be done again.
async fn sweep(
    deps: &Deps,
    brand: &Brand,
    customer: CustomerId,
    loans: &[LoanId],
) -> Result<(), ApiError> {
    for document in Document::all(&deps.table, brand.id, customer).await? {
        discard(deps, &document).await?;
        deps.table.delete(Document::NAME, &document.key(), &Condition::default()).await?;
    }
    for loan in loans {
        remove_files(deps, brand, *loan).await?;
    }
    let subjects = loans.iter().map(|loan| (Subject::Loan(*loan), MessageSubject::Loan(*loan)));
    let own = (Subject::Customer(customer), MessageSubject::Customer(customer));
    for (subject, message_subject) in subjects.chain([own]) {
        remove_comments(deps, brand, subject).await?;
        blank_messages(deps, brand, message_subject).await?;
    }
    Ok(())
}

/// The files of a contract name the borrower: agreements go, and of a certificate its file. That it
/// was issued, and under which number, names nobody.
async fn remove_files(deps: &Deps, brand: &Brand, loan: LoanId) -> Result<(), ApiError> {
    let unavailable = |error: BucketError| ApiError::unavailable(error.to_string());
    for agreement in Agreement::all(&deps.table, brand.id, loan).await? {
        deps.bucket.delete(&agreement.file.key).await.map_err(unavailable)?;
        deps.table.delete(Agreement::NAME, &agreement.key(), &Condition::default()).await?;
    }
    for mut certificate in Certificate::all(&deps.table, brand.id, loan).await? {
        let Some(file) = certificate.file.take() else { continue };
        deps.bucket.delete(&file.key).await.map_err(unavailable)?;
        deps.table.replace(&mut certificate).await?;
    }
    Ok(())
}

async fn remove_comments(deps: &Deps, brand: &Brand, subject: Subject) -> Result<(), StoreError> {
    let range = Range::partition(subject.partition(brand.id)).prefix(Comment::SORT_PREFIX);
    let mut after = None;
    loop {
        let page = deps.table.query::<Comment>(&range, PAGE_ITEMS, after).await?;
        for comment in page.items {
            deps.table.delete(Comment::NAME, &comment.key(), &Condition::default()).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// The messages that people wrote say nothing any more. The daily ones have no personal data.
async fn blank_messages(
    deps: &Deps,
    brand: &Brand,
    subject: MessageSubject,
) -> Result<(), ApiError> {
    let text: TemplateText =
        ERASED_TEXT.to_owned().try_into().map_err(|error| ApiError::internal_from(&error))?;
    let body = text
        .render(brand.message_style(), None)
        .map_err(|error| ApiError::internal_from(&error))?;
    let range = Range::partition(Communication::partition(brand.id, subject))
        .prefix(Communication::SORT_PREFIX);
    let mut after = None;
    loop {
        let page = deps.table.query::<Communication>(&range, PAGE_ITEMS, after).await?;
        for message in page.items {
            if message.kind == Kind::Manual && message.body != body {
                blank(deps, message, &body).await?;
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

async fn blank(
    deps: &Deps,
    message: Communication,
    body: &domain::dunning::Body,
) -> Result<(), StoreError> {
    let (key, mut retry) = (message.key(), Retry::default());
    loop {
        let stored: Option<Communication> = deps.table.get(&key, Consistency::Strong).await?;
        let Some(mut message) = stored else { return Ok(()) };
        message.body = body.clone();
        message.source = None;
        match deps.table.replace(&mut message).await {
            Ok(()) => return Ok(()),
            // Somebody is sending it.
            Err(error) => retry.pause(error).await?,
        }
    }
}
