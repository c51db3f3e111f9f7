use connectors::whatsapp::evolution::webhook::{
    BODY_LIMIT_BYTES, Event, WebhookError, parse, verify,
};
use connectors::whatsapp::{ConnectionState, MessageStatus};
use secrecy::SecretString;

const UPDATE: &[u8] = include_bytes!("../../fixtures/evolution/webhook-messages-update.json");
const UPDATE_LIST: &[u8] =
    include_bytes!("../../fixtures/evolution/webhook-messages-update-list.json");
const SEND: &[u8] = include_bytes!("../../fixtures/evolution/webhook-send-message.json");
const CONNECTION: &[u8] = include_bytes!("../../fixtures/evolution/webhook-connection-update.json");

// The tokens below were made with Python's hmac, hashlib and base64 over
// {"alg":…,"typ":"JWT"} and {"iat":1800000000,"exp":1800000600,"app":"evolution","action":"webhook"},
// changed as each name says.
const KEY: &str = "an-invented-webhook-key-of-40-bytes-aaaa";
const IAT: u64 = 1_800_000_000;
const VALID: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE4MDAwMDAwMDAsImV4cCI6MTgwMDAwMDYwMCwiYXBwIjoiZXZvbHV0aW9uIiwiYWN0aW9uIjoid2ViaG9vayJ9.P63aGSwy9q6a-4UfkrCUKBg8_M4YNPZYkfeuv6jEOtw";
const ALG_NONE: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpYXQiOjE4MDAwMDAwMDAsImV4cCI6MTgwMDAwMDYwMCwiYXBwIjoiZXZvbHV0aW9uIiwiYWN0aW9uIjoid2ViaG9vayJ9.";
const ALG_HS512: &str = "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE4MDAwMDAwMDAsImV4cCI6MTgwMDAwMDYwMCwiYXBwIjoiZXZvbHV0aW9uIiwiYWN0aW9uIjoid2ViaG9vayJ9.weWHI3y_YsadhFBndBDXwgMXe70aBp-neuDaHDAbo7pH4fZCcGMm1sSXm-T9wbVTPEA4SofwIqwM43-8IKJ4Yg";
const LIFE_601_S: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE4MDAwMDAwMDAsImV4cCI6MTgwMDAwMDYwMSwiYXBwIjoiZXZvbHV0aW9uIiwiYWN0aW9uIjoid2ViaG9vayJ9.unZC5qE_Rs-v_tw9FG32-I6Gs9hWf-VkTqXjQwz4tBo";
const EXP_U64_MAX: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE4MDAwMDAwMDAsImV4cCI6MTg0NDY3NDQwNzM3MDk1NTE2MTUsImFwcCI6ImV2b2x1dGlvbiIsImFjdGlvbiI6IndlYmhvb2sifQ.I1BlwjDKfevSqEQdmrj7UeYuTEZUkCfvHw2KwRSuFvk";
const OTHER_APP: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE4MDAwMDAwMDAsImV4cCI6MTgwMDAwMDYwMCwiYXBwIjoib3RoZXIiLCJhY3Rpb24iOiJ3ZWJob29rIn0.qyXaJYvxfl5YPLpQulfYSnKRVtpxda_uWoV8aksgjp8";
const OTHER_ACTION: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE4MDAwMDAwMDAsImV4cCI6MTgwMDAwMDYwMCwiYXBwIjoiZXZvbHV0aW9uIiwiYWN0aW9uIjoibG9naW4ifQ.J7jHRDdBa4wcLtXlGpGrA5Tfkf2MgZA6jxrV-HRwfoc";
const WITHOUT_EXP: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE4MDAwMDAwMDAsImFwcCI6ImV2b2x1dGlvbiIsImFjdGlvbiI6IndlYmhvb2sifQ.Tbnqn3fTwpfcry820ev2GPa09pBYiDxYk-Anpla6nsk";

fn check(token: &str, keys: &[&str], now_s: u64) -> Result<(), WebhookError> {
    let keys: Vec<SecretString> = keys.iter().map(|key| SecretString::from(*key)).collect();
    verify(Some(&format!("Bearer {token}")), &keys, now_s)
}

