//! Messages to borrowers: the dispatch over the real queue, the gateway's sandbox and the table,
//! under a clock that stands still until it is moved.

mod dispatch;
mod guard;
mod http;
mod notifications;
mod notify;
mod payment_reminders;
mod reminders;
mod reports;
mod support;
mod templates;
mod wire;
