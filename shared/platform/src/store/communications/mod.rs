//! Messages to borrowers: their records, what the provider reports about them, the pace of an
//! instance, and a brand's templates.

mod delivery;
mod instance;
mod record;
mod templates;

pub use delivery::{Delivery, report};
pub use instance::{Slot, WhatsappInstance};
pub use record::{Communication, Dispatch, IllegalStatus, Reason};
pub use templates::{TEMPLATES_LIMIT, Template, Templates};
