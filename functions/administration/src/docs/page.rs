use axum::http::header;
use axum::response::{Html, IntoResponse};
use platform::auth::Public;

const PAGE: &str = include_str!("page/index.html");
/// The page's own files, requests to its own host, and what Swagger UI needs beyond them: styles
/// that it writes into the page, and pictures in `data:` URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// The description as a page, from which the API can be tried.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "docs",
    responses((status = 200, description = "the page", content_type = "text/html"))
)]
pub(super) async fn page(_: Public) -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE))
}
