use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use reqwest::StatusCode;

use super::fresh;

#[tokio::test]
async fn presigned_urls_work_and_are_checked() {
    let (_dir, _clock, cloud) = fresh().await;
    let client = cloud.endpoints().s3_client();
    client.create_bucket().bucket("agreements").send().await.unwrap();
    let minute = || PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let http = reqwest::Client::new();

    let put = client.put_object().bucket("agreements").key("2026/contract.pdf");
    let put = put.content_type("application/pdf").presigned(minute()).await.unwrap();
    let upload = |kind: &'static str| {
        http.put(put.uri()).header("content-type", kind).body("%PDF-invented").send()
    };
    assert_eq!(upload("text/html").await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(upload("application/pdf").await.unwrap().status(), StatusCode::OK);

    let get = || client.get_object().bucket("agreements").key("2026/contract.pdf");
    let url = get().presigned(minute()).await.unwrap().uri().to_owned();
    let answer = http.get(&url).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert_eq!(answer.text().await.unwrap(), "%PDF-invented");

    let tampered = url.replace("contract.pdf", "another.pdf");
    assert_eq!(http.get(tampered).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let expired = PresigningConfig::builder()
        .start_time(SystemTime::now() - Duration::from_secs(3600))
        .expires_in(Duration::from_secs(60))
        .build()
        .unwrap();
    let expired = get().presigned(expired).await.unwrap();
    assert_eq!(http.get(expired.uri()).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let unsigned = url.split('?').next().unwrap();
    assert_eq!(http.get(unsigned).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    cloud.stop().await;
}

#[tokio::test]
async fn listing_goes_by_prefix() {
    let (_dir, _clock, cloud) = fresh().await;
    let client = cloud.endpoints().s3_client();
    client.create_bucket().bucket("audit").send().await.unwrap();
    for key in ["2026/01/a.ndjson", "2026/01/b.ndjson", "2026/02/c.ndjson"] {
        let body = ByteStream::from_static(b"{}\n");
        client.put_object().bucket("audit").key(key).body(body).send().await.unwrap();
    }
    let january = client.list_objects_v2().bucket("audit").prefix("2026/01/").send().await.unwrap();
    let keys: Vec<_> = january.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(keys, ["2026/01/a.ndjson", "2026/01/b.ndjson"]);
    cloud.stop().await;
}
