//! Messages about what is due or overdue: what they say, and how far each has come.

mod contact;
mod defaults;
mod reply;
mod sample;
mod statement;
mod status;
mod template;
#[cfg(test)]
mod tests;

pub use contact::{ContactRules, Suppression, Tally, Verdict, Wishes};
pub use reply::is_opt_out;
pub use sample::sample;
pub use statement::{Line, Statement};
pub use status::Status;
pub use template::{
    Body, Placeholder, Style, TEMPLATE_LIMIT_CHARS, TEMPLATE_LIMIT_PLACEHOLDERS, TemplateError,
    TemplateKind, TemplateText,
};

use serde::{Deserialize, Serialize};

/// Why a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// The daily message about what is due today or overdue: one per loan and business date.
    Dunning,
    /// Before an invoice falls due: one per loan, invoice and business date.
    Reminder,
    /// A person wrote it.
    Manual,
}

impl Kind {
    /// Whether a job writes it about a business date.
    pub const fn is_of_a_date(self) -> bool {
        matches!(self, Self::Dunning | Self::Reminder)
    }
}

/// By which way a message reaches the borrower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Channel {
    Whatsapp,
    Sms,
    Email,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Whatsapp, Self::Sms, Self::Email];

    pub const fn text(self) -> &'static str {
        match self {
            Self::Whatsapp => "WHATSAPP",
            Self::Sms => "SMS",
            Self::Email => "EMAIL",
        }
    }
}
