use std::collections::BTreeMap;

use domain::ids::{AuditId, BrandId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Brand, Entity, Key};
use crate::Deps;
use crate::auth::{Actor, Permission};
use crate::http::RequestId;

/// The actors whose changes of money are told of by one event for many.
const BULK_ACTOR_PREFIXES: [&str; 2] = ["job:", "import:"];

/// Who did what to which record, as the audit will show it: no personal data, ids only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// `staff_…`, `cus_…`, `key_…`, `job:overdue`, `import`, `webhook:evolution`.
    pub actor: String,
    /// `loans:activate`, `payments:record`, `customers:update`…
    pub action: String,
    /// The id of the record that changed.
    pub entity: String,
    /// The figures before and after that explain the change: short texts by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub before: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub after: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Effect {
    pub fn new(actor: impl Into<String>, action: impl Into<String>, entity: impl ToString) -> Self {
        Self {
            actor: actor.into(),
            action: action.into(),
            entity: entity.to_string(),
            before: BTreeMap::new(),
            after: BTreeMap::new(),
            reason: None,
            request_id: None,
        }
    }

    /// Whether it is one of many that a job or an import brought about.
    pub fn is_of_many(&self) -> bool {
        BULK_ACTOR_PREFIXES.iter().any(|prefix| self.actor.starts_with(prefix))
    }

    pub fn before(mut self, name: &str, value: impl ToString) -> Self {
        self.before.insert(name.to_owned(), value.to_string());
        self
    }

    pub fn after(mut self, name: &str, value: impl ToString) -> Self {
        self.after.insert(name.to_owned(), value.to_string());
        self
    }

    pub fn reason(mut self, reason: Option<String>) -> Self {
        self.reason = reason;
        self
    }

    pub fn request(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }
}

/// Who makes a change, and by which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    actor: String,
    request_id: Option<String>,
    /// The caller, whose permissions bound what may be given to others; `None` for the system's
    /// own hand.
    caller: Option<Actor>,
}

impl Author {
    /// Somebody without a request: `seed`, `cli`, `job:overdue`.
    pub fn new(actor: impl ToString) -> Self {
        Self { actor: actor.to_string(), request_id: None, caller: None }
    }

    pub fn of_request(actor: &Actor, request: &RequestId) -> Self {
        Self { caller: Some(actor.clone()), ..Self::new(actor.id).request(request) }
    }

    /// Whether this permission is the author's to give.
    pub fn may(&self, permission: Permission) -> bool {
        self.caller.as_ref().is_none_or(|caller| caller.may(permission))
    }

    #[must_use]
    pub fn request(self, request: &RequestId) -> Self {
        Self { request_id: Some(request.to_string()), ..self }
    }

    pub fn effect(&self, action: impl Into<String>, entity: impl ToString) -> Effect {
        let effect = Effect::new(self.actor.as_str(), action, entity);
        Effect { request_id: self.request_id.clone(), ..effect }
    }
}

/// A change that moved no money, written in the transaction of the change itself. The table's
/// stream carries it to the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub brand: BrandId,
    pub id: AuditId,
    pub at: Timestamp,
    pub effect: Effect,
}

impl Event {
    pub const SORT_PREFIX: &'static str = "EV#";

    /// The partition of the events of one record.
    pub fn partition(brand: BrandId, entity: &str) -> String {
        format!("B#{}#E#{entity}", brand.ulid())
    }

    /// An effect that happens now; without a brand, one on the platform.
    pub fn new(deps: &Deps, brand: Option<BrandId>, effect: Effect) -> Self {
        Self {
            brand: brand.unwrap_or(Brand::PLATFORM),
            id: AuditId::new(deps.ulid()),
            at: deps.now(),
            effect,
        }
    }
}

impl Entity for Event {
    const NAME: &'static str = "event";

    fn key(&self) -> Key {
        let pk = Self::partition(self.brand, &self.effect.entity);
        Key::new(pk, format!("{}{}", Self::SORT_PREFIX, self.id.ulid()))
    }

    fn is_told(&self) -> bool {
        true
    }
}
