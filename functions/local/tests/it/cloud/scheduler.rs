use std::path::Path;
use std::sync::{Arc, Mutex};

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::ProvideErrorMetadata as _;
use aws_sdk_scheduler::operation::create_schedule::builders::CreateScheduleFluentBuilder;
use aws_sdk_scheduler::primitives::DateTime;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, ScheduleState,
    Target,
};
use futures::FutureExt as _;
use local::cloud::Cloud;
use local::cloud::scheduler::Firing;

use super::{StillClock, fresh, soon, start};

/// What fired, in order.
#[derive(Clone, Default)]
struct Fired(Arc<Mutex<Vec<Firing>>>);

impl Fired {
    fn by(cloud: &Cloud) -> Self {
        let fired = Self::default();
        let log = fired.clone();
        cloud.fire_schedules(Arc::new(move |firing| {
            log.0.lock().unwrap().push(firing);
            async { Ok(()) }.boxed()
        }));
        fired
    }

    /// Name and scheduled time of everything that fired since the last call.
    fn take(&self) -> Vec<(String, String)> {
        let fired = std::mem::take(&mut *self.0.lock().unwrap());
        fired.into_iter().map(|f| (f.name, f.scheduled_time.to_string())).collect()
    }
}

fn window() -> FlexibleTimeWindow {
    FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().unwrap()
}

fn target(input: &str) -> Target {
    Target::builder()
        .arn("arn:aws:lambda:local:000000000000:function:job-overdue")
        .role_arn("arn:aws:iam::000000000000:role/scheduler")
        .input(input)
        .build()
        .unwrap()
}

fn create(
    client: &Client,
    name: &str,
    expression: &str,
    zone: &str,
) -> CreateScheduleFluentBuilder {
    client
        .create_schedule()
        .name(name)
        .schedule_expression(expression)
        .schedule_expression_timezone(zone)
        .flexible_time_window(window())
        .target(target("{}"))
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, time)| ((*name).to_owned(), (*time).to_owned())).collect()
}

#[tokio::test]
async fn schedules_and_groups_are_kept_by_the_sdk() {
    let (_dir, _clock, cloud) = fresh().await;
    let client = cloud.endpoints().scheduler_client();
    let group = client.create_schedule_group().name("acme").send().await.unwrap();
    let arn = "arn:aws:scheduler:local:000000000000:schedule-group/acme";
    assert_eq!(group.schedule_group_arn(), arn);
    let nightly = || {
        create(&client, "overdue", "cron(5 0 * * ? *)", "America/Sao_Paulo")
            .group_name("acme")
            .description("the night's first job")
            .client_token("once")
    };
    nightly().send().await.unwrap();
    nightly().send().await.unwrap();
    let other = nightly().client_token("twice").send().await.unwrap_err();
    assert_eq!(other.code(), Some("ConflictException"));
    assert!(other.into_service_error().is_conflict_exception());

    let found = client.get_schedule().name("overdue").group_name("acme").send().await.unwrap();
    assert_eq!(found.schedule_expression_timezone(), Some("America/Sao_Paulo"));
    assert_eq!(found.target().and_then(Target::input), Some("{}"));
    assert_eq!(found.state(), Some(&ScheduleState::Enabled));
    let elsewhere = client.get_schedule().name("overdue").send().await.unwrap_err();
    assert!(elsewhere.into_service_error().is_resource_not_found_exception());

    let update = client.update_schedule().name("overdue").group_name("acme");
    let update = update.schedule_expression("rate(1 hour)").state(ScheduleState::Disabled);
    update.flexible_time_window(window()).target(target("{}")).send().await.unwrap();
    let found = client.get_schedule().name("overdue").group_name("acme").send().await.unwrap();
    assert_eq!(found.state(), Some(&ScheduleState::Disabled));
    assert_eq!(found.description(), None, "an update replaces everything");

    for name in ["a", "b"] {
        create(&client, name, "rate(1 hour)", "UTC").send().await.unwrap();
    }
    let pages = client.list_schedules().max_results(2).into_paginator().items().send();
    let items = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
    let names: Vec<_> = items.iter().filter_map(|item| item.name()).collect();
    assert_eq!(names, ["overdue", "a", "b"]);
    let disabled = client.list_schedules().state(ScheduleState::Disabled).send().await.unwrap();
    assert_eq!(disabled.schedules().len(), 1);

    client.delete_schedule_group().name("acme").send().await.unwrap();
    let gone = client.get_schedule().name("overdue").group_name("acme").send().await.unwrap_err();
    assert!(gone.into_service_error().is_resource_not_found_exception());
    client.delete_schedule().name("a").send().await.unwrap();
    let gone = client.delete_schedule().name("a").send().await.unwrap_err();
    assert!(gone.into_service_error().is_resource_not_found_exception());
    cloud.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_schedule_is_named() {
    let (_dir, _clock, cloud) = fresh().await;
    let client = cloud.endpoints().scheduler_client();
    let good = || create(&client, "x", "cron(0 1 * * ? *)", "UTC");
    let flexible = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Flexible);
    let attempts = RetryPolicy::builder().maximum_retry_attempts(186).build();
    let no_role = Target::builder().arn("arn:aws:lambda:local:0:function:f").role_arn("me");
    let retried = target("{}");
    let retried = Target::builder().arn(retried.arn).role_arn(retried.role_arn);
    for (request, word) in [
        (good().name("a b"), "Name"),
        (good().schedule_expression("cron(0 1 * * * *)"), "day-of-week"),
        (good().schedule_expression_timezone("Brazil/Nowhere"), "Brazil/Nowhere"),
        (good().flexible_time_window(flexible.build().unwrap()), "MaximumWindowInMinutes"),
        (good().target(target("{")), "Target.Input"),
        (good().target(no_role.build().unwrap()), "Target.RoleArn"),
        (good().target(retried.retry_policy(attempts).build().unwrap()), "MaximumRetryAttempts"),
        (good().start_date(DateTime::from_secs(20)).end_date(DateTime::from_secs(10)), "EndDate"),
    ] {
        let error = request.send().await.unwrap_err().into_service_error();
        assert!(error.is_validation_exception(), "{word}: {error:?}");
        let message = error.message().unwrap();
        assert!(message.contains(word), "{word}: {message}");
    }
    cloud.stop().await;
}

