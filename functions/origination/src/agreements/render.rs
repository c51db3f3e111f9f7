use documents::{Pdf, RenderError};
use platform::http::ApiError;

pub(super) const CONTENT_TYPE: &str = "application/pdf";

/// Renders on a thread for work that takes the processor.
///
/// 409 where a character of a name or of a fee has no glyph: somebody has to write it otherwise.
pub(super) async fn off_thread(
    render: impl FnOnce() -> Result<Pdf, RenderError> + Send + 'static,
) -> Result<Pdf, ApiError> {
    let rendered = tokio::task::spawn_blocking(render).await;
    let rendered = rendered.map_err(|error| ApiError::internal(error.to_string()))?;
    rendered.map_err(|error| match error {
        RenderError::NotPrintable { .. } => {
            ApiError::conflict("a name is in a script that documents cannot be printed in")
                .log(error.to_string())
        }
        RenderError::Data(_) | RenderError::Template { .. } | RenderError::Date(_) => {
            ApiError::internal(error.to_string())
        }
    })
}
