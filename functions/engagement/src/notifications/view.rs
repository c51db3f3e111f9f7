use domain::ids::NotificationId;
use jiff::Timestamp;
use platform::notify::Topic;
use platform::store::Notification;
use serde::Serialize;
use utoipa::ToSchema;

/// One thing that the caller is told of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Notification)]
pub struct NotificationView {
    #[schema(value_type = String, example = "ntf_01JZ0000000000000000000000")]
    pub id: NotificationId,
    pub topic: Topic,
    #[schema(example = "A payment waits for approval")]
    pub title: &'static str,
    /// The id of the record that it is about.
    #[schema(example = "pay_01JZ0000000000000000000000")]
    pub entity: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub read_at: Option<Timestamp>,
}

impl From<&Notification> for NotificationView {
    fn from(stored: &Notification) -> Self {
        Self {
            id: stored.id,
            topic: stored.topic,
            title: stored.topic.title(),
            entity: stored.entity.clone(),
            created_at: stored.at,
            read_at: stored.read_at,
        }
    }
}

/// One page of the caller's notifications.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationPage {
    pub items: Vec<NotificationView>,
    /// Give it as `cursor` to get the next page; null on the last.
    pub next_cursor: Option<String>,
    /// Of all notifications, not of this page.
    pub unread_count: u64,
}

/// How many notifications were marked.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadAll {
    pub read: u64,
}
