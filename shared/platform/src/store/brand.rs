use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::ids::BrandId;
use domain::invoices::{AllocationOrder, Rebate};
use domain::money::{Currency, Percent};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::auth::Department;

use super::{Consistency, Entity, Key, Range, StoreError, Table, Versioned};

/// How long a brand's settings may be served from memory.
const BRAND_FRESH_FOR: Duration = Duration::from_secs(15);
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
    #[serde(default)]
    pub servicing: Servicing,
    pub rate_limit_per_minute: u32,
    /// Web origins that may call the API with credentials.
    pub origins: Vec<String>,
    /// Dates on which nothing falls due, beside weekends and bank holidays.
    pub non_repayment_dates: Vec<Date>,
    /// Whether due dates move off weekends and bank holidays.
    pub due_dates_move: bool,
    /// Dates on which the brand sends no messages.
    pub unavailability_dates: Vec<Date>,
    /// How long staff may stay signed in without a sign of being at work.
    #[serde(default = "idle_after_default")]
    pub idle_after_minutes: u16,
}

const fn idle_after_default() -> u16 {
    Brand::IDLE_AFTER_DEFAULT_MINUTES
}

/// What an overdue invoice is charged, unless the loan's own terms say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charges {
    pub late_fee: Percent,
    pub mora_monthly: Percent,
}

/// How the brand's contracts are served: what is paid first, what an early payoff costs, who may
/// give up how much. What a contract begins with, it keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Servicing {
    pub allocation: AllocationOrder,
    /// Which interest the early payoff of a flat contract does not pay; the reducing methods'
    /// interest is earned by the day.
    pub flat_rebate: Rebate,
    /// Percent taken off an early payoff.
    pub payoff_discount: Percent,
    /// Whether a renegotiation waits for another person than the one who proposed it.
    pub renegotiations_need_another_person: bool,
    /// Percent of a late fee, and of an invoice's mora, that a person of a department may waive in
    /// all. [`Servicing::waiver_limit`] knows the departments that are left out.
    pub waiver_limits: BTreeMap<Department, Percent>,
}

impl Default for Servicing {
    fn default() -> Self {
        Self {
            allocation: AllocationOrder::default(),
            flat_rebate: Rebate::default(),
            payoff_discount: Percent::ZERO,
            renegotiations_need_another_person: false,
            waiver_limits: BTreeMap::new(),
        }
    }
}

impl Servicing {
    /// What somebody of a department may waive of a charge, in percent; nothing without one.
    pub fn waiver_limit(&self, department: Option<Department>) -> Percent {
        let Some(department) = department else { return Percent::ZERO };
        let custom = || match department {
            Department::SuperAdmin | Department::Admin | Department::RenegotiationAnalyst => 100,
            Department::LoanManagement => 50,
            Department::Collections => 25,
            Department::StreetSupervisor => 10,
            Department::Credit => 0,
        };
        let set = self.waiver_limits.get(&department).copied();
        set.unwrap_or_else(|| Percent::new(Decimal::from(custom())))
    }
}

/// How the brand's messages go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dunning {
    pub enabled: bool,
    /// The WhatsApp instance that the messages leave from.
    pub instance: String,
    /// The shortest and longest pause between two messages of the instance, in milliseconds.
    pub pause_millis: (u32, u32),
}

impl Brand {
    /// Stands for the platform itself where a record of no brand needs an owner; no brand has it.
    pub const PLATFORM: BrandId = BrandId::new(Ulid::nil());

    /// For brands that set nothing else, and for the platform's own administrators.
    pub const IDLE_AFTER_DEFAULT_MINUTES: u16 = 15;

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
