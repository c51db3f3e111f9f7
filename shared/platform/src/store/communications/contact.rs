use domain::dunning::{ContactRules, Suppression, Tally, Verdict, Wishes};
use domain::ids::{BrandId, CustomerId};
use domain::jurisdiction::Jurisdiction;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::store::{Brand, Consistency, Customer, Entity, Key, StoreError, Table, Versioned};

/// Whether and how often a borrower may be written to: the wishes, and what left in the last days.
///
/// Each message that leaves is counted here in the transaction of its claim, so that workers who
/// send at the same moment cannot pass a cap together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    pub brand: BrandId,
    pub customer: CustomerId,
    #[serde(rename = "v", default)]
    pub version: u64,
    #[serde(flatten)]
    pub wishes: Wishes,
    #[serde(default)]
    pub tally: Tally,
    /// Why staff set the wishes as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When the wishes changed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    /// Who changed them: `staff_…`, `webhook:evolution`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}

impl Contact {
    pub const SORT: &'static str = "CONTACT";

    pub fn key_of(brand: BrandId, customer: CustomerId) -> Key {
        Key::new(Customer::partition(brand, customer), Self::SORT)
    }

    /// What is known of a borrower; of one without a record, nothing.
    pub async fn load(
        table: &Table,
        brand: BrandId,
        customer: CustomerId,
    ) -> Result<Self, StoreError> {
        let stored = table.get(&Self::key_of(brand, customer), Consistency::Strong).await?;
        Ok(stored.unwrap_or_else(|| Self {
            brand,
            customer,
            version: 0,
            wishes: Wishes::default(),
            tally: Tally::default(),
            note: None,
            changed_at: None,
            changed_by: None,
        }))
    }

    /// What becomes of a message that would leave now.
    pub fn admits(&self, brand: &Brand, now: Timestamp) -> Admits {
        let local = local(brand, now);
        match brand.contact_rules().decide(self.wishes, &self.tally, local) {
            Verdict::Now => Admits::Now(local.date()),
            Verdict::Later(later) => Admits::Later(instant(brand, later, now)),
            Verdict::Never(suppression) => Admits::Never(suppression),
        }
    }
}

/// The guard's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admits {
    /// It may leave, and counts for this date.
    Now(Date),
    Later(Timestamp),
    Never(Suppression),
}

impl Entity for Contact {
    const NAME: &'static str = "contact";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.customer)
    }
}

impl Versioned for Contact {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

impl Brand {
    /// When and how often the brand's borrowers may be written to. A country whose hours are not
    /// known gets the narrowest that are; settings that leave no hours are the country's.
    pub fn contact_rules(&self) -> ContactRules {
        let country = Jurisdiction::ALL
            .into_iter()
            .find(|country| country.code() == self.country)
            .unwrap_or(Jurisdiction::India);
        let (hours, cap) = (country.contact_hours(), country.contact_cap());
        let own = self.dunning.contact;
        ContactRules {
            hours: hours.narrowed(own.from, own.until).unwrap_or(hours),
            per_day: own.per_day.unwrap_or(cap.per_day),
            per_week: own.per_week.unwrap_or(cap.per_week),
            needs_consent: own.needs_consent,
        }
    }

    /// The moment itself where borrowers may be written to then, else when that begins next.
    pub fn contact_opening(&self, moment: Timestamp) -> Timestamp {
        let asked = local(self, moment);
        let opening = self.contact_rules().opening(asked);
        if opening == asked { moment } else { instant(self, opening, moment) }
    }
}

fn local(brand: &Brand, moment: Timestamp) -> DateTime {
    moment.to_zoned(brand.timezone.clone()).datetime()
}

/// A local time as an instant; past the calendar's end, the moment that it was asked at.
fn instant(brand: &Brand, local: DateTime, asked: Timestamp) -> Timestamp {
    local.to_zoned(brand.timezone.clone()).map_or(asked, |zoned| zoned.timestamp())
}
