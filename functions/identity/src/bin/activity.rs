//! The Lambda function `activity`.

#[tokio::main]
async fn main() -> Result<(), platform::lambda::Error> {
    platform::lambda::serve_http(identity::activity::router).await
}
