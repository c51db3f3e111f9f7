use domain::calendar::Frequency;
use domain::invoices::AllocationOrder;
use domain::loans::terms::{Fee, PaidTo};
use domain::money::{Amount, Percent};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use crate::engine::{Template, render};
use crate::schedule::Written;
use crate::text::Tags;
use crate::{Borrower, Letterhead, Pdf, RenderError, Schedule, Style};

const SHARE_DECIMALS: u32 = 2;

/// What borrower and lender agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The sum asked for.
    pub requested: Amount,
    /// The sum that is repaid: with the financed fees.
    pub lent: Amount,
    pub disbursed_on: Option<Date>,
    pub method: String,
    pub annual_rate: Option<Percent>,
    pub installment_amount: Amount,
    pub frequency: Frequency,
    pub allocation: AllocationOrder,
    /// Percent of an overdue installment, once.
    pub late_fee: Percent,
    /// Percent a month on what is overdue of an installment.
    pub mora: Percent,
}

/// What the loan costs, as it was disclosed before it was accepted; rates as text of two decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    pub net_disbursed: Amount,
    pub fees: Vec<Fee>,
    pub monthly_irr: Option<String>,
    pub apr_nominal: Option<String>,
    pub effective_annual_cost: Option<String>,
}

/// The contract of a loan, to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    pub letterhead: Letterhead,
    /// ISO 3166 code of the country whose law and whose form of disclosure apply.
    pub country: String,
    pub borrower: Borrower,
    pub contract: String,
    pub terms: Terms,
    pub cost: Cost,
    pub schedule: Schedule,
}

#[derive(Serialize)]
struct Data<'a> {
    #[serde(flatten)]
    tags: Tags,
    letterhead: &'a Letterhead,
    country: &'a str,
    borrower: &'a Borrower,
    contract: &'a str,
    terms: TermsData<'a>,
    cost: CostData,
    schedule: Written,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TermsData<'a> {
    requested: String,
    lent: String,
    net_disbursed: String,
    disbursed_on: Option<String>,
    method: &'a str,
    annual_rate: Option<String>,
    installments: usize,
    installment_amount: String,
    frequency: Frequency,
    first_due: Option<String>,
    last_due: Option<String>,
    allocation: AllocationOrder,
    late_fee: String,
    mora: String,
}

#[derive(Serialize)]
struct CostData {
    items: Vec<Item>,
    rates: Rates,
}

#[derive(Serialize)]
struct Rates {
    monthly: Option<String>,
    nominal: Option<String>,
    yearly: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    kind: &'static str,
    name: String,
    paid_to: Option<PaidTo>,
    amount: String,
    /// Percent of the amount lent.
    share: String,
}

impl Agreement {
    /// The PDF. It takes some tenths of a second of the processor.
    ///
    /// # Errors
    /// Where a character has no glyph.
    pub fn render(&self, style: Style, made_at: Timestamp) -> Result<Pdf, RenderError> {
        let data = Data {
            tags: style.tags(),
            letterhead: &self.letterhead,
            country: &self.country,
            borrower: &self.borrower,
            contract: &self.contract,
            terms: self.terms_data(style),
            cost: CostData { items: self.items(style), rates: self.rates(style) },
            schedule: self.schedule.written(style),
        };
        render(Template::Agreement, style.locale, &data, made_at)
    }

    fn terms_data(&self, style: Style) -> TermsData<'_> {
        let terms = &self.terms;
        let due = |row: Option<&crate::Row>| row.map(|row| style.long_date(row.due));
        TermsData {
            requested: style.money(terms.requested),
            lent: style.money(terms.lent),
            net_disbursed: style.money(self.cost.net_disbursed),
            disbursed_on: terms.disbursed_on.map(|date| style.long_date(date)),
            method: &terms.method,
            annual_rate: terms.annual_rate.map(|rate| style.percent(rate)),
            installments: self.schedule.rows.len(),
            installment_amount: style.money(terms.installment_amount),
            frequency: terms.frequency,
            first_due: due(self.schedule.rows.first()),
            last_due: due(self.schedule.rows.last()),
            allocation: terms.allocation,
            late_fee: style.percent(terms.late_fee),
            mora: style.percent(terms.mora),
        }
    }

    /// From what reaches the borrower to what is repaid.
    fn items(&self, style: Style) -> Vec<Item> {
        let lent = self.terms.lent;
        let item = |kind, amount: Amount| Item {
            kind,
            name: String::new(),
            paid_to: None,
            amount: style.money(amount),
            share: style.percent_text(&share(amount, lent)),
        };
        let interest: Amount = self.schedule.rows.iter().map(|row| row.interest).sum();
        let fees = self.cost.fees.iter().map(|fee| Item {
            name: fee.name.clone(),
            paid_to: Some(fee.paid_to),
            ..item("FEE", fee.amount)
        });
        let mut items = vec![item("NET", self.cost.net_disbursed)];
        items.extend(fees);
        items.extend([
            item("LENT", lent),
            item("INTEREST", interest),
            item("TOTAL", lent + interest),
        ]);
        items
    }

    fn rates(&self, style: Style) -> Rates {
        let rate = |rate: &Option<String>| rate.as_deref().map(|rate| style.percent_text(rate));
        Rates {
            monthly: rate(&self.cost.monthly_irr),
            nominal: rate(&self.cost.apr_nominal),
            yearly: rate(&self.cost.effective_annual_cost),
        }
    }
}

/// `96.15`: percent of the whole, rounded half-up.
fn share(part: Amount, whole: Amount) -> String {
    let share = (part.value() * Decimal::ONE_HUNDRED).checked_div(whole.value());
    let rounded = share
        .unwrap_or_default()
        .round_dp_with_strategy(SHARE_DECIMALS, RoundingStrategy::MidpointAwayFromZero);
    format!("{rounded:.2}")
}