/// Three brands' nights over the days of the shifts: Prague's spring shift is on 29 March 2026.
/// Local 0:05 is 3:05 UTC in São Paulo, 18:35 UTC the day before in Kolkata, 23:05 and then 22:05
/// UTC the day before in Prague.
#[tokio::test]
async fn missed_firings_are_caught_up_in_order_of_their_times() {
    let dir = tempfile::tempdir().unwrap();
    let clock = StillClock::at("2026-03-28T00:00:00Z");
    let cloud = start(dir.path(), clock.clone()).await;
    let client = cloud.endpoints().scheduler_client();
    for (name, zone) in
        [("brazil", "America/Sao_Paulo"), ("india", "Asia/Kolkata"), ("czechia", "Europe/Prague")]
    {
        create(&client, name, "cron(5 0 * * ? *)", zone).send().await.unwrap();
    }
    let disabled = create(&client, "off", "cron(5 0 * * ? *)", "UTC");
    disabled.state(ScheduleState::Disabled).send().await.unwrap();
    let fired = Fired::by(&cloud);
    soon(cloud.scheduler().caught_up()).await;
    assert_eq!(fired.take(), []);

    clock.set("2026-03-30T03:05:00Z");
    soon(cloud.scheduler().caught_up()).await;
    assert_eq!(
        fired.take(),
        pairs(&[
            ("brazil", "2026-03-28T03:05:00Z"),
            ("india", "2026-03-28T18:35:00Z"),
            ("czechia", "2026-03-28T23:05:00Z"),
            ("brazil", "2026-03-29T03:05:00Z"),
            ("india", "2026-03-29T18:35:00Z"),
            ("czechia", "2026-03-29T22:05:00Z"),
            ("brazil", "2026-03-30T03:05:00Z"),
        ])
    );
    soon(cloud.scheduler().caught_up()).await;
    assert_eq!(fired.take(), []);

    // Back by twenty-seven years: nights there fire as if they had never been.
    clock.set("1998-12-31T12:00:00Z");
    soon(cloud.scheduler().caught_up()).await;
    clock.set("1999-01-01T12:00:00Z");
    soon(cloud.scheduler().caught_up()).await;
    assert_eq!(
        fired.take(),
        pairs(&[
            ("india", "1998-12-31T18:35:00Z"),
            ("czechia", "1998-12-31T23:05:00Z"),
            // Brazil had summer time.
            ("brazil", "1999-01-01T02:05:00Z"),
        ])
    );
    cloud.stop().await;
}

async fn restart(cloud: Cloud, dir: &Path, clock: &Arc<StillClock>) -> (Cloud, Fired) {
    drop(cloud);
    let cloud = start(dir, clock.clone()).await;
    let fired = Fired::by(&cloud);
    soon(cloud.scheduler().caught_up()).await;
    (cloud, fired)
}

