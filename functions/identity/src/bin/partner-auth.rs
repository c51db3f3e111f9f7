//! The Lambda function `partner-auth`.

#[tokio::main]
async fn main() -> Result<(), platform::lambda::Error> {
    platform::lambda::serve_http(identity::partner_auth::router).await
}
