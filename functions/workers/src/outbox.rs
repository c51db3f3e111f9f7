//! `stream-outbox`: the table's stream, turned into queue messages.
//!
//! A journal item, an event, a queued communication and a run are written in the transaction of the
//! change that they tell of, an import's record with each of its steps and a certificate's with each
//! wish for it; here they leave the table. A record that comes again sends its message again, and
//! the receiver finds its work done.

use domain::ids::AuditId;
use platform::Deps;
use platform::aws::{Queue, QueueError};
use platform::jobs::ShardMessage;
use platform::lambda::StreamRecord;
use platform::store::{
    AuditRecord, Certificate, CertificateMessage, Communication, Event, Import, JournalItem, Run,
};
use serde::de::DeserializeOwned;

#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    #[error("an item of the stream is not readable: {0}")]
    Unreadable(#[from] serde_dynamo::Error),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Sends what a batch of the stream's records brings about.
pub async fn handle(deps: Deps, records: Vec<StreamRecord>) -> Result<(), OutboxError> {
    let (mut audit, mut messages, mut shards) = (Vec::new(), Vec::new(), Vec::new());
    let (mut imports, mut certificates) = (Vec::new(), Vec::new());
    for record in records {
        let is_new = record.event_name == "INSERT";
        let image = record.change.new_image;
        let Some(sort) = text(&image, "sk") else { continue };
        if sort == Import::SORT {
            imports.extend(read::<Import>(image)?.message());
        } else if sort.starts_with(Certificate::SORT_PREFIX) {
            certificates.extend(CertificateMessage::of_certificate(&read(image)?));
        } else if !is_new {
            continue;
        } else if sort.starts_with(JournalItem::SORT_PREFIX) {
            let item: JournalItem = read(image)?;
            certificates.extend(CertificateMessage::of_journal(&item));
            audit.extend(of_journal(item));
        } else if sort.starts_with(Event::SORT_PREFIX) {
            audit.push(of_event(read(image)?));
        } else if text(&image, "pk").is_some_and(|partition| Run::is_in(&partition)) {
            shards.extend(ShardMessage::of_run(&read(image)?));
        } else if sort.starts_with(Communication::SORT_PREFIX) {
            messages.extend(Communication::dispatch_of(image)?);
        }
    }
    deps.queues.send_all(Queue::Accrual, &shards).await?;
    deps.queues.send_all(Queue::Audit, &audit).await?;
    deps.queues.send_all(Queue::Whatsapp, &messages).await?;
    deps.queues.send_all(Queue::Import, &imports).await?;
    deps.queues.send_all(Queue::Noc, &certificates).await?;
    Ok(())
}

fn of_journal(item: JournalItem) -> Option<AuditRecord> {
    if item.effect.is_of_many() {
        return None;
    }
    let id = AuditId::new(item.id.ulid());
    Some(AuditRecord::new(item.brand, id, item.at, item.effect))
}

fn of_event(event: Event) -> AuditRecord {
    AuditRecord::new(event.brand, event.id, event.at, event.effect)
}

fn read<T: DeserializeOwned>(image: serde_dynamo::Item) -> Result<T, serde_dynamo::Error> {
    serde_dynamo::from_item(image)
}

fn text(image: &serde_dynamo::Item, name: &str) -> Option<String> {
    match image.get(name) {
        Some(serde_dynamo::AttributeValue::S(text)) => Some(text.clone()),
        _ => None,
    }
}
