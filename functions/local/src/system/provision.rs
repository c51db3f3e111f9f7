//! What a deployment creates before the first function runs: table, queues, bucket, schedule group.

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::types::QueueAttributeName;
use platform::aws::Queue;
use platform::config::Config;
use platform::store::create_table;
use platform::{Clients, Deps};

use super::keys::Keys;
use super::{BusinessClock, SystemError};
use crate::cloud::{ACCOUNT, Endpoints, REGION};

pub(super) const TABLE: &str = "parcela";
const BUCKET: &str = "parcela";
const SCHEDULE_GROUP: &str = "parcela";
const SCHEDULE_ROLE_ARN: &str = "arn:aws:iam::000000000000:role/parcela-scheduler";
/// Deliveries of a message before it is a dead letter: the first and three more.
pub const DELIVERIES_LIMIT: u32 = 4;
/// How long a message that was not finished stays hidden, on the machine's clock.
const VISIBILITY_SECONDS: u32 = 60;

/// The queue of one of the system's queues, as it is named on SQS.
pub(super) fn queue_name(queue: Queue) -> String {
    format!("parcela-{queue}")
}

/// The resource name of a function, as a schedule's target has it.
fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

/// The function that a target names.
pub(super) fn function_of_arn(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or_default()
}

/// The settings of the functions, as their environment has them on Lambda.
pub(super) struct Settings(Vec<(&'static str, String)>);

impl Settings {
    pub(super) fn new(endpoints: &Endpoints, keys: &Keys, whatsapp_url: &str) -> Self {
        let mut settings = vec![
            ("TABLE_NAME", TABLE.to_owned()),
            ("BUCKET_NAME", BUCKET.to_owned()),
            ("SCHEDULE_GROUP", SCHEDULE_GROUP.to_owned()),
            ("SCHEDULE_ROLE_ARN", SCHEDULE_ROLE_ARN.to_owned()),
            ("JOB_ARN", function_arn("{job}")),
            ("WHATSAPP_URL", whatsapp_url.to_owned()),
            ("INSECURE_COOKIES", "true".to_owned()),
        ];
        settings.extend(keys.variables());
        settings.extend(Queue::ALL.map(|queue| {
            (queue.variable(), format!("{}/{ACCOUNT}/{}", endpoints.sqs, queue_name(queue)))
        }));
        Self(settings)
    }

    /// With the SDK's own variables: all that a function in another process needs.
    pub(super) fn environment(&self, endpoints: &Endpoints) -> Vec<(String, String)> {
        let all = endpoints.environment().into_iter().chain(self.0.iter().cloned());
        all.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// The dependencies of every function, over the embedded cloud, through the AWS SDK's clients.
pub(super) fn connect(
    endpoints: &Endpoints,
    settings: &Settings,
    clock: std::sync::Arc<BusinessClock>,
) -> Result<Deps, SystemError> {
    let config = Config::from_env(&|name| {
        let setting = settings.0.iter().find(|(known, _)| *known == name);
        setting.map(|(_, value)| value.clone())
    })?;
    let clients = Clients {
        dynamodb: endpoints.dynamodb_client(),
        s3: endpoints.s3_client(),
        sqs: endpoints.sqs_client(),
        scheduler: endpoints.scheduler_client(),
        kms: None,
    };
    Ok(Deps::with_clients(config, super::grants::guarded(&clients), clock))
}

/// Creates what is missing; what is there stays.
pub(super) async fn provision(endpoints: &Endpoints, deps: &Deps) -> Result<(), SystemError> {
    create_table(&deps.table).await?;
    // A queue's dead letters are created with it.
    for queue in Queue::ALL.into_iter().filter(|queue| !queue.is_dead_letters()) {
        create_queue(endpoints, queue).await?;
    }
    let bucket = endpoints.s3_client().create_bucket().bucket(BUCKET).send().await;
    match bucket {
        Err(error)
            if !matches!(error.code(), Some("BucketAlreadyOwnedByYou" | "BucketAlreadyExists")) =>
        {
            return Err(SystemError::provision("bucket", error.code()));
        }
        _ => {}
    }
    let group =
        endpoints.scheduler_client().create_schedule_group().name(SCHEDULE_GROUP).send().await;
    match group {
        Err(error) if error.code() != Some("ConflictException") => {
            Err(SystemError::provision("schedule group", error.code()))
        }
        _ => Ok(()),
    }
}

async fn create_queue(endpoints: &Endpoints, queue: Queue) -> Result<(), SystemError> {
    let client = endpoints.sqs_client();
    let name = queue_name(queue);
    let dead = format!("{name}-dead");
    let refused = |error: aws_sdk_sqs::error::SdkError<
        aws_sdk_sqs::operation::create_queue::CreateQueueError,
    >| {
        SystemError::provision("queue", aws_sdk_sqs::error::ProvideErrorMetadata::code(&error))
    };
    client.create_queue().queue_name(&dead).send().await.map_err(refused)?;
    let redrive = serde_json::json!({
        "deadLetterTargetArn": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{dead}"),
        "maxReceiveCount": DELIVERIES_LIMIT,
    });
    client
        .create_queue()
        .queue_name(&name)
        .attributes(QueueAttributeName::VisibilityTimeout, VISIBILITY_SECONDS.to_string())
        .attributes(QueueAttributeName::RedrivePolicy, redrive.to_string())
        .send()
        .await
        .map_err(refused)?;
    Ok(())
}
