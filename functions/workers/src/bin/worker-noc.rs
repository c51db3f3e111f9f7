#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), platform::lambda::Error> {
    platform::lambda::serve_queue(workers::noc::handle).await
}