#[test]
fn a_token_of_the_gateway_is_accepted_within_its_life() {
    for now_s in [IAT, IAT + 300, IAT + 600, IAT + 630, IAT - 30] {
        assert_eq!(check(VALID, &[KEY], now_s), Ok(()), "{now_s}");
    }
    for now_s in [0, IAT - 31, IAT + 631, u64::MAX] {
        assert_eq!(check(VALID, &[KEY], now_s), Err(WebhookError::ExpiredToken), "{now_s}");
    }
}

#[test]
fn two_keys_hold_while_one_replaces_the_other() {
    let new = "another-invented-webhook-key-40-bytes-bb";
    assert_eq!(check(VALID, &[new, KEY], IAT), Ok(()));
    assert_eq!(check(VALID, &[new], IAT), Err(WebhookError::InvalidToken));
}

#[test]
fn a_token_of_anyone_else_is_refused() {
    for token in [
        ALG_NONE,
        ALG_HS512,
        LIFE_601_S,
        EXP_U64_MAX,
        OTHER_APP,
        OTHER_ACTION,
        WITHOUT_EXP,
        "a.b.c",
    ] {
        assert_eq!(check(token, &[KEY], IAT), Err(WebhookError::InvalidToken), "{token}");
    }
    let mut one_more = VALID.to_owned();
    one_more.push('A');
    assert_eq!(check(&one_more, &[KEY], IAT), Err(WebhookError::InvalidToken));
    assert_eq!(check(&VALID.replace("P63a", "P63b"), &[KEY], IAT), Err(WebhookError::InvalidToken));
}

#[test]
fn a_missing_token_or_a_weak_key_is_refused() {
    let keys = [SecretString::from(KEY)];
    for header in [None, Some(""), Some(VALID), Some("Basic abc")] {
        assert_eq!(verify(header, &keys, IAT), Err(WebhookError::MissingToken), "{header:?}");
    }
    assert_eq!(check(VALID, &[], IAT), Err(WebhookError::Key));
    assert_eq!(check(VALID, &[KEY, ""], IAT), Err(WebhookError::Key));
    assert_eq!(check(VALID, &["short"], IAT), Err(WebhookError::Key));
}

#[test]
fn a_delivery_is_read_and_nothing_else_is_kept() {
    let report = parse(UPDATE).unwrap();
    assert_eq!(report.instance, "parcela-invented");
    assert_eq!(
        report.events,
        [Event::Message {
            message_id: "3EB0A1B2C3D4E5F60718".to_owned(),
            status: MessageStatus::Delivered,
        }]
    );
    assert_eq!(
        report.events[0].dedupe_key().unwrap().to_string(),
        "3EB0A1B2C3D4E5F60718#DELIVERED"
    );
    let kept = format!("{report:?}");
    for secret in ["apikey", "invented-key", "5511", "example.test"] {
        assert!(!kept.contains(secret), "{kept}");
    }
}

#[test]
fn a_list_is_read_and_an_unknown_state_is_never_a_success() {
    let message = |id: &str, status| Event::Message { message_id: id.to_owned(), status };
    assert_eq!(
        parse(UPDATE_LIST).unwrap().events,
        [
            message("3EB0A1", MessageStatus::Read),
            message("3EB0A2", MessageStatus::Unknown),
            message("3EB0A3", MessageStatus::Failed),
            Event::Ignored { name: "messages.update".to_owned() },
            message("3EB0A5", MessageStatus::Unknown),
        ]
    );
}

#[test]
fn each_state_of_the_gateway_has_one_of_ours() {
    let cases = [
        ("ERROR", MessageStatus::Failed),
        ("PENDING", MessageStatus::Pending),
        ("SERVER_ACK", MessageStatus::Sent),
        ("DELIVERY_ACK", MessageStatus::Delivered),
        ("READ", MessageStatus::Read),
        ("PLAYED", MessageStatus::Read),
        ("DELETED", MessageStatus::Unknown),
        ("", MessageStatus::Unknown),
    ];
    for (word, expected) in cases {
        let body = format!(
            r#"{{"event":"messages.update","instance":"i","data":{{"keyId":"1","status":"{word}"}}}}"#
        );
        let events = parse(body.as_bytes()).unwrap().events;
        assert_eq!(events, [Event::Message { message_id: "1".to_owned(), status: expected }]);
    }
}

