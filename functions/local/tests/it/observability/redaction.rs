//! No line at any level of our own code, and no answer that is an error, has personal data or a
//! secret in it, as it is or in another form.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use platform::auth::Department;
use serde_json::{Value, json};

use super::capture::{Log, logged};
use crate::harness::{BRAZIL, Call, INDIA, TestSystem};

const NAME: &str = "Zuleica Quaresmeira";
const SURNAME: &str = "Quaresmeira";
const PHONE: &str = "+5511912345678";
const EMAIL: &str = "zuleica.q@invented-pii.example.test";
const CPF: &str = "529.982.247-25";
const PAN: &str = "QZRPX4821K";
const TEXT: &str = "recado confidencial da dona Zuleica";
const NOTE: &str = "mora na travessa inventada 77";
const ROW_NAME: &str = "Wolfgang Petrolina";
const ROW_PHONE: &str = "+5521987001122";
const INDIAN_PHONE: &str = "+919812345670";
const STAFF_EMAIL: &str = "novo.atendente@invented-pii.example.test";
const STAFF_NAME: &str = "Yolanda Marambaia";
const PASSWORD: &str = "correct-horse-of-invention";
const WRONG_PASSWORD: &str = "wrong-pass-phrase-of-invention";
const NEXT_PASSWORD: &str = "next-pass-phrase-of-invention";
/// A value that is not valid where it is sent, and is not to be repeated to anybody.
const BAD_PHONE: &str = "+55 11 0000 99887766554433";
const BAD_CPF: &str = "529.982.247-99";
/// The name of a field that there is not: whoever sent it may be told, the log not.
const UNKNOWN_FIELD: &str = "inventadaNaTravessa77";
/// Below this a value without its separators would be found by chance.
const COMPACT_LIMIT_BYTES: usize = 9;

/// Everything that must not be found.
#[derive(Default)]
struct Secrets(Vec<String>);

impl Secrets {
    fn add(&mut self, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(secret.len() >= 6, "{secret} would be found by chance");
        self.0.push(secret);
    }

    /// The secrets that a text has in it, with the form in which it has them.
    fn found_in(&self, text: &str) -> Vec<String> {
        let (lower, compact) = (text.to_lowercase(), compact(text));
        let found = |secret: &String| {
            let plain = |form: &str| lower.contains(&form.to_lowercase());
            let of = |form: &str| Some(format!("{secret} {form}"));
            if plain(secret) {
                return of("as it is");
            }
            let short = self::compact(secret);
            if short.len() >= COMPACT_LIMIT_BYTES && compact.contains(&short) {
                return of("with other separators");
            }
            if plain(&hex::encode(secret)) {
                return of("in hexadecimal digits");
            }
            if percent(secret).iter().any(|form| form != secret && plain(form)) {
                return of("as in a URL");
            }
            base64(secret).iter().any(|form| text.contains(form)).then(|| of("in base64"))?
        };
        self.0.iter().filter_map(found).collect()
    }
}

