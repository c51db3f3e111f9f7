use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Builder;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag};

use super::map;
use crate::email::{Letter, Mailer, SUBJECT_LIMIT_CHARS, Sent};
use crate::http::{CONNECT_TIMEOUT, CallError, TOTAL_TIMEOUT};

const CHARSET: &str = "UTF-8";
const TAG: &str = "message";

/// Amazon SES as a [`Mailer`].
#[derive(Debug, Clone)]
pub struct Ses {
    client: Client,
}

/// The client's configuration as [`Ses`] needs it: within the time limits of all providers, and
/// without the SDK's own repetitions, which might send an e-mail twice.
pub fn configured(config: Builder) -> Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_timeout(TOTAL_TIMEOUT)
        .build();
    config.retry_config(RetryConfig::disabled()).timeout_config(timeouts)
}

impl Ses {
    /// `client` by a configuration of [`configured`].
    pub const fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Mailer for Ses {
    async fn send(&self, letter: Letter<'_>) -> Result<Sent, CallError> {
        let unbuilt = |_| CallError::permanent("PROVIDER_REQUEST", "the e-mail cannot be built");
        let content =
            |text: String| Content::builder().data(text).charset(CHARSET).build().map_err(unbuilt);
        let subject = letter.subject.chars().filter(|letter| !letter.is_control());
        let message = Message::builder()
            .subject(content(subject.take(SUBJECT_LIMIT_CHARS).collect())?)
            .body(Body::builder().text(content(letter.text.to_owned())?).build())
            .build();
        let tag = MessageTag::builder().name(TAG).value(letter.tag).build().map_err(unbuilt)?;
        // Boxed: the SDK's futures are deep.
        let sent = Box::pin(
            self.client
                .send_email()
                .from_email_address(letter.from.header())
                .destination(Destination::builder().to_addresses(letter.to.expose()).build())
                .content(EmailContent::builder().simple(message).build())
                .email_tags(tag)
                .send(),
        );
        map::sent(sent.await)
    }
}
