//! From what is offered to a borrower to the loan that replaces theirs: what simulations, proposals
//! and approvals share.

use domain::calendar::{DayCount, Frequency, MonthEnd};
use domain::ids::{LoanId, PaymentId};
use domain::invoices::{Installment, PaymentCommand, WaivePenaltiesCommand};
use domain::jurisdiction::CapExceeded;
use domain::ledger::{Applied, Command, CommandError, Entry};
use domain::loans::loan::Loan;
use domain::loans::status::Transition;
use domain::loans::terms::{Grace, InvalidTerms, Method, RoundingRules};
use domain::money::{Amount, Percent};
use domain::renegotiations::RenegotiationCommand;
use garde::Validate;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Department;
use crate::http::{ApiError, FieldError};
use crate::origination::{
    Contract, Disclosed, FrequencySchema, GraceSchema, QuoteTerms, RoundingSchema, servicing_terms,
};
use crate::servicing::refused;
use crate::store::{Brand, PaymentMethod, Servicing};
use crate::views::SplitView;

/// How the new contract is repaid; its principal follows from the offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct RenegotiationTerms {
    /// PRICE, SAC, FLAT, BULLET, INTEREST_ONLY or FIXED_INSTALLMENT.
    #[schema(value_type = String, example = "FIXED_INSTALLMENT")]
    pub method: Method,
    /// Percent a year. One of the two rates is given; with FIXED_INSTALLMENT, none or one.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "12")]
    pub annual_rate: Option<Percent>,
    /// Percent a month, a twelfth of the annual rate.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub monthly_rate: Option<Percent>,
    /// From 1 to 480; left out with FIXED_INSTALLMENT and a rate.
    #[serde(default)]
    #[schema(example = 3)]
    pub installments: Option<u16>,
    /// With FIXED_INSTALLMENT.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "300.00")]
    pub installment_amount: Option<Amount>,
    /// The unit is DAY, BUSINESS_DAY, WEEK or MONTH.
    #[schema(value_type = FrequencySchema)]
    pub frequency: Frequency,
    /// One period after the renegotiation where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub first_due_date: Option<Date>,
    /// 30/360, ACT/360, ACT/364, ACT/365, ACT/ACT or 1/52.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "30/360")]
    pub day_count: Option<DayCount>,
    /// CLAMP or ROLL.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "CLAMP")]
    pub month_end: Option<MonthEnd>,
    #[serde(default)]
    #[schema(value_type = Option<RoundingSchema>)]
    pub rounding: Option<RoundingRules>,
    #[serde(default)]
    #[schema(value_type = Option<GraceSchema>)]
    pub grace_installments: Option<Grace>,
}

impl RenegotiationTerms {
    fn contract(
        &self,
        brand: &Brand,
        principal: Amount,
        on: Date,
    ) -> Result<Contract, InvalidTerms> {
        let terms = self.clone();
        let terms = QuoteTerms {
            principal,
            method: terms.method,
            annual_rate: terms.annual_rate,
            monthly_rate: terms.monthly_rate,
            installments: terms.installments,
            installment_amount: terms.installment_amount,
            frequency: terms.frequency,
            disbursement_date: Some(on),
            first_due_date: terms.first_due_date,
            day_count: terms.day_count,
            month_end: terms.month_end,
            rounding: terms.rounding,
            grace_installments: terms.grace_installments,
            fees: Vec::new(),
        };
        terms.contract(brand, on)
    }
}

/// What replaces a loan's open invoices. The new principal is what is owed, less the penalties that
/// are waived, the down payment and the discount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
#[schema(as = RenegotiationOffer)]
pub struct Offer {
    #[garde(dive)]
    pub terms: RenegotiationTerms,
    /// Paid on the old loan as part of the renegotiation.
    #[serde(default)]
    #[schema(value_type = String, example = "100.00")]
    pub down_payment: Amount,
    /// The way it is paid; OTHER where it is left out.
    #[serde(default)]
    pub down_payment_method: Option<PaymentMethod>,
    #[serde(default)]
    #[schema(value_type = String, example = "0.00")]
    pub discount: Amount,
    /// Percent of every late fee that is given up, from 0 to 100.
    #[serde(default)]
    #[schema(value_type = String, example = "100")]
    pub waive_late_fee_percent: Percent,
    /// Percent of all mora that is given up, from 0 to 100.
    #[serde(default)]
    #[schema(value_type = String, example = "50")]
    pub waive_mora_percent: Percent,
}

impl Offer {
    /// 403 where it waives more than somebody of the department may.
    pub fn check_limit(
        &self,
        servicing: &Servicing,
        department: Option<Department>,
    ) -> Result<(), ApiError> {
        let limit = servicing.waiver_limit(department);
        if self.waive_late_fee_percent.max(self.waive_mora_percent) <= limit {
            return Ok(());
        }
        Err(ApiError::forbidden(format!("your department may waive at most {limit} % of a charge")))
    }