#[tokio::test]
async fn a_restart_neither_loses_nor_repeats_firings() {
    let (dir, clock, cloud) = fresh().await;
    let client = cloud.endpoints().scheduler_client();
    create(&client, "hourly", "cron(0 * * * ? *)", "UTC").send().await.unwrap();
    let fired = Fired::by(&cloud);
    clock.set("2026-01-02T13:30:00Z");
    soon(cloud.scheduler().caught_up()).await;
    assert_eq!(fired.take(), pairs(&[("hourly", "2026-01-02T13:00:00Z")]));

    let (cloud, fired) = restart(cloud, dir.path(), &clock).await;
    assert_eq!(fired.take(), []);
    clock.set("2026-01-02T15:30:00Z");
    let (cloud, fired_later) = restart(cloud, dir.path(), &clock).await;
    let mut all = fired.take();
    all.extend(fired_later.take());
    all.dedup();
    assert_eq!(
        all,
        pairs(&[("hourly", "2026-01-02T14:00:00Z"), ("hourly", "2026-01-02T15:00:00Z")])
    );
    cloud.stop().await;
}

#[tokio::test]
async fn inputs_carry_the_time_and_a_failed_target_is_tried_again() {
    let (_dir, clock, cloud) = fresh().await;
    let client = cloud.endpoints().scheduler_client();
    let input = r#"{"time":"<aws.scheduler.scheduled-time>","attempt":"<aws.scheduler.attempt-number>","schedule":"<aws.scheduler.schedule-arn>"}"#;
    create(&client, "once", "at(2026-01-02T18:00:00)", "Asia/Kolkata")
        .target(target(input))
        .action_after_completion(ActionAfterCompletion::Delete)
        .send()
        .await
        .unwrap();
    let fired = Fired::default();
    let log = fired.clone();
    cloud.fire_schedules(Arc::new(move |firing| {
        let attempt = firing.attempt;
        log.0.lock().unwrap().push(firing);
        async move {
            match attempt {
                1 => Err("not yet".into()),
                2 => panic!("not yet either"),
                _ => Ok(()),
            }
        }
        .boxed()
    }));
    clock.set("2026-01-02T20:00:00Z");
    soon(cloud.scheduler().caught_up()).await;
    let firings = std::mem::take(&mut *fired.0.lock().unwrap());
    assert_eq!(firings.len(), 3);
    assert_eq!(firings[0].execution_id, firings[2].execution_id);
    assert_eq!(
        firings[2].input,
        r#"{"time":"2026-01-02T12:30:00Z","attempt":"3","schedule":"arn:aws:scheduler:local:000000000000:schedule/default/once"}"#
    );
    let gone = client.get_schedule().name("once").send().await.unwrap_err();
    assert!(gone.into_service_error().is_resource_not_found_exception());
    cloud.stop().await;
}

/// A rate without a start fires at once; with one, at its start; not at or after its end. Of more
/// than a thousand missed firings the last thousand are caught up.
#[tokio::test]
async fn rates_keep_to_their_dates_and_catching_up_is_bounded() {
    let (_dir, clock, cloud) = fresh().await;
    let client = cloud.endpoints().scheduler_client();
    let noon = clock.now.lock().unwrap().as_second();
    create(&client, "now", "rate(1 day)", "UTC").send().await.unwrap();
    create(&client, "window", "rate(1 hour)", "UTC")
        .start_date(DateTime::from_secs(noon + 60))
        .end_date(DateTime::from_secs(noon + 60 + 7200))
        .send()
        .await
        .unwrap();
    let fired = Fired::by(&cloud);
    soon(cloud.scheduler().caught_up()).await;
    assert_eq!(fired.take(), pairs(&[("now", "2026-01-02T12:00:00Z")]));
    clock.set("2026-01-03T11:00:00Z");
    soon(cloud.scheduler().caught_up()).await;
    assert_eq!(
        fired.take(),
        pairs(&[("window", "2026-01-02T12:01:00Z"), ("window", "2026-01-02T13:01:00Z")])
    );

    client.delete_schedule().name("now").send().await.unwrap();
    create(&client, "minutes", "cron(* * * * ? *)", "UTC").send().await.unwrap();
    soon(cloud.scheduler().caught_up()).await;
    clock.set("2026-01-04T11:00:00Z");
    soon(cloud.scheduler().caught_up()).await;
    let minutes = fired.take();
    assert_eq!(minutes.len(), 1_000);
    assert_eq!(minutes[999].1, "2026-01-04T11:00:00Z");
    cloud.stop().await;
}
