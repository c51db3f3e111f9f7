use std::collections::BTreeMap;

use connectors::whatsapp::MessageStatus;
use domain::dunning::Status;
use domain::ids::{BrandId, CommunicationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Communication, Reason};
use crate::store::{Condition, Consistency, Entity, Indexes, Key, StoreError, Table, Tx};

/// How long the provider's reports find their message.
const KEPT_SECONDS: i64 = 90 * 24 * 3_600;
/// How long a report waits for a message that it came before.
const EARLY_KEPT_SECONDS: i64 = 24 * 3_600;
/// Reports about one message and its dispatch may meet this often.
const REPORT_LIMIT_TRIES: u32 = 8;

/// Whose a provider's message is; or, where the provider reports on a message before we could
/// store that, how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    instance: String,
    provider_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Owner>,
    /// When it reached each status, as reported.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    early: BTreeMap<Status, Timestamp>,
    expires_at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    brand: BrandId,
    id: CommunicationId,
}

impl Delivery {
    fn key_of(instance: &str, provider_id: &str) -> Key {
        Key::new(format!("WA#{instance}#{provider_id}"), "D")
    }

    async fn load(
        table: &Table,
        instance: &str,
        provider_id: &str,
    ) -> Result<Option<Self>, StoreError> {
        table.get(&Self::key_of(instance, provider_id), Consistency::Strong).await
    }

    /// Adds to a transaction that the provider's message is this communication, which was sent;
    /// what was reported before is taken over into it. A conflict on `delivery` means that another
    /// report came meanwhile: do it again. `at` is the business clock's, `now` wall time.
    pub async fn write<'x>(
        table: &'x Table,
        tx: Tx<'x>,
        communication: &mut Communication,
        instance: &str,
        provider_id: &str,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Tx<'x>, StoreError> {
        let stored = Self::load(table, instance, provider_id).await?;
        let early = stored.map(|stored| stored.early).unwrap_or_default();
        communication.provider_id = Some(provider_id.to_owned());
        communication.become_status(Status::Sent, at)?;
        for (status, at) in &early {
            reach(communication, *status, *at);
        }
        let delivery = Self {
            instance: instance.to_owned(),
            provider_id: provider_id.to_owned(),
            owner: Some(Owner { brand: communication.brand, id: communication.id }),
            early: BTreeMap::new(),
            expires_at: now.as_second() + KEPT_SECONDS,
        };
        let unchanged = unchanged_since(&early)?;
        Ok(tx.put("delivery", &delivery, unchanged).replace("communication", communication))
    }
}

impl Entity for Delivery {
    const NAME: &'static str = "delivery";

    fn key(&self) -> Key {
        Self::key_of(&self.instance, &self.provider_id)
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}

/// Takes over how far the provider says a message has come: forward only, a repetition changes
/// nothing. `now` is wall time, `at` the business clock's. Answers whether the message is known.
///
/// # Errors
/// The table's; the provider should then report again.
pub async fn report(
    table: &Table,
    instance: &str,
    provider_id: &str,
    reported: MessageStatus,
    at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(status) = status_of(reported) else { return Ok(true) };
    for _ in 0..REPORT_LIMIT_TRIES {
        let stored = Delivery::load(table, instance, provider_id).await?;
        let known = stored.as_ref().is_some_and(|stored| stored.owner.is_some());
        let written = match stored.as_ref().and_then(|stored| stored.owner) {
            Some(owner) => report_to(table, owner, status, at).await,
            None => {
                let mut delivery = stored.unwrap_or_else(|| Delivery {
                    instance: instance.to_owned(),
                    provider_id: provider_id.to_owned(),
                    owner: None,
                    early: BTreeMap::new(),
                    expires_at: now.as_second() + EARLY_KEPT_SECONDS,
                });
                let unchanged = unchanged_since(&delivery.early)?;
                if delivery.early.contains_key(&status) {
                    return Ok(known);
                }
                delivery.early.insert(status, at);
                table.put(&delivery, &unchanged).await
            }
        };
        match written {
            Ok(()) => return Ok(known),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Contention)
}

async fn report_to(
    table: &Table,
    owner: Owner,
    status: Status,
    at: Timestamp,
) -> Result<(), StoreError> {
    let key = Communication::key_of(owner.brand, owner.id);
    let Some(mut communication) = table.get::<Communication>(&key, Consistency::Strong).await?
    else {
        return Ok(());
    };
    if reach(&mut communication, status, at) {
        table.replace(&mut communication).await?;
    }
    Ok(())
}

/// That no report came since these were read.
fn unchanged_since(early: &BTreeMap<Status, Timestamp>) -> Result<Condition, StoreError> {
    if early.is_empty() { Ok(Condition::absent()) } else { Condition::equals("early", early) }
}

/// Whether this is news of the message: it moved, or a report that was overtaken by a later one
/// says when it was at a status that it has passed.
fn reach(communication: &mut Communication, status: Status, at: Timestamp) -> bool {
    let moved = communication.become_status(status, at).is_ok();
    if !moved && communication.has_passed(status) {
        return communication.times.insert(status, at).is_none();
    }
    if moved && status == Status::Failed {
        let message = "WhatsApp took the message over and then reported that it failed";
        communication.reason = Some(Reason::new("NOT_DELIVERED", message));
    }
    moved
}

/// A report that the gateway has the message says nothing that its answer did not.
const fn status_of(reported: MessageStatus) -> Option<Status> {
    match reported {
        MessageStatus::Delivered => Some(Status::Delivered),
        MessageStatus::Read => Some(Status::Read),
        MessageStatus::Failed => Some(Status::Failed),
        MessageStatus::Pending | MessageStatus::Sent | MessageStatus::Unknown => None,
    }
}
