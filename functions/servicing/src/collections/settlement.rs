use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::{LoanId, SettlementId};
use domain::money::Amount;
use domain::settlements::SettlementCommand;
use garde::Validate;
use jiff::Span;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::OfferSettlements;
use platform::http::{ApiError, Begin, Idempotent, Once, Path, RequestId, begin_once, replay};
use platform::servicing::{Entered, post_settlement_offer};
use platform::store::{
    Author, Brand, Consistency, Decide, Entity, LoanChange, LoanRecord, Loans, Range, Settlement,
    SettlementEnd, Tx,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const REASON_LIMIT_CHARS: usize = 500;
/// How far ahead an offer may stand.
const AHEAD_LIMIT_DAYS: i32 = 90;

/// A sum, less than what is owed, that closes the loan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct NewSettlement {
    #[schema(value_type = String, example = "300.00")]
    pub amount: Amount,
    /// The last value date that counts, from today to 90 days ahead.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// A settlement that was offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Settlement)]
pub struct SettlementView {
    #[schema(value_type = String, example = "set_01JZ0000000000000000000000")]
    pub id: SettlementId,
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    #[schema(value_type = String, example = "300.00")]
    pub amount: Amount,
    /// Owed today.
    #[schema(value_type = String, example = "515.00")]
    pub owed: Amount,
    /// What would be given up, as of today.
    #[schema(value_type = String, example = "215.00")]
    pub forgone: Amount,
    #[schema(value_type = String, format = Date)]
    pub agreed_on: Date,
    #[schema(value_type = String, format = Date)]
    pub until: Date,
}

/// Offers to close the loan for less than is owed, in place of an earlier offer.
///
/// Payments from now on count towards it and are allocated as any other. When the sum is complete by
/// its last date, the rest is waived and the loan is settled; otherwise it lapses, and nothing has
/// changed.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/collection/{loanId}/settlement",
    operation_id = "offer_settlement", tag = "collections",
    params(("Idempotency-Key" = String, Header, description = "the client's name for this offer")),
    request_body = NewSettlement,
    responses((status = 201, description = "offered", body = SettlementView),
        (status = 409, description = "the loan is not active"),
        (status = 422, description = "the key was used for another request")))]
pub async fn settlement(
    allowed: Allowed<OfferSettlements>,
    State(deps): State<Deps>,
    request_id: RequestId,
    Path(id): Path<LoanId>,
    request: Idempotent<NewSettlement>,
) -> Result<Response, ApiError> {
    let Allowed { actor, brand, .. } = allowed;
    let Idempotent { intent, body } = request;
    let today = deps.today(&brand);
    let last = today.saturating_add(Span::new().days(AHEAD_LIMIT_DAYS));
    if !(today..=last).contains(&body.until) {
        return Err(ApiError::invalid_field("until", format!("must be from {today} to {last}")));
    }
    let once = match begin_once(&deps, brand.id, actor.id, Some(&intent)).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let NewSettlement { amount, until, reason } = body;
    let settlement = SettlementId::new(deps.ulid());
    let effect = Author::of_request(&actor, &request_id)
        .effect("settlements:offer", id)
        .after("settlement", settlement)
        .after("amount", amount)
        .after("until", until)
        .reason(Some(reason));
    let offering = Offering {
        deps: &deps,
        brand: &brand,
        once: &once,
        id: settlement,
        by: actor.id.to_string(),
        command: SettlementCommand { amount, on: today, until },
        entered: Entered::now(&deps, effect),
    };
    let offered = Loans::new(&deps.table)
        .decide(&brand, id, today, offering.entered.at, &offering)
        .await
        .and_then(|view| view.ok_or_else(ApiError::not_found));
    once.finish(&deps, offered.map(|view| (StatusCode::CREATED, view))).await
}

/// One offer, to be made again where another change of the loan gets in between.
struct Offering<'a> {
    deps: &'a Deps,
    brand: &'a Brand,
    once: &'a Once,
    id: SettlementId,
    by: String,
    command: SettlementCommand,
    entered: Entered,
}

impl Offering<'_> {
    /// Ends the offer before this one, where it stands.
    async fn replace_earlier<'t>(&self, loan: LoanId, tx: Tx<'t>) -> Result<Tx<'t>, ApiError> {
        let range = Range::partition(LoanRecord::partition(self.brand.id, loan))
            .prefix(Settlement::SORT_PREFIX)
            .descending()
            .consistency(Consistency::Strong);
        let latest = self.deps.table.query::<Settlement>(&range, 1, None).await?;
        let latest = latest.items.into_iter().find(|earlier| earlier.end.is_none());
        let Some(mut earlier) = latest else { return Ok(tx) };
        let lapsed = earlier.until < self.command.on;
        earlier.end = Some(if lapsed { SettlementEnd::Lapsed } else { SettlementEnd::Replaced });
        Ok(tx.replace("earlier offer", &mut earlier))
    }
}

impl Decide for Offering<'_> {
    type Outcome = SettlementView;
    type Error = ApiError;

    async fn decide<'t>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'t>,
    ) -> Result<(SettlementView, Tx<'t>), ApiError> {
        let SettlementCommand { amount, on, until } = self.command;
        let (brand, loan) = (change.record.brand, change.record.loan.id);
        let owed = change.record.loan.owed(on).total();
        let loans = Loans::new(&self.deps.table);
        post_settlement_offer(&loans, change, &self.command, on, self.entered.clone()).await?;
        let mut settlement = Settlement {
            brand,
            loan,
            id: self.id,
            version: 0,
            shard: change.record.shard,
            amount,
            owed,
            agreed_on: on,
            until,
            offered_by: self.by.clone(),
            offered_at: self.entered.at,
            end: None,
        };
        let tx = self.replace_earlier(loan, tx).await?;
        let tx = tx.replace(Settlement::NAME, &mut settlement);
        let view = SettlementView {
            id: self.id,
            loan_id: loan,
            amount,
            owed,
            forgone: owed - amount,
            agreed_on: on,
            until,
        };
        let tx = self.once.complete(tx, StatusCode::CREATED, &view)?;
        Ok((view, tx))
    }
}