    fn faults(&self, brand: &Brand) -> Vec<FieldError> {
        let mut faults = Vec::new();
        for (field, amount) in [("downPayment", self.down_payment), ("discount", self.discount)] {
            if amount.is_negative() || amount.to_minor(brand.currency).is_none() {
                let message = format!("must be whole minor units of {}, from 0", brand.currency);
                faults.push(FieldError::new(field, message));
            }
        }
        for (field, percent) in [
            ("waiveLateFeePercent", self.waive_late_fee_percent),
            ("waiveMoraPercent", self.waive_mora_percent),
        ] {
            if percent.value() > Decimal::ONE_HUNDRED {
                faults.push(FieldError::new(field, "must be from 0 to 100"));
            }
        }
        faults
    }
}

/// What a borrower decides by, as of the date of the offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RenegotiationFigures)]
pub struct Figures {
    /// Owed on the loan before anything is given up or paid.
    pub owed: SplitView,
    #[schema(value_type = String, example = "10.00")]
    pub waived_late_fee: Amount,
    #[schema(value_type = String, example = "5.00")]
    pub waived_mora: Amount,
    #[schema(value_type = String, example = "100.00")]
    pub down_payment: Amount,
    #[schema(value_type = String, example = "0.00")]
    pub discount: Amount,
    /// What the new contract lends.
    #[schema(value_type = String, example = "800.00")]
    pub principal: Amount,
    /// The interest of the new contract.
    #[schema(value_type = String, example = "100.00")]
    pub interest: Amount,
    /// The down payment and all installments.
    #[schema(value_type = String, example = "1000.00")]
    pub total_cost: Amount,
    #[schema(example = 3)]
    pub installments: u16,
    #[schema(value_type = String, example = "300.00")]
    pub installment_amount: Amount,
    #[schema(value_type = String, format = Date)]
    pub first_due_date: Date,
    #[schema(value_type = String, format = Date)]
    pub last_due_date: Date,
    /// What late fee and mora of the new invoices are charged on: what is still owed of the root
    /// loan's value, never the renegotiated value.
    #[schema(value_type = String, example = "800.00")]
    pub mora_base: Amount,
    /// Percent a month; null where no rate exists.
    pub monthly_irr: Option<String>,
    /// Twelve times it: the APR.
    pub apr_nominal: Option<String>,
    /// Compounded over a year: the CET.
    pub effective_annual_cost: Option<String>,
}

/// One new invoice: what it is, and what its charges are based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub installment: Installment,
    pub base: Amount,
}

/// The new invoices in order; stored as one text, `[["2026-05-20","2026-05-20","300","0","266.67"]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Rows(pub Vec<Row>);

type StoredRow = (Date, Date, Amount, Amount, Amount);

impl From<Rows> for String {
    fn from(Rows(rows): Rows) -> Self {
        let rows = rows.into_iter().map(|Row { installment, base }| -> StoredRow {
            let Installment { nominal_due, due, principal, interest } = installment;
            (nominal_due, due, principal, interest, base)
        });
        let rows = rows.map(|row| serde_json::json!(row));
        serde_json::Value::Array(rows.collect()).to_string()
    }
}

impl TryFrom<String> for Rows {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let rows: Vec<StoredRow> = serde_json::from_str(&text)?;
        let row = |(nominal_due, due, principal, interest, base)| Row {
            installment: Installment { nominal_due, due, principal, interest },
            base,
        };
        Ok(Self(rows.into_iter().map(row).collect()))
    }
}

/// A loan and the one that replaces it, as they would be stored.
#[derive(Debug, Clone)]
pub struct Derived {
    pub figures: Figures,
    pub rows: Rows,
    pub contract: Contract,
    /// The old loan afterwards, with what was done to it in order and the entries of all of it.
    pub old: Loan,
    pub commands: Vec<Command>,
    pub entries: Vec<Entry>,
    /// How the down payment was allocated, where there is one.
    pub paid: Option<Applied>,
    pub new: Loan,
    pub opening: Vec<Entry>,
}

/// Why an offer cannot be made for a loan.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OfferError {
    #[error("fields of the offer are wrong")]
    Fields(Vec<FieldError>),
    #[error(transparent)]
    AboveCap(#[from] CapExceeded),
    #[error(transparent)]
    Refused(#[from] CommandError),
}

impl OfferError {
    /// As the client sees it, with `path` (`offer.`) before each field.
    pub fn at(self, path: &str) -> ApiError {
        match self {
            Self::Fields(fields) => ApiError::invalid(below(path, fields)),
            Self::AboveCap(error) => ApiError::conflict(format!("the brand's charges: {error}")),
            Self::Refused(error) if error.field() == Some("installments") => {
                ApiError::invalid_field(format!("{path}terms.installments"), error.to_string())
            }
            Self::Refused(error) => refused(&error),
        }
    }
}

/// Fields of an offer by their place in the request.
pub fn below(path: &str, fields: Vec<FieldError>) -> Vec<FieldError> {
    let place =
        |field: FieldError| FieldError::new(format!("{path}{}", field.field), field.message);
    fields.into_iter().map(place).collect()
}

/// The ids that a renegotiation makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewIds {
    pub loan: LoanId,
    pub down_payment: PaymentId,
}

