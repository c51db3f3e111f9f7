//! Documents for borrowers: what is in `templates/*.typ`, filled with data and made a PDF.
//!
//! Only the functions that render link this crate, since it brings a typesetter. Data reach a
//! template as JSON that it reads, never as text of the template, so that nothing in a name or in a
//! fee's description is markup. The same data make the same file, to the byte.

mod agreement;
mod certificate;
mod engine;
mod fonts;
mod parties;
mod schedule;
mod text;

pub use agreement::{Agreement, Cost, Terms};
pub use certificate::Certificate;
pub use engine::{Pdf, RenderError};
pub use parties::{Borrower, Identifier, Letterhead, Style};
pub use schedule::{Row, Schedule, ScheduleDocument};
