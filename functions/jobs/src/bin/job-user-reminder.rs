#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), platform::lambda::Error> {
    platform::lambda::serve_job(jobs::user_reminder::handle).await
}
