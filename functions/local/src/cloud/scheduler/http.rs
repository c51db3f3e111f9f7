use axum::extract::{Path, Query, State as Shared};
use axum::routing::get;
use axum::{Json, Router, body::Bytes};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Scheduler;
use super::book::{Group, Key};
use super::error::SchedulerError;
use super::schedule::{DEFAULT_GROUP, Schedule, Spec, State, group_arn};
use crate::cloud::server;

const PAGE_LIMIT_ITEMS: usize = 100;

type Answer = Result<Json<Value>, SchedulerError>;

/// EventBridge Scheduler's REST interface.
pub(crate) fn router(scheduler: Scheduler) -> Router {
    let schedule =
        get(get_schedule).post(create_schedule).put(update_schedule).delete(delete_schedule);
    server::signed(
        Router::new()
            .route("/schedules", get(list_schedules))
            .route("/schedules/{name}", schedule)
            .route("/schedule-groups", get(list_groups))
            .route(
                "/schedule-groups/{name}",
                get(get_group).post(create_group).delete(delete_group),
            )
            .with_state(scheduler),
    )
}

/// The members of a create or update call beside the schedule itself.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    group_name: Option<String>,
    client_token: Option<String>,
}

#[derive(Deserialize)]
struct InGroup {
    #[serde(rename = "groupName")]
    group: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListQuery {
    schedule_group: Option<String>,
    name_prefix: Option<String>,
    state: Option<State>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

/// A schedule in full.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ScheduleView<'a> {
    arn: String,
    name: &'a str,
    group_name: &'a str,
    creation_date: i64,
    last_modification_date: i64,
    #[serde(flatten)]
    spec: &'a Spec,
}

async fn create_schedule(
    Shared(scheduler): Shared<Scheduler>,
    Path(name): Path<String>,
    body: Bytes,
) -> Answer {
    let (envelope, spec): (Envelope, Spec) = (parse(&body)?, parse(&body)?);
    let key = key(envelope.group_name, name);
    let arn = scheduler.edit(|book, now| book.create(key, spec, envelope.client_token, now))?;
    Ok(Json(json!({ "ScheduleArn": arn })))
}

async fn update_schedule(
    Shared(scheduler): Shared<Scheduler>,
    Path(name): Path<String>,
    body: Bytes,
) -> Answer {
    let (envelope, spec): (Envelope, Spec) = (parse(&body)?, parse(&body)?);
    let key = key(envelope.group_name, name);
    let arn = scheduler.edit(|book, now| book.update(&key, spec, now))?;
    Ok(Json(json!({ "ScheduleArn": arn })))
}

async fn get_schedule(
    Shared(scheduler): Shared<Scheduler>,
    Path(name): Path<String>,
    Query(query): Query<InGroup>,
) -> Answer {
    let book = scheduler.book();
    let schedule = book.get(&key(query.group, name))?;
    let view = ScheduleView {
        arn: schedule.arn(),
        name: &schedule.name,
        group_name: &schedule.group,
        creation_date: schedule.created.as_second(),
        last_modification_date: schedule.modified.as_second(),
        spec: &schedule.spec,
    };
    let view = serde_json::to_value(view);
    Ok(Json(view.map_err(|error| SchedulerError::Validation(error.to_string()))?))
}

async fn delete_schedule(
    Shared(scheduler): Shared<Scheduler>,
    Path(name): Path<String>,
    Query(query): Query<InGroup>,
) -> Answer {
    scheduler.edit(|book, _| book.delete(&key(query.group, name)))?;
    Ok(Json(json!({})))
}

async fn list_schedules(
    Shared(scheduler): Shared<Scheduler>,
    Query(query): Query<ListQuery>,
) -> Answer {
    let limit = page_limit(query.max_results)?;
    let after = query.next_token.as_deref().map(token_key).transpose()?;
    let prefix = query.name_prefix.unwrap_or_default();
    let book = scheduler.book();
    let mut matching = book.list(after.as_ref()).filter(|schedule| {
        query.schedule_group.as_ref().is_none_or(|group| *group == schedule.group)
            && query.state.is_none_or(|state| state == schedule.spec.state)
            && schedule.name.starts_with(&prefix)
    });
    let page: Vec<&Schedule> = matching.by_ref().take(limit).collect();
    let last = page.last().filter(|_| matching.next().is_some());
    Ok(Json(json!({
        "Schedules": page.iter().map(|schedule| summary(schedule)).collect::<Vec<_>>(),
        "NextToken": last.map(|schedule| format!("{}/{}", schedule.group, schedule.name)),
    })))
}

async fn create_group(Shared(scheduler): Shared<Scheduler>, Path(name): Path<String>) -> Answer {
    scheduler.edit(|book, now| book.create_group(&name, now))?;
    Ok(Json(json!({ "ScheduleGroupArn": group_arn(&name) })))
}

async fn get_group(Shared(scheduler): Shared<Scheduler>, Path(name): Path<String>) -> Answer {
    Ok(Json(group_view(scheduler.book().group(&name)?)))
}

async fn delete_group(Shared(scheduler): Shared<Scheduler>, Path(name): Path<String>) -> Answer {
    scheduler.edit(|book, _| book.delete_group(&name))?;
    Ok(Json(json!({})))
}

async fn list_groups(
    Shared(scheduler): Shared<Scheduler>,
    Query(query): Query<ListQuery>,
) -> Answer {
    let limit = page_limit(query.max_results)?;
    let prefix = query.name_prefix.unwrap_or_default();
    let after = query.next_token.unwrap_or_default();
    let book = scheduler.book();
    let mut matching =
        book.groups().filter(|group| group.name > after && group.name.starts_with(&prefix));
    let page: Vec<&Group> = matching.by_ref().take(limit).collect();
    let last = page.last().filter(|_| matching.next().is_some());
    Ok(Json(json!({
        "ScheduleGroups": page.iter().map(|group| group_view(group)).collect::<Vec<_>>(),
        "NextToken": last.map(|group| &group.name),
    })))
}

fn summary(schedule: &Schedule) -> Value {
    json!({
        "Arn": schedule.arn(),
        "Name": schedule.name,
        "GroupName": schedule.group,
        "State": schedule.spec.state,
        "CreationDate": schedule.created.as_second(),
        "LastModificationDate": schedule.modified.as_second(),
        "Target": { "Arn": schedule.spec.target.arn },
    })
}

fn group_view(group: &Group) -> Value {
    let created: Timestamp = group.created;
    json!({
        "Arn": group_arn(&group.name),
        "Name": group.name,
        "State": "ACTIVE",
        "CreationDate": created.as_second(),
        "LastModificationDate": created.as_second(),
    })
}

fn key(group: Option<String>, name: String) -> Key {
    (group.unwrap_or_else(|| DEFAULT_GROUP.to_owned()), name)
}

fn token_key(token: &str) -> Result<Key, SchedulerError> {
    let (group, name) = token
        .split_once('/')
        .ok_or_else(|| SchedulerError::Validation("NextToken is not one of ours".to_owned()))?;
    Ok((group.to_owned(), name.to_owned()))
}

fn page_limit(max_results: Option<usize>) -> Result<usize, SchedulerError> {
    let limit = max_results.unwrap_or(PAGE_LIMIT_ITEMS);
    if (1..=PAGE_LIMIT_ITEMS).contains(&limit) {
        return Ok(limit);
    }
    Err(SchedulerError::Validation("MaxResults must be 1 to 100".to_owned()))
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, SchedulerError> {
    server::json(body).map_err(|error| SchedulerError::Validation(error.to_string()))
}
