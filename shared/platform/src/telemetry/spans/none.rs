//! No spans.

use crate::telemetry::trace::Trace;
use crate::telemetry::work::End;

/// Nothing.
#[derive(Debug)]
pub(in crate::telemetry) struct Span;

impl Span {
    pub(in crate::telemetry) const fn open(_kind: &'static str, trace: Trace) -> (Self, Trace) {
        (Self, trace)
    }
}

pub(in crate::telemetry) const fn close(_span: &Span, _trace: &Trace, _end: End) {}

pub(crate) const fn start(_address: Option<&str>) {}