/// Letters and digits alone.
fn compact(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn percent(secret: &str) -> [String; 2] {
    let form: String = url_form(secret);
    let path = form.replace('+', "%20");
    [form, path]
}

fn url_form(secret: &str) -> String {
    secret
        .bytes()
        .map(|byte| match byte {
            b' ' => "+".to_owned(),
            _ if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// The letters that stand for the secret wherever in an encoded text it begins.
fn base64(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let bytes = [vec![0; before], secret.as_bytes().to_vec()].concat();
        for engine in [BASE64_STANDARD, BASE64_URL_SAFE] {
            let encoded = engine.encode(&bytes);
            // The first and last letters depend on what stands beside it.
            let (from, to) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
            forms.push(encoded.get(from..to).unwrap().to_owned());
        }
    }
    forms
}

#[test]
fn a_secret_is_found_in_every_form() {
    let mut secrets = Secrets::default();
    secrets.add(PHONE);
    secrets.add(NAME);
    for text in [
        "sent to +5511912345678",
        "sent to +55 (11) 91234-5678",
        &format!("id {}", hex::encode(PHONE).to_uppercase()),
        "q=%2B5511912345678",
        "q=zuleica%20quaresmeira",
        "name ZULEICA QUARESMEIRA",
        &BASE64_STANDARD.encode(format!("{{\"phone\":\"{PHONE}\"}}")),
        &BASE64_URL_SAFE.encode(format!("x{NAME}")),
        &BASE64_STANDARD.encode(format!("xy{NAME}!")),
    ] {
        assert_eq!(secrets.found_in(text).len(), 1, "{text}");
    }
    assert!(secrets.found_in("phone ***********5678 of cus_01JDEM").is_empty());
}

/// The system in use, and what it answered that was an error.
struct Office {
    system: TestSystem,
    secrets: Secrets,
    errors: Vec<(u16, String)>,
    posts: usize,
}

impl Office {
    async fn start() -> Self {
        let system = TestSystem::start().await;
        let mut secrets = Secrets::default();
        for pii in [NAME, SURNAME, PHONE, &PHONE[3..], EMAIL, CPF, PAN, TEXT, NOTE, ROW_NAME] {
            secrets.add(pii);
        }
        for secret in [ROW_PHONE, INDIAN_PHONE, STAFF_EMAIL, STAFF_NAME, BAD_PHONE, BAD_CPF] {
            secrets.add(secret);
        }
        for password in [PASSWORD, WRONG_PASSWORD, NEXT_PASSWORD] {
            secrets.add(password);
        }
        secrets.add(system.system().keys().demo_password());
        let environment = &system.system().running().environment;
        let keys: Vec<String> = environment
            .iter()
            .filter(|(name, _)| name.ends_with("_KEY") && !name.starts_with("AWS_"))
            .map(|(_, key)| key.clone())
            .collect();
        assert!(keys.len() >= 5, "{} keys", keys.len());
        keys.into_iter().for_each(|key| secrets.add(key));
        Self { system, secrets, errors: Vec::new(), posts: 0 }
    }

    async fn staff(&self, department: Department, path: &str) -> Call<'_> {
        self.system.staff(BRAZIL, department, path).await
    }

    /// Keeps an answer, which must have this status.
    fn keep(&mut self, answer: (u16, String), status: u16) -> Value {
        assert_eq!(answer.0, status, "{}", answer.1);
        let body = serde_json::from_str(&answer.1).unwrap_or(Value::Null);
        if status >= 400 {
            self.errors.push(answer);
        }
        body
    }

    /// Posts as staff of the brand.
    async fn post(&mut self, path: &str, body: &Value, status: u16) -> Value {
        self.posts += 1;
        let key = format!("key-{}", self.posts);
        let call = self.staff(Department::LoanManagement, path).await.key(&key);
        let answer = call.post(body).await;
        self.keep((answer.status, answer.body.to_string()), status)
    }

    async fn get(&mut self, path: &str, status: u16) -> Value {
        let answer = self.staff(Department::LoanManagement, path).await.get().await;
        self.keep((answer.status, answer.body.to_string()), status)
    }

    /// Customers: created, looked for, refused in every way.
    async fn customers(&mut self) -> String {
        let zuleica =
            json!({ "name": NAME, "phone": PHONE, "email": EMAIL, "cpf": CPF, "reference": "K-1" });
        let customer = self.post("/customers", &zuleica, 201).await;
        let id = customer["id"].as_str().unwrap().to_owned();
        self.post("/customers", &zuleica, 409).await;
        for query in [PHONE, CPF, NAME, EMAIL] {
            let query = url_form(query);
            self.get(&format!("/customers?q={query}"), 200).await;
            self.get(&format!("/customers?q={query}&limit=0"), 400).await;
            self.get(&format!("/customers/{query}"), 404).await;
            self.get(&format!("/nothing/{query}"), 404).await;
        }
        let bad = json!({ "name": NAME, "phone": BAD_PHONE, "cpf": BAD_CPF, "email": TEXT });
        self.post("/customers", &bad, 400).await;
        let unknown = json!({ "name": NAME, "phone": PHONE, (UNKNOWN_FIELD): 1 });
        self.post("/customers", &unknown, 400).await;
        self.get(&format!("/customers?{UNKNOWN_FIELD}=1"), 400).await;
        self.post("/customers", &json!({ "name": { "given": NAME }, "phone": [PHONE] }), 400).await;
        let half = format!("{{\"name\":\"{NAME}\",\"phone\":\"{PHONE}").into_bytes();
        let call = self.staff(Department::LoanManagement, "/customers").await;
        let answer = call.post_raw("application/json", half).await;
        self.keep((answer.status, answer.body.to_string()), 400);
        let comment = json!({ "text": NOTE });
        self.post(&format!("/customers/{id}/comments"), &comment, 201).await;
        self.get(&format!("/customers/{id}/timeline"), 200).await;

        let indian = json!({ "name": NAME, "phone": INDIAN_PHONE, "pan": PAN });
        let managers = Department::LoanManagement;
        let call = self.system.staff(INDIA, managers, "/customers").await;
        call.post(&indian).await.expect(201);
        let call = self.system.staff(INDIA, managers, "/customers").await;
        let answer = call.post(&indian).await;
        self.keep((answer.status, answer.body.to_string()), 409);
        id
    }

    /// Messages: sent, refused, failed at the gateway in every way, reported.
    async fn messages(&mut self, customer: &str) {
        let script = json!({ "fail_next": [
            { "fault": "error" }, { "fault": "rate_limit" }, { "fault": "disconnected" },
            { "fault": "malformed" }, { "fault": "error_after_sending" } ] });
        self.system.script(script).await;
        for number in 0..4 {
            let body = json!({ "customerId": customer, "text": format!("{TEXT} {number}") });
            let call = self.staff(Department::Collections, "/communications/send").await;
            call.key(&format!("send-{number}")).post(&body).await.expect(201);
        }
        let bad = json!({ "customerId": customer, "text": format!("{TEXT} {{{{{NOTE}}}}}") });
        let call = self.staff(Department::Collections, "/communications/send").await;
        let answer = call.key("send-bad").post(&bad).await;
        self.keep((answer.status, answer.body.to_string()), 400);
        self.system.advance("20m").await;
        assert!(!self.system.whatsapp_messages().await.is_empty());
        let report = json!({ "event": "messages.update", "instance": NOTE, "data": { "number": PHONE,
            "keyId": TEXT, "status": "READ", "apikey": PASSWORD } });
        let call = self.system.call("/api/v1/webhook/evolution").bearer(WRONG_PASSWORD);
        let answer = call.post(&report).await;
        self.keep((answer.status, answer.body.to_string()), 401);
    }

    /// A file of contracts with a row that is good, one that is not, and the same again.
    async fn imports(&mut self) {
        let header = "contract_id,customer_id,granted_on,principal,installments,\
                      installment_amount,paid_installments,name,phone";
        let csv = format!(
            "{header}\nC-1,K-9,2025-12-15,1200.00,12,110.00,0,{ROW_NAME},{ROW_PHONE}\n\
             C-2,K-8,{ROW_NAME},{ROW_PHONE},12,110.00,0,{ROW_NAME},{BAD_PHONE}\n"
        );
        let mapping = json!({
            "contractId": "contract_id", "customerId": "customer_id", "customerName": "name",
            "phone": "phone", "grantedOn": "granted_on", "principal": "principal",
            "installments": "installments", "installmentAmount": "installment_amount",
            "paidInstallments": "paid_installments" });
        let body = json!({ "name": "portfolio", "csv": csv, "spec": { "mapping": mapping } });
        let call = self.staff(Department::Admin, "/imports").await.key("import");
        let import = call.post(&body).await.expect(202);
        self.system.drain().await;
        let path = format!("/imports/{}", import["id"].as_str().unwrap());
        let import = self.staff(Department::Admin, &path).await.get().await.expect(200);
        assert_eq!((&import["status"], &import["counts"]["created"]), (&json!("DONE"), &json!(1)));
        let mut bad = body.clone();
        bad["spec"]["mapping"]["phone"] = json!(ROW_NAME);
        let call = self.staff(Department::Admin, "/imports").await.key("import-bad");
        let answer = call.post(&bad).await;
        self.keep((answer.status, answer.body.to_string()), 400);
    }

    /// Signing in, in every way, and people who are made and changed.
    async fn staff_users(&mut self) {
        let user = json!({ "brandId": BRAZIL.id().unwrap(), "email": STAFF_EMAIL, "name": STAFF_NAME,
            "department": "COLLECTIONS", "password": PASSWORD });
        for (key, status) in [("first", 201), ("again", 409)] {
            let call = self.system.super_admin("/admin/users/create").await.key(key);
            let answer = call.post(&user).await;
            self.keep((answer.status, answer.body.to_string()), status);
        }
        let login = "/api/v1/partner/auth/login";
        for (email, password, status) in [
            (STAFF_EMAIL, WRONG_PASSWORD, 401),
            (EMAIL, PASSWORD, 401),
            (NOTE, PASSWORD, 400),
            (STAFF_EMAIL, PASSWORD, 200),
        ] {
            let body = json!({ "email": email, "password": password, "delivery": "BEARER" });
            let answer = self.system.call(login).post(&body).await;
            let session = self.keep((answer.status, answer.body.to_string()), status);
            if status == 200 {
                self.session(&session).await;
            }
        }
        let body = json!({ "email": STAFF_EMAIL, "password": NEXT_PASSWORD, "delivery": "COOKIE" });
        let answer = self.system.call(login).post(&body).await;
        let cookies: Vec<String> = answer
            .headers
            .get_all("set-cookie")
            .iter()
            .map(|cookie| cookie.to_str().unwrap().to_owned())
            .collect();
        answer.expect(200);
        assert_eq!(cookies.len(), 3);
        for cookie in cookies {
            let value = cookie.split(';').next().unwrap().split_once('=').unwrap().1;
            self.secrets.add(value);
        }
    }

    /// What is done with tokens: used, forged, replaced, and used again.
    async fn session(&mut self, session: &Value) {
        let [access, refresh] =
            ["accessToken", "refreshToken"].map(|name| session[name].as_str().unwrap().to_owned());
        // Of an access token its signature is the secret.
        self.secrets.add(access.rsplit('.').next().unwrap());
        self.secrets.add(refresh.as_str());
        let me = "/api/v1/partner/auth/me";
        self.system.call(me).bearer(&access).get().await.expect(200);
        let forged = format!("{access}x");
        let answer = self.system.call(me).bearer(forged).get().await;
        self.keep((answer.status, answer.body.to_string()), 401);

        let body = json!({ "currentPassword": PASSWORD, "newPassword": NEXT_PASSWORD });
        let path = "/api/v1/partner/auth/change-password";
        self.system.call(path).bearer(&access).post(&body).await.expect(204);
        let answer = self.system.call(path).bearer(&access).post(&body).await;
        assert!(answer.status >= 400, "{}", answer.body);
        self.errors.push((answer.status, answer.body.to_string()));

        let path = "/api/v1/partner/auth/refresh-token";
        let body = json!({ "refreshToken": refresh });
        let renewed = self.system.call(path).post(&body).await.expect(200);
        for name in ["accessToken", "refreshToken"] {
            self.secrets.add(renewed[name].as_str().unwrap().rsplit('.').next().unwrap());
        }
        // Somebody else has it.
        let answer = self.system.call(path).post(&body).await;
        self.keep((answer.status, answer.body.to_string()), 401);
    }

    fn assert_nothing_found(&self, log: &Log) {
        let lines = log.lines();
        assert!(lines.len() > 100, "{} lines", lines.len());
        let mut found: Vec<String> = Vec::new();
        for line in lines {
            let text = line.text();
            assert!(!text.contains(UNKNOWN_FIELD), "{text}");
            let secrets = self.secrets.found_in(&text).into_iter();
            found.extend(secrets.map(|secret| format!("{secret}\n    in: {text}")));
        }
        for (status, body) in &self.errors {
            let secrets = self.secrets.found_in(body).into_iter();
            found.extend(secrets.map(|secret| format!("{secret}\n    answered {status}: {body}")));
        }
        found.sort();
        found.dedup();
        assert!(found.is_empty(), "{} leaks:\n{}", found.len(), found.join("\n"));
    }
}

#[test]
fn neither_a_line_nor_an_error_has_personal_data_or_a_secret_in_it() {
    logged(async |log| {
        let mut office = Office::start().await;
        let customer = office.customers().await;
        office.messages(&customer).await;
        office.imports().await;
        office.staff_users().await;
        assert!(office.errors.len() > 20, "{} errors", office.errors.len());
        office.assert_nothing_found(&log);
    });
}
