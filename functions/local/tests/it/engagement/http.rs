use domain::dunning::Status;
use domain::ids::{SessionId, StaffId};
use platform::auth::{Actor, ActorId, Department, Kind, access};
use platform::store::{Communication, LoanRecord};
use reqwest::Method;
use serde_json::{Value, json};

use super::support::{System, reqwest_client};

const DATE: &str = "2026-03-11";
const NINE_LOCAL: &str = "2026-03-11T12:00:00Z";

struct Client {
    base: String,
    token: String,
}

impl Client {
    async fn start(system: &System, department: Department) -> Self {
        let base = system.serve(engagement::communications::router()).await;
        let brand = system.brand.id;
        let actor = Actor {
            kind: Kind::Staff,
            id: ActorId::Staff(StaffId::new(system.deps.ulid())),
            department: Some(department),
            permissions: Vec::new(),
            brand: Some(brand),
            session: SessionId::new(system.deps.ulid()),
        };
        let key = system.deps.config.token_key.get().unwrap();
        let token = access::sign(key, &actor, system.deps.clock.wall()).unwrap();
        Self { base: format!("{base}/api/v1/partner/brand/{brand}/communications"), token }
    }

    async fn call(&self, method: Method, path: &str, key: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.base);
        let mut request = reqwest_client().request(method, url).bearer_auth(&self.token);
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, "", Value::Null).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    async fn post(&self, path: &str, key: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, key, body).await
    }
}

async fn loan(system: &System) -> LoanRecord {
    system.loan(1, "2026-03-10").await
}

