use axum::http::header;
use axum::response::IntoResponse;
use platform::auth::Public;

const DOCUMENT: &str = include_str!("openapi.json");

/// The API's description in OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/docs/openapi.json",
    tag = "docs",
    responses((status = 200, description = "the document", content_type = "application/json"))
)]
pub(super) async fn document(_: Public) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}
