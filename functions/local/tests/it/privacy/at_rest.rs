use aws_sdk_dynamodb::types::AttributeValue;
use platform::auth::Department;
use platform::store::{Customer, Key};
use serde_json::{Value, json};

use crate::harness::{BRAZIL, TestSystem};

async fn create(system: &TestSystem, number: u32) -> String {
    let body = json!({ "name": format!("Ana Exemplo {number}"),
        "phone": format!("+55119{:08}", number), "email": "ana@example.test" });
    system.create_customer(BRAZIL, &body).await
}

fn key(id: &str) -> Key {
    Customer::key_of(BRAZIL.id().unwrap(), id.parse().unwrap())
}

async fn attribute(system: &TestSystem, id: &str, name: &str) -> AttributeValue {
    let (table, key) = (&system.system().deps().table, key(id));
    let get = table.client().get_item().table_name(table.name());
    let get = get.key("pk", AttributeValue::S(key.pk)).key("sk", AttributeValue::S(key.sk));
    get.send().await.unwrap().item.unwrap().remove(name).unwrap()
}

async fn set(system: &TestSystem, id: &str, name: &str, value: AttributeValue) {
    let (table, key) = (&system.system().deps().table, key(id));
    let update = table.client().update_item().table_name(table.name());
    update
        .key("pk", AttributeValue::S(key.pk))
        .key("sk", AttributeValue::S(key.sk))
        .update_expression("SET #a = :v")
        .expression_attribute_names("#a", name)
        .expression_attribute_values(":v", value)
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_moved_in_the_table_does_not_open() {
    let system = TestSystem::start().await;
    let (ana, bia) = (create(&system, 1).await, create(&system, 2).await);
    let path = format!("/customers/{bia}");
    let refused = async || {
        let call = system.staff(BRAZIL, Department::Admin, &path).await;
        let body = call.get().await.expect(500);
        assert_eq!(body["message"], "something went wrong on our side");
    };
    // Ana's phone in Bia's record; with Ana's key as well; Bia's e-mail as her phone.
    let phone = attribute(&system, &bia, "sp").await;
    set(&system, &bia, "sp", attribute(&system, &ana, "sp").await).await;
    refused().await;
    let keys = attribute(&system, &bia, "k").await;
    set(&system, &bia, "k", attribute(&system, &ana, "k").await).await;
    refused().await;
    set(&system, &bia, "k", keys).await;
    set(&system, &bia, "sp", attribute(&system, &bia, "se").await).await;
    refused().await;
    // Put back, all is as it was.
    set(&system, &bia, "sp", phone).await;
    let seen = system.see(BRAZIL, &path).await;
    assert_eq!(seen["phone"], "**********0002");
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_values_are_for_who_may_see_them_and_audited() {
    let system = TestSystem::start().await;
    let id = create(&system, 1).await;
    let (plain, full) = (format!("/customers/{id}"), format!("/customers/{id}?full=true"));
    let masked = system.see(BRAZIL, &plain).await;
    assert_eq!(
        (&masked["phone"], &masked["email"]),
        (&json!("**********0001"), &json!("a***@example.test"))
    );
    for department in [Department::Credit, Department::LoanManagement, Department::Collections] {
        system.staff(BRAZIL, department, &full).await.get().await.expect(403);
    }
    let looks = async || -> usize {
        let timeline = system.see(BRAZIL, &format!("/customers/{id}/timeline")).await;
        let lines = timeline["items"].as_array().unwrap().clone();
        lines.iter().filter(|line| line["action"] == "customers:read-full").count()
    };
    assert_eq!(looks().await, 0);
    let whole = system.see(BRAZIL, &full).await;
    assert_eq!(
        (&whole["phone"], &whole["email"]),
        (&json!("+5511900000001"), &json!("ana@example.test"))
    );
    assert_eq!(looks().await, 1);
}

/// A key is unwrapped once where it is cold, whatever is read afterwards; a new customer costs the
/// one call that makes their key.
#[tokio::test(flavor = "multi_thread")]
async fn one_call_of_the_key_service_for_each_cold_customer() {
    let system = TestSystem::start().await;
    let mut ids = Vec::new();
    for number in 1..=30 {
        ids.push(create(&system, number).await);
    }
    assert_eq!(system.system().deps().pii.calls(), 30);
    let system = system.kill_and_restart().await;
    let pii = &system.system().deps().pii;
    assert_eq!(pii.calls(), 0);
    let page = system.see(BRAZIL, "/customers?limit=25").await;
    assert_eq!((page["items"].as_array().unwrap().len(), pii.calls()), (25, 25));
    system.see(BRAZIL, "/customers?limit=25").await;
    for id in &ids[5..] {
        system.see(BRAZIL, &format!("/customers/{id}")).await;
        system.see(BRAZIL, &format!("/customers/{id}?full=true")).await;
        system.see(BRAZIL, &format!("/customers/{id}/timeline")).await;
    }
    assert_eq!(pii.calls(), 25);
    // Who only asks whether the customer is there opens nothing.
    system.see(BRAZIL, &format!("/customers/{}/loans", ids[0])).await;
    system.see(BRAZIL, &format!("/customers/{}/documents", ids[0])).await;
    let loan = system.lend_to(BRAZIL, &ids[0], "500.00").await;
    assert_eq!(pii.calls(), 25);
    let message = json!({ "loanId": loan, "text": "Olá, {name}!" });
    let call = system.staff(BRAZIL, Department::Admin, "/communications/send").await;
    call.key("m").post(&message).await.expect(201);
    system.advance("1h").await;
    assert_eq!(system.whatsapp_messages().await[0]["text"], "Olá, Ana!");
    assert_eq!(pii.calls(), 26);
}

/// What sealing adds to the reads of a customer: nothing. The record has one kilobyte, as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_one_read_and_a_record_of_a_kilobyte() {
    let system = TestSystem::start().await;
    let body = json!({ "name": "Maria Aparecida dos Santos", "phone": "+5511987654321",
        "cpf": "111.444.777-35", "email": "maria.santos@example.test", "reference": "C-00017" });
    let table = &system.system().deps().table;
    let id = system.create_customer(BRAZIL, &body).await;
    system.drain().await;
    let call = system.staff(BRAZIL, Department::Admin, &format!("/customers/{id}")).await;
    table.meter().take();
    call.get().await.expect(200);
    let read = table.meter().take();
    let get = read["GetItem"];
    // One strong read of at most 4 KB, beside the brand's where it is not at hand (half a unit).
    assert!(get.read_units <= "1.5".parse().unwrap(), "{read:?}");
    let key = key(&id);
    let item = table.client().get_item().table_name(table.name());
    let item = item.key("pk", AttributeValue::S(key.pk)).key("sk", AttributeValue::S(key.sk));
    let bytes: usize = item
        .send()
        .await
        .unwrap()
        .item
        .unwrap()
        .iter()
        .map(|(name, value)| name.len() + size(value))
        .sum();
    println!("{bytes} bytes");
    // KMS wraps a key in 184 bytes, the key service of one machine in 61.
    assert!(bytes + 184 - 61 <= 1_024, "{bytes} bytes");
}

fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + size(value)).sum::<usize>(),
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>()
        }
        _ => 1,
    }
}

/// A request again is answered as it was, from a record that shows nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_answer_is_sealed_at_rest() {
    let system = TestSystem::start().await;
    let body = json!({ "name": "Zuleika Quaresma", "phone": "+5511900000001" });
    let call = async || system.staff(BRAZIL, Department::Admin, "/customers").await.key("k-1");
    let first = call().await.post(&body).await.expect(201);
    let again = call().await.post(&body).await.expect(201);
    assert_eq!(first, again);
    let other = json!({ "name": "Zuleika Quaresma", "phone": "+5511900000002" });
    call().await.post(&other).await.expect(422);
    let items: Value =
        crate::privacy::scan::table(&system).await.into_iter().map(Value::from).collect();
    assert!(!items.to_string().contains("Quaresma"));
}
