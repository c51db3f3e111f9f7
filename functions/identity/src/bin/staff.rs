//! The Lambda function `staff`.

#[tokio::main]
async fn main() -> Result<(), platform::lambda::Error> {
    platform::lambda::serve_http(identity::staff::router).await
}
