use platform::http::Routes;

use crate::architecture::functions::{Kind, all};

/// The functions that have routes.
pub const HTTP_FUNCTIONS: &[(&str, fn() -> Routes)] = &[
    ("admin", administration::admin::router),
    ("communications", engagement::communications::router),
    ("customers", origination::customers::router),
    ("dashboard", insight::dashboard::router),
    ("docs", administration::docs::router),
    ("health", administration::health::router),
    ("imports", administration::imports::router),
    ("invoices", servicing::invoices::router),
    ("loans", origination::loans::router),
    ("partner-auth", identity::partner_auth::router),
    ("payments", servicing::payments::router),
    ("webhook-evolution", webhooks::evolution::router),
];

#[test]
fn the_list_of_functions_with_routes_is_complete() {
    let functions = all().into_iter().filter(|function| function.kind == Kind::Http);
    let functions: Vec<String> = functions.map(|function| function.name).collect();
    let listed: Vec<&str> = HTTP_FUNCTIONS.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, functions);
}
