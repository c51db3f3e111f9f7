use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::dunning::Channel;
use domain::ids::BrandId;
use domain::money::{Currency, Percent};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::{Consistency, Entity, Key, Range, StoreError, Table, Versioned};

/// How long a brand's settings may be served from memory.
const BRAND_FRESH_FOR: Duration = Duration::from_secs(15);
/// Between two messages of an instance, where the brand says nothing.
pub const PAUSE_DEFAULT_MILLIS: (u32, u32) = (5_000, 15_000);
pub const BRANDS_LIMIT: usize = 1_000;

/// A lender on the platform, with its rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Brand {
    pub id: BrandId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub name: String,
    /// ISO 3166 code of the country whose rules apply: `BR`, `IN`.
    pub country: String,
    /// An IANA timezone.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub timezone: TimeZone,
    pub currency: Currency,
    /// BCP 47: `pt-BR`, `en-IN`.
    pub locale: String,
    /// How many parts the brand's loans are spread over; fixed when the brand is created.
    pub shards: u16,
    pub charges: Charges,
    pub dunning: Dunning,
    /// Whether a payment recorded by staff waits for the approval of another person.
    pub payments_need_approval: bool,
    pub rate_limit_per_minute: u32,
    /// Web origins that may call the API with credentials.
    pub origins: Vec<String>,
    /// Dates on which nothing falls due, beside weekends and bank holidays.
    pub non_repayment_dates: Vec<Date>,
    /// Whether due dates move off weekends and bank holidays.
    pub due_dates_move: bool,
    /// Dates on which the brand sends no messages.
    pub unavailability_dates: Vec<Date>,
}

/// What an overdue invoice is charged, unless the loan's own terms say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charges {
    pub late_fee: Percent,
    pub mora_monthly: Percent,
}

/// How the brand's messages go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dunning {
    pub enabled: bool,
    /// The WhatsApp instance that the messages leave from.
    pub instance: String,
    /// The shortest and longest pause between two messages of the instance, in milliseconds.
    pub pause_millis: (u32, u32),
    #[serde(default)]
    pub contact: ContactSettings,
    #[serde(default)]
    pub reminders: PaymentReminders,
}

/// Where a brand's rules on writing to borrowers differ from its country's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContactSettings {
    /// The hours begin no earlier than this, by the brand's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// They end no later than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// The most messages to one borrower on one day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u32>,
    /// On seven days in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_week: Option<u32>,
    /// Whether nobody is written to who has not agreed to it.
    pub needs_consent: bool,
}

/// The messages before an invoice falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentReminders {
    pub enabled: bool,
    /// How many days before the due date.
    pub days_before: u8,
    pub channel: Channel,
}

impl Default for PaymentReminders {
    fn default() -> Self {
        Self { enabled: true, days_before: 3, channel: Channel::Whatsapp }
    }
}

/// Off, with the pauses that a number bears.
impl Default for Dunning {
    fn default() -> Self {
        Self {
            enabled: false,
            instance: String::new(),
            pause_millis: PAUSE_DEFAULT_MILLIS,
            contact: ContactSettings::default(),
            reminders: PaymentReminders::default(),
        }
    }
}

impl Brand {
    /// Stands for the platform itself where a record of no brand needs an owner; no brand has it.
    pub const PLATFORM: BrandId = BrandId::new(Ulid::nil());

    pub const PARTITION: &'static str = "BRANDS";

    pub fn key_of(id: BrandId) -> Key {
        Key::new(Self::PARTITION, id.to_string())
    }
}

impl Entity for Brand {
    const NAME: &'static str = "brand";

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }
}

impl Versioned for Brand {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

/// A brand and when it was read.
type Remembered = (Instant, Arc<Brand>);

/// The brands, read through a short-lived memory.
#[derive(Debug, Clone)]
pub struct Brands {
    table: Table,
    fresh: Arc<Mutex<HashMap<BrandId, Remembered>>>,
}

impl Brands {
    pub fn new(table: Table) -> Self {
        Self { table, fresh: Arc::default() }
    }

    /// The brand, or `None` where there is none with this id.
    #[expect(
        clippy::disallowed_methods,
        reason = "the age of a cached record is not business time"
    )]
    pub async fn get(&self, id: BrandId) -> Result<Option<Arc<Brand>>, StoreError> {
        if let Some((read_at, brand)) =
            self.fresh.lock().ok().and_then(|fresh| fresh.get(&id).cloned())
            && read_at.elapsed() < BRAND_FRESH_FOR
        {
            return Ok(Some(brand));
        }
        let Some(brand) =
            self.table.get::<Brand>(&Brand::key_of(id), Consistency::Eventual).await?
        else {
            return Ok(None);
        };
        let brand = Arc::new(brand);
        if let Ok(mut fresh) = self.fresh.lock() {
            fresh.insert(id, (Instant::now(), Arc::clone(&brand)));
        }
        Ok(Some(brand))
    }

    /// Every brand, read from the table.
    pub async fn all(&self) -> Result<Vec<Brand>, StoreError> {
        self.table.query_all(&Range::partition(Brand::PARTITION), BRANDS_LIMIT).await
    }

    /// Stores a new or changed brand, and forgets the remembered one.
    pub async fn save(&self, brand: &mut Brand) -> Result<(), StoreError> {
        self.table.replace(brand).await?;
        self.forget(brand.id);
        Ok(())
    }

    /// Forgets the remembered brand, after it was changed in a transaction.
    pub fn forget(&self, id: BrandId) {
        if let Ok(mut fresh) = self.fresh.lock() {
            fresh.remove(&id);
        }
    }
}
