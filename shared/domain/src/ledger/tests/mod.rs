mod book;
mod charges;
mod endings;
mod explain;
mod extremes;
mod lifecycle;
mod properties;
mod renegotiation;
pub(crate) mod support;
