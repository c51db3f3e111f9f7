mod book;
mod charges;
mod closing;
mod endings;
mod extremes;
mod lifecycle;
mod properties;
mod renegotiation;
pub(crate) mod support;
