//! Messages to borrowers: their records, what the provider reports about them, the pace of an
//! instance, and a brand's templates.

mod contact;
mod delivery;
mod instance;
mod pause;
mod record;
mod templates;

pub use contact::{Admits, Contact};
pub use delivery::{Delivery, report};
pub use instance::{Slot, WhatsappInstance};
pub use pause::{DunningPause, PauseCause};
pub use record::{Communication, Dispatch, IllegalStatus, Queued, Reason};
pub use templates::{Chosen, STEP_LIMIT_DAYS, Steps, TEMPLATES_LIMIT, Template, Templates};
