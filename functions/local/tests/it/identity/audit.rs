//! What the audit shows of what was done, by people and by keys, over the whole system.

use domain::ids::AuditId;
use jiff::Timestamp;
use platform::auth::Department;
use platform::store::{AuditRecord, Effect};
use serde_json::{Value, json};
use ulid::Ulid;

use super::World;
use crate::harness::{BRAZIL, INDIA, TestSystem};

async fn lines(system: &TestSystem, query: &str) -> Vec<Value> {
    let path = format!("/audit-logs{query}");
    let page = system.staff(BRAZIL, Department::Admin, &path).await.get().await.expect(200);
    page["items"].as_array().unwrap().clone()
}

fn actions(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["action"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_says_who_did_what_to_which_record() {
    let system = TestSystem::start().await;
    let admin = async |path: &str| system.staff(BRAZIL, Department::Admin, path).await;
    let new = json!({
        "email": "rui.invented@example.test", "name": "Rui Invented", "department": "CREDIT",
        "permissions": ["invoices:waive"],
    });
    let user = admin("/user/create").await.post(&new).await.expect(201);
    let id = user["id"].as_str().unwrap();
    let key = json!({ "name": "shop", "permissions": ["customers:write"] });
    let key = admin("/api-keys").await.post(&key).await.expect(201);
    let customer = json!({ "name": "Bia Invented", "phone": "+5511990001234" });
    let path = format!("/api/v1/partner/brand/{}/customers", BRAZIL.id().unwrap());
    let by_key = system.call(&path).header("x-api-key", key["key"].as_str().unwrap());
    let customer = by_key.post(&customer).await.expect(201);
    system.drain().await;

    let created = lines(&system, &format!("?entity={id}")).await;
    assert_eq!(actions(&created), ["staff:create"]);
    assert_eq!(
        created[0]["after"],
        json!({ "department": "CREDIT", "permissions": "invoices:waive" })
    );
    assert_eq!(created[0]["at"].as_str().unwrap()[..10], *"2026-01-15");
    assert!(created[0]["requestId"].as_str().unwrap().starts_with("req_"));

    // A key is an actor like a person.
    let of_key = lines(&system, &format!("?actor={}", key["id"].as_str().unwrap())).await;
    assert_eq!(actions(&of_key), ["customers:create"]);
    assert_eq!(of_key[0]["entity"], customer["id"]);
    let of_keys = lines(&system, "?action=api-keys").await;
    assert_eq!(actions(&of_keys), ["api-keys:create"]);
    assert_eq!(actions(&lines(&system, "?action=api-keys:create").await), ["api-keys:create"]);
    assert!(lines(&system, "?action=api").await.is_empty(), "a whole word of the action");
    assert!(lines(&system, "?to=2026-01-14").await.is_empty());

    let text = json!(lines(&system, "").await).to_string();
    for personal in ["Rui", "Bia", "rui.invented", "990001234", key["key"].as_str().unwrap()] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }

    // The records that are staff, page by page, the latest first.
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/user/audit-logs?limit=2{cursor}");
        let page = admin(&path).await.get().await.expect(200);
        seen.extend(page["items"].as_array().unwrap().clone());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(seen.iter().all(|line| line["entity"].as_str().unwrap().starts_with("staff_")));
    let times: Vec<&str> = seen.iter().map(|line| line["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    // The demo's six people, and the new one.
    assert_eq!(seen.len(), 7, "{seen:?}");

    let other = system.staff(INDIA, Department::Admin, "/audit-logs").await.get().await.expect(200);
    assert!(!other.to_string().contains(id), "another brand's audit has it");
    let wrong = admin("/audit-logs?from=2024-01-01").await.get().await.expect(400);
    assert_eq!(wrong["errors"][0]["field"], "from");
}

/// Months are read one after the other, the latest first.
#[tokio::test]
async fn a_list_goes_on_over_the_months() {
    let world = World::start().await;
    let brand = world.brand(1_000).await;
    let admin = world.member(brand, "admin@lender.example", Department::Admin, &[]).await;
    let admin = world.caller(&admin).await;
    // 2 March in Greenwich, the evening of 1 March in São Paulo; nothing in February.
    let times = ["2025-11-29T12:00:00Z", "2026-01-31T23:59:59Z", "2026-03-02T02:59:59Z"];
    let mut made = Vec::new();
    for time in times {
        let at: Timestamp = time.parse().unwrap();
        let millis = u64::try_from(at.as_millisecond()).unwrap();
        let id = AuditId::new(Ulid::from_parts(millis, 1));
        let effect = Effect::new("staff_x", "loans:approve", time);
        AuditRecord::new(brand, id, at, effect).append(&world.deps.table).await.unwrap();
        made.push(time);
    }
    made.reverse();
    let read = async |filters: &str| {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for _ in 0..10 {
            let path = format!("/audit-logs?limit=1{filters}{cursor}");
            let page = admin.get(brand, &path).await;
            for line in page.body["items"].as_array().unwrap() {
                seen.push(line["entity"].as_str().unwrap().to_owned());
            }
            match page.body["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return seen,
            }
        }
        panic!("ten pages of three records");
    };
    // 92 days before 2 March is 30 November.
    assert_eq!(read("").await, made[..2]);
    assert_eq!(read("&from=2025-11-29").await, made);
    assert_eq!(read("&from=2025-11-29&to=2026-02-28").await, made[1..]);
    // Dates are the brand's; 92 days before 1 March is 29 November.
    assert_eq!(read("&to=2026-03-01").await, made);
    assert_eq!(read("&from=2026-03-02").await, [""; 0]);
    assert_eq!(read("&action=loans&actor=staff_x&from=2026-01-31").await, made[..2]);
    assert_eq!(read("&actor=staff_y").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn loans_are_given_to_a_member_of_staff_once() {
    let system = TestSystem::start().await;
    let loan = async |brand| {
        let customer = json!({ "name": "Bia Invented", "phone": "+5511990005678" });
        let call = system.staff(brand, Department::Admin, "/customers").await;
        let customer = call.post(&customer).await.expect(201);
        let terms = json!({
            "principal": "1000.00", "method": "PRICE", "annualRate": "12", "installments": 3,
            "frequency": { "every": 1, "unit": "MONTH" },
        });
        let body = json!({ "customerId": customer["id"], "terms": terms });
        let call = system.staff(brand, Department::Admin, "/loans").await;
        call.post(&body).await.expect(201)["id"].as_str().unwrap().to_owned()
    };
    let (own, foreign) = (loan(BRAZIL).await, loan(INDIA).await);
    let staff = system.staff(BRAZIL, Department::Admin, "/user?department=COLLECTIONS").await;
    let staff = staff.get().await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/user/{staff}/allocate-loans");
    let give = async |department| {
        let body = json!({ "loanIds": [own, foreign], "reason": "new portfolio" });
        system.staff(BRAZIL, department, &path).await.post(&body).await
    };
    give(Department::Collections).await.expect(403);
    let first = give(Department::LoanManagement).await.expect(200);
    assert_eq!(first["allocated"], 1, "{first}");
    assert_eq!(first["loans"][0], json!({ "loanId": own, "outcome": "ALLOCATED" }));
    assert_eq!(first["loans"][1], json!({ "loanId": foreign, "outcome": "NOT_FOUND" }));
    let again = give(Department::LoanManagement).await.expect(200);
    assert_eq!(again["loans"][0]["outcome"], "UNCHANGED");
    system.drain().await;
    let audit = lines(&system, &format!("?entity={own}&action=loans:allocate")).await;
    assert_eq!(audit.len(), 1, "{audit:?}");
    assert_eq!(
        (&audit[0]["before"]["owner"], &audit[0]["after"]["owner"]),
        (&json!("nobody"), &json!(staff))
    );
    assert_eq!(audit[0]["reason"], "new portfolio");
}
