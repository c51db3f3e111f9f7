//! The Lambda function `health`.

#[tokio::main]
async fn main() -> Result<(), platform::lambda::Error> {
    platform::lambda::serve_http(administration::health::router).await
}
