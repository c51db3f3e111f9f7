use domain::ids::StaffId;
use platform::auth::Department;
use platform::store::{Author, Event, PasswordHash, StaffUser};
use serde_json::{Value, json};

use super::support::World;

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// Four loans on 15 May, with oldest open due dates of 10 March, 10 April, 10 May and 10 June: 66,
/// 35 and 5 days past due, and one that is not.
async fn four() -> (World, Vec<String>) {
    let world = World::on("2026-02-10").await;
    let mut loans = Vec::new();
    for paid in 0..4_u16 {
        let loan = world.loan(4, paid).await;
        if paid > 0 {
            let amount = format!("{}.00", 500 * paid);
            world.pay(&loan, &format!("p{paid}"), &amount, json!({})).await.expect(201);
        }
        loans.push(loan);
    }
    world.move_to("2026-05-15");
    (world, loans)
}

#[tokio::test(flavor = "multi_thread")]
async fn loans_are_listed_by_how_long_they_are_overdue() {
    let (mut world, loans) = four().await;
    let list = async |world: &World, path: &str| world.get(path).send().await.expect(200);
    let all = list(&world, "/collection").await;
    assert_eq!(ids(&all), loans, "the oldest first");
    let buckets: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|item| item["bucket"].clone()).collect();
    assert_eq!(json!(buckets), json!(["61-90", "31-60", "1-30", null]));
    // 66 days: 500 × 1 % / 30 × 66 = 11.00; 35 days: 5.83; 5 days: 0.83; a late fee of 10.00 each.
    let first = &all["items"][0];
    assert_eq!((&first["daysPastDue"], &first["overdueInvoices"]), (&json!(66), &json!(3)));
    assert_eq!(first["overdue"]["total"], "1547.66");

    for (path, wanted) in [
        ("/collection/pre", &loans[3..]),
        ("/collection/post", &loans[..3]),
        ("/collection?bucket=31-60", &loans[1..2]),
        ("/collection?dpdFrom=5&dpdTo=35", &loans[1..3]),
        ("/collection/post?dpdTo=35", &loans[1..3]),
        ("/collection?dpdTo=0", &loans[3..]),
        ("/collection?dpdFrom=67", &loans[..0]),
        ("/collection?dpdFrom=40&dpdTo=30", &loans[..0]),
        ("/collection?bucket=90%2B", &loans[..0]),
    ] {
        assert_eq!(ids(&list(&world, path).await), wanted, "{path}");
    }
    let unknown = world.get("/collection?bucket=SMA-2").send().await.expect(400);
    assert_eq!(unknown["errors"][0]["field"], "bucket");

    // Under Indian rules day 1 is the due date.
    world.rules(|brand| brand.country = "IN".to_owned()).await;
    assert_eq!(ids(&list(&world, "/collection?bucket=SMA-2").await), loans[..1]);
    assert_eq!(ids(&list(&world, "/collection?bucket=SMA-1").await), loans[1..2]);
    assert_eq!(ids(&list(&world, "/collection?bucket=SMA-0").await), loans[2..3]);
    assert_eq!(ids(&list(&world, "/collection?bucket=NPA").await), loans[..0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_page_by_page_with_a_signed_cursor() {
    let (world, loans) = four().await;
    for loan in &loans[..3] {
        let key = format!("pay-{loan}");
        world.pay(loan, &key, "2100.00", json!({})).await.expect(201);
    }
    let ended = world.get("/completed?limit=100").send().await.expect(200);
    assert_eq!(ids(&ended).len(), 3);
    let others = World::on("2026-02-10").await;
    let mut open = Vec::new();
    for phone in 1..=5 {
        open.push(others.loan(1, phone).await);
    }
    for (world, path, whole) in
        [(&world, "/completed", ids(&ended)), (&others, "/collection", open)]
    {
        let mut read = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = world.get(&format!("{path}?limit=2{cursor}")).send().await.expect(200);
            read.extend(ids(&page));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(read, whole, "{path}");
        let forged = world.get(&format!("{path}?limit=2&cursor=AAAA")).send().await.expect(400);
        assert_eq!(forged["errors"][0]["field"], "cursor");
    }
    let none = world.get("/completed?to=2026-05-14").send().await.expect(200);
    assert_eq!(ids(&none), Vec::<String>::new());
    let today = world.get("/completed?from=2026-05-15&to=2026-05-15").send().await.expect(200);
    assert_eq!(ids(&today).len(), 3);
}

/// A page of a list reads the loans that it shows, and one index query a shard.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_does_not_read_the_portfolio() {
    let world = World::on("2026-02-10").await;
    for phone in 1..=30 {
        world.loan(1, phone).await;
    }
    world.get("/collection?limit=2").send().await.expect(200);
    world.deps.table.meter().take();
    world.get("/collection?limit=2").send().await.expect(200);
    let consumed = world.deps.table.meter().take();
    assert_eq!(consumed["Query"].calls, 8, "{consumed:?}");
    // Half a unit for each of 8 queries, and for each of 2 loans.
    let units = consumed["Query"].read_units + consumed["BatchGetItem"].read_units;
    assert!(units <= 6.into(), "{consumed:?}");
}

async fn colleague(world: &World) -> StaffId {
    let deps = &world.deps;
    let id = StaffId::new(deps.ulid());
    let mut user = StaffUser {
        id,
        version: 0,
        brand: Some(world.brand.id),
        email: "bia@example.test".parse().unwrap(),
        name: "Bia Exemplo".parse().unwrap(),
        department: Department::Collections,
        permissions: Vec::new(),
        active: true,
        password_hash: PasswordHash::new("none".to_owned()),
        credentials: 1,
        created_at: deps.now(),
        updated_at: deps.now(),
    };
    let event = Event::new(deps, Some(world.brand.id), Author::new("seed").effect("x", id));
    let tx =
        user.create_in(deps.table.tx(), deps.config.lookup_key.get().unwrap(), &event).unwrap();
    tx.commit().await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn loans_are_given_to_a_colleague_together() {
    let (world, loans) = four().await;
    let staff = colleague(&world).await;
    let unknown = format!("loan_{}", world.deps.ulid());
    let body = json!({"loanIds": [loans[0], loans[2], unknown, loans[2]], "staffId": staff});
    let by = |department| world.post("/collection/allocate").by(department);
    by(Department::Collections).json(body.clone()).await.expect(403);
    let first = by(Department::LoanManagement).key("k").json(body.clone()).await.expect(200);
    let outcome = |answer: &Value, loan: &str| {
        let items = answer["items"].as_array().unwrap().iter();
        items.clone().find(|item| item["loanId"] == loan).map(|item| item["outcome"].clone())
    };
    assert_eq!(first["items"].as_array().unwrap().len(), 3);
    assert_eq!(outcome(&first, &loans[0]), Some(json!("ALLOCATED")));
    assert_eq!(outcome(&first, &unknown), Some(json!("NOT_FOUND")));
    let again = by(Department::LoanManagement).key("k").json(body.clone()).await.expect(200);
    assert_eq!(again, first);
    let new = by(Department::LoanManagement).key("l").json(body).await.expect(200);
    assert_eq!(outcome(&new, &loans[0]), Some(json!("UNCHANGED")));
    let own = world.get(&format!("/collection?owner={staff}")).send().await.expect(200);
    assert_eq!(ids(&own), [loans[0].clone(), loans[2].clone()]);
    let nobody = json!({"loanIds": [loans[0]], "staffId": StaffId::new(world.deps.ulid())});
    let refusal = world.post("/collection/allocate").json(nobody).await.expect(400);
    assert_eq!(refusal["errors"][0]["field"], "staffId");
}

#[tokio::test(flavor = "multi_thread")]
async fn promises_are_kept_or_broken_by_payments() {
    let (world, loans) = four().await;
    let loan = &loans[0];
    let path = format!("/collection/{loan}/promise-to-pay");
    let promise = |amount: &str, by: &str| json!({"amount": amount, "by": by});
    for (body, field) in [
        (promise("100.00", "2026-05-14"), "by"),
        (promise("100.00", "2026-08-14"), "by"),
        (promise("0.00", "2026-05-20"), "amount"),
        (promise("5000.00", "2026-05-20"), "amount"),
    ] {
        let refusal = world.post(&path).json(body).await.expect(400);
        assert_eq!(refusal["errors"][0]["field"], field);
    }
    let by = world.post(&path).by(Department::Credit);
    by.json(promise("100.00", "2026-05-20")).await.expect(403);
    let post = |body: Value, key: &'static str| world.post(&path).key(key).json(body);
    post(promise("200.00", "2026-05-16"), "a").await.expect(201);
    let second = post(promise("100.00", "2026-05-20"), "b").await.expect(201);
    assert_eq!(post(promise("100.00", "2026-05-20"), "b").await.expect(201), second);
    assert_eq!(second["promise"], "OPEN");
    world.move_to("2026-05-18");
    world.pay(loan, "p", "150.00", json!({})).await.expect(201);
    let path = format!("/collection/{loan}/repayment-timeline");
    let timeline = world.get(&path).send().await.expect(200);
    let states: Vec<_> =
        timeline["items"].as_array().unwrap().iter().map(|item| item["promise"].clone()).collect();
    assert_eq!(json!(states), json!(["KEPT", "BROKEN"]));
    let nothing = format!("/collection/loan_{}/promise-to-pay", world.deps.ulid());
    world.post(&nothing).json(promise("1.00", "2026-05-20")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn visits_and_contacts_are_noted_on_the_timeline() {
    let (world, loans) = four().await;
    let loan = &loans[0];
    let visits = format!("/collection/{loan}/field-visit");
    let visit = |latitude: f64, longitude: f64| json!({"latitude": latitude, "longitude": longitude, "outcome": "NOT_AT_HOME"});
    let refusal = world.post(&visits).json(visit(90.01, -180.5)).await.expect(400);
    let faults = refusal["errors"].as_array().unwrap().iter();
    let fields: Vec<_> = faults.map(|fault| fault["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["latitude", "longitude"]);
    let late = json!({"latitude": 0, "longitude": 0, "outcome": "MET",
        "visitedAt": "2026-05-15T12:00:01Z"});
    let refusal = world.post(&visits).json(late).await.expect(400);
    assert_eq!(refusal["errors"][0]["field"], "visitedAt");
    let street = || world.post(&visits).by(Department::StreetSupervisor);
    let noted = street().json(visit(-23.5505, -46.6333)).await.expect(201);
    assert_eq!((&noted["latitude"], &noted["longitude"]), (&json!(-23.5505), &json!(-46.6333)));

    let path = format!("/collection/{loan}/repayment-timeline");
    let contact = json!({"channel": "CALL", "text": "no answer"});
    world.post(&path).key("c").json(contact.clone()).await.expect(201);
    world.post(&path).key("c").json(contact.clone()).await.expect(201);
    let timeline = world.get(&path).send().await.expect(200);
    let kinds: Vec<_> =
        timeline["items"].as_array().unwrap().iter().map(|item| item["kind"].clone()).collect();
    assert_eq!(json!(kinds), json!(["CONTACT", "FIELD_VISIT"]));
    assert_eq!(timeline["invoices"].as_array().unwrap().len(), 4);
    assert_eq!(timeline["loan"]["bucket"], "61-90");
    let page = world.get(&format!("{path}?limit=1")).send().await.expect(200);
    let next = format!("{path}?limit=1&cursor={}", page["nextCursor"].as_str().unwrap());
    let next = world.get(&next).send().await.expect(200);
    assert_eq!(next["items"][0]["kind"], "FIELD_VISIT");

    let other = |path: &str, method| world.call(method, &world.other, path);
    other(&path, reqwest::Method::GET).send().await.expect(404);
    other(&path, reqwest::Method::POST).json(contact).await.expect(404);
    other(&visits, reqwest::Method::POST).json(visit(0.0, 0.0)).await.expect(404);
}
