//! The Lambda function `admin`.

#[tokio::main]
async fn main() -> Result<(), platform::lambda::Error> {
    platform::lambda::serve_http(administration::admin::router).await
}
