//! IAM, on one machine: a call to the embedded cloud is refused where the function that makes it
//! has no grant for it in `infra/functions.json`.
//!
//! Where `PARCELA_GRANTS_SEEN` names a file, each grant is added to it when it is first used, so that
//! grants that no test uses can be found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

use aws_sdk_dynamodb::operation as dynamodb;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::operation as s3;
use aws_sdk_scheduler::operation as scheduler;
use aws_sdk_sqs::operation as sqs;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, Input,
};
use aws_smithy_types::config_bag::ConfigBag;
use platform::Clients;
use serde::Deserialize;

const SEEN_VARIABLE: &str = "PARCELA_GRANTS_SEEN";
const FACTS: &str = include_str!("../../../../infra/functions.json");

tokio::task_local! {
    /// The function on whose behalf calls are made; none for the system itself.
    static FUNCTION: &'static str;
}

/// Runs on behalf of a function.
pub(super) fn scope<F: Future>(
    function: &'static str,
    future: F,
) -> impl Future<Output = F::Output> {
    FUNCTION.scope(function, future)
}

#[derive(Deserialize)]
struct Facts {
    functions: Vec<FunctionFacts>,
}

#[derive(Deserialize)]
struct FunctionFacts {
    name: String,
    grants: Vec<String>,
}

static GRANTS: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    let facts = serde_json::from_str::<Facts>(FACTS).unwrap_or(Facts { functions: Vec::new() });
    facts.functions.into_iter().map(|function| (function.name, function.grants)).collect()
});

/// What a call does: an action, and what of the resource it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Action {
    name: &'static str,
    of: String,
}

/// A function called what it may not.
#[derive(Debug, thiserror::Error)]
#[error("AccessDenied: {function} has no grant for {action} on {of}; see infra/functions.json")]
struct AccessDenied {
    function: &'static str,
    action: &'static str,
    of: String,
}

/// Checks the calls of a client.
#[derive(Debug, Clone, Copy)]
struct Guard;

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "grants"
    }

    fn read_before_execution(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(function) = FUNCTION.try_with(|function| *function) else { return Ok(()) };
        let grants = GRANTS.get(function).map(Vec::as_slice).unwrap_or_default();
        for Action { name, of } in actions(context.input()) {
            match grants.iter().find(|grant| allows(grant, name, &of)) {
                Some(grant) => note(function, grant),
                None => return Err(AccessDenied { function, action: name, of }.into()),
            }
        }
        Ok(())
    }
}

/// The same clients, guarded.
pub(super) fn guarded(clients: &Clients) -> Clients {
    macro_rules! guarded {
        ($sdk:ident, $client:expr) => {
            $sdk::Client::from_conf($client.config().to_builder().interceptor(Guard).build())
        };
    }
    Clients {
        dynamodb: guarded!(aws_sdk_dynamodb, clients.dynamodb),
        s3: guarded!(aws_sdk_s3, clients.s3),
        sqs: guarded!(aws_sdk_sqs, clients.sqs),
        scheduler: guarded!(aws_sdk_scheduler, clients.scheduler),
        // There is no KMS on one machine: a key of the data folder stands in for it.
        kms: clients.kms.clone(),
    }
}

/// `dynamodb:GetItem:B#*` allows `dynamodb:GetItem` on `B#…`; without a third part, on anything.
fn allows(grant: &str, action: &str, of: &str) -> bool {
    let Some(rest) = grant.strip_prefix(action) else { return false };
    match rest.strip_prefix(':') {
        None => rest.is_empty(),
        Some(pattern) => is_like(pattern, of),
    }
}

/// IAM's `StringLike`, with `*` for any text.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .any(|at| text.get(at..).is_some_and(|text| is_like(rest, text)))
        }),
    }
}

fn note(function: &'static str, grant: &str) {
    static FILE: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| std::env::var_os(SEEN_VARIABLE).map(PathBuf::from));
    static SEEN: Mutex<BTreeSet<(&'static str, String)>> = Mutex::new(BTreeSet::new());
    let Some(file) = FILE.as_ref() else { return };
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if !seen.insert((function, grant.to_owned())) {
        return;
    }
    let opened = OpenOptions::new().create(true).append(true).open(file);
    if let Err(error) = opened.and_then(|mut file| writeln!(file, "{function} {grant}")) {
        tracing::warn!(%error, "a grant that was used could not be noted");
    }
}

fn action(name: &'static str, of: impl Into<String>) -> Action {
    Action { name, of: of.into() }
}

/// The partition key of an item or of a key.
fn partition<'i>(fields: impl IntoIterator<Item = (&'i String, &'i AttributeValue)>) -> String {
    let found = fields.into_iter().find(|(name, _)| *name == "pk");
    found.and_then(|(_, value)| value.as_s().ok()).cloned().unwrap_or_default()
}

fn queue(url: Option<&str>) -> String {
    let name = url.unwrap_or_default().rsplit('/').next().unwrap_or_default();
    name.strip_prefix("parcela-").unwrap_or(name).to_owned()
}

/// What a request does; a request that is not known here is denied by its name.
fn actions(input: &Input) -> Vec<Action> {
    dynamodb_actions(input)
        .or_else(|| other_actions(input))
        .unwrap_or_else(|| vec![action("unknown", format!("{input:?}"))])
}

