//! From what is asked for to a contract: what quotes, requests, activations and imports share.

use domain::calendar::{BusinessCalendar, Convention, DayCount, Frequency, MonthEnd};
use domain::disclosure::Disclosure;
use domain::ids::{BrandId, LoanId};
use domain::invoices::{Installment, Rebate, ServicingTerms};
use domain::jurisdiction::{CapExceeded, Jurisdiction};
use domain::ledger::{Changed, CommandError};
use domain::loans::loan::{Activation, Loan};
use domain::loans::quote::Quote;
use domain::loans::schedule::QuotedRate;
use domain::loans::status::Transition;
use domain::loans::terms::{
    Fee, Grace, InvalidTerms, Method, RoundingRules, ScheduleTerms, TermsInput,
};
use domain::money::{Amount, Percent, RoundingMode};
use garde::Validate;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{ApiError, FieldError};
use crate::store::{Brand, CustomerLoan, Entity, Key, LoanRecord, Plan, Tx, Versioned};

const FEES_LIMIT_ITEMS: usize = 20;

/// The terms of a loan as somebody asks for them; what is left out is the brand's rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct QuoteTerms {
    /// The sum the borrower asks for; financed fees come on top.
    #[schema(value_type = String, example = "10000.00")]
    pub principal: Amount,
    /// PRICE, SAC, FLAT, BULLET, INTEREST_ONLY or FIXED_INSTALLMENT.
    #[schema(value_type = String, example = "PRICE")]
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
    #[schema(example = 6)]
    pub installments: Option<u16>,
    /// With FIXED_INSTALLMENT.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub installment_amount: Option<Amount>,
    /// The unit is DAY, BUSINESS_DAY, WEEK or MONTH.
    #[schema(value_type = FrequencySchema)]
    pub frequency: Frequency,
    /// Today where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub disbursement_date: Option<Date>,
    /// One period after the disbursement where it is left out.
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
    #[serde(default)]
    #[garde(length(max = FEES_LIMIT_ITEMS))]
    #[schema(value_type = Vec<FeeSchema>)]
    pub fees: Vec<Fee>,
}

/// How often an installment falls due.
#[derive(Debug, ToSchema)]
#[schema(as = Frequency)]
pub struct FrequencySchema {
    pub every: u16,
    #[schema(example = "MONTH")]
    pub unit: String,
}

/// The multiples and modes (HALF_UP, HALF_EVEN, UP, DOWN, NONE) that figures are rounded to.
#[derive(Debug, ToSchema)]
#[schema(as = Rounding, rename_all = "camelCase")]
pub struct RoundingSchema {
    #[schema(example = "0.01")]
    pub installment_multiple: String,
    #[schema(example = "HALF_UP")]
    pub installment_mode: String,
    #[schema(example = "0.01")]
    pub interest_multiple: String,
    #[schema(example = "HALF_UP")]
    pub interest_mode: String,
}

/// Leading installments without principal or interest.
#[derive(Debug, ToSchema)]
#[schema(as = Grace)]
pub struct GraceSchema {
    pub principal: u16,
    pub interest: u16,
}

/// A one-off charge at disbursement, paid to LENDER or THIRD_PARTY.
#[derive(Debug, ToSchema)]
#[schema(as = Fee, rename_all = "camelCase")]
pub struct FeeSchema {
    pub name: String,
    #[schema(example = "240.00")]
    pub amount: String,
    #[schema(example = "LENDER")]
    pub paid_to: String,
    pub financed: bool,
}

impl QuoteTerms {
    /// The terms with the brand's rules in the place of what was left out; a first due date that
    /// was left out stays so, since it follows from the disbursement.
    #[must_use]
    pub fn resolved(mut self, brand: &Brand, today: Date) -> Self {
        self.disbursement_date.get_or_insert(today);
        self.day_count.get_or_insert(DayCount::Thirty360);
        self.month_end.get_or_insert_default();
        self.rounding.get_or_insert_with(|| {
            RoundingRules::to_minor_unit(RoundingMode::HalfUp, brand.currency)
        });
        self.grace_installments.get_or_insert_default();
        self
    }

