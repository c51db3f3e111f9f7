//! `worker-noc`: certificates that nothing is owed on a contract any more.
//!
//! The contract decides, not the queue: a message says only that something may be to do. What a
//! certificate says is written down before it is made, so that a worker that is cut off and another
//! that goes on make the same file.

mod issue;

use domain::loans::closing::Closing;
use platform::Deps;
use platform::aws::BucketError;
use platform::lambda::Message;
use platform::store::{
    Brand, Certificate, CertificateMessage, CertificateStatus, Condition, Consistency, Effect,
    Entity as _, Event, LoanRecord, StoreError,
};

/// How often a contract is read again because it or its certificate changed in between.
const STEP_LIMIT_TRIES: u32 = 8;
const ACTOR: &str = "worker:noc";

#[derive(Debug, thiserror::Error)]
pub enum NocError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Bucket(#[from] BucketError),
    #[error(transparent)]
    Render(#[from] documents::RenderError),
    #[error("rendering was cut off: {0}")]
    CutOff(#[from] tokio::task::JoinError),
    #[error("the certificate's customer is not there")]
    NoCustomer,
    #[error("the contract changed too often")]
    Busy,
}

/// Makes the certificate of a contract that owes nothing and has none; takes back that of a
/// contract on which something is owed again.
pub async fn handle(deps: Deps, message: Message<CertificateMessage>) -> Result<(), NocError> {
    let CertificateMessage { brand_id, loan_id } = message.body;
    let Some(brand) = deps.brands.get(brand_id).await? else {
        tracing::warn!(brand = %brand_id, "there is no such brand");
        return Ok(());
    };
    for _ in 0..STEP_LIMIT_TRIES {
        let key = LoanRecord::key_of(brand_id, loan_id);
        let Some(record) = deps.table.get::<LoanRecord>(&key, Consistency::Strong).await? else {
            tracing::warn!(loan = %loan_id, "there is no such loan");
            return Ok(());
        };
        let last = Certificate::last(&deps.table, brand_id, loan_id).await?;
        match step(&deps, &brand, &record, last).await {
            Ok(Next::Done) => return Ok(()),
            Ok(Next::Again) => {}
            Err(NocError::Store(error)) if error.is_conflict() => {}
            Err(error) => return Err(error),
        }
    }
    Err(NocError::Busy)
}

enum Next {
    Done,
    Again,
}

async fn step(
    deps: &Deps,
    brand: &Brand,
    record: &LoanRecord,
    last: Option<Certificate>,
) -> Result<Next, NocError> {
    let closing = record.loan.closing(deps.today(brand)).ok();
    match (closing, last) {
        (Some(closing), Some(last)) if last.is_of(&record.loan, closing) => match last.status {
            CertificateStatus::Pending => issue::issue(deps, brand, record, last).await,
            CertificateStatus::Issued | CertificateStatus::Withdrawn => Ok(Next::Done),
        },
        (closing, last) => match (last.clone().and_then(Certificate::withdrawn), closing) {
            (Some(withdrawn), _) => withdraw(deps, withdrawn).await,
            (None, Some(closing)) => begin(deps, brand, record, closing, last.as_ref()).await,
            (None, None) => Ok(Next::Done),
        },
    }
}

/// Writes down what the certificate says.
async fn begin(
    deps: &Deps,
    brand: &Brand,
    record: &LoanRecord,
    closing: Closing,
    last: Option<&Certificate>,
) -> Result<Next, NocError> {
    let (today, now) = (deps.today(brand), deps.now());
    let mut certificate = Certificate::begin(record, closing, last, today, now, None);
    let tx = deps.table.tx().replace("certificate", &mut certificate);
    unchanged(tx, record)?.commit().await?;
    Ok(Next::Again)
}

async fn withdraw(deps: &Deps, mut certificate: Certificate) -> Result<Next, NocError> {
    let effect = Effect::new(ACTOR, "certificates:withdraw", certificate.loan)
        .after("number", certificate.number());
    let event = Event::new(deps, Some(certificate.brand), effect);
    let tx = deps.table.tx().replace("certificate", &mut certificate);
    tx.create("event", &event).commit().await?;
    tracing::info!(loan = %certificate.loan, "a certificate is withdrawn");
    Ok(Next::Again)
}

/// Demands that the contract is still as it was read.
fn unchanged<'t>(
    tx: platform::store::Tx<'t>,
    record: &LoanRecord,
) -> Result<platform::store::Tx<'t>, StoreError> {
    let condition = Condition::equals("v", record.version)?;
    Ok(tx.check("loan", &record.key(), &condition))
}
