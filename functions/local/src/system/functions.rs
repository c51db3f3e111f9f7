//! Every function of the system: what it is called on Lambda, and what runs it.

use std::time::Duration;

use futures::future::BoxFuture;
use platform::Deps;
use platform::aws::Queue;
use platform::http::Routes;
use platform::lambda::{
    Error, SqsBatchResponse, SqsEvent, StreamEvent, StreamResponse, invoke_http, invoke_job,
    invoke_queue, invoke_stream,
};
use platform::telemetry::{Trace, as_function};
use serde_json::Value;
use tokio::runtime::Handle;

use super::grants::scope;

/// The longest that a call of a queue's function may take; below the queues' visibility timeout.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(50);

type Call<Event, Answer> = fn(Deps, Event) -> BoxFuture<'static, Answer>;

/// What invokes a function.
#[derive(Clone, Copy, Debug)]
pub enum Trigger {
    /// API Gateway, or the local server, by its routes.
    Http(fn() -> Routes),
    /// A schedule, or a person.
    Job(Call<Value, Result<Value, Error>>),
    /// A queue, `batch_size` messages a call and `concurrency` calls at a time.
    Queue {
        queue: Queue,
        batch_size: u8,
        concurrency: u8,
        call: Call<SqsEvent, Result<SqsBatchResponse, Error>>,
    },
    /// The table's stream.
    Stream(Call<StreamEvent, Result<StreamResponse, Error>>),
}

/// One function.
#[derive(Clone, Copy)]
pub struct Function {
    pub name: &'static str,
    pub trigger: Trigger,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Runs as a function: under its name, and with its grants.
fn run_as<F: Future>(function: &'static str, future: F) -> impl Future<Output = F::Output> {
    as_function(function, scope(function, future))
}

/// Runs a call on a thread of its own, as Lambda runs it in a process of its own: the functions'
/// futures stay on the thread that they began on.
fn alone<T, F, Fut>(function: &'static str, call: F) -> BoxFuture<'static, Result<T, Error>>
where
    T: Send + 'static,
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future<Output = Result<T, Error>>,
{
    let runtime = Handle::current();
    let thread = tokio::task::spawn_blocking(move || runtime.block_on(run_as(function, call())));
    Box::pin(async move { thread.await? })
}

macro_rules! http {
    ($name:literal, $router:path) => {
        Function { name: $name, trigger: Trigger::Http($router) }
    };
}

macro_rules! job {
    ($name:literal, $handler:path) => {
        Function {
            name: $name,
            trigger: Trigger::Job(|deps, event| {
                alone($name, move || async move {
                    let event = serde_json::from_value(event)?;
                    let trace = Trace::begin(&deps.ulid().to_string());
                    let answer = invoke_job(&$handler, deps, trace, event).await?;
                    Ok(serde_json::to_value(answer)?)
                })
            }),
        }
    };
}

macro_rules! queue {
    ($name:literal, $queue:ident, $batch_size:literal x $concurrency:literal, $handler:path) => {
        Function {
            name: $name,
            trigger: Trigger::Queue {
                queue: Queue::$queue,
                batch_size: $batch_size,
                concurrency: $concurrency,
                call: |deps, event| {
                    alone($name, move || async move {
                        Ok(invoke_queue(&$handler, &deps, event, CALL_TIMEOUT).await)
                    })
                },
            },
        }
    };
}

macro_rules! stream {
    ($name:literal, $handler:path) => {
        Function {
            name: $name,
            trigger: Trigger::Stream(|deps, event| {
                alone($name, move || async move {
                    Ok(invoke_stream(&$handler, &deps, event, CALL_TIMEOUT).await)
                })
            }),
        }
    };
}

/// Every function.
pub const FUNCTIONS: &[Function] = &[
    http!("partner-auth", identity::partner_auth::router),
    http!("staff", identity::staff::router),
    http!("activity", identity::activity::router),
    http!("api-keys", identity::api_keys::router),
    http!("customers", origination::customers::router),
    http!("loans", origination::loans::router),
    http!("agreements", origination::agreements::router),
    http!("invoices", servicing::invoices::router),
    http!("payments", servicing::payments::router),
    http!("renegotiations", servicing::renegotiations::router),
    http!("collections", servicing::collections::router),
    http!("imports", administration::imports::router),
    http!("communications", engagement::communications::router),
    http!("dashboard", insight::dashboard::router),
    http!("reports", insight::reports::router),
    http!("admin", administration::admin::router),
    http!("health", administration::health::router),
    http!("docs", administration::docs::router),
    http!("webhook-evolution", webhooks::evolution::router),
    job!("job-offers-expire", jobs::offers_expire::handle),
    job!("job-overdue", jobs::overdue::handle),
    job!("job-mora", jobs::mora::handle),
    job!("job-charge-messages", jobs::charge_messages::handle),
    job!("job-idle-sessions", jobs::idle_sessions::handle),
    job!("job-rebuild", jobs::rebuild::handle),
    job!("job-audit-verify", jobs::audit_verify::handle),
    job!("job-bootstrap", jobs::bootstrap::handle),
    stream!("stream-outbox", workers::outbox::handle),
    queue!("worker-accrual", Accrual, 1 x 8, workers::accrual::handle),
    queue!("worker-whatsapp", Whatsapp, 10 x 2, workers::whatsapp::handle),
    queue!("worker-import", Import, 1 x 2, workers::import::handle),
    queue!("worker-noc", Noc, 1 x 4, workers::noc::handle),
    queue!("worker-audit", Audit, 10 x 2, workers::audit::handle),
];

/// The function of this name.
pub fn find(name: &str) -> Option<Function> {
    FUNCTIONS.iter().find(|function| function.name == name).copied()
}

/// The routes of every function that has routes.
pub fn routes() -> Routes {
    FUNCTIONS.iter().fold(Routes::new(), |routes, function| match function.trigger {
        Trigger::Http(router) => routes.merge(named(function.name, router())),
        Trigger::Job(_) | Trigger::Queue { .. } | Trigger::Stream(_) => routes,
    })
}

/// Routes that run as their function.
fn named(function: &'static str, routes: Routes) -> Routes {
    routes.layer(axum::middleware::from_fn(
        move |request: axum::extract::Request, next: axum::middleware::Next| {
            // The span of the request is around all functions' routes here, and knows none.
            tracing::Span::current().record("function", function);
            run_as(function, next.run(request))
        },
    ))
}

/// Invokes a function with an event in Lambda's shape.
///
/// # Errors
/// Where the event is not of that shape, or the function fails.
pub async fn invoke(function: Function, deps: Deps, event: Value) -> Result<Value, Error> {
    match function.trigger {
        Trigger::Http(router) => run_as(function.name, invoke_http(router, deps, event)).await,
        Trigger::Job(call) => call(deps, event).await,
        Trigger::Queue { call, .. } => {
            let answer = call(deps, serde_json::from_value(event)?).await?;
            Ok(serde_json::to_value(answer)?)
        }
        Trigger::Stream(call) => {
            let answer = call(deps, serde_json::from_value(event)?).await?;
            Ok(serde_json::to_value(answer)?)
        }
    }
}