    /// The contract that these terms make with the brand.
    ///
    /// # Errors
    /// Every field that no schedule can be made with.
    pub fn contract(&self, brand: &Brand, today: Date) -> Result<Contract, InvalidTerms> {
        let agreed = self.clone().resolved(brand, today);
        let (calendar, convention) = repayment_calendar(brand);
        let minor_units = RoundingRules::to_minor_unit(RoundingMode::HalfUp, brand.currency);
        let terms = ScheduleTerms::parse(TermsInput {
            currency: brand.currency,
            principal: agreed.principal,
            method: agreed.method,
            annual_rate: agreed.annual_rate,
            monthly_rate: agreed.monthly_rate,
            installments: agreed.installments,
            installment_amount: agreed.installment_amount,
            frequency: agreed.frequency,
            disbursement_date: agreed.disbursement_date.unwrap_or(today),
            first_due_date: agreed.first_due_date,
            day_count: agreed.day_count.unwrap_or(DayCount::Thirty360),
            month_end: agreed.month_end.unwrap_or_default(),
            rounding: agreed.rounding.unwrap_or(minor_units),
            grace: agreed.grace_installments.unwrap_or_default(),
            fees: agreed.fees.clone(),
            convention,
            calendar,
        })?;
        let quote = Quote::new(&terms)?;
        Ok(Contract { agreed, terms, quote })
    }
}

/// The days on which a brand takes repayments, and where a due date goes that falls on another:
/// its own non-repayment dates always, weekends and bank holidays where its due dates move.
pub fn repayment_calendar(brand: &Brand) -> (BusinessCalendar, Convention) {
    let country = jurisdiction(brand);
    let calendar = match country {
        _ if !brand.due_dates_move => BusinessCalendar::every_day(),
        Some(country) => BusinessCalendar::new(country.bank_weekend()).with_bank_holidays(country),
        None => BusinessCalendar::new(domain::calendar::Weekend::default()),
    };
    let calendar = calendar.closed_on(brand.non_repayment_dates.iter().copied());
    (calendar, Convention::Following)
}

/// The country whose rules the brand lends under, where they are known.
pub fn jurisdiction(brand: &Brand) -> Option<Jurisdiction> {
    Jurisdiction::ALL.into_iter().find(|country| country.code() == brand.country)
}

/// What the brand's loans of a method are served under from now on.
///
/// # Errors
/// A charge above the cap that the law sets on `on`.
pub fn servicing_terms(
    brand: &Brand,
    method: Method,
    on: Date,
) -> Result<ServicingTerms, CapExceeded> {
    let (charges, servicing) = (brand.charges, &brand.servicing);
    let terms = ServicingTerms {
        allocation: servicing.allocation,
        rebate: match method {
            // Interest that was agreed as a sum follows the brand's rule, any other its days.
            Method::Flat | Method::FixedInstallment => servicing.flat_rebate,
            Method::Price | Method::Sac | Method::Bullet | Method::InterestOnly => Rebate::ProRata,
        },
        payoff_discount: servicing.payoff_discount,
        ..ServicingTerms::new(brand.currency, charges.late_fee, charges.mora_monthly)
    };
    check_caps(brand, &terms, on)?;
    Ok(terms)
}

/// Checks the charges of a contract against the law on `on`.
pub fn check_caps(brand: &Brand, terms: &ServicingTerms, on: Date) -> Result<(), CapExceeded> {
    jurisdiction(brand)
        .map_or(Ok(()), |country| country.check_charges(terms.late_fee, terms.mora_monthly, on))
}

/// Terms that a contract can be made of, with its schedule and cost.
#[derive(Debug, Clone)]
pub struct Contract {
    /// Nothing left out but, where it follows from the disbursement, the first due date.
    pub agreed: QuoteTerms,
    terms: ScheduleTerms,
    pub quote: Quote,
}

impl Contract {
    /// The principal of the loan: the sum asked for and the financed fees.
    pub fn amount_lent(&self) -> Amount {
        self.terms.amount_lent()
    }

    /// What the loan's record says of how the schedule was made.
    pub fn plan(&self) -> Plan {
        let rate = &self.quote.explanation.schedule.rate;
        Plan {
            method: text_of(&self.agreed.method),
            annual_rate: (rate.quoted != QuotedRate::Implied).then_some(rate.annual),
            installments: u16::try_from(self.quote.installments.len()).unwrap_or(u16::MAX),
        }
    }

    /// What the borrower is told before accepting.
    pub fn disclosed(&self) -> Disclosed {
        Disclosed::new(&self.quote)
    }

