//! The log lines of one test's system, at every level: the test has a runtime of its own, and each
//! of its threads logs to the test.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex, OnceLock};

use tracing::dispatcher::{DefaultGuard, Dispatch, set_default};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, NoSubscriber};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::architecture::metadata;

thread_local! {
    static LOGGING: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

/// One line: its own fields and those of the spans around it.
#[derive(Debug, Clone, Default)]
pub struct Line {
    pub target: String,
    pub fields: BTreeMap<String, String>,
}

impl Line {
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    pub fn message(&self) -> &str {
        self.field("message")
    }

    /// All of it as one text.
    pub fn text(&self) -> String {
        self.fields.iter().fold(self.target.clone(), |mut text, (name, value)| {
            write!(text, " {name}={value}").unwrap();
            text
        })
    }
}

/// What was logged so far.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<Line>>>);

impl Log {
    pub fn lines(&self) -> Vec<Line> {
        self.0.lock().unwrap().clone()
    }

    /// The lines with this request's id.
    pub fn of_request(&self, request_id: &str) -> Vec<Line> {
        let lines = self.lines().into_iter();
        lines.filter(|line| line.field("request_id") == request_id).collect()
    }

    /// The values of a metric, with the function and the brand that they are of.
    pub fn metric(&self, name: &str) -> Vec<(String, String, String)> {
        let lines = self.lines().into_iter();
        let measured =
            lines.filter(|line| line.message() == "metric" && line.field("name") == name);
        let of = |line: Line| {
            let [function, brand, value] =
                ["function", "brand", "value"].map(|field| line.field(field).to_owned());
            (function, brand, value)
        };
        measured.map(of).collect()
    }
}

/// Runs a test whose lines are kept.
pub fn logged<F: Future>(test: impl FnOnce(Log) -> F) -> F::Output {
    let log = Log::default();
    // While tracing knows of one subscriber only, it asks that of the thread that comes first to a
    // place in the code: a thread of another test, which has none, would turn the place off.
    static ANOTHER: OnceLock<Dispatch> = OnceLock::new();
    ANOTHER.get_or_init(|| Dispatch::new(NoSubscriber::default()));
    let dispatch = Dispatch::new(Registry::default().with(Keep(log.clone())));
    let of_threads = dispatch.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .on_thread_start(move || {
            let guard = set_default(&of_threads);
            LOGGING.with(|logging| logging.replace(Some(guard)));
        })
        .on_thread_stop(|| {
            LOGGING.with(|logging| logging.take());
        })
        .build()
        .unwrap();
    let _logging = set_default(&dispatch);
    runtime.block_on(test(log))
}

/// The workspace's own crates, whose lines of every level are kept.
fn own() -> &'static BTreeSet<String> {
    static OWN: OnceLock<BTreeSet<String>> = OnceLock::new();
    OWN.get_or_init(|| {
        metadata().workspace_packages().iter().map(|package| package.name.to_string()).collect()
    })
}

struct Keep(Log);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keep {
    fn register_callsite(&self, _metadata: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>, _context: Context<'_, S>) -> bool {
        let of = metadata.target().split("::").next().unwrap_or_default();
        *metadata.level() <= Level::INFO || own().contains(of)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(fields) = context.span(id).unwrap().extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(Fields(of_span)) = span.extensions().get::<Fields>() {
                for (name, value) in of_span {
                    fields.0.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        event.record(&mut fields);
        let line = Line { target: event.metadata().target().to_owned(), fields: fields.0 };
        self.0.0.lock().unwrap().push(line);
    }
}

#[derive(Debug, Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}
