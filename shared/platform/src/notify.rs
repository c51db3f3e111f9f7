//! What the queue `notify` carries, and which events staff are told of.

use domain::ids::{AuditId, BrandId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Permission;
use crate::store::{Dispatch, Effect};

/// One thing for `worker-notify` to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Notice {
    /// A text message or an e-mail to send.
    Message(Dispatch),
    /// An event to tell staff of.
    Happening(Happening),
}

/// An event that staff are told of: ids only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Happening {
    pub brand_id: BrandId,
    /// The event or journal item: with the person it names the notification.
    pub event_id: AuditId,
    pub topic: Topic,
    /// The record that it is about.
    pub entity: String,
    /// Who did it; they know.
    pub actor: String,
    /// The one person that it concerns; else everybody with the topic's permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<StaffId>,
    pub at: Timestamp,
}

/// What staff are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Topic {
    LoanRequested,
    LoanActivated,
    /// A loan was given to the person.
    LoanAllocated,
    PaymentAwaitsApproval,
    ImportFinished,
    BorrowerOptedOut,
    /// A reminder of the person's was handed on to be sent.
    ReminderFired,
}

impl Topic {
    /// What an effect tells staff of. `is_event`: it moved no money, so a payment that it records
    /// still waits.
    fn of(effect: &Effect, is_event: bool) -> Option<Self> {
        match (effect.action.as_str(), is_event) {
            ("loans:request", true) => Some(Self::LoanRequested),
            ("loans:activate", false) => Some(Self::LoanActivated),
            ("loans:allocate", true) => Some(Self::LoanAllocated),
            ("payments:record", true) => Some(Self::PaymentAwaitsApproval),
            ("imports:finish", true) => Some(Self::ImportFinished),
            ("contacts:opt-out", true) => Some(Self::BorrowerOptedOut),
            ("reminders:fire", true) => Some(Self::ReminderFired),
            _ => None,
        }
    }

    /// Who is told of it where it concerns no one person; `None`: nobody else.
    pub const fn audience(self) -> Option<Permission> {
        match self {
            Self::LoanRequested | Self::LoanActivated => Some(Permission::ApproveLoans),
            Self::PaymentAwaitsApproval => Some(Permission::ApprovePayments),
            Self::ImportFinished => Some(Permission::ImportPortfolios),
            Self::BorrowerOptedOut => Some(Permission::ManageContact),
            Self::LoanAllocated | Self::ReminderFired => None,
        }
    }

    /// In words, without the record.
    pub const fn title(self) -> &'static str {
        match self {
            Self::LoanRequested => "A loan was requested",
            Self::LoanActivated => "A loan was activated",
            Self::LoanAllocated => "A loan was given to you",
            Self::PaymentAwaitsApproval => "A payment waits for approval",
            Self::ImportFinished => "An import has ended",
            Self::BorrowerOptedOut => "A borrower asked for no more messages",
            Self::ReminderFired => "Your reminder is on its way",
        }
    }

    /// Where the effect names the one person that it concerns.
    const fn person(self) -> Option<&'static str> {
        match self {
            Self::LoanAllocated => Some("owner"),
            Self::ReminderFired => Some("createdBy"),
            Self::LoanRequested
            | Self::LoanActivated
            | Self::PaymentAwaitsApproval
            | Self::ImportFinished
            | Self::BorrowerOptedOut => None,
        }
    }
}

impl Happening {
    /// What staff are told of an effect; `None` for most. `is_event`: it moved no money.
    pub fn of(
        brand_id: BrandId,
        event_id: AuditId,
        at: Timestamp,
        effect: &Effect,
        is_event: bool,
    ) -> Option<Self> {
        let topic = Topic::of(effect, is_event)?;
        let to = topic.person().and_then(|name| effect.after.get(name)?.parse().ok());
        if to.is_none() && topic.audience().is_none() {
            return None;
        }
        Some(Self {
            brand_id,
            event_id,
            topic,
            entity: effect.entity.clone(),
            actor: effect.actor.clone(),
            to,
            at,
        })
    }
}
