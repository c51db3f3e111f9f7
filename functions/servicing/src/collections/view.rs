use domain::invoices::Split;
use domain::jurisdiction::{BUCKETS, Bucket, Dpd};
use domain::money::Amount;
use jiff::civil::Date;
use platform::origination::jurisdiction;
use platform::store::{Brand, LoanRecord};
use platform::views::{LoanSummary, SplitView};
use serde::Serialize;
use utoipa::ToSchema;

/// The ranges of days past due that the brand's collections work by, youngest first.
pub(super) fn buckets(brand: &Brand) -> &'static [Bucket] {
    jurisdiction(brand).map_or(BUCKETS.as_slice(), |country| country.buckets())
}

/// An active loan as collections sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CollectionItem {
    #[serde(flatten)]
    pub loan: LoanSummary,
    /// SMA-0, SMA-1, SMA-2 or NPA in India, 1-30, 31-60, 61-90 or 90+ elsewhere; null where
    /// nothing is overdue.
    #[schema(example = "31-60")]
    pub bucket: Option<&'static str>,
    pub overdue_invoices: usize,
    /// Owed on the invoices that are overdue.
    pub overdue: SplitView,
}

impl CollectionItem {
    pub fn new(brand: &Brand, record: &LoanRecord, today: Date) -> Self {
        let loan = &record.loan;
        let overdue = || loan.open_invoices().filter(|invoice| invoice.is_overdue(today));
        let owed: Split = overdue().map(|invoice| invoice.owed(today, &loan.terms)).sum();
        let dpd = loan.oldest_open_due().map(|due| Dpd::of(due, today)).unwrap_or_default();
        let bucket = buckets(brand).iter().find(|bucket| bucket.holds(dpd));
        Self {
            loan: LoanSummary::new(record, today),
            bucket: bucket.map(|bucket| bucket.name),
            overdue_invoices: overdue().count(),
            overdue: owed.into(),
        }
    }
}

/// A contract that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompletedItem {
    #[serde(flatten)]
    pub loan: LoanSummary,
    #[schema(value_type = Option<String>, format = Date)]
    pub ended_on: Option<Date>,
    /// All payments kept.
    #[schema(value_type = String)]
    pub total_value_paid: Amount,
    /// Given up by a settlement.
    #[schema(value_type = String)]
    pub settlement_loss: Amount,
    /// Paid since it was written off.
    #[schema(value_type = String)]
    pub recovered: Amount,
}

impl CompletedItem {
    pub fn new(record: &LoanRecord, today: Date) -> Self {
        let loan = &record.loan;
        let recovered = loan.written_off.map(|written_off| written_off.recovered);
        Self {
            loan: LoanSummary::new(record, today),
            ended_on: loan.ended_on(),
            total_value_paid: loan.total_value_paid(),
            settlement_loss: loan.settlement_loss,
            recovered: recovered.unwrap_or_default(),
        }
    }
}
