//! What can be set for a brand, and the rules on it.

use std::collections::BTreeMap;

use domain::ids::BrandId;
use domain::invoices::{AllocationOrder, Rebate};
use domain::jurisdiction::{Charge, Jurisdiction, Locale};
use domain::money::{Currency, Percent};
use garde::Validate;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use platform::auth::Department;
use platform::clock::business_date;
use platform::http::{ApiError, FieldError};
use platform::store::{Brand, Charges, Dunning, Servicing};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const NAME_LIMIT_CHARS: usize = 120;
const INSTANCE_LIMIT_CHARS: usize = 100;
const PAUSE_LIMIT_MILLIS: u32 = 600_000;
const RATE_LIMIT_PER_MINUTE: u32 = 10_000;
const ORIGINS_LIMIT_ITEMS: usize = 20;
const ORIGIN_LIMIT_BYTES: usize = 255;
const DATES_LIMIT_ITEMS: usize = 400;
const IDLE_AFTER_MIN_MINUTES: u16 = 5;
const IDLE_AFTER_LIMIT_MINUTES: u16 = 480;

/// What can be changed of a brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct BrandSettings {
    #[garde(length(chars, min = 1, max = NAME_LIMIT_CHARS))]
    #[schema(example = "Crédito Exemplo")]
    pub name: String,
    /// An IANA timezone: that of the business dates and of the jobs' schedules.
    #[schema(example = "America/Sao_Paulo")]
    pub timezone: String,
    /// BCP 47: of messages and documents.
    #[schema(value_type = String, example = "pt-BR")]
    pub locale: Locale,
    pub charges: BrandCharges,
    #[garde(dive)]
    #[serde(default)]
    pub dunning: BrandDunning,
    /// Whether a payment recorded by staff waits for another person's approval.
    #[serde(default)]
    pub payments_need_approval: bool,
    #[serde(default)]
    pub servicing: BrandServicing,
    /// Requests a minute of each user, customer or key.
    #[garde(range(min = 1, max = RATE_LIMIT_PER_MINUTE))]
    #[serde(default = "rate_limit_default")]
    pub rate_limit_per_minute: u32,
    /// Web origins that may call with credentials: `https://console.lender.example`.
    #[garde(length(max = ORIGINS_LIMIT_ITEMS))]
    #[serde(default)]
    pub origins: Vec<String>,
    /// Dates on which nothing falls due, beside weekends and bank holidays.
    #[garde(length(max = DATES_LIMIT_ITEMS))]
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    pub non_repayment_dates: Vec<Date>,
    /// Whether due dates move off weekends and bank holidays.
    #[serde(default = "yes")]
    pub due_dates_move: bool,
    /// Dates on which the brand sends no messages.
    #[garde(length(max = DATES_LIMIT_ITEMS))]
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    pub unavailability_dates: Vec<Date>,
    /// How long staff may stay signed in without a sign of being at work.
    #[garde(range(min = IDLE_AFTER_MIN_MINUTES, max = IDLE_AFTER_LIMIT_MINUTES))]
    #[serde(default = "idle_after_default")]
    #[schema(minimum = 5, maximum = 480)]
    pub idle_after_minutes: u16,
}

/// What an overdue invoice is charged, at most what the country's law allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BrandCharges {
    /// Percent of the invoice, once.
    #[schema(value_type = String, example = "2")]
    pub late_fee_percent: Percent,
    /// Percent a month, simple, by the day.
    #[schema(value_type = String, example = "1")]
    pub late_fee_mora_percent: Percent,
}

/// How the brand's contracts are served; what a contract begins with, it keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BrandServicing {
    /// CHARGES_FIRST (late fee, mora, interest, principal) or PRINCIPAL_FIRST.
    #[schema(value_type = String, example = "CHARGES_FIRST")]
    pub allocation: AllocationOrder,
    /// Which interest the early payoff of a flat contract does not pay: NONE, PRO_RATA or
    /// RULE_OF78. The reducing methods' interest is earned by the day.
    #[schema(value_type = String, example = "PRO_RATA")]
    pub flat_rebate: Rebate,
    /// Percent taken off an early payoff, from 0 to 100.
    #[schema(value_type = String, example = "0")]
    pub payoff_discount_percent: Percent,
    /// Whether a renegotiation waits for another person than the one who proposed it.
    pub renegotiations_need_another_person: bool,
    /// Percent, from 0 to 100, of an invoice's late fee and of its mora that a person of a
    /// department may waive in all. Left out: ADMIN and RENEGOTIATION_ANALYST 100, LOAN_MANAGEMENT
    /// 50, COLLECTIONS 25, STREET_SUPERVISOR 10, CREDIT 0.
    #[schema(value_type = BTreeMap<String, String>)]
    pub waiver_limits: BTreeMap<Department, Percent>,
}

