//! What calls the functions: HTTP, the table's stream, the queues.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use platform::Deps;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::SystemError;
use super::functions::{CALL_TIMEOUT, FUNCTIONS, Trigger};
use super::provision::{TABLE, queue_name};
use crate::cloud::Cloud;
use crate::cloud::poller::{QueueHandler, QueueSource, StreamHandler};

/// How long a stop waits for requests under way.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// Binds the loopback interface; port 0 takes any free one.
pub(super) async fn bind(port: u16) -> Result<(TcpListener, SocketAddr), SystemError> {
    let taken = |source| SystemError::Port { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    Ok((listener, address))
}

/// The servers of the system. Dropping them cuts every connection.
#[derive(Debug)]
pub(super) struct Servers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Default for Servers {
    fn default() -> Self {
        Self { stop: watch::Sender::new(false), tasks: Vec::new() }
    }
}

impl Servers {
    /// Serves from now on.
    pub(super) fn serve(&mut self, listener: TcpListener, app: Router) {
        let mut stop = self.stop.subscribe();
        self.tasks.push(tokio::spawn(async move {
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            let served = axum::serve(listener, app).with_graceful_shutdown(async move {
                // An error means that the servers were dropped, which is a stop as well.
                let _stopped = stop.wait_for(|stop| *stop).await;
            });
            if let Err(error) = served.await {
                tracing::error!(%error, "a server ended");
            }
        }));
    }

    /// Takes no more requests and lets those under way finish, for a few seconds.
    pub(super) async fn stop(mut self) {
        self.stop.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            let abort = task.abort_handle();
            if tokio::time::timeout(STOP_WAIT, task).await.is_err() {
                abort.abort();
            }
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// The table's changes go to the functions on its stream.
pub(super) fn read_stream(cloud: &Cloud, deps: &Deps) {
    for function in FUNCTIONS {
        let Trigger::Stream(call) = function.trigger else { continue };
        let deps = deps.clone();
        let handler: StreamHandler = Arc::new(move |event| {
            let deps = deps.clone();
            Box::pin(async move {
                let answer = call(deps, event).await?;
                // The reader repeats the whole batch, which the handlers bear.
                match answer.batch_item_failures.first() {
                    None => Ok(()),
                    Some(failure) => Err(format!("failed at {:?}", failure.item_identifier).into()),
                }
            })
        });
        cloud.poller().read_stream(TABLE, handler);
    }
}

/// Each queue's messages go to its worker.
pub(super) fn read_queues(cloud: &Cloud, deps: &Deps) {
    for function in FUNCTIONS {
        let Trigger::Queue { queue, batch_size, concurrency, call } = function.trigger else {
            continue;
        };
        let deps = deps.clone();
        let handler: QueueHandler = Arc::new(move |event| call(deps.clone(), event));
        let source = QueueSource {
            queue: queue_name(queue),
            batch_size,
            concurrency,
            timeout: CALL_TIMEOUT,
        };
        cloud.poller().read_queue(&source, &handler);
    }
}
