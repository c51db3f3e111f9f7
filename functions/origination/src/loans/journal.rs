use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use domain::ids::LoanId;
use domain::ledger::{Account, Balances, Entry, EntryKind, Posting};
use domain::loans::loan::Loan;
use domain::money::Amount;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadLoans;
use platform::http::{ApiError, Path};
use platform::origination::text_of;
use platform::store::{JournalItem, Loans};
use platform::views::SplitView;
use serde::Serialize;
use utoipa::ToSchema;

/// One balanced entry.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JournalLine {
    /// From 1, without gaps; null on what is not posted yet.
    pub seq: Option<u32>,
    #[schema(example = "DISBURSEMENT")]
    pub kind: String,
    /// The value date.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    pub invoice: Option<u16>,
    /// By account; debits are positive, credits negative.
    #[schema(value_type = BTreeMap<String, String>)]
    pub postings: BTreeMap<Account, Amount>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// Who made the change.
    pub actor: Option<String>,
    pub action: Option<String>,
    pub reason: Option<String>,
}

/// A loan's journal and what it adds up to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JournalView {
    pub items: Vec<JournalLine>,
    /// What has grown up to `asOf` and is posted with the next event: late fees whose night has
    /// not run, and mora.
    pub accrued: Vec<JournalLine>,
    /// The balance of each account over `items` and `accrued`; accounts at zero are left out.
    #[schema(value_type = BTreeMap<String, String>)]
    pub totals: Balances,
    pub owed: SplitView,
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
}

/// Get a loan's journal
///
/// Every entry in posting order. The receivables among the totals are what is owed today.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/journal",
    tag = "loans",
    responses((status = 200, description = "the whole journal", body = JournalView))
)]
pub(super) async fn journal(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
) -> Result<Json<JournalView>, ApiError> {
    let (brand, loans) = (&allowed.brand, Loans::new(&deps.table));
    let record = loans.get(brand.id, id).await?.ok_or_else(ApiError::not_found)?;
    let as_of = deps.today(brand);
    let mut items = Vec::new();
    let mut totals = Balances::default();
    for item in loans.journal(brand.id, id).await? {
        for entry in item.entries()? {
            totals.post(&entry);
            items.push(JournalLine::posted(&item, entry));
        }
    }
    let unposted = accrued(&record.loan, as_of);
    unposted.iter().for_each(|entry| totals.post(entry));
    Ok(Json(JournalView {
        items,
        accrued: unposted.into_iter().map(JournalLine::accrued).collect(),
        totals,
        owed: record.loan.owed(as_of).into(),
        as_of,
    }))
}

/// What an event today would post before itself.
fn accrued(loan: &Loan, on: Date) -> Vec<Entry> {
    let mut ahead = loan.clone();
    let mut entries = ahead.advance(on).entries;
    let accrual = ahead.accrual_date(on);
    let mora: Amount = ahead
        .open_invoices()
        .map(|invoice| invoice.mora(accrual, &ahead.terms) - invoice.mora_fixed)
        .sum();
    if !mora.is_zero() {
        let postings = vec![
            Posting::new(Account::MoraReceivable, mora),
            Posting::new(Account::MoraIncome, -mora),
        ];
        entries.push(Entry { seq: 0, kind: EntryKind::Mora, on: accrual, invoice: None, postings });
    }
    entries
}

impl JournalLine {
    fn new(entry: Entry) -> Self {
        let mut postings = BTreeMap::new();
        for posting in entry.postings {
            *postings.entry(posting.account).or_insert(Amount::ZERO) += posting.amount;
        }
        Self {
            seq: Some(entry.seq),
            kind: text_of(&entry.kind),
            on: entry.on,
            invoice: entry.invoice,
            postings,
            at: None,
            actor: None,
            action: None,
            reason: None,
        }
    }

    pub(super) fn posted(item: &JournalItem, entry: Entry) -> Self {
        Self {
            at: Some(item.at),
            actor: Some(item.effect.actor.clone()),
            action: Some(item.effect.action.clone()),
            reason: item.effect.reason.clone(),
            ..Self::new(entry)
        }
    }

    fn accrued(entry: Entry) -> Self {
        Self { seq: None, ..Self::new(entry) }
    }
}
