use std::collections::BTreeMap;

use domain::dunning::{Body, Channel, Kind, Status, TemplateText};
use domain::ids::{BrandId, CommunicationId, CustomerId, LoanId, MessageSubject};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::store::{Brand, Customer, Entity, Indexes, Key, LoanRecord, StoreError, Versioned};

/// One message to a borrower, from the moment it is queued.
///
/// It holds neither the phone nor the name: both are read from the customer when it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Communication {
    pub brand: BrandId,
    pub id: CommunicationId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub customer: CustomerId,
    pub channel: Channel,
    pub kind: Kind,
    /// The business date that a daily message is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// What it says; figures are those of the day it leaves.
    pub body: Body,
    /// What a message written by a person says, with its figures still open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<TemplateText>,
    pub status: Status,
    /// When it reached each status, by the business clock.
    pub times: BTreeMap<Status, Timestamp>,
    /// Why it failed, was suppressed, or was put back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How often it was handed to the provider.
    #[serde(default)]
    pub attempts: u32,
    /// Its turn at the instance, by the business clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Timestamp>,
    /// Not tried again earlier than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Until when whoever is sending it may take, by the wall clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The provider's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// Who wanted it: `job:charge-messages`, `staff_…`.
    pub requested_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resend_of: Option<CommunicationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resent_as: Option<CommunicationId>,
}

/// A stable code, and a sentence for staff without personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: String,
    pub message: String,
}

impl Reason {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

impl From<&connectors::http::Reason> for Reason {
    fn from(reason: &connectors::http::Reason) -> Self {
        Self::new(reason.code, reason.message.clone())
    }
}

/// A step that a message's status does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message that is {from} does not become {to}", from = .from.text(), to = .to.text())]
pub struct IllegalStatus {
    pub from: Status,
    pub to: Status,
}

/// The queue's message about a communication to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dispatch {
    pub brand_id: BrandId,
    pub communication_id: CommunicationId,
}

impl Communication {
    pub const SORT_PREFIX: &'static str = "M#";
    pub const JOB_ACTOR: &'static str = "job:charge-messages";

    /// A message that waits to be sent.
    pub fn queued(
        brand: BrandId,
        id: CommunicationId,
        customer: CustomerId,
        kind: Kind,
        body: Body,
        requested_by: impl Into<String>,
        at: Timestamp,
    ) -> Self {
        Self {
            brand,
            id,
            version: 0,
            customer,
            channel: Channel::Whatsapp,
            kind,
            date: None,
            body,
            source: None,
            status: Status::Queued,
            times: BTreeMap::from([(Status::Queued, at)]),
            reason: None,
            attempts: 0,
            slot: None,
            not_before: None,
            lease_until: None,
            instance: None,
            provider_id: None,
            requested_by: requested_by.into(),
            resend_of: None,
            resent_as: None,
        }
    }

    /// The id of a loan's daily message: the same for the same date, so that there is one.
    pub fn daily_id(loan: LoanId, date: Date) -> CommunicationId {
        Self::id_by_name(loan, date, &format!("{loan}#{date}#DUNNING"))
    }

    /// The id of the message that tells of a certificate: the same for the same one.
    pub fn certificate_id(loan: LoanId, ordinal: u16, issued_on: Date) -> CommunicationId {
        Self::id_by_name(loan, issued_on, &format!("{loan}#{ordinal}#CERTIFICATE"))
    }

