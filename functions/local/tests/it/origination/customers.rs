use http::StatusCode;
use platform::auth::Department;
use serde_json::json;

use super::support::World;

#[tokio::test]
async fn a_phone_and_an_identifier_are_one_customers() {
    let world = World::on("2026-01-05").await;
    let ana = json!({"name": "Ana Exemplo", "phone": "(11) 98765-0001", "cpf": "111.444.777-35"});
    let ana = world.post("/customers").send(Some(ana)).await.expect(StatusCode::CREATED);
    assert_eq!(ana["phone"], "**********0001");
    assert_eq!(ana["cpf"], "*******7735");

    let same_phone = json!({"name": "Bia Exemplo", "phone": "+5511987650001"});
    let answer = world.post("/customers").send(Some(same_phone)).await;
    assert_eq!(answer.expect(StatusCode::CONFLICT)["message"], "phone is another customer's");
    let same_cpf = json!({"name": "Bia Exemplo", "phone": "+5511987650002", "cpf": "11144477735"});
    let answer = world.post("/customers").send(Some(same_cpf)).await;
    assert_eq!(answer.expect(StatusCode::CONFLICT)["message"], "cpf is another customer's");

    // The refused ones left nothing behind: the phone is free, and in another brand the CPF is too.
    world.move_to("2026-01-06");
    let bia = json!({"name": "Bia Exemplo", "phone": "+5511987650002"});
    let bia = world.post("/customers").send(Some(bia)).await.expect(StatusCode::CREATED);
    let id = bia["id"].as_str().unwrap();
    let found = world.get("/customers?q=11987650002").ok().await;
    assert_eq!(found["items"][0]["id"], id);
    assert_eq!(world.get("/customers?q=exemplo&limit=1").ok().await["items"][0]["id"], id);

    // A phone that is given up is free again.
    let path = format!("/customers/{id}");
    let moved = json!({"phone": "+5511987650003"});
    let moved = world.put(&path).if_match("\"1\"").send(Some(moved)).await.expect(StatusCode::OK);
    assert_eq!(moved["version"], 2);
    let free = json!({"name": "Caio Exemplo", "phone": "+5511987650002"});
    world.post("/customers").send(Some(free)).await.expect(StatusCode::CREATED);
    let stale = json!({"name": "Bia Outra"});
    let answer = world.put(&path).if_match("\"1\"").send(Some(stale)).await;
    answer.expect(StatusCode::CONFLICT);
}

#[tokio::test]
async fn another_brands_customer_is_not_there() {
    let world = World::on("2026-01-05").await;
    let id = world.customer().await;
    let missing = "cus_01ARZ3NDEKTSV4RRFFQ69G5FAV";
    for path in ["", "/loans", "/timeline"] {
        let own = world.get(&format!("/customers/{id}{path}")).send(None).await;
        own.expect(StatusCode::OK);
        let foreign = world.get(&format!("/customers/{id}{path}")).of(world.other.id);
        let foreign = foreign.send(None).await.expect(StatusCode::NOT_FOUND);
        let missing = world.get(&format!("/customers/{missing}{path}")).send(None).await;
        let missing = missing.expect(StatusCode::NOT_FOUND);
        assert_eq!(foreign["message"], missing["message"]);
    }
    let body = Some(json!({"name": "Ana Outra", "phone": "+5511987650009"}));
    let answer = world.post("/customers").by(Department::Collections).send(body).await;
    answer.expect(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_timeline_shows_what_happened_newest_first() {
    let world = World::on("2026-01-05").await;
    let id = world.customer().await;
    world.move_to("2026-01-06");
    let comment = Some(json!({"text": "Calls back on Monday."}));
    let path = format!("/customers/{id}/comments");
    let first = world.post(&path).key("k1").send(comment.clone()).await;
    let first = first.expect(StatusCode::CREATED);
    let again = world.post(&path).key("k1").send(comment).await.expect(StatusCode::CREATED);
    assert_eq!(first, again);
    world.move_to("2026-01-07");
    let body = json!({"customerId": id, "terms": {"principal": "500.00", "method": "PRICE",
        "annualRate": "0", "installments": 1, "frequency": {"every": 1, "unit": "MONTH"}}});
    world.post("/loans").send(Some(body)).await.expect(StatusCode::CREATED);

    let path = format!("/customers/{id}/timeline?limit=1");
    let mut actions = Vec::new();
    let mut next = world.get(&path).ok().await;
    loop {
        actions.extend(next["items"].as_array().unwrap().iter().map(|line| line["action"].clone()));
        let Some(cursor) = next["nextCursor"].as_str() else { break };
        next = world.get(&format!("{path}&cursor={cursor}")).ok().await;
    }
    actions[1..3].sort_by_key(ToString::to_string);
    let expected = ["loans:request", "comments:write", "customers:comment", "customers:create"];
    assert_eq!(actions, expected);
    let loans = world.get(&format!("/customers/{id}/loans")).ok().await;
    assert_eq!(loans["items"][0]["stage"], "SUBMITTED");
}