fn dynamodb_actions(input: &Input) -> Option<Vec<Action>> {
    if let Some(get) = input.downcast_ref::<dynamodb::get_item::GetItemInput>() {
        return Some(vec![action("dynamodb:GetItem", partition(get.key().into_iter().flatten()))]);
    }
    if let Some(put) = input.downcast_ref::<dynamodb::put_item::PutItemInput>() {
        return Some(vec![action("dynamodb:PutItem", partition(put.item().into_iter().flatten()))]);
    }
    if let Some(update) = input.downcast_ref::<dynamodb::update_item::UpdateItemInput>() {
        let of = partition(update.key().into_iter().flatten());
        return Some(vec![action("dynamodb:UpdateItem", of)]);
    }
    if let Some(delete) = input.downcast_ref::<dynamodb::delete_item::DeleteItemInput>() {
        let of = partition(delete.key().into_iter().flatten());
        return Some(vec![action("dynamodb:DeleteItem", of)]);
    }
    if let Some(query) = input.downcast_ref::<dynamodb::query::QueryInput>() {
        let values = query.expression_attribute_values();
        let of = values.and_then(|values| values.get(":p")?.as_s().ok()).cloned();
        return Some(vec![action("dynamodb:Query", of.unwrap_or_default())]);
    }
    if let Some(batch) = input.downcast_ref::<dynamodb::batch_get_item::BatchGetItemInput>() {
        let tables = batch.request_items().into_iter().flat_map(|tables| tables.values());
        let keys = tables.flat_map(|of| of.keys());
        return Some(keys.map(|key| action("dynamodb:BatchGetItem", partition(key))).collect());
    }
    let write = input.downcast_ref::<dynamodb::transact_write_items::TransactWriteItemsInput>()?;
    let mut actions = Vec::new();
    for item in write.transact_items() {
        if let Some(put) = item.put() {
            actions.push(action("dynamodb:PutItem", partition(put.item())));
        }
        if let Some(update) = item.update() {
            actions.push(action("dynamodb:UpdateItem", partition(update.key())));
        }
        if let Some(delete) = item.delete() {
            actions.push(action("dynamodb:DeleteItem", partition(delete.key())));
        }
        if let Some(check) = item.condition_check() {
            actions.push(action("dynamodb:ConditionCheckItem", partition(check.key())));
        }
    }
    Some(actions)
}

/// The key of a step of an upload in parts: IAM has the action s3:PutObject for each.
fn upload_key(input: &Input) -> Option<&str> {
    use s3::complete_multipart_upload::CompleteMultipartUploadInput;
    use s3::create_multipart_upload::CreateMultipartUploadInput;
    use s3::upload_part::UploadPartInput;
    if let Some(begin) = input.downcast_ref::<CreateMultipartUploadInput>() {
        return begin.key();
    }
    if let Some(part) = input.downcast_ref::<UploadPartInput>() {
        return part.key();
    }
    input.downcast_ref::<CompleteMultipartUploadInput>().and_then(|complete| complete.key())
}

fn other_actions(input: &Input) -> Option<Vec<Action>> {
    if let Some(send) = input.downcast_ref::<sqs::send_message::SendMessageInput>() {
        return Some(vec![action("sqs:SendMessage", queue(send.queue_url()))]);
    }
    if let Some(send) = input.downcast_ref::<sqs::send_message_batch::SendMessageBatchInput>() {
        return Some(vec![action("sqs:SendMessage", queue(send.queue_url()))]);
    }
    if let Some(get) = input.downcast_ref::<sqs::get_queue_attributes::GetQueueAttributesInput>() {
        return Some(vec![action("sqs:GetQueueAttributes", queue(get.queue_url()))]);
    }
    if let Some(get) = input.downcast_ref::<s3::get_object::GetObjectInput>() {
        let of = get.key().unwrap_or_default();
        // Without the second a missing object is 403 and not 404.
        return Some(vec![action("s3:GetObject", of), action("s3:ListBucket", "")]);
    }
    if let Some(put) = input.downcast_ref::<s3::put_object::PutObjectInput>() {
        return Some(vec![action("s3:PutObject", put.key().unwrap_or_default())]);
    }
    if let Some(key) = upload_key(input) {
        return Some(vec![action("s3:PutObject", key)]);
    }
    if let Some(delete) = input.downcast_ref::<s3::delete_object::DeleteObjectInput>() {
        return Some(vec![action("s3:DeleteObject", delete.key().unwrap_or_default())]);
    }
    // IAM has the action s3:ListBucket for it.
    if input.downcast_ref::<s3::head_bucket::HeadBucketInput>().is_some() {
        return Some(vec![action("s3:ListBucket", "")]);
    }
    if input.downcast_ref::<scheduler::create_schedule::CreateScheduleInput>().is_some() {
        return Some(vec![action("scheduler:CreateSchedule", "")]);
    }
    if input.downcast_ref::<scheduler::update_schedule::UpdateScheduleInput>().is_some() {
        return Some(vec![action("scheduler:UpdateSchedule", "")]);
    }
    if input.downcast_ref::<scheduler::delete_schedule::DeleteScheduleInput>().is_some() {
        return Some(vec![action("scheduler:DeleteSchedule", "")]);
    }
    input
        .downcast_ref::<scheduler::get_schedule::GetScheduleInput>()
        .map(|_| vec![action("scheduler:GetSchedule", "")])
}
