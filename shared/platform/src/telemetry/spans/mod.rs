//! Where a piece of work's span goes: to X-Ray with the feature `xray`, else nowhere. The tests of
//! this crate have it.

#[cfg(not(any(test, feature = "xray")))]
mod none;
#[cfg(any(test, feature = "xray"))]
mod xray;

#[cfg(not(any(test, feature = "xray")))]
pub(crate) use none::start;
#[cfg(not(any(test, feature = "xray")))]
pub(super) use none::{Span, close};
#[cfg(any(test, feature = "xray"))]
pub(crate) use xray::start;
#[cfg(any(test, feature = "xray"))]
pub(super) use xray::{Span, close};