impl BrandServicing {
    fn of(servicing: &Servicing) -> Self {
        Self {
            allocation: servicing.allocation,
            flat_rebate: servicing.flat_rebate,
            payoff_discount_percent: servicing.payoff_discount,
            renegotiations_need_another_person: servicing.renegotiations_need_another_person,
            waiver_limits: servicing.waiver_limits.clone(),
        }
    }

    fn into_servicing(self) -> Servicing {
        Servicing {
            allocation: self.allocation,
            flat_rebate: self.flat_rebate,
            payoff_discount: self.payoff_discount_percent,
            renegotiations_need_another_person: self.renegotiations_need_another_person,
            waiver_limits: self.waiver_limits,
        }
    }
}

/// How the brand's messages go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[garde(allow_unvalidated)]
pub struct BrandDunning {
    pub enabled: bool,
    /// The WhatsApp instance that the messages leave from.
    #[garde(length(chars, max = INSTANCE_LIMIT_CHARS))]
    pub instance: String,
    /// The shortest pause between two messages of the instance.
    pub pause_min_millis: u32,
    /// The longest; at most ten minutes.
    #[garde(range(max = PAUSE_LIMIT_MILLIS))]
    pub pause_max_millis: u32,
}

impl Default for BrandDunning {
    fn default() -> Self {
        Self {
            enabled: false,
            instance: String::new(),
            pause_min_millis: 5_000,
            pause_max_millis: 15_000,
        }
    }
}

const fn rate_limit_default() -> u32 {
    100
}

const fn idle_after_default() -> u16 {
    Brand::IDLE_AFTER_DEFAULT_MINUTES
}

const fn yes() -> bool {
    true
}

/// Settings that keep the rules.
#[derive(Debug, Clone)]
pub(in crate::admin) struct Checked {
    settings: BrandSettings,
    timezone: TimeZone,
}

impl BrandSettings {
    pub(in crate::admin) fn of(brand: &Brand) -> Result<Self, ApiError> {
        let timezone = brand
            .timezone
            .iana_name()
            .ok_or_else(|| ApiError::internal("a brand's timezone has no name"))?;
        Ok(Self {
            name: brand.name.clone(),
            timezone: timezone.to_owned(),
            locale: brand.locale.parse().map_err(|_| ApiError::internal("a brand's locale"))?,
            charges: BrandCharges {
                late_fee_percent: brand.charges.late_fee,
                late_fee_mora_percent: brand.charges.mora_monthly,
            },
            dunning: BrandDunning {
                enabled: brand.dunning.enabled,
                instance: brand.dunning.instance.clone(),
                pause_min_millis: brand.dunning.pause_millis.0,
                pause_max_millis: brand.dunning.pause_millis.1,
            },
            payments_need_approval: brand.payments_need_approval,
            servicing: BrandServicing::of(&brand.servicing),
            rate_limit_per_minute: brand.rate_limit_per_minute,
            origins: brand.origins.clone(),
            non_repayment_dates: brand.non_repayment_dates.clone(),
            due_dates_move: brand.due_dates_move,
            unavailability_dates: brand.unavailability_dates.clone(),
            idle_after_minutes: brand.idle_after_minutes,
        })
    }