fn id_of(view: &Value) -> domain::ids::CommunicationId {
    view["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_message_by_hand_is_sent_once_and_shows_the_name() {
    let system = System::start(NINE_LOCAL).await;
    let (loan, client) = (loan(&system).await, Client::start(&system, Department::Admin).await);
    let body = json!({ "loanId": loan.loan.id, "text": "Oi {name}, faltam {amountTotal}." });
    let (status, sent) = client.post("/send", "a", body.clone()).await;
    assert_eq!(status, 201, "{sent}");
    assert_eq!(sent["text"], "Oi {name}, faltam R$ 510,17.");
    assert_eq!(sent["status"], "QUEUED");
    assert_eq!(client.post("/send", "a", body).await, (201, sent.clone()));
    let other = json!({ "loanId": loan.loan.id, "text": "Oi" });
    assert_eq!(client.post("/send", "a", other).await.0, 422);

    system.enqueue(id_of(&sent)).await;
    system.work().await;
    assert_eq!(system.phones().await[0]["text"], "Oi Ana, faltam R$ 510,17.");
    let shown = client.get(&format!("/{}", sent["id"].as_str().unwrap())).await;
    assert_eq!(shown["text"], "Oi Ana, faltam R$ 510,17.");
    assert_eq!(shown["instance"]["name"], "parcela-invented");
    assert_eq!(shown["customerId"], json!(loan.loan.customer));
}

#[tokio::test]
async fn what_cannot_be_sent_names_its_field() {
    let system = System::start(NINE_LOCAL).await;
    let (loan, client) = (loan(&system).await, Client::start(&system, Department::Admin).await);
    let (id, customer) = (loan.loan.id, loan.loan.customer);
    for (body, field) in [
        (json!({ "loanId": id, "text": "{nome}" }), "text"),
        (json!({ "customerId": customer, "text": "{amountDue}" }), "text"),
        (json!({ "loanId": id, "customerId": customer, "text": "Oi" }), "loanId"),
        (json!({ "loanId": id }), "templateId"),
        (json!({ "loanId": "loan_01JZ0000000000000000000000", "text": "Oi" }), "loanId"),
        (json!({ "customerId": "cus_01JZ0000000000000000000000", "text": "Oi" }), "customerId"),
        (json!({ "loanId": id, "templateId": "tpl_01JZ0000000000000000000000" }), "templateId"),
    ] {
        let (status, error) = client.post("/send", "k", body.clone()).await;
        assert_eq!((status, &error["errors"][0]["field"]), (400, &json!(field)), "{body} {error}");
    }
    assert_eq!(client.post("/send", "", json!({ "loanId": id, "text": "Oi" })).await.0, 400);
}

#[tokio::test]
async fn lists_are_filtered_and_newest_first() {
    let system = System::start(NINE_LOCAL).await;
    let client = Client::start(&system, Department::Admin).await;
    let (first, second) = (system.loan(1, "2026-03-10").await, system.loan(2, "2026-03-10").await);
    system.run_job(DATE, &[]).await;
    let customer = first.loan.customer;
    for (key, body) in [
        ("a", json!({ "customerId": customer, "text": "Um" })),
        ("b", json!({ "loanId": first.loan.id, "text": "Dois" })),
        ("c", json!({ "loanId": second.loan.id, "text": "Outro" })),
    ] {
        assert_eq!(client.post("/send", key, body).await.0, 201);
    }
    assert_eq!(client.get("").await["items"].as_array().unwrap().len(), 5);
    let of_loan = client.get(&format!("?loan={}", first.loan.id)).await;
    assert_eq!(of_loan["items"].as_array().unwrap().len(), 2);
    assert_eq!(of_loan["items"][0]["text"], "Dois");
    let mut texts = Vec::new();
    let mut query = format!("?customer={customer}&limit=2");
    loop {
        let page = client.get(&query).await;
        let items = page["items"].as_array().unwrap().clone();
        texts.extend(items.iter().map(|item| item["kind"].as_str().unwrap().to_owned()));
        match page["nextCursor"].as_str() {
            Some(cursor) => query = format!("?customer={customer}&limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(texts, ["MANUAL", "MANUAL", "DUNNING"]);
    assert_eq!(client.get("?status=FAILED").await["items"], json!([]));
    assert_eq!(client.get("?status=QUEUED").await["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn only_what_failed_is_sent_again_and_once() {
    let system = System::start(NINE_LOCAL).await;
    let (loan, client) = (loan(&system).await, Client::start(&system, Department::Admin).await);
    system.script(json!({ "not_on_whatsapp": ["5511900000001"] })).await;
    system.run_job(DATE, std::slice::from_ref(&loan)).await;
    let daily = Communication::daily_id(loan.loan.id, DATE.parse().unwrap());
    let path = format!("/{daily}/resend");
    let (status, error) = client.post(&path, "", Value::Null).await;
    assert_eq!((status, &error["allowed"]), (409, &json!(["FAILED", "SUPPRESSED"])));
    system.work().await;
    assert_eq!(system.find(daily).await.unwrap().status, Status::Failed);
    let (status, again) = client.post(&path, "", Value::Null).await;
    assert_eq!(status, 201, "{again}");
    assert_eq!(again["resendOf"], json!(daily));
    let (status, same) = client.post(&path, "", Value::Null).await;
    assert_eq!((status, &same["id"]), (200, &again["id"]));
    assert_eq!(client.get(&format!("/{daily}")).await["resentAs"], again["id"]);

    system.script(json!({ "reset": true })).await;
    system.advance(jiff::SignedDuration::from_secs(60));
    system.enqueue(id_of(&again)).await;
    system.work().await;
    assert_eq!(system.phones().await.len(), 1);
}

#[tokio::test]
async fn a_template_of_the_brand_is_in_force_until_it_is_removed() {
    let system = System::start(NINE_LOCAL).await;
    let (loan, client) = (loan(&system).await, Client::start(&system, Department::Admin).await);
    let built_in = client.get("/templates").await;
    assert_eq!(built_in["items"].as_array().unwrap().len(), 2);
    assert_eq!(built_in["items"][0]["id"], Value::Null);
    let body = json!({ "kind": "OVERDUE", "name": "Atraso", "text": "{name}: {amountOverdue}" });
    let (status, template) = client.post("/templates", "", body.clone()).await;
    assert_eq!((status, &template["locale"]), (201, &json!("pt-BR")), "{template}");
    let (status, error) = client.post("/templates", "", body).await;
    assert_eq!(
        (status, &error["message"]),
        (409, &json!("the brand has its OVERDUE template in pt-BR"))
    );
    let wrong = json!({ "kind": "MANUAL", "name": "x", "text": "{valor}" });
    let (status, error) = client.post("/templates", "", wrong).await;
    assert_eq!((status, &error["errors"][0]["field"]), (400, &json!("text")));

    let path = format!("/templates/{}", template["id"].as_str().unwrap());
    let change = json!({ "name": "Atraso", "text": "{name}, {amountOverdue} em atraso" });
    assert_eq!(client.call(Method::PUT, &path, "", change).await.0, 200);
    system.run_job(DATE, std::slice::from_ref(&loan)).await;
    system.work().await;
    assert_eq!(system.phones().await[0]["text"], "Ana, R$ 510,17 em atraso");

    assert_eq!(client.call(Method::DELETE, &path, "", Value::Null).await.0, 204);
    assert_eq!(client.call(Method::DELETE, &path, "", Value::Null).await.0, 404);
    assert_eq!(client.get("/templates").await["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn who_may_not_send_may_still_read() {
    let system = System::start(NINE_LOCAL).await;
    let loan = loan(&system).await;
    let client = Client::start(&system, Department::Credit).await;
    let body = json!({ "loanId": loan.loan.id, "text": "Oi" });
    assert_eq!(client.post("/send", "a", body).await.0, 403);
    assert_eq!(client.get("").await["items"], json!([]));
    let stranger = "/com_loan_01JZ0000000000000000000000_01JZ0000000000000000000001";
    assert_eq!(client.call(Method::GET, stranger, "", Value::Null).await.0, 404);
}
