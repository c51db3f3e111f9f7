use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::SchedulerError;
use super::schedule::{
    ActionAfterCompletion, DEFAULT_GROUP, Schedule, Spec, State, Timer, arn, check_name,
};
use crate::cloud::Documents;

/// Schedules there may be.
const SCHEDULES_LIMIT: usize = 10_000;
const SCHEDULES: &str = "schedules";
const GROUPS: &str = "schedule-groups";

/// A group and the name of a schedule in it.
pub(super) type Key = (String, String);

/// A schedule group.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) created: Timestamp,
}

/// All schedules and groups, in memory and on disk; every change is on disk before it is answered.
pub(super) struct Book {
    documents: Documents,
    schedules: BTreeMap<Key, Entry>,
    groups: BTreeMap<String, Group>,
}

struct Entry {
    schedule: Schedule,
    /// The next firing, computed when it is first asked for.
    next: Option<Option<Timestamp>>,
}

/// A schedule's next firing, as the engine sees it.
pub(super) struct Due {
    pub(super) key: Key,
    pub(super) at: Timestamp,
    pub(super) schedule: Schedule,
}

impl Book {
    pub(super) fn open(documents: Documents, now: Timestamp) -> Result<Self, SchedulerError> {
        let schedules: Vec<Schedule> = documents.list(SCHEDULES)?;
        let groups: Vec<Group> = documents.list(GROUPS)?;
        let default = Group { name: DEFAULT_GROUP.to_owned(), created: now };
        let groups = std::iter::once(default).chain(groups);
        Ok(Self {
            documents,
            schedules: schedules
                .into_iter()
                .map(|schedule| (key_of(&schedule), Entry { schedule, next: None }))
                .collect(),
            groups: groups.map(|group| (group.name.clone(), group)).collect(),
        })
    }

    /// Creates a schedule; the same call again with the same token is answered alike.
    pub(super) fn create(
        &mut self,
        key: Key,
        spec: Spec,
        client_token: Option<String>,
        now: Timestamp,
    ) -> Result<String, SchedulerError> {
        check_name("Name", &key.1)?;
        spec.validate()?;
        self.group(&key.0)?;
        if let Some(Entry { schedule, .. }) = self.schedules.get(&key) {
            let repeated = client_token.is_some() && schedule.client_token == client_token;
            if repeated && schedule.spec == spec {
                return Ok(schedule.arn());
            }
            return Err(SchedulerError::Conflict(format!("Schedule {}", key.1)));
        }
        if self.schedules.len() >= SCHEDULES_LIMIT {
            return Err(SchedulerError::Quota(SCHEDULES_LIMIT));
        }
        let cursor = Schedule::start_cursor(&spec, now)?;
        let (group, name) = key;
        let schedule = Schedule {
            group,
            name,
            spec,
            client_token,
            created: now,
            modified: now,
            version: 1,
            cursor,
        };
        self.store(schedule)
    }

    /// Replaces everything a client says about a schedule; it counts from now on.
    pub(super) fn update(
        &mut self,
        key: &Key,
        spec: Spec,
        now: Timestamp,
    ) -> Result<String, SchedulerError> {
        spec.validate()?;
        let mut schedule = self.get(key)?.clone();
        schedule.cursor = Schedule::start_cursor(&spec, now)?;
        schedule.spec = spec;
        schedule.modified = now;
        schedule.version += 1;
        self.store(schedule)
    }

    pub(super) fn get(&self, key: &Key) -> Result<&Schedule, SchedulerError> {
        let entry = self.schedules.get(key);
        entry
            .map(|entry| &entry.schedule)
            .ok_or_else(|| SchedulerError::NotFound(format!("Schedule {}", key.1)))
    }

    pub(super) fn delete(&mut self, key: &Key) -> Result<(), SchedulerError> {
        self.get(key)?;
        self.documents.delete(SCHEDULES, &document_key(key))?;
        self.schedules.remove(key);
        Ok(())
    }

    /// Schedules in order of group and name, after `after`.
    pub(super) fn list(&self, after: Option<&Key>) -> impl Iterator<Item = &Schedule> {
        let all = self.schedules.iter();
        all.filter(move |(key, _)| after.is_none_or(|after| *key > after))
            .map(|(_, entry)| &entry.schedule)
    }

    pub(super) fn create_group(
        &mut self,
        name: &str,
        now: Timestamp,
    ) -> Result<(), SchedulerError> {
        check_name("Name", name)?;
        if self.groups.contains_key(name) {
            return Err(SchedulerError::Conflict(format!("Schedule group {name}")));
        }
        let group = Group { name: name.to_owned(), created: now };
        self.documents.put(GROUPS, name, &group)?;
        self.groups.insert(name.to_owned(), group);
        Ok(())
    }