/// What the offer does to the loan as of `on`: penalties are waived, the down payment is allocated,
/// the open invoices are replaced.
pub fn derive(
    brand: &Brand,
    loan: &Loan,
    offer: &Offer,
    ids: NewIds,
    (on, today): (Date, Date),
) -> Result<Derived, OfferError> {
    loan.stage.after(Transition::Renegotiate).map_err(|illegal| match loan.renegotiated_to {
        Some(by) => CommandError::Replaced { by },
        None => illegal.into(),
    })?;
    let owed = loan.owed(on);
    let mut faults = offer.faults(brand);
    let mut old = loan.clone();
    let (mut commands, mut entries) = (Vec::new(), Vec::new());
    let (late_fee, mora) = (offer.waive_late_fee_percent, offer.waive_mora_percent);
    let waiver = WaivePenaltiesCommand { late_fee, mora, on };
    if !waiver.is_nothing() {
        entries.extend(old.waive_penalties(&waiver, today)?.entries);
        commands.push(waiver.command());
    }
    let left = old.owed(on);
    let principal = left.total() - offer.down_payment - offer.discount;
    if faults.is_empty() && !principal.is_positive() {
        let message = format!("must with the down payment be less than {}", left.total());
        faults.push(FieldError::new("discount", message));
    }
    // Faults of the terms are told with the others, so they are looked for in any case.
    let lent = if principal.is_positive() { principal } else { owed.total() };
    let contract = match offer.terms.contract(brand, lent, on) {
        Ok(contract) if faults.is_empty() => contract,
        Ok(_) => return Err(OfferError::Fields(faults)),
        Err(InvalidTerms(fields)) => {
            let fields =
                fields.into_iter().map(|field| FieldError::new(field.field, field.message));
            faults.extend(below("terms.", fields.collect()));
            return Err(OfferError::Fields(faults));
        }
    };
    let mut paid = None;
    if offer.down_payment.is_positive() {
        let payment = PaymentCommand {
            payment: ids.down_payment,
            amount: offer.down_payment,
            value_date: on,
            invoice: None,
            payoff: false,
        };
        let changed = old.pay(&payment, today)?;
        entries.extend(changed.entries);
        commands.push(payment.command());
        paid = Some(changed.outcome);
    }
    let replaced = old.renegotiate(
        &RenegotiationCommand {
            to: ids.loan,
            on,
            installments: contract.quote.installments.iter().map(Installment::from).collect(),
            terms: servicing_terms(brand, offer.terms.method, on)?,
        },
        today,
    )?;
    entries.extend(replaced.closed.entries);
    commands.push(Command::Renegotiate { to: ids.loan, on });
    let new = replaced.loan;
    let waived = (owed.late_fee - left.late_fee, owed.mora - left.mora);
    Ok(Derived {
        figures: figures(owed.into(), waived, offer, &contract, &new),
        rows: rows(&new),
        contract,
        old,
        commands,
        entries,
        paid,
        new,
        opening: replaced.opening,
    })
}

fn figures(
    owed: SplitView,
    (waived_late_fee, waived_mora): (Amount, Amount),
    offer: &Offer,
    contract: &Contract,
    new: &Loan,
) -> Figures {
    let Disclosed {
        installment_amount,
        total,
        monthly_irr,
        apr_nominal,
        effective_annual_cost,
        ..
    } = contract.disclosed();
    let dues = || new.invoices.iter().map(|invoice| invoice.due);
    let on = new.start.unwrap_or_default();
    Figures {
        owed,
        waived_late_fee,
        waived_mora,
        down_payment: offer.down_payment,
        discount: offer.discount,
        principal: new.principal,
        interest: new.interest,
        total_cost: offer.down_payment + total,
        installments: u16::try_from(new.invoices.len()).unwrap_or(u16::MAX),
        installment_amount,
        first_due_date: dues().min().unwrap_or(on),
        last_due_date: dues().max().unwrap_or(on),
        mora_base: new.renegotiation_base(),
        monthly_irr,
        apr_nominal,
        effective_annual_cost,
    }
}

fn rows(new: &Loan) -> Rows {
    let row = |invoice: &domain::invoices::Invoice| Row {
        installment: Installment {
            nominal_due: invoice.nominal_due,
            due: invoice.due,
            principal: invoice.principal,
            interest: invoice.interest,
        },
        base: invoice.base,
    };
    Rows(new.invoices.iter().map(row).collect())
}
