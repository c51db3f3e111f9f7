mod book;
mod charges;
mod endings;
mod extremes;
mod flows;
mod lifecycle;
mod properties;
mod renegotiation;
pub(crate) mod support;
