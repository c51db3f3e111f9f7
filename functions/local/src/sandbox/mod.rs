//! The outside world in process: servers that speak the providers' HTTP contracts, with scripted
//! failures and pages to look at. One sibling module per provider.

pub mod whatsapp;

use std::sync::Arc;

use axum::Router;

/// All sandboxes of one running system.
#[derive(Debug, Clone)]
pub struct Sandbox {
    pub whatsapp: Arc<whatsapp::Gateway>,
}

/// Every route of every sandbox: the providers' contracts, `/sandbox/*` to script and ask, and the
/// pages (`/whatsapp`).
pub fn router(sandbox: Sandbox) -> Router {
    whatsapp::router(sandbox.whatsapp)
}
