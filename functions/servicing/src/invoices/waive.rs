use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::InvoiceId;
use domain::invoices::{Charge, WaiveCommand};
use domain::ledger::CommandError;
use domain::loans::loan::Loan;
use domain::money::{Amount, Percent};
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::WaiveCharges;
use platform::http::{ApiError, Begin, Idempotent, Once, Path, RequestId, begin_once, replay};
use platform::origination::text_of;
use platform::servicing::{Entered, MoneyError, post_waiver};
use platform::store::{Brand, Decide, Effect, LoanChange, LoanRecord, Loans, Tx};
use platform::views::InvoiceView;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const REASON_LIMIT_CHARS: usize = 500;

/// A charge, or part of it, that is given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewWaiver {
    /// LATE_FEE or MORA.
    #[garde(skip)]
    #[schema(value_type = String, example = "MORA")]
    pub charge: Charge,
    /// At most what is owed of the charge today.
    #[garde(skip)]
    #[schema(value_type = String, example = "1.67")]
    pub amount: Amount,
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Waives late fee or mora of an open invoice, as of today; answers with the invoice as it is then.
///
/// 403 where the invoice's waivers together would exceed the share of the charge that the brand
/// lets the caller's department give up.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/invoices/{invoiceId}/waive",
    tag = "invoices",
    params(("Idempotency-Key" = String, Header, description = "the client's name for this waiver")),
    request_body = NewWaiver,
    responses((status = 200, description = "waived", body = InvoiceView),
        (status = 409, description = "the invoice is not open"),
        (status = 422, description = "the key was used for another request")))]
pub async fn waive(
    allowed: Allowed<WaiveCharges>,
    State(deps): State<Deps>,
    request_id: RequestId,
    Path(id): Path<InvoiceId>,
    request: Idempotent<NewWaiver>,
) -> Result<Response, ApiError> {
    let Idempotent { intent, body } = request;
    let Allowed { actor, brand, .. } = allowed;
    let once = match begin_once(&deps, brand.id, actor.id, Some(&intent)).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let NewWaiver { charge, amount, reason } = body;
    let effect = Effect::new(actor.id.to_string(), "invoices:waive", id)
        .after("charge", text_of(&charge))
        .after("amount", amount)
        .reason(Some(reason))
        .request(request_id.as_str());
    let today = deps.today(&brand);
    let waiver = Waiving {
        deps: &deps,
        once: &once,
        id,
        command: WaiveCommand { invoice: id.number, charge, amount, on: today },
        limit: brand.servicing.waiver_limit(actor.department),
        entered: Entered::now(&deps, effect),
    };
    let outcome = waiver.save(&brand).await;
    once.finish(&deps, outcome).await
}

/// One waiver, to be made again where another change of the loan gets in between.
struct Waiving<'a> {
    deps: &'a Deps,
    once: &'a Once,
    id: InvoiceId,
    command: WaiveCommand,
    /// Percent of the charge that may be waived in all.
    limit: Percent,
    entered: Entered,
}

impl Waiving<'_> {
    async fn save(&self, brand: &Brand) -> Result<(StatusCode, InvoiceView), ApiError> {
        let waived = Loans::new(&self.deps.table)
            .decide(brand, self.id.loan, self.command.on, self.entered.at, self)
            .await?;
        Ok((StatusCode::OK, waived.ok_or_else(ApiError::not_found)?))
    }
}

impl Waiving<'_> {
    fn check_limit(&self, loan: &Loan) -> Result<(), ApiError> {
        let WaiveCommand { invoice, charge, amount, on } = self.command;
        let Some(invoice) = loan.invoice(invoice) else { return Ok(()) };
        let charged = invoice.charged(loan.accrual_date(on), &loan.terms).get(charge.part());
        let waived = invoice.waived.get(charge.part());
        let allowed = charged.value() * self.limit.value();
        if (waived + amount).value() * Decimal::ONE_HUNDRED <= allowed {
            return Ok(());
        }
        // More than is owed is the command's own fault to find, whoever asks.
        if self.limit.value() >= Decimal::ONE_HUNDRED {
            return Ok(());
        }
        Err(ApiError::forbidden(format!(
            "your department may waive at most {} % of the {charged} charged, {waived} of which is \
             waived already",
            self.limit
        )))
    }
}

impl Decide for Waiving<'_> {
    type Outcome = InvoiceView;
    type Error = ApiError;

    async fn decide<'t>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'t>,
    ) -> Result<(InvoiceView, Tx<'t>), ApiError> {
        known(&change.record, self.id)?;
        self.check_limit(&change.record.loan)?;
        let (loans, today) = (Loans::new(&self.deps.table), self.command.on);
        post_waiver(&loans, change, &self.command, today, self.entered.clone())
            .await
            .map_err(not_open)?;
        let loan = &change.record.loan;
        let invoice = loan.invoice(self.id.number).ok_or_else(ApiError::not_found)?;
        let view = InvoiceView::new(loan, invoice, today).explained(loan, invoice);
        let tx = self.once.complete(tx, StatusCode::OK, &view)?;
        Ok((view, tx))
    }
}

/// 404 for a number that the contract does not have.
fn known(record: &LoanRecord, id: InvoiceId) -> Result<(), ApiError> {
    if usize::from(id.number) <= record.loan.invoice_count() {
        return Ok(());
    }
    Err(ApiError::not_found())
}

/// The invoice is named by the path, so that its state is a conflict and no field is wrong.
fn not_open(error: MoneyError) -> ApiError {
    match error {
        MoneyError::Refused(refused @ CommandError::InvoiceNotOpen { .. }) => {
            ApiError::conflict(refused.to_string())
        }
        other => other.into(),
    }
}