    /// The disbursement by these terms. Every fee is kept back from the amount lent: the borrower
    /// gets the sum asked for less the fees that are not financed.
    pub fn activation(&self) -> Activation {
        Activation {
            on: self.terms.input().disbursement_date,
            installments: self.quote.installments.iter().map(Installment::from).collect(),
            fees_withheld: self.terms.amount_lent() - self.terms.net_disbursed(),
        }
    }

    /// Whether a loan of this contract can be activated as it is quoted, tried on a copy: a
    /// schedule with fractions of a cent can be quoted but not lent.
    pub fn rehearse(&self, loan: &Loan) -> Result<Changed<()>, CommandError> {
        let mut rehearsed = loan.clone();
        if rehearsed.stage.allowed().contains(&Transition::Approve) {
            rehearsed.originate(Transition::Approve)?;
        }
        rehearsed.activate(&self.activation())
    }
}

/// The figures of a quote that a borrower decides by; rates with two decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Disclosed {
    #[schema(value_type = String)]
    pub net_disbursed: Amount,
    #[schema(value_type = String)]
    pub installment_amount: Amount,
    /// The sum of all installments.
    #[schema(value_type = String)]
    pub total: Amount,
    pub monthly_irr: Option<String>,
    pub apr_nominal: Option<String>,
    pub effective_annual_cost: Option<String>,
}

impl Disclosed {
    fn new(quote: &Quote) -> Self {
        let Disclosure { net_disbursed, monthly_irr, apr_nominal, effective_annual_cost } =
            quote.disclosure;
        let rate = |rate: Option<Percent>| rate.map(|rate| format!("{:.2}", rate.value()));
        Self {
            net_disbursed,
            installment_amount: quote.installment_amount,
            total: quote.totals.total,
            monthly_irr: rate(monthly_irr),
            apr_nominal: rate(apr_nominal),
            effective_annual_cost: rate(effective_annual_cost),
        }
    }

    /// The first figure that is another one `now`: its name, as it was disclosed, as it is.
    pub fn difference(&self, now: &Self) -> Option<(&'static str, String, String)> {
        let none = || "none".to_owned();
        let rate = |rate: &Option<String>| rate.clone().unwrap_or_else(none);
        [
            ("netDisbursed", self.net_disbursed.to_string(), now.net_disbursed.to_string()),
            (
                "installmentAmount",
                self.installment_amount.to_string(),
                now.installment_amount.to_string(),
            ),
            ("total", self.total.to_string(), now.total.to_string()),
            ("monthlyIrr", rate(&self.monthly_irr), rate(&now.monthly_irr)),
            ("aprNominal", rate(&self.apr_nominal), rate(&now.apr_nominal)),
            (
                "effectiveAnnualCost",
                rate(&self.effective_annual_cost),
                rate(&now.effective_annual_cost),
            ),
        ]
        .into_iter()
        .find(|(_, before, after)| before != after)
    }
}

/// The terms that a loan was asked for with and what was disclosed of them: a cold item of the
/// loan's collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoanTerms {
    pub brand: BrandId,
    pub loan: LoanId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub terms: QuoteTerms,
    pub disclosed: Disclosed,
}

impl LoanTerms {
    pub fn key_of(brand: BrandId, loan: LoanId) -> Key {
        Key::new(LoanRecord::partition(brand, loan), "TERMS")
    }
}

impl Entity for LoanTerms {
    const NAME: &'static str = "terms of a loan";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.loan)
    }
}

impl Versioned for LoanTerms {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

/// Adds to a transaction what every new loan has beside its record: that it is its customer's
/// ([`CustomerLoan::link`]).
pub fn link_customer<'x>(tx: Tx<'x>, record: &LoanRecord) -> Tx<'x> {
    CustomerLoan::link(tx, record)
}

/// 400 with every field of the terms that is wrong, below `path` (`terms.`) in the request.
pub fn invalid_terms(error: InvalidTerms, path: &str) -> ApiError {
    let field = |error: domain::loans::terms::FieldError| {
        FieldError::new(format!("{path}{}", error.field), error.message)
    };
    ApiError::invalid(error.0.into_iter().map(field).collect())
}

/// The name that a unit variant has in JSON.
pub fn text_of(variant: &impl Serialize) -> String {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
