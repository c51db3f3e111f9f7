use platform::auth::Department;
use platform::store::{Customer, Key};
use serde_json::{Value, json};

use super::scan;
use crate::harness::{BRAZIL, INDIA, TestSystem};

const PDF: &[u8] = b"%PDF-1.7\n% an invented page\n";

fn body() -> Value {
    json!({ "name": "Zuleika Quaresma", "phone": "+5511987654321", "cpf": "111.444.777-35",
        "email": "zuleika@example.test", "reference": "C-00017" })
}

/// Everything that may be known of somebody: a loan, a comment on each, messages, a document.
async fn known(system: &TestSystem) -> (String, String) {
    let id = system.create_customer(BRAZIL, &body()).await;
    let loan = system.lend_to(BRAZIL, &id, "500.00").await;
    for path in [format!("/customers/{id}/comments"), format!("/loans/{loan}/comments")] {
        let comment = json!({ "text": "Zuleika Quaresma moved." });
        system.ask(BRAZIL, &path, &comment).await.expect(201);
    }
    for (key, subject) in [("m1", json!({ "customerId": id })), ("m2", json!({ "loanId": loan }))] {
        let mut message = subject;
        message["text"] = json!("Cara {name}: Zuleika Quaresma, 111.444.777-35");
        let call = system.staff(BRAZIL, Department::Admin, "/communications/send").await;
        call.key(key).post(&message).await.expect(201);
    }
    let announced =
        json!({ "kind": "INCOME", "contentType": "application/pdf", "sizeBytes": PDF.len() });
    let documents = format!("/customers/{id}/documents");
    let created = system.ask(BRAZIL, &documents, &announced).await.expect(201);
    let http = reqwest::Client::builder().build().unwrap();
    let put = http.put(created["upload"]["url"].as_str().unwrap());
    let put = put.header("content-type", "application/pdf").body(PDF).send().await.unwrap();
    assert_eq!(put.status(), 200);
    let path = format!("{documents}/{}/complete", created["document"]["id"].as_str().unwrap());
    system.ask(BRAZIL, &path, &json!({})).await.expect(200);
    system.advance("1h").await;
    (id, loan)
}

async fn found(system: &TestSystem, query: &str) -> Value {
    let body = json!({ "query": query });
    system.ask(BRAZIL, "/global-search", &body).await.expect(200)["items"].clone()
}

/// What of the table tells of a text, raw.
async fn items_with(system: &TestSystem, text: &str) -> usize {
    let items = scan::table(system).await;
    items.iter().filter(|item| item.windows(text.len()).any(|part| part == text.as_bytes())).count()
}

