//! `communications`: messages to borrowers, and the brand's templates.

mod get;
mod list;
mod resend;
mod send;
mod templates;
mod view;

use domain::ids::AuditId;
use platform::Deps;
use platform::http::{RequestId, Routes};
use platform::store::{Brand, Effect, Event};

pub use list::ListCommunications;
pub use send::SendCommunication;
pub use templates::{CreateTemplate, TemplateView, UpdateTemplate};
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
        templates::update,
        templates::delete,
    ]
}

fn event(deps: &Deps, brand: &Brand, effect: Effect, request_id: &RequestId) -> Event {
    let effect = effect.request(request_id.as_str());
    Event { brand: brand.id, id: AuditId::new(deps.ulid()), at: deps.now(), effect }
}
