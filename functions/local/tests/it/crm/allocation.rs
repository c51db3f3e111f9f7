use platform::auth::Department;
use serde_json::{Value, json};

use crate::harness::{BRAZIL, INDIA, TestSystem};

/// An invented customer of Brazil.
fn customer(number: u32) -> Value {
    json!({ "name": format!("Ana Exemplo {number}"), "phone": format!("+55119{:08}", number) })
}

async fn staff_id(system: &TestSystem, email: &str) -> String {
    let signed_in = system.login(email).await;
    let token = signed_in["accessToken"].as_str().unwrap().to_owned();
    let me = system.call("/api/v1/partner/auth/me").bearer(token).get().await.expect(200);
    me["id"].as_str().unwrap().to_owned()
}

/// One more person of collections.
async fn colleague(system: &TestSystem, name: &str) -> String {
    let body = json!({ "email": format!("{name}@example.test"), "name": "Bia Exemplo",
        "password": "an-invented-password-of-nobody", "department": "COLLECTIONS",
        "brandId": BRAZIL.id().unwrap() });
    let made = system.super_admin("/admin/users/create").await.post(&body).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_go_to_whoever_has_the_fewest() {
    let system = TestSystem::start().await;
    let first = staff_id(&system, &BRAZIL.email(Department::Collections)).await;
    let second = colleague(&system, "second").await;
    let mut ids = Vec::new();
    for number in 1..=5 {
        ids.push(system.create_customer(BRAZIL, &customer(number)).await);
        system.advance("1m").await;
    }
    // By name: the first has one.
    let path = |id: &str| format!("/customers/{id}/allocate");
    let by_name = json!({ "staffId": first, "reason": "knows the family" });
    let given = system.ask(BRAZIL, &path(&ids[0]), &by_name).await.expect(200);
    assert_eq!(given["owner"], first.as_str());
    // By department: 1:0, so the second; 1:1, so the first, who was given one longer ago; then the
    // second again.
    let department = json!({ "department": "COLLECTIONS" });
    let mut owners = Vec::new();
    for id in &ids[1..4] {
        system.advance("1m").await;
        let given = system.ask(BRAZIL, &path(id), &department).await.expect(200);
        owners.push(given["owner"].as_str().unwrap().to_owned());
    }
    assert_eq!(owners, [second.as_str(), &first, &second]);

    let of_first = system.see(BRAZIL, &format!("/customers?owner={first}")).await;
    let found: Vec<&str> = of_first["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(found, [ids[2].as_str(), &ids[0]]);
    let of_all = system.see(BRAZIL, "/customers?department=COLLECTIONS").await;
    assert_eq!(of_all["items"].as_array().unwrap().len(), 4);
    let of_none = system.see(BRAZIL, "/customers?department=CREDIT").await;
    assert_eq!(of_none["items"], json!([]));
    let free = system.see(BRAZIL, "/customers/unallocated").await;
    assert_eq!(free["items"].as_array().unwrap().len(), 1);
    assert_eq!(free["items"][0]["id"], ids[4].as_str());

    // Taken away, the first has one to the second's two, and gets the next.
    system.ask(BRAZIL, &path(&ids[0]), &json!({ "nobody": true })).await.expect(200);
    let given = system.ask(BRAZIL, &path(&ids[4]), &department).await.expect(200);
    assert_eq!(given["owner"], first.as_str());
    let free = system.see(BRAZIL, "/customers/unallocated").await;
    assert_eq!(free["items"][0]["id"], ids[0].as_str());
    // Who has left is given nobody: both of the second's stay, and the first gets the next though
    // they have as many.
    let change = json!({ "email": "second@example.test", "name": "Bia Exemplo",
        "department": "COLLECTIONS", "permissions": [], "active": false });
    let path_of_second = format!("/admin/users/{second}");
    system.super_admin(&path_of_second).await.put(&change).await.expect(200);
    let given = system.ask(BRAZIL, &path(&ids[0]), &department).await.expect(200);
    assert_eq!(given["owner"], first.as_str());
    let to_second = json!({ "staffId": second });
    let refused = system.ask(BRAZIL, &path(&ids[0]), &to_second).await.expect(400);
    assert_eq!(refused["errors"][0]["field"], "staffId");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allocation_is_asked_for_in_one_way_and_made_once() {
    let system = TestSystem::start().await;
    let id = system.create_customer(BRAZIL, &customer(1)).await;
    let path = format!("/customers/{id}/allocate");
    for body in [json!({}), json!({ "nobody": true, "department": "CREDIT" })] {
        let refused = system.ask(BRAZIL, &path, &body).await.expect(400);
        assert_eq!(refused["errors"].as_array().unwrap().len(), 3);
    }
    let stranger = staff_id(&system, &INDIA.email(Department::Credit)).await;
    let body = json!({ "staffId": stranger });
    let refused = system.ask(BRAZIL, &path, &body).await.expect(400);
    assert_eq!(refused["errors"][0]["field"], "staffId");
    let by_credit = system.staff(BRAZIL, Department::Credit, &path).await;
    by_credit.post(&json!({ "nobody": true })).await.expect(403);
    system.ask(INDIA, &path, &json!({ "nobody": true })).await.expect(404);

    let body = json!({ "department": "CREDIT" });
    let call = || system.staff(BRAZIL, Department::Admin, &path);
    let first = call().await.key("k").post(&body).await.expect(200);
    let again = call().await.key("k").post(&body).await.expect(200);
    assert_eq!(first, again);
    let stale = call().await.if_match("\"1\"").post(&json!({ "nobody": true })).await;
    stale.expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_customer_takes_no_loans() {
    let system = TestSystem::start().await;
    let id = system.create_customer(BRAZIL, &customer(1)).await;
    let path = format!("/customers/{id}/status");
    let blocked = system.ask(BRAZIL, &path, &json!({ "status": "BLOCKED" })).await.expect(400);
    assert_eq!(blocked["errors"][0]["field"], "reason");
    let erased = json!({ "status": "ERASED", "reason": "no" });
    system.ask(BRAZIL, &path, &erased).await.expect(400);
    let body = json!({ "status": "BLOCKED", "reason": "false papers" });
    let blocked = system.ask(BRAZIL, &path, &body).await.expect(200);
    assert_eq!((&blocked["status"], &blocked["version"]), (&json!("BLOCKED"), &json!(2)));
    // The same again changes nothing.
    assert_eq!(system.ask(BRAZIL, &path, &body).await.expect(200)["version"], 2);
    let loan = json!({ "customerId": id, "terms": { "principal": "500.00", "method": "PRICE",
        "annualRate": "0", "installments": 1, "frequency": { "every": 1, "unit": "MONTH" } } });
    let refused = system.ask(BRAZIL, "/loans", &loan).await.expect(409);
    assert_eq!(refused["message"], "the customer takes no new loans");
    system.ask(BRAZIL, &path, &json!({ "status": "ACTIVE" })).await.expect(200);
    system.ask(BRAZIL, "/loans", &loan).await.expect(201);
    // The loan raised the version: who saw the customer before it sees them anew.
    let call = system.staff(BRAZIL, Department::Admin, &path).await.if_match("\"3\"");
    call.post(&json!({ "status": "INACTIVE" })).await.expect(409);
}
