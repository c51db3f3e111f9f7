//! Messages about what is due or overdue: what they say, and how far each has come.

mod defaults;
mod statement;
mod status;
mod template;
#[cfg(test)]
mod tests;

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
    /// A person wrote it.
    Manual,
    /// That nothing is owed any more: one for each certificate.
    Certificate,
}

/// By which way a message reaches the borrower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Channel {
    Whatsapp,
}