#[test]
fn a_message_just_sent_is_sent_whatever_the_default_says() {
    assert_eq!(
        parse(SEND).unwrap().events,
        [Event::Message {
            message_id: "3EB0A1B2C3D4E5F60718".to_owned(),
            status: MessageStatus::Sent
        }]
    );
}

#[test]
fn a_lost_connection_is_read() {
    let expected = Event::Connection { state: ConnectionState::Closed, reason: Some(401) };
    assert_eq!(parse(CONNECTION).unwrap().events, [expected]);
}

#[test]
fn other_events_are_ignored_and_nonsense_is_refused() {
    let other = br#"{"event":"qrcode.updated","instance":"i","data":{"x":1},"later":true}"#;
    let ignored = Event::Ignored { name: "qrcode.updated".to_owned() };
    assert_eq!(parse(other).unwrap().events, [ignored]);
    for body in [
        &b""[..],
        b"not json",
        b"[]",
        b"{}",
        br#"{"event":"messages.update","instance":"i","data":{"status":"READ"}}"#,
        br#"{"event":"messages.update","instance":"","data":[]}"#,
        br#"{"event":"messages.update","instance":"i","data":7}"#,
    ] {
        assert_eq!(parse(body), Err(WebhookError::Malformed));
    }
    let long = vec![b' '; BODY_LIMIT_BYTES + 1];
    assert_eq!(parse(&long), Err(WebhookError::TooLong));
}

const UPSERT: &[u8] = include_bytes!("../../fixtures/evolution/webhook-messages-upsert.json");

fn upsert(change: impl FnOnce(&mut serde_json::Value)) -> Event {
    let mut body: serde_json::Value = serde_json::from_slice(UPSERT).unwrap();
    change(&mut body["data"]);
    parse(body.to_string().as_bytes()).unwrap().events.remove(0)
}

#[test]
fn a_reply_that_asks_for_no_more_messages_is_an_opt_out() {
    // The account's name has the eight digits of old; the number today begins with a 9.
    let Event::OptOut { message_id, from } = upsert(|_| {}) else { panic!("no opt-out") };
    assert_eq!((message_id.as_str(), from.expose()), ("3A00B1C2D3E4F5061728", "+5511990000001"));
    let shown = format!("{:?}", parse(UPSERT).unwrap());
    assert!(!shown.contains("90000001") && !shown.contains("Sa"), "{shown}");

    let jid = |jid: &'static str| {
        move |data: &mut serde_json::Value| data["key"]["remoteJid"] = jid.into()
    };
    for (jid_text, expected) in [
        ("5511990000001@s.whatsapp.net", "+5511990000001"),
        ("5511990000001:7@s.whatsapp.net", "+5511990000001"),
        ("919900000001@s.whatsapp.net", "+919900000001"),
    ] {
        match upsert(jid(jid_text)) {
            Event::OptOut { from, .. } => assert_eq!(from.expose(), expected),
            other => panic!("{jid_text}: {other:?}"),
        }
    }
    let hidden = upsert(|data| {
        data["key"]["remoteJid"] = "123456789012345@lid".into();
        data["key"]["senderPn"] = "919900000001@s.whatsapp.net".into();
        data["message"] = serde_json::json!({ "extendedTextMessage": { "text": "STOP" } });
    });
    assert!(matches!(hidden, Event::OptOut { from, .. } if from.expose() == "+919900000001"));
}

#[test]
fn other_replies_are_ignored_and_not_kept() {
    let ignored = Event::Ignored { name: "messages.upsert".to_owned() };
    assert_eq!(upsert(|data| data["message"]["conversation"] = "já paguei".into()), ignored);
    assert_eq!(upsert(|data| data["key"]["fromMe"] = true.into()), ignored);
    assert_eq!(upsert(|data| data["key"]["remoteJid"] = "120363@g.us".into()), ignored);
    assert_eq!(upsert(|data| data["message"] = serde_json::json!({ "imageMessage": {} })), ignored);
    assert_eq!(upsert(|data| data["key"]["id"] = "".into()), ignored);
    assert_eq!(upsert(|data| *data = serde_json::json!(7)), ignored);
}
