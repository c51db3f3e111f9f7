//! `communications`: messages to borrowers, the brand's templates, pauses, wishes and reminders.

mod contacts;
mod get;
mod list;
mod pause;
mod reminders;
mod resend;
mod send;
mod templates;
mod view;

use domain::ids::AuditId;
use platform::Deps;
use platform::http::{RequestId, Routes};
use platform::store::{Brand, Effect, Event};

pub use contacts::{ContactView, UpdateContact};
pub use list::ListCommunications;
pub use pause::{PauseMessages, PauseView};
pub use reminders::{CreateReminder, ListReminders, ReminderMetricsView, ReminderView};
pub use send::SendCommunication;
pub use templates::{
    CreateTemplate, PreviewTemplate, TemplatePreview, TemplateView, UpdateTemplate,
};
pub use view::{CommunicationView, InstanceView, ReasonView, StepView};

/// The routes of `communications`.
pub fn router() -> Routes {
    platform::routes![
        list::list,
        get::get,
        send::send,
        resend::resend,
        templates::list,
        templates::create,
        templates::preview,
        templates::update,
        templates::delete,
        pause::get,
        pause::pause,
        contacts::get,
        contacts::update,
        reminders::list::list,
        reminders::create::create,
        reminders::audit::audit,
        reminders::metrics::view,
        reminders::metrics::refresh,
    ]
}

fn event(deps: &Deps, brand: &Brand, effect: Effect, request_id: &RequestId) -> Event {
    let effect = effect.request(request_id.as_str());
    Event { brand: brand.id, id: AuditId::new(deps.ulid()), at: deps.now(), effect }
}
