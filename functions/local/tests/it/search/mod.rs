//! The search over a brand's customers, by fragments.

use platform::auth::Department;
use serde_json::{Value, json};

use crate::harness::{BRAZIL, INDIA, TestSystem};

async fn hits(system: &TestSystem, query: &str) -> Vec<Value> {
    let answer = system.ask(BRAZIL, "/global-search", &json!({ "query": query })).await.expect(200);
    answer["items"].as_array().unwrap().clone()
}

async fn names(system: &TestSystem, query: &str) -> Vec<String> {
    let hits = hits(system, query).await;
    hits.iter().map(|hit| hit["name"].as_str().unwrap().to_owned()).collect()
}

/// Invented people; the CPF is a textbook's, with valid check digits.
async fn people(system: &TestSystem) {
    for body in [
        json!({ "name": "João Ávila Exemplo", "phone": "+5511900001234", "cpf": "111.444.777-35",
            "email": "joao.exemplo@example.test" }),
        json!({ "name": "Joana Souza", "phone": "+5511900005678" }),
        json!({ "name": "Beatriz Sousa Lima", "phone": "+5521900001234" }),
        json!({ "name": "Ana", "phone": "+5511900009999" }),
    ] {
        system.create_customer(BRAZIL, &body).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_parts_of_what_is_known_of_them() {
    let system = TestSystem::start().await;
    people(&system).await;
    // Without accents and in capitals, in whatever order, in the midst of a word.
    assert_eq!(names(&system, "JOAO AVILA").await, ["João Ávila Exemplo"]);
    assert_eq!(names(&system, "avila joao").await, ["João Ávila Exemplo"]);
    assert_eq!(names(&system, "xemp").await, ["João Ávila Exemplo"]);
    assert_eq!(names(&system, "ana").await[0], "Ana");
    // The most in common first: souza has all its five trigrams in Souza, and in Sousa ^so and sou
    // of five, fewer than half.
    assert_eq!(names(&system, "souza").await, ["Joana Souza"]);
    // joana souza has ten; Joana Souza all of them. Half of them is enough.
    let found = hits(&system, "joana sousa").await;
    assert_eq!(
        (&found[0]["name"], &found[0]["shared"], &found[0]["of"]),
        (&json!("Joana Souza"), &json!(7), &json!(10))
    );
    assert_eq!(found[1]["name"], "Beatriz Sousa Lima");

    // The last four digits of two people; with the area code of one.
    let mut both = names(&system, "1234").await;
    both.sort();
    assert_eq!(both, ["Beatriz Sousa Lima", "João Ávila Exemplo"]);
    assert_eq!(names(&system, "(21) 90000-1234").await[0], "Beatriz Sousa Lima");
    assert_eq!(names(&system, "444.777").await, ["João Ávila Exemplo"]);
    assert_eq!(names(&system, "11144477735").await, ["João Ávila Exemplo"]);
    assert_eq!(names(&system, " Joao.Exemplo@example.test ").await, ["João Ávila Exemplo"]);
    assert_eq!(names(&system, "joao.exempl@example.test").await, Vec::<String>::new());
    assert_eq!(names(&system, "zzzz").await, Vec::<String>::new());

    // What is shown is masked.
    let hit = &hits(&system, "11144477735").await[0];
    assert_eq!((&hit["phone"], &hit["cpf"]), (&json!("**********1234"), &json!("*******7735")));
    // The list of customers looks the same way.
    let list = system.see(BRAZIL, "/customers?q=sous").await;
    assert_eq!(list["items"][0]["name"], "Beatriz Sousa Lima");
    for query in ["ab", "12 3", "--- ---", ""] {
        system.ask(BRAZIL, "/global-search", &json!({ "query": query })).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_is_found_by_its_id_and_a_brand_finds_its_own() {
    let system = TestSystem::start().await;
    people(&system).await;
    let body = json!({ "name": "Caio Exemplo", "phone": "+5511900007777" });
    let id = system.create_customer(BRAZIL, &body).await;
    let loan = system.lend_to(BRAZIL, &id, "500.00").await;
    let found = &hits(&system, &loan).await[0];
    assert_eq!((&found["loanId"], &found["name"]), (&json!(loan), &json!("Caio Exemplo")));
    assert_eq!(hits(&system, &id).await[0]["name"], "Caio Exemplo");
    assert_eq!(hits(&system, "loan_01ARZ3NDEKTSV4RRFFQ69G5FAV").await, Vec::<Value>::new());

    for query in [loan.as_str(), &id, "Caio Exemplo", "00007777", "joao.exemplo@example.test"] {
        let body = json!({ "query": query });
        let foreign = system.ask(INDIA, "/global-search", &body).await.expect(200);
        assert_eq!(foreign["items"], json!([]), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_changes_what_is_found() {
    let system = TestSystem::start().await;
    let body = json!({ "name": "Dora Antiga", "phone": "+5511900001111" });
    let id = system.create_customer(BRAZIL, &body).await;
    let path = format!("/customers/{id}");
    let change = json!({ "name": "Dora Moderna", "phone": "+5511900002222" });
    let call = system.staff(BRAZIL, Department::Admin, &path).await;
    call.put(&change).await.expect(200);
    for gone in ["antiga", "90000 1111"] {
        assert_eq!(names(&system, gone).await, Vec::<String>::new(), "{gone}");
    }
    for found in ["moderna", "90000 2222", "dora"] {
        assert_eq!(names(&system, found).await, ["Dora Moderna"], "{found}");
    }
}

/// One page is at most five reads, however many customers fit; here all sixty do.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_at_most_five_reads() {
    let system = TestSystem::start().await;
    for number in 0..60 {
        let body = json!({ "name": format!("Maria Aparecida dos Santos {}", letters(number)),
            "phone": format!("+55119{:08}", number) });
        system.create_customer(BRAZIL, &body).await;
    }
    system.drain().await;
    let table = &system.system().deps().table;
    for (query, expected) in [
        ("maria aparecida dos santos", 25),
        ("aparecida", 25),
        ("119 0000 00", 25),
        ("maria santos 1190000", 25),
        ("nobody of this name", 0),
    ] {
        let body = json!({ "query": query, "limit": 25 });
        let call = system.staff(BRAZIL, Department::Admin, "/global-search").await;
        table.meter().take();
        let answer = call.post(&body).await;
        let found = answer.expect(200)["items"].as_array().unwrap().len();
        assert_eq!(found, expected, "{query}");
        let consumed = table.meter().take();
        let of = |name: &str| consumed.get(name).map_or(0, |consumed| consumed.calls);
        let reads = of("Query") + of("BatchGetItem") + of("GetItem");
        println!("{query}: {reads} reads, {consumed:?}");
        assert!(reads <= 5, "{query}: {consumed:?}");
        // The one write counts the call.
        assert_eq!(of("UpdateItem"), 1);
    }
}

/// Two letters, different for each number.
fn letters(number: u8) -> String {
    [number / 10, number % 10].map(|digit| char::from(b'a' + digit)).iter().collect()
}

/// Nine words of twelve letters, others for each number.
fn long_name(from: u8) -> Vec<String> {
    let word = |from: u8| (0..12).map(|i| char::from(b'a' + (from * 7 + i * 5) % 26)).collect();
    (from..from + 9).map(word).collect()
}

/// A customer with everything that can be known of one, changed into another in one transaction.
#[tokio::test(flavor = "multi_thread")]
async fn the_largest_customers_fit_a_transaction() {
    let system = TestSystem::start().await;
    let body = json!({ "name": long_name(0).join(" "), "phone": "+5511987654321",
        "cpf": "111.444.777-35", "cnpj": "11.222.333/0001-81", "pan": "AAAPZ1234C",
        "email": "a@example.test", "reference": "R-1" });
    let id = system.create_customer(BRAZIL, &body).await;
    let other = json!({ "name": long_name(9).join(" "), "phone": "+5521912345678",
        "cpf": "529.982.247-25", "cnpj": "12.ABC.345/01DE-35", "pan": "BBBPZ9876D",
        "email": "b@example.test", "reference": "R-2" });
    let call = system.staff(BRAZIL, Department::Admin, &format!("/customers/{id}")).await;
    call.put(&other).await.expect(200);
    // Every number is found by four characters from anywhere in it.
    for number in ["5299", "4725", "c345", "1de3", "bpz9", "876d", "9123", "5678"] {
        assert_eq!(hits(&system, number).await.len(), 1, "{number}");
    }
    for number in ["7773", "0001 81", "aapz1", "6543"] {
        assert_eq!(hits(&system, number).await, Vec::<Value>::new(), "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_word_of_a_long_name_is_found_by_its_beginning() {
    let system = TestSystem::start().await;
    let body = json!({ "name": long_name(0).join(" "), "phone": "+5511987654321",
        "cpf": "111.444.777-35" });
    system.create_customer(BRAZIL, &body).await;
    for word in long_name(0) {
        let beginning: String = word.chars().take(5).collect();
        assert_eq!(hits(&system, &beginning).await.len(), 1, "{beginning}");
    }
}
