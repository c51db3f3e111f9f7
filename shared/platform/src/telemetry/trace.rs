//! Which request something belongs to, through all the functions that it passes.
//!
//! A request's id is in the log lines of whatever it sets off. It travels as one text
//! ([`Trace`]'s `Display`): in the attribute `tr` of an item that the table's stream makes something
//! of, and in the attribute [`Trace::MESSAGE_ATTRIBUTE`] of a queue's message.

use std::fmt;
use std::str::FromStr;

use super::work::Work;

/// The id of what came without a usable one.
const UNKNOWN: &str = "unknown";
const REQUEST_ID_LIMIT_BYTES: usize = 64;
/// `1-677ce360-0a1b2c3d4e5f60718293a4b5`: version, seconds, 96 random bits.
const ROOT_PARTS_DIGITS: [usize; 3] = [1, 8, 24];
const SPAN_DIGITS: usize = 16;

/// Where an item or a message comes from: the request, run or message that all of it began with,
/// and the place in X-Ray's trace where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    request_id: String,
    /// X-Ray's id of the trace.
    root: Option<String>,
    /// The span that this was made in, where X-Ray records the trace.
    parent: Option<String>,
}

impl Trace {
    /// The attribute of an item.
    pub const ITEM_ATTRIBUTE: &'static str = "tr";
    /// The attribute of a queue's message.
    pub const MESSAGE_ATTRIBUTE: &'static str = "trace";

    /// A trace that begins here. An id that is not short and plain enough to be logged is left out.
    pub fn begin(request_id: &str) -> Self {
        let request_id = if is_request_id(request_id) { request_id } else { UNKNOWN };
        Self { request_id: request_id.to_owned(), root: None, parent: None }
    }

    /// With X-Ray's place, as its header has it: `Root=1-…-…;Parent=…;Sampled=1`. What is not well
    /// formed is left out.
    #[must_use]
    pub fn within(mut self, header: Option<&str>) -> Self {
        let fields = header.unwrap_or_default().split(';');
        let field = |wanted: &str| {
            let mut pairs = fields.clone().filter_map(|pair| pair.trim().split_once('='));
            pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
        };
        self.root = field("Root").filter(|root| is_root(root)).map(str::to_owned);
        let is_recorded = self.root.is_some() && field("Sampled") == Some("1");
        let parent = field("Parent").filter(|parent| is_recorded && is_span(parent));
        self.parent = parent.map(str::to_owned);
        self
    }

    /// The trace of the work that is under way here; `None` outside of a function's work.
    pub fn current() -> Option<Self> {
        Work::current().map(|work| work.trace().clone())
    }

    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// X-Ray's id of the trace.
    pub fn root(&self) -> Option<&str> {
        self.root.as_deref()
    }

    /// The span that this was made in, where X-Ray records the trace.
    pub fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// As seen from a span within it.
    #[must_use]
    pub fn in_span(&self, span: &str) -> Self {
        let parent = self.parent.as_ref().map(|_| span.to_owned());
        Self { parent, ..self.clone() }
    }
}

/// The caller's own id is taken where it is short and plain enough to be logged as it is.
pub(crate) fn is_request_id(text: &str) -> bool {
    (1..=REQUEST_ID_LIMIT_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_root(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == ROOT_PARTS_DIGITS.len()
        && parts.iter().zip(ROOT_PARTS_DIGITS).all(|(part, digits)| is_hex(part, digits))
}

fn is_span(text: &str) -> bool {
    is_hex(text, SPAN_DIGITS)
}

/// `req_…`, `req_… 1-…-…` or `req_… 1-…-… {parent}`.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.request_id)?;
        let place = [&self.root, &self.parent];
        place.into_iter().flatten().try_for_each(|part| write!(f, " {part}"))
    }
}

/// A text that is no trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a trace")]
pub struct NoTrace;

impl FromStr for Trace {
    type Err = NoTrace;

    fn from_str(text: &str) -> Result<Self, NoTrace> {
        let mut parts = text.split(' ');
        let request_id = parts.next().filter(|id| is_request_id(id)).ok_or(NoTrace)?;
        let (root, parent, rest) = (parts.next(), parts.next(), parts.next());
        if !root.is_none_or(is_root) || !parent.is_none_or(is_span) || rest.is_some() {
            return Err(NoTrace);
        }
        let [root, parent] = [root, parent].map(|part| part.map(str::to_owned));
        Ok(Self { request_id: request_id.to_owned(), root, parent })
    }
}

#[cfg(test)]
mod tests {
    use super::Trace;

    const ROOT: &str = "1-677ce360-0a1b2c3d4e5f60718293a4b5";
    const PARENT: &str = "0a1b2c3d4e5f6071";

    fn within(header: &str) -> Trace {
        Trace::begin("req_1").within(Some(header))
    }

    #[test]
    fn a_trace_travels_as_text() {
        let sampled = within(&format!("Root={ROOT};Parent={PARENT};Sampled=1"));
        for (trace, text) in [
            (Trace::begin("req_1"), "req_1".to_owned()),
            (within(&format!("Root={ROOT}")), format!("req_1 {ROOT}")),
            (sampled, format!("req_1 {ROOT} {PARENT}")),
        ] {
            assert_eq!(trace.to_string(), text);
            assert_eq!(text.parse(), Ok(trace));
        }
    }

    #[test]
    fn a_span_is_carried_only_where_the_trace_is_recorded() {
        let header = format!("Root={ROOT};Parent={PARENT};Sampled=0");
        assert_eq!(within(&header).to_string(), format!("req_1 {ROOT}"));
        // Lambda adds fields of its own.
        let header = format!("Self=1-0-0; Root={ROOT};Parent={PARENT};Sampled=1;Lineage=25:a:0");
        assert_eq!(within(&header).to_string(), format!("req_1 {ROOT} {PARENT}"));
    }

    #[test]
    fn what_is_not_well_formed_is_neither_logged_nor_carried() {
        for header in ["", "Root=", "Root=1-2-3", "Root=1-677ce360-0a1b2c3d4e5f60718293a4bz", ";;="]
        {
            assert_eq!(within(header).to_string(), "req_1", "{header}");
        }
        for id in ["", "ana@example.test", &"a".repeat(65)] {
            assert_eq!(Trace::begin(id).request_id(), "unknown", "{id}");
        }
        for text in ["", "req 1", "req_1 ", "req_1 x", &format!("req_1 {ROOT} {PARENT} more")] {
            assert!(text.parse::<Trace>().is_err(), "{text}");
        }
    }
}
