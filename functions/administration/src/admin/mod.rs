//! What the platform's owner does: brands, staff of any brand, jobs, platform settings.

pub mod brands;
mod etag;
mod jobs;
mod settings;
mod users;

pub use brands::create::CreateBrand;
pub use brands::{BrandSettings, BrandView, NewBrand, create_brand};
pub use jobs::{RunJob, RunView};
pub use settings::PlatformSettingsView;
pub use users::UserView;
pub use users::create::CreateUser;
pub use users::update::UpdateUser;

/// `/api/v1/admin/…`
pub fn router() -> platform::http::Routes {
    platform::routes![
        brands::list::list,
        brands::create::create,
        settings::brand::update,
        settings::get::get,
        settings::update::update,
        users::list::list,
        users::create::create,
        users::update::update,
        jobs::list::list,
        jobs::run::run,
    ]
}