/// The files that the bucket has in a folder.
fn kept_in(system: &TestSystem, folder: &str) -> usize {
    let bucket = system.data_dir().join("cloud/objects");
    let folder = format!("/{folder}/");
    let of = |object: &Vec<u8>| {
        let is_pdf = object.windows(5).any(|window| window == b"%PDF-");
        is_pdf && object.windows(folder.len()).any(|window| window == folder.as_bytes())
    };
    scan::files(&bucket).iter().filter(|object| of(object)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_erased_and_their_contract_stays() {
    let system = TestSystem::on("2026-01-15").await;
    let (id, loan) = known(&system).await;
    let path = format!("/customers/{id}/personal-data");
    let erase = async || system.staff(BRAZIL, Department::Admin, &path).await;

    // While the contract runs it needs the person.
    let refused = erase().await.delete().await.expect(409);
    assert_eq!(refused["message"], format!("not at an end: {loan}"));
    let agreement = format!("/loans/{loan}/agreement");
    let call = async || system.staff(BRAZIL, Department::Admin, &agreement).await;
    call().await.post(&json!({})).await.expect(201);
    system.pay(BRAZIL, &loan, "500.00").await;
    system.drain().await;
    assert_eq!((kept_in(&system, "agreements"), kept_in(&system, "certificates")), (1, 1));
    let before = system.see(BRAZIL, &format!("/loans/{loan}")).await;
    assert_eq!(before["status"], "PAID");
    let journal = system.see(BRAZIL, &format!("/loans/{loan}/journal")).await;

    // Everything about the person, on request.
    let export = system.see(BRAZIL, &format!("/customers/{id}/export")).await;
    assert_eq!(export["customer"]["cpf"], "11144477735");
    assert_eq!(export["loans"][0]["id"], loan.as_str());
    assert_eq!(export["payments"][0]["amount"], "500.00");
    assert!(export["documents"][0]["url"].is_string());
    let texts: Vec<&str> = export["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["text"].as_str())
        .collect();
    assert_eq!(texts.iter().filter(|text| text.contains("Zuleika Quaresma moved")).count(), 2);
    assert_eq!(texts.iter().filter(|text| text.starts_with("Cara Zuleika:")).count(), 2);

    for department in [Department::Credit, Department::LoanManagement] {
        let export = format!("/customers/{id}/export");
        system.staff(BRAZIL, department, &export).await.get().await.expect(403);
        system.staff(BRAZIL, department, &path).await.delete().await.expect(403);
    }
    system.staff(INDIA, Department::Admin, &path).await.delete().await.expect(404);
    erase().await.if_match("\"1\"").delete().await.expect(409);

    // A copy of the record as a backup has it, with its key; and one without.
    let erased = erase().await.delete().await.expect(200);
    assert_eq!(erased["loans"], json!([loan]));
    let gone = system.see(BRAZIL, &format!("/customers/{id}")).await;
    for field in ["name", "phone", "email", "cpf", "reference", "owner"] {
        assert_eq!(gone[field], Value::Null, "{field}");
    }
    assert_eq!(gone["status"], "ERASED");
    let key = Customer::key_of(BRAZIL.id().unwrap(), id.parse().unwrap());
    assert_eq!(
        attributes(&system, &key).await,
        ["brand", "createdAt", "erasedAt", "id", "lk", "ls", "pk", "sk", "status", "v"]
    );

    // Nobody finds them, by whatever.
    for query in ["zuleika", "quaresma", "87654321", "444777", "zuleika@example.test"] {
        assert_eq!(found(&system, query).await, json!([]), "{query}");
        let q = query.replace('@', "%40");
        let list = system.see(BRAZIL, &format!("/customers?q={q}")).await;
        assert_eq!(list["items"], json!([]), "{query}");
    }
    assert_eq!(items_with(&system, "Zuleika").await, 0);
    assert_eq!(items_with(&system, "111.444.777-35").await, 0);
    let objects = scan::files(&system.data_dir().join("cloud/objects"));
    assert!(objects.iter().all(|object| !object.ends_with(PDF)), "the document is still there");
    assert_eq!((kept_in(&system, "agreements"), kept_in(&system, "certificates")), (0, 0));
    call().await.get().await.expect(404);
    let ndc = format!("/loans/{loan}/generate-ndc");
    let certificate = system.staff(BRAZIL, Department::Admin, &ndc).await.post(&json!({})).await;
    let certificate = certificate.expect(200);
    assert_eq!((&certificate["status"], &certificate["file"]), (&json!("ISSUED"), &Value::Null));

    // And nothing new is kept of them.
    let document = json!({ "kind": "IDENTITY", "contentType": "application/pdf", "sizeBytes": 9 });
    for (path, body) in [("comments", json!({ "text": "called again" })), ("documents", document)] {
        let path = format!("/customers/{id}/{path}");
        let refused = system.staff(BRAZIL, Department::Admin, &path).await.post(&body).await;
        assert_eq!(refused.expect(409)["message"], "the customer was erased", "{path}");
    }

    // The contract and its ledger are what they were, and the figures still follow from them.
    assert_eq!(system.see(BRAZIL, &format!("/loans/{loan}")).await, before);
    assert_eq!(system.see(BRAZIL, &format!("/loans/{loan}/journal")).await, journal);
    let report = system.rebuild(BRAZIL).await;
    assert_eq!((&report["drift"], &report["loans"]), (&json!(0), &json!(1)));

    // Again, nothing is left to do; and nothing can be done with them.
    let again = erase().await.delete().await.expect(200);
    assert_eq!(again, erased);
    let status = json!({ "status": "ACTIVE" });
    system.ask(BRAZIL, &format!("/customers/{id}/status"), &status).await.expect(409);
    let name = json!({ "name": "Ana Exemplo" });
    let call = system.staff(BRAZIL, Department::Admin, &format!("/customers/{id}")).await;
    call.put(&name).await.expect(409);
    let terms = json!({ "principal": "1.00", "method": "PRICE", "annualRate": "0",
        "installments": 1, "frequency": { "every": 1, "unit": "MONTH" } });
    let request = json!({ "customerId": id, "terms": terms });
    system.ask(BRAZIL, "/loans", &request).await.expect(409);
    let message = json!({ "customerId": id, "text": "Olá" });
    let call = system.staff(BRAZIL, Department::Admin, "/communications/send").await;
    call.key("late").post(&message).await.expect(409);
    // What they were known by is free for somebody else.
    let new = system.create_customer(BRAZIL, &body()).await;
    assert_eq!(found(&system, "quaresma").await[0]["customerId"], new.as_str());
}

async fn attributes(system: &TestSystem, key: &Key) -> Vec<String> {
    use aws_sdk_dynamodb::types::AttributeValue;
    let table = &system.system().deps().table;
    let get = table.client().get_item().table_name(table.name());
    let get = get
        .key("pk", AttributeValue::S(key.pk.clone()))
        .key("sk", AttributeValue::S(key.sk.clone()));
    let mut names: Vec<String> = get.send().await.unwrap().item.unwrap().into_keys().collect();
    names.sort();
    names
}

/// A message that waits when its addressee is erased does not leave.
#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_message_is_suppressed() {
    let system = TestSystem::on("2026-01-15").await;
    let id = system.create_customer(BRAZIL, &body()).await;
    // Two in the morning: nobody is written to before contact hours.
    system.advance("17h").await;
    let message = json!({ "customerId": id, "text": "Olá, {name}!" });
    let call = system.staff(BRAZIL, Department::Admin, "/communications/send").await;
    let sent = call.key("m").post(&message).await.expect(201);
    let path = format!("/customers/{id}/personal-data");
    system.staff(BRAZIL, Department::Admin, &path).await.delete().await.expect(200);
    system.advance("12h").await;
    let path = format!("/communications/{}", sent["id"].as_str().unwrap());
    let message = system.see(BRAZIL, &path).await;
    assert_eq!(
        (&message["status"], &message["reason"]["code"]),
        (&json!("SUPPRESSED"), &json!("ERASED"))
    );
    assert_eq!(system.whatsapp_messages().await, Vec::<Value>::new());
}

/// A loan and an erasure at the same time: one of them finds the other.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_erased_with_a_loan_on_its_way() {
    let system = TestSystem::on("2026-01-15").await;
    for round in 0..12 {
        let body = json!({ "name": "Ana Exemplo", "phone": format!("+55119{:08}", round) });
        let id = system.create_customer(BRAZIL, &body).await;
        let path = format!("/customers/{id}/personal-data");
        let terms = json!({ "principal": "500.00", "method": "PRICE", "annualRate": "0",
            "installments": 1, "frequency": { "every": 1, "unit": "MONTH" } });
        let request = json!({ "customerId": id, "terms": terms });
        let erase = system.staff(BRAZIL, Department::Admin, &path).await;
        let (erased, asked) = tokio::join!(erase.delete(), system.ask(BRAZIL, "/loans", &request));
        match (erased.status, asked.status) {
            (200, 409) | (409 | 503, 201) => {}
            other => panic!("{other:?}: {} {}", erased.body, asked.body),
        }
    }
}
