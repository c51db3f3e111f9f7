//! The Lambda function `docs`.

#[tokio::main]
async fn main() -> Result<(), platform::lambda::Error> {
    platform::lambda::serve_http(administration::docs::router).await
}
