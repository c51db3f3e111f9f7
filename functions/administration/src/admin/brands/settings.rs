//! What can be set for a brand, and the rules on it.

use domain::dunning::Channel;
use domain::ids::BrandId;
use domain::jurisdiction::{Charge, Jurisdiction, Locale};
use domain::money::{Currency, Percent};
use garde::Validate;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use platform::clock::business_date;
use platform::http::{ApiError, FieldError};
use platform::store::{Brand, Charges, ContactSettings, Dunning, PaymentReminders};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const NAME_LIMIT_CHARS: usize = 120;
const INSTANCE_LIMIT_CHARS: usize = 100;
const PAUSE_LIMIT_MILLIS: u32 = 600_000;
const MESSAGES_LIMIT_PER_DAY: u32 = 20;
const MESSAGES_LIMIT_PER_WEEK: u32 = 100;
const REMINDER_LIMIT_DAYS: u8 = 30;
const RATE_LIMIT_PER_MINUTE: u32 = 10_000;
const ORIGINS_LIMIT_ITEMS: usize = 20;
const ORIGIN_LIMIT_BYTES: usize = 255;
const DATES_LIMIT_ITEMS: usize = 400;

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
    #[garde(dive)]
    pub contact: BrandContact,
    #[garde(dive)]
    pub reminders: BrandReminders,
}

/// When and how often the brand's borrowers may be written to: within what the country allows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Validate, ToSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[garde(allow_unvalidated)]
pub struct BrandContact {
    /// Not before this time of the brand's clock; the country's where it is left out.
    #[schema(value_type = Option<String>, example = "09:00:00")]
    pub from: Option<Time>,
    /// Not at this time or later.
    #[schema(value_type = Option<String>, example = "18:00:00")]
    pub until: Option<Time>,
    /// The most messages to one borrower on one day.
    #[garde(range(min = 1, max = MESSAGES_LIMIT_PER_DAY))]
    pub per_day: Option<u32>,
    /// On seven days in a row.
    #[garde(range(min = 1, max = MESSAGES_LIMIT_PER_WEEK))]
    pub per_week: Option<u32>,
    /// Whether nobody is written to who has not agreed to it.
    pub needs_consent: bool,
}

/// The messages before an invoice falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[garde(allow_unvalidated)]
pub struct BrandReminders {
    pub enabled: bool,
    /// How many days before the due date.
    #[garde(range(min = 1, max = REMINDER_LIMIT_DAYS))]
    pub days_before: u8,
    /// WHATSAPP, SMS or EMAIL.
    #[schema(value_type = String, example = "WHATSAPP")]
    pub channel: Channel,
}

impl Default for BrandReminders {
    fn default() -> Self {
        Self::from(PaymentReminders::default())
    }
}

impl From<PaymentReminders> for BrandReminders {
    fn from(reminders: PaymentReminders) -> Self {
        let PaymentReminders { enabled, days_before, channel } = reminders;
        Self { enabled, days_before, channel }
    }
}

impl Default for BrandDunning {
    fn default() -> Self {
        Self {
            enabled: false,
            instance: String::new(),
            pause_min_millis: 5_000,
            pause_max_millis: 15_000,
            contact: BrandContact::default(),
            reminders: BrandReminders::default(),
        }
    }
}

const fn rate_limit_default() -> u32 {
    100
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
                contact: BrandContact {
                    from: brand.dunning.contact.from,
                    until: brand.dunning.contact.until,
                    per_day: brand.dunning.contact.per_day,
                    per_week: brand.dunning.contact.per_week,
                    needs_consent: brand.dunning.contact.needs_consent,
                },
                reminders: brand.dunning.reminders.into(),
            },
            payments_need_approval: brand.payments_need_approval,
            rate_limit_per_minute: brand.rate_limit_per_minute,
            origins: brand.origins.clone(),
            non_repayment_dates: brand.non_repayment_dates.clone(),
            due_dates_move: brand.due_dates_move,
            unavailability_dates: brand.unavailability_dates.clone(),
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
        let dunning = &self.dunning;
        if dunning.enabled && dunning.instance.trim().is_empty() {
            wrong("dunning.instance", "is required where messages are sent");
        }
        if dunning.pause_min_millis > dunning.pause_max_millis {
            wrong("dunning.pauseMinMillis", "must not be longer than pauseMaxMillis");
        }
        let contact = dunning.contact;
        if country.contact_hours().narrowed(contact.from, contact.until).is_none() {
            wrong("dunning.contact.from", "leaves no hour of those that the country allows");
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
                contact: ContactSettings {
                    from: settings.dunning.contact.from,
                    until: settings.dunning.contact.until,
                    per_day: settings.dunning.contact.per_day,
                    per_week: settings.dunning.contact.per_week,
                    needs_consent: settings.dunning.contact.needs_consent,
                },
                reminders: PaymentReminders {
                    enabled: settings.dunning.reminders.enabled,
                    days_before: settings.dunning.reminders.days_before,
                    channel: settings.dunning.reminders.channel,
                },
            },
            payments_need_approval: settings.payments_need_approval,
            rate_limit_per_minute: settings.rate_limit_per_minute,
            origins: settings.origins,
            non_repayment_dates: settings.non_repayment_dates,
            due_dates_move: settings.due_dates_move,
            unavailability_dates: settings.unavailability_dates,
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
