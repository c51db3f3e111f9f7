//! `notifications`: what staff are told of in the application. Each person sees their own.

mod delete;
mod list;
mod read;
mod view;

use domain::ids::{NotificationId, StaffId};
use platform::Deps;
use platform::auth::{Actor, ActorId};
use platform::http::{ApiError, Routes};
use platform::store::{Brand, Consistency, Notification};

pub use list::ListNotifications;
pub use view::{NotificationPage, NotificationView, ReadAll};

/// The routes of `notifications`.
pub fn router() -> Routes {
    platform::routes![list::list, read::read_all, read::read, delete::delete]
}

/// Whose notifications: only people have any.
fn person(actor: &Actor) -> Result<StaffId, ApiError> {
    match actor.id {
        ActorId::Staff(id) => Ok(id),
        ActorId::Customer(_) | ActorId::ApiKey(_) => Err(ApiError::not_found()),
    }
}

async fn load(
    deps: &Deps,
    brand: &Brand,
    person: StaffId,
    id: NotificationId,
) -> Result<Notification, ApiError> {
    let key = Notification::key_of(brand.id, person, id);
    let stored = deps.table.get(&key, Consistency::Strong).await?;
    stored.ok_or_else(ApiError::not_found)
}
