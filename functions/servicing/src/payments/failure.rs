use domain::ids::{BrandId, PaymentId};
use platform::Deps;
use platform::http::ApiError;
use platform::servicing::MoneyError;
use platform::store::{Payment, PaymentStatus, Payments, StoreError};

/// When a request that another holds may be asked for again.
const IN_PROGRESS_RETRY_SECONDS: u32 = 1;

/// Why a payment was not written: still with the store's own error, which says what was taken.
#[derive(Debug)]
pub(super) enum Failure {
    Api(ApiError),
    Store(StoreError),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<MoneyError> for Failure {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::Store(error) => Self::Store(error),
            refused @ MoneyError::Refused(_) => Self::Api(refused.into()),
        }
    }
}

impl Failure {
    /// As the client sees it. `payment` is the one that was to be written.
    pub(super) async fn explain(self, deps: &Deps, payment: &Payment) -> ApiError {
        let error = match self {
            Self::Api(error) => return error,
            Self::Store(error) => error,
        };
        let explained = if error.is_conflict_on("reference") {
            taken(deps, payment).await
        } else if error.is_conflict_on("payment") {
            decided(deps, payment.brand, payment.id).await
        } else if error.is_conflict_on("idempotency") {
            let message = "the same request is under way, or was done just now";
            Ok(Some(ApiError::conflict(message).retry_after(IN_PROGRESS_RETRY_SECONDS)))
        } else if error.is_conflict() {
            // Others kept getting in between; the same request may be sent again.
            Ok(Some(ApiError::unavailable(error.to_string())))
        } else {
            Ok(None)
        };
        match explained {
            Ok(Some(explained)) => explained.log(error.to_string()),
            Ok(None) => error.into(),
            Err(error) => error.into(),
        }
    }
}

async fn taken(deps: &Deps, payment: &Payment) -> Result<Option<ApiError>, StoreError> {
    let Some(reference) = &payment.reference else { return Ok(None) };
    let payments = Payments::new(&deps.table);
    let holder = payments.by_reference(payment.brand, payment.method, reference).await?;
    Ok(holder.map(|holder| {
        let method = payment.method.text();
        let message =
            format!("a {method} payment with this reference is recorded already: {holder}");
        ApiError::conflict(message)
    }))
}

async fn decided(
    deps: &Deps,
    brand: BrandId,
    payment: PaymentId,
) -> Result<Option<ApiError>, StoreError> {
    let payment = Payments::new(&deps.table).get(brand, payment).await?;
    Ok(payment.and_then(|payment| awaiting(&payment).err()))
}

/// 409 for a payment that does not wait for approval.
pub(super) fn awaiting(payment: &Payment) -> Result<(), ApiError> {
    match payment.status {
        PaymentStatus::PendingApproval => Ok(()),
        status @ (PaymentStatus::Posted
        | PaymentStatus::Rejected
        | PaymentStatus::Reversed
        | PaymentStatus::ChargedBack) => Err(ApiError::conflict(format!(
            "the payment does not wait for approval: it is {status}"
        ))),
    }
}
