//! Whether the system answers, for load balancers, monitors and people. Open to anybody: the
//! answers hold no addresses, names of resources or causes of errors; those are in the log.

mod check;
mod live;
mod probe;

pub use check::Health;
pub use live::Live;
pub use probe::{Check, Reason, Status};

/// `/api/v1/health…`
pub fn router() -> platform::http::Routes {
    probe::mark_start();
    platform::routes![check::check, live::live]
}
