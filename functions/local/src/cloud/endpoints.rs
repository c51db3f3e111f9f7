use std::net::SocketAddr;

use aws_credential_types::Credentials;

use super::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY};

/// Where each service answers. For another process: `AWS_ENDPOINT_URL_DYNAMODB` and so on.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// DynamoDB.
    pub dynamodb: String,
    /// DynamoDB streams (the same server).
    pub dynamodb_streams: String,
    /// S3; clients must use path-style addresses.
    pub s3: String,
    /// SQS.
    pub sqs: String,
    /// EventBridge Scheduler.
    pub scheduler: String,
}

/// The client of one SDK crate, pointed at a local endpoint.
macro_rules! client {
    ($sdk:ident, $url:expr $(, $option:ident ($value:expr))*) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version_latest()
                .region($sdk::config::Region::from_static(REGION))
                .credentials_provider(Endpoints::credentials())
                .endpoint_url($url)
                $(.$option($value))*
                .build(),
        )
    };
}

impl Endpoints {
    pub(crate) fn new(
        dynamodb: SocketAddr,
        s3: SocketAddr,
        sqs: SocketAddr,
        scheduler: SocketAddr,
    ) -> Self {
        let url = |address: SocketAddr| format!("http://{address}");
        Self {
            dynamodb: url(dynamodb),
            dynamodb_streams: url(dynamodb),
            s3: url(s3),
            sqs: url(sqs),
            scheduler: url(scheduler),
        }
    }

    /// The credentials every endpoint accepts.
    pub fn credentials() -> Credentials {
        Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "local")
    }

    /// A DynamoDB client.
    pub fn dynamodb_client(&self) -> aws_sdk_dynamodb::Client {
        client!(aws_sdk_dynamodb, &self.dynamodb)
    }

    /// A DynamoDB streams client.
    pub fn streams_client(&self) -> aws_sdk_dynamodbstreams::Client {
        client!(aws_sdk_dynamodbstreams, &self.dynamodb_streams)
    }

    /// An S3 client, path-style.
    pub fn s3_client(&self) -> aws_sdk_s3::Client {
        client!(aws_sdk_s3, &self.s3, force_path_style(true))
    }

    /// An SQS client.
    pub fn sqs_client(&self) -> aws_sdk_sqs::Client {
        client!(aws_sdk_sqs, &self.sqs)
    }

    /// A scheduler client.
    pub fn scheduler_client(&self) -> aws_sdk_scheduler::Client {
        client!(aws_sdk_scheduler, &self.scheduler)
    }

    /// A client of each service; e-mails go nowhere.
    pub fn clients(&self) -> platform::Clients {
        platform::Clients {
            dynamodb: self.dynamodb_client(),
            s3: self.s3_client(),
            sqs: self.sqs_client(),
            scheduler: self.scheduler_client(),
            ses: self.ses_client(&self.sqs),
        }
    }

    /// A client of SES, which answers elsewhere than the cloud: beside the other providers.
    pub fn ses_client(&self, url: &str) -> aws_sdk_sesv2::Client {
        let config = aws_sdk_sesv2::Config::builder()
            .behavior_version_latest()
            .region(aws_sdk_sesv2::config::Region::from_static(REGION))
            .credentials_provider(Self::credentials())
            .endpoint_url(url);
        aws_sdk_sesv2::Client::from_conf(connectors::email::ses::configured(config).build())
    }

    /// The variables another process needs to use this cloud, as (name, value).
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb.clone()),
            ("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", self.dynamodb_streams.clone()),
            ("AWS_ENDPOINT_URL_S3", self.s3.clone()),
            ("AWS_ENDPOINT_URL_SQS", self.sqs.clone()),
            ("AWS_ENDPOINT_URL_SCHEDULER", self.scheduler.clone()),
        ]
    }
}
