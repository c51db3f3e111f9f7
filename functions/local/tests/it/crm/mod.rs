//! Who looks after whom, documents, further loans, and what happened.

mod allocation;
mod documents;
mod reloan;
mod timeline;
