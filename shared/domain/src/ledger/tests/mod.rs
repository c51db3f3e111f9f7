mod book;
mod charges;
mod endings;
mod extremes;
mod properties;
mod renegotiation;
mod support;
