//! The Lambda function `imports`.

#[tokio::main]
async fn main() -> Result<(), platform::lambda::Error> {
    platform::lambda::serve_http(administration::imports::router).await
}
