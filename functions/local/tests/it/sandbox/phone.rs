use serde_json::json;
use tempfile::tempdir;

use super::Phone;

#[tokio::test]
async fn the_phone_shows_its_chats_and_ticks() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    assert!(phone.page("/whatsapp").await.contains("No message yet."));
    assert_eq!(phone.script(json!({ "hold": true })).await, 204);
    phone.send("+5511900000001", "First", "com_1").await.unwrap();
    phone.send("+919900000002", "Second\nwith a line", "com_2").await.unwrap();
    phone.send("+5511900000001", "Third", "com_3").await.unwrap();

    let chats = phone.page("/whatsapp").await;
    let brazil = chats.find("+5511900000001").unwrap();
    let india = chats.find("+919900000002").unwrap();
    assert!(brazil < india, "the newest chat comes first");
    assert!(chats.contains("Third") && !chats.contains("First"));

    let chat = phone.page("/whatsapp/5511900000001").await;
    assert!(chat.find("First").unwrap() < chat.find("Third").unwrap());
    assert!(!chat.contains("Second"));
    assert!(chat.contains("2027-01-15 08:00") && chat.contains("parcela-invented"));
    assert!(!chat.contains("title=read"));
}

#[tokio::test]
async fn a_text_stays_text() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    let text = "<script>alert(1)</script> & \"R$ 1.234,56\" 'ok'";
    phone.send("+5511900000001", text, "com_1").await.unwrap();
    let escaped =
        "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;R$ 1.234,56&quot; &#39;ok&#39;";
    for path in ["/whatsapp", "/whatsapp/5511900000001"] {
        let page = phone.page(path).await;
        assert!(page.contains(escaped), "{page}");
        assert!(!page.contains("<script"));
        assert!(!page.contains("http"), "nothing comes from another host");
    }
    let strange = phone.page("/whatsapp/%3Cscript%3E").await;
    assert!(strange.contains("&lt;script&gt;") && !strange.contains("<script"));
}

#[tokio::test]
async fn the_pages_run_no_script_and_have_their_style() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    let response = phone.http.get(format!("{}/whatsapp", phone.base_url)).send().await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"));
    let url = format!("{}/sandbox/style.css", phone.base_url);
    let style = phone.http.get(url).send().await.unwrap();
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn long_chats_come_in_pages() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    for number in 1..=101 {
        phone.send("+5511900000001", &format!("text-{number:03}"), "com").await.unwrap();
    }
    let newest = phone.page("/whatsapp/5511900000001").await;
    assert!(!newest.contains("text-001") && newest.contains("text-002"));
    assert!(newest.contains("/whatsapp/5511900000001?before=2"));
    let older = phone.page("/whatsapp/5511900000001?before=2").await;
    assert!(older.contains("text-001") && !older.contains("text-002"));
    assert!(!older.contains("before="));
    assert_eq!(format!("{:?}", phone.gateway).find(super::API_KEY), None);
}