    fn id_by_name(loan: LoanId, date: Date, name: &str) -> CommunicationId {
        let digest = Sha256::digest(name);
        let random =
            digest.iter().take(10).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |midnight| {
            u64::try_from(midnight.timestamp().as_millisecond()).unwrap_or(0)
        });
        let message = Ulid::from_parts(midnight, random);
        CommunicationId { subject: MessageSubject::Loan(loan), message }
    }

    pub fn key_of(brand: BrandId, id: CommunicationId) -> Key {
        Key::new(Self::partition(brand, id.subject), format!("{}{}", Self::SORT_PREFIX, id.message))
    }

    /// The collection that the messages of a loan or customer are part of.
    pub fn partition(brand: BrandId, subject: MessageSubject) -> String {
        match subject {
            MessageSubject::Loan(loan) => LoanRecord::partition(brand, loan),
            MessageSubject::Customer(customer) => Customer::partition(brand, customer),
        }
    }

    pub fn list_partition(brand: BrandId) -> String {
        format!("B#{}#M", brand.ulid())
    }

    pub const fn loan(&self) -> Option<LoanId> {
        match self.id.subject {
            MessageSubject::Loan(loan) => Some(loan),
            MessageSubject::Customer(_) => None,
        }
    }

    /// What the queue is sent for this message.
    pub const fn dispatch(&self) -> Dispatch {
        Dispatch { brand_id: self.brand, communication_id: self.id }
    }

    /// What the queue is sent for an item that is new in the table's stream; `None` for a message
    /// that does not wait to be sent.
    pub fn dispatch_of(image: serde_dynamo::Item) -> Result<Option<Dispatch>, serde_dynamo::Error> {
        let communication: Self = serde_dynamo::from_item(image)?;
        Ok((communication.status == Status::Queued).then(|| communication.dispatch()))
    }

    /// Goes to a status that the present one allows.
    pub fn become_status(&mut self, to: Status, at: Timestamp) -> Result<(), IllegalStatus> {
        if !self.status.may_become(to) {
            return Err(IllegalStatus { from: self.status, to });
        }
        self.status = to;
        // A message that is put back was queued when it was queued first.
        if to != Status::Queued {
            self.times.insert(to, at);
            self.lease_until = None;
        }
        Ok(())
    }

    /// Whether the message must have been at the status and no report has said when.
    pub(super) fn has_passed(&self, status: Status) -> bool {
        status.may_become(self.status) && !self.times.contains_key(&status)
    }

    /// Takes the message up to hand it to the provider.
    pub fn claim(
        &mut self,
        instance: &str,
        at: Timestamp,
        lease_until: Timestamp,
    ) -> Result<(), IllegalStatus> {
        self.become_status(Status::Sending, at)?;
        self.instance = Some(instance.to_owned());
        self.lease_until = Some(lease_until);
        self.attempts += 1;
        self.reason = None;
        Ok(())
    }

    /// Puts the message back to be tried again.
    pub fn put_back(&mut self, reason: Reason, not_before: Timestamp) -> Result<(), IllegalStatus> {
        self.become_status(Status::Queued, not_before)?;
        self.lease_until = None;
        self.slot = None;
        self.not_before = Some(not_before);
        self.reason = Some(reason);
        Ok(())
    }

    /// Ends the message without its having been sent.
    pub fn end(
        &mut self,
        status: Status,
        reason: Reason,
        at: Timestamp,
    ) -> Result<(), IllegalStatus> {
        self.become_status(status, at)?;
        self.reason = Some(reason);
        Ok(())
    }
}

impl Entity for Communication {
    const NAME: &'static str = "communication";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.id)
    }

    fn is_told(&self) -> bool {
        true
    }

    fn indexes(&self) -> Indexes {
        let list = (Self::list_partition(self.brand), self.id.message.to_string());
        Indexes { list: Some(list), ..Indexes::default() }
    }
}

impl Versioned for Communication {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

impl Brand {
    /// The language of the brand's messages.
    pub fn message_locale(&self) -> domain::jurisdiction::Locale {
        self.locale.parse().unwrap_or(domain::jurisdiction::Locale::EnUs)
    }

    /// The language and money of the brand's messages.
    pub fn message_style(&self) -> domain::dunning::Style<'_> {
        domain::dunning::Style {
            brand: &self.name,
            currency: self.currency,
            locale: self.message_locale(),
        }
    }
}

impl From<IllegalStatus> for StoreError {
    fn from(error: IllegalStatus) -> Self {
        Self::Refused(error.to_string())
    }
}