    /// Checks the rules that go beyond one field's shape: the timezone exists, the charges are
    /// within the country's caps in force at `now`.
    pub(in crate::admin) fn check(
        mut self,
        country: Jurisdiction,
        now: Timestamp,
    ) -> Result<Checked, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, message: &str| errors.push(FieldError::new(field, message));
        self.name = self.name.trim().to_owned();
        if self.name.is_empty() {
            wrong("name", "must not be empty");
        }
        let timezone = iana_timezone(&self.timezone);
        if timezone.is_none() {
            wrong("timezone", "must be an IANA timezone, such as America/Sao_Paulo");
        }
        let today = business_date(now, timezone.as_ref().unwrap_or(&TimeZone::UTC));
        let BrandCharges { late_fee_percent: fee, late_fee_mora_percent: mora } = self.charges;
        for (charge, fee, mora) in
            [(Charge::LateFee, fee, Percent::ZERO), (Charge::Mora, Percent::ZERO, mora)]
        {
            if let Err(exceeded) = country.check_charges(fee, mora, today) {
                wrong(&format!("charges.{}", charge.field()), &exceeded.to_string());
            }
        }
        let servicing = &self.servicing;
        let shares = servicing
            .waiver_limits
            .iter()
            .map(|(department, limit)| (format!("servicing.waiverLimits.{department}"), *limit));
        let discount = servicing.payoff_discount_percent;
        for (field, share) in
            shares.chain([("servicing.payoffDiscountPercent".to_owned(), discount)])
        {
            if share.value() > Decimal::ONE_HUNDRED {
                wrong(&field, "must be from 0 to 100");
            }
        }
        let dunning = &self.dunning;
        if dunning.enabled && dunning.instance.trim().is_empty() {
            wrong("dunning.instance", "is required where messages are sent");
        }
        if dunning.pause_min_millis > dunning.pause_max_millis {
            wrong("dunning.pauseMinMillis", "must not be longer than pauseMaxMillis");
        }
        for (index, origin) in self.origins.iter().enumerate() {
            if !is_origin(origin) {
                let message = "must be an origin, such as https://console.lender.example";
                wrong(&format!("origins[{index}]"), message);
            }
        }
        for dates in [&mut self.non_repayment_dates, &mut self.unavailability_dates] {
            dates.sort_unstable();
            dates.dedup();
        }
        match timezone {
            Some(timezone) if errors.is_empty() => Ok(Checked { settings: self, timezone }),
            _ => Err(errors),
        }
    }
}

impl Checked {
    pub(in crate::admin) fn into_brand(
        self,
        id: BrandId,
        country: Jurisdiction,
        currency: Currency,
        shards: u16,
    ) -> Brand {
        let Self { settings, timezone } = self;
        Brand {
            id,
            version: 0,
            name: settings.name,
            country: country.code().to_owned(),
            timezone,
            currency,
            locale: settings.locale.tag().to_owned(),
            shards,
            charges: Charges {
                late_fee: settings.charges.late_fee_percent,
                mora_monthly: settings.charges.late_fee_mora_percent,
            },
            dunning: Dunning {
                enabled: settings.dunning.enabled,
                instance: settings.dunning.instance,
                pause_millis: (
                    settings.dunning.pause_min_millis,
                    settings.dunning.pause_max_millis,
                ),
            },
            payments_need_approval: settings.payments_need_approval,
            servicing: settings.servicing.into_servicing(),
            rate_limit_per_minute: settings.rate_limit_per_minute,
            origins: settings.origins,
            non_repayment_dates: settings.non_repayment_dates,
            due_dates_move: settings.due_dates_move,
            unavailability_dates: settings.unavailability_dates,
            idle_after_minutes: settings.idle_after_minutes,
        }
    }
}

/// A timezone of the IANA database by its name; not an offset, not a POSIX rule.
fn iana_timezone(name: &str) -> Option<TimeZone> {
    let timezone = TimeZone::get(name).ok()?;
    (timezone.iana_name() == Some(name)).then_some(timezone)
}

/// `https://host` with an optional port; `http` for this machine only.
fn is_origin(text: &str) -> bool {
    let is_host = |rest: &str| {
        !rest.is_empty()
            && rest.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:".contains(&byte)
            })
    };
    let is_local = |rest: &str| {
        ["localhost", "127.0.0.1"].contains(&rest.split(':').next().unwrap_or_default())
    };
    text.len() <= ORIGIN_LIMIT_BYTES
        && (text.strip_prefix("https://").is_some_and(is_host)
            || text.strip_prefix("http://").is_some_and(|rest| is_host(rest) && is_local(rest)))
}