    pub(super) fn group(&self, name: &str) -> Result<&Group, SchedulerError> {
        let group = self.groups.get(name);
        group.ok_or_else(|| SchedulerError::NotFound(format!("Schedule group {name}")))
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// Deletes a group with its schedules.
    pub(super) fn delete_group(&mut self, name: &str) -> Result<(), SchedulerError> {
        self.group(name)?;
        if name == DEFAULT_GROUP {
            let message = "The default schedule group cannot be deleted".to_owned();
            return Err(SchedulerError::Validation(message));
        }
        let in_group = self.schedules.keys().filter(|(group, _)| group == name);
        for key in in_group.cloned().collect::<Vec<_>>() {
            self.delete(&key)?;
        }
        self.documents.delete(GROUPS, name)?;
        self.groups.remove(name);
        Ok(())
    }

    /// The earliest next firing of the enabled schedules; by name where several fall together.
    pub(super) fn earliest(&mut self) -> Result<Option<Due>, SchedulerError> {
        self.earliest_of(|_, _| true)
    }

    /// The earliest of the next firings after a moment, of the schedules whose firings are
    /// delivered however late.
    pub(super) fn earliest_that_waits(
        &mut self,
        after: Timestamp,
    ) -> Result<Option<Due>, SchedulerError> {
        self.earliest_of(|spec, at| spec.event_age().is_none() && at > after)
    }

    fn earliest_of(
        &mut self,
        of: impl Fn(&Spec, Timestamp) -> bool,
    ) -> Result<Option<Due>, SchedulerError> {
        let mut earliest: Option<(Timestamp, &Key, &Schedule)> = None;
        for (key, entry) in &mut self.schedules {
            if entry.schedule.spec.state == State::Disabled {
                continue;
            }
            let next = match entry.next {
                Some(next) => next,
                None => *entry.next.insert(entry.schedule.next()?),
            };
            if let Some(at) = next
                && of(&entry.schedule.spec, at)
                && earliest.is_none_or(|(first, ..)| at < first)
            {
                earliest = Some((at, key, &entry.schedule));
            }
        }
        Ok(earliest.map(|(at, key, schedule)| Due {
            key: key.clone(),
            at,
            schedule: schedule.clone(),
        }))
    }

    /// Notes that a firing is done, and deletes the schedule when it was its last and it says so.
    /// A schedule that was changed or deleted meanwhile stays as it is.
    pub(super) fn fired(&mut self, due: &Due) -> Result<(), SchedulerError> {
        let Some(entry) = self.schedules.get(&due.key) else { return Ok(()) };
        if entry.schedule.version != due.schedule.version {
            return Ok(());
        }
        let mut schedule = entry.schedule.clone();
        schedule.cursor = due.at;
        let delete = schedule.spec.action_after_completion == ActionAfterCompletion::Delete;
        if delete && schedule.next()?.is_none() {
            return self.delete(&due.key);
        }
        self.store(schedule).map(|_arn| ())
    }

    /// After business time moved back: no schedule waits for the time it had already reached.
    pub(super) fn rewind(&mut self, now: Timestamp) -> Result<(), SchedulerError> {
        let ahead = self.schedules.values().filter(|entry| entry.schedule.cursor > now);
        let ahead: Vec<Schedule> = ahead.map(|entry| entry.schedule.clone()).collect();
        for mut schedule in ahead {
            schedule.cursor = now;
            self.store(schedule)?;
        }
        Ok(())
    }

    /// Skips the oldest missed firings of each schedule so that at most `limit` are left up to
    /// `now`; names the schedules and where they go on.
    pub(super) fn skip_excess(
        &mut self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(String, Timestamp)>, SchedulerError> {
        let enabled = self.schedules.values().filter(|e| e.schedule.spec.state == State::Enabled);
        let enabled: Vec<Schedule> = enabled.map(|entry| entry.schedule.clone()).collect();
        let mut skipped = Vec::new();
        for mut schedule in enabled {
            if let Some(cursor) = excess(&schedule.timer()?, schedule.cursor, now, limit) {
                skipped.push((schedule.arn(), cursor));
                schedule.cursor = cursor;
                self.store(schedule)?;
            }
        }
        Ok(skipped)
    }

    /// Drops the missed firings that are older than their schedules let them become.
    pub(super) fn drop_aged(&mut self, now: Timestamp) -> Result<(), SchedulerError> {
        let aged = self.schedules.values().filter_map(|entry| {
            let oldest = now.checked_sub(entry.schedule.spec.event_age()?).ok()?;
            (entry.schedule.cursor < oldest).then(|| (entry.schedule.clone(), oldest))
        });
        for (mut schedule, oldest) in aged.collect::<Vec<_>>() {
            schedule.cursor = oldest;
            self.store(schedule)?;
        }
        Ok(())
    }

    fn store(&mut self, schedule: Schedule) -> Result<String, SchedulerError> {
        let key = key_of(&schedule);
        self.documents.put(SCHEDULES, &document_key(&key), &schedule)?;
        let arn = arn(&key.0, &key.1);
        self.schedules.insert(key, Entry { schedule, next: None });
        Ok(arn)
    }
}

fn key_of(schedule: &Schedule) -> Key {
    (schedule.group.clone(), schedule.name.clone())
}

fn document_key((group, name): &Key) -> String {
    format!("{group}/{name}")
}

/// The time after which exactly `limit` firings are left up to `now`, if there are more than that
/// after `cursor`. Looks back from `now` in doubling steps: the clock may have moved by decades.
fn excess(timer: &Timer, cursor: Timestamp, now: Timestamp, limit: usize) -> Option<Timestamp> {
    let mut window = SignedDuration::from_mins(i64::try_from(limit).unwrap_or(i64::MAX / 60));
    loop {
        let from = now.checked_sub(window).map_or(cursor, |from| from.max(cursor));
        let times = std::iter::successors(timer.next(from), |time| timer.next(*time));
        let times: Vec<Timestamp> = times.take_while(|time| *time <= now).collect();
        match times.len().checked_sub(limit + 1) {
            Some(last_skipped) => return times.get(last_skipped).copied(),
            None if from <= cursor => return None,
            None => window = window.checked_mul(2).unwrap_or(SignedDuration::MAX),
        }
    }
}
