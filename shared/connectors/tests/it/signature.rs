use connectors::webhook_signature::{Scheme, SchemeError, SignatureError};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde_json::{Value, json};

fn scheme(config: Value) -> Scheme {
    let scheme: Scheme = serde_json::from_value(config).unwrap();
    scheme.check().unwrap();
    scheme
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect()
}

fn secrets(texts: &[&str]) -> Vec<SecretString> {
    texts.iter().map(|text| SecretString::from(*text)).collect()
}

fn plain_hex() -> Scheme {
    scheme(json!({ "header": "X-Signature", "encoding": "hex", "signed": ["body"] }))
}

/// RFC 4231, test case 2 (key "Jefe").
#[test]
fn the_vector_of_rfc_4231_is_accepted() {
    let signature = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let body = b"what do ya want for nothing?";
    let given = headers(&[("x-signature", signature)]);
    assert_eq!(plain_hex().verify(&secrets(&["Jefe"]), &given, body, 0), Ok(()));
    assert_eq!(plain_hex().verify(&secrets(&["new", "Jefe"]), &given, body, 0), Ok(()));
}

/// The example of GitHub's documentation, "Validating webhook deliveries": the form Meta uses too.
#[test]
fn a_prefixed_signature_is_accepted_and_only_with_its_prefix() {
    let digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let scheme = scheme(json!({
        "header": "X-Hub-Signature-256", "encoding": "hex", "prefix": "sha256=",
        "signed": ["body"],
    }));
    let secrets = secrets(&["It's a Secret to Everybody"]);
    let verify = |signature: &str, body: &[u8]| {
        scheme.verify(&secrets, &headers(&[("x-hub-signature-256", signature)]), body, 0)
    };
    let body = b"Hello, World!";
    assert_eq!(verify(&format!("sha256={digest}"), body), Ok(()));
    for wrong in [
        digest.to_owned(),
        format!("sha1={digest}"),
        format!("sha256={digest}0"),
        format!("sha256={digest}00"),
        format!("sha256={}", &digest[..62]),
        "sha256=".to_owned(),
    ] {
        assert_eq!(verify(&wrong, body), Err(SignatureError::Mismatch), "{wrong}");
    }
    assert_eq!(
        verify(&format!("sha256={digest}"), b"Hello, World! "),
        Err(SignatureError::Mismatch)
    );
}

// Python: base64.b64encode(hmac.new(secret, b"1800000000000" + body, hashlib.sha256).digest())
const TIMED_BODY: &[u8] = br#"{"data":{"order":{"order_id":"LN-0001-3","order_amount":1250.50}},"type":"PAYMENT_SUCCESS_WEBHOOK"}"#;
const TIMED_SIGNATURE: &str = "zXZEdJQtPs+rP4wNZShn+UyyuuraS1DIH8zJ/AWtbw4=";

fn verify_timed(time: &str, body: &[u8], now_s: u64) -> Result<(), SignatureError> {
    let scheme = scheme(json!({
        "header": "x-webhook-signature", "encoding": "base64",
        "signed": ["header:x-webhook-timestamp", "body"],
        "signed_at": {
            "header": "X-Webhook-Timestamp", "unit": "milliseconds", "tolerance_s": 300,
        },
    }));
    let given = headers(&[("x-webhook-signature", TIMED_SIGNATURE), ("x-webhook-timestamp", time)]);
    scheme.verify(&secrets(&["cashfree-like-secret"]), &given, body, now_s)
}

#[test]
fn a_signature_over_time_and_body_holds_for_its_window() {
    for now_s in [1_800_000_000, 1_800_000_300, 1_799_999_700] {
        assert_eq!(verify_timed("1800000000000", TIMED_BODY, now_s), Ok(()), "{now_s}");
    }
    for now_s in [1_800_000_301, 1_799_999_699, 0, u64::MAX] {
        assert_eq!(
            verify_timed("1800000000000", TIMED_BODY, now_s),
            Err(SignatureError::Time),
            "{now_s}"
        );
    }
}

#[test]
fn another_time_or_a_reformatted_body_is_refused() {
    let mismatch = Err(SignatureError::Mismatch);
    assert_eq!(verify_timed("1800000000001", TIMED_BODY, 1_800_000_000), mismatch);
    let reformatted = String::from_utf8_lossy(TIMED_BODY).replace("1250.50", "1250.5");
    assert_eq!(verify_timed("1800000000000", reformatted.as_bytes(), 1_800_000_000), mismatch);
}

#[test]
fn a_header_missing_or_given_twice_is_refused() {
    let given = |pairs| plain_hex().verify(&secrets(&["s"]), &headers(pairs), b"x", 0);
    assert_eq!(given(&[]), Err(SignatureError::Header));
    assert_eq!(given(&[("x-signature", "00"), ("x-other", "00")]), Err(SignatureError::Mismatch));
    let mut twice = headers(&[("x-signature", "00")]);
    twice.append("x-signature", HeaderValue::from_static("00"));
    let result = plain_hex().verify(&secrets(&["s"]), &twice, b"x", 0);
    assert_eq!(result, Err(SignatureError::Header));
}

#[test]
fn nothing_is_believed_without_a_secret() {
    let given = headers(&[("x-signature", "00")]);
    for keys in [&[][..], &[""][..], &["good", ""][..]] {
        let result = plain_hex().verify(&secrets(keys), &given, b"x", 0);
        assert_eq!(result, Err(SignatureError::Secret));
    }
}

#[test]
fn an_unsafe_scheme_is_refused_when_configured() {
    let check = |signed: Value, signed_at: Value| {
        let config =
            json!({ "header": "s", "encoding": "hex", "signed": signed, "signed_at": signed_at });
        serde_json::from_value::<Scheme>(config).unwrap().check()
    };
    assert_eq!(check(json!([]), Value::Null), Err(SchemeError::Body));
    assert_eq!(check(json!(["literal:x"]), Value::Null), Err(SchemeError::Body));
    let time = json!({ "header": "t", "unit": "seconds", "tolerance_s": 300 });
    assert_eq!(check(json!(["body"]), time.clone()), Err(SchemeError::SignedAt));
    assert_eq!(check(json!(["header:T", "literal:.", "body"]), time), Ok(()));
    for part in ["", "bodyx", "header:", "cookie:x"] {
        let config = json!({ "header": "s", "encoding": "hex", "signed": [part] });
        assert!(serde_json::from_value::<Scheme>(config).is_err(), "{part}");
    }
}
