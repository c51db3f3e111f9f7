//! The Lambda function `api-keys`.

#[tokio::main]
async fn main() -> Result<(), platform::lambda::Error> {
    platform::lambda::serve_http(identity::api_keys::router).await
}
