use local::system::functions::{FUNCTIONS, Trigger};
use platform::http::Routes;

use crate::architecture::functions::all;

/// What gives a function's routes.
pub type Router = fn() -> Routes;

/// The functions that have routes, by name.
pub fn http_functions() -> Vec<(&'static str, Router)> {
    let mut functions: Vec<_> = FUNCTIONS
        .iter()
        .filter_map(|function| match function.trigger {
            Trigger::Http(router) => Some((function.name, router)),
            Trigger::Job(_) | Trigger::Queue { .. } | Trigger::Stream(_) => None,
        })
        .collect();
    functions.sort_by_key(|(name, _)| *name);
    functions
}

#[test]
fn the_local_system_runs_every_function() {
    let binaries: Vec<String> = all().into_iter().map(|function| function.name).collect();
    let mut listed: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    listed.sort_unstable();
    assert_eq!(listed, binaries);
}
