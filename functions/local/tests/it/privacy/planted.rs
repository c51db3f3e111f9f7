//! A thousand invented people go through the system; then their data are looked for wherever the
//! system keeps or says something.

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use futures::stream::{self, StreamExt};
use local::seed::DemoBrand;
use platform::auth::Department;
use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::people::Person;
use super::scan::{self, Findings, Needles};
use crate::harness::{BRAZIL, INDIA, TestSystem};

const PEOPLE: usize = 1_000;
/// Who are created at the same time.
const AT_ONCE: usize = 4;
/// Everything of ours, and what a deployment logs of others.
const LOGGED: &str = "info,platform=trace,connectors=trace,administration=trace,engagement=trace,\
                      insight=trace,jobs=trace,origination=trace,servicing=trace,workers=trace";
/// The last of them come from files.
const IMPORTED: usize = 300;

/// Keeps what is logged, of every thread of the process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

impl Log {
    /// From now on.
    fn start() -> Self {
        let log = Self::default();
        let started = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(LOGGED))
            .with_ansi(false)
            .with_writer(log.clone())
            .try_init();
        assert!(started.is_ok(), "somebody else logs");
        log
    }

    fn lines(&self) -> Vec<Vec<u8>> {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    }
}

const fn brand(person: &Person) -> &'static DemoBrand {
    if person.is_brazilian { BRAZIL } else { INDIA }
}

/// Calls, and keeps the answers that are errors.
struct Caller<'t> {
    system: &'t TestSystem,
    errors: Vec<Vec<u8>>,
}

impl Caller<'_> {
    async fn fail(&mut self, demo: &DemoBrand, method: Method, path: &str, body: &Value) {
        let call = self.system.staff(demo, Department::Admin, path).await;
        let answer = match method {
            Method::PUT => call.put(body).await,
            Method::GET => call.get().await,
            _ => call.key("a-key").post(body).await,
        };
        assert!(answer.status >= 400, "{path} {}", answer.status);
        self.errors.push(format!("{:?} {}", answer.headers, answer.body).into_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_people_are_nowhere_to_be_read() {
    let log = Log::start();
    let system = TestSystem::on("2026-01-15").await;
    let mut sent = system.system().cloud().queues().read_along();
    let people: Vec<Person> = (0..PEOPLE).map(Person::new).collect();
    let (by_hand, imported) = people.split_at(PEOPLE - IMPORTED);
    let mut caller = Caller { system: &system, errors: Vec::new() };

    let creations = by_hand.iter().enumerate().map(|(number, person)| {
        let system = &system;
        async move {
            let call = system.staff(brand(person), Department::Admin, "/customers").await;
            let call = call.key(&format!("create-{number}"));
            let created = call.post(&person.body()).await.expect(201);
            created["id"].as_str().unwrap().to_owned()
        }
    });
    let ids: Vec<String> = stream::iter(creations).buffered(AT_ONCE).collect().await;
    import(&system, imported).await;
    let objects = system.data_dir().join("cloud/objects");
    let mut loans = Vec::new();
    for (number, person) in by_hand.iter().enumerate().step_by(10) {
        loans.push((number, system.lend_to(brand(person), &ids[number], "500.00").await));
    }
    for (number, loan) in loans.iter().step_by(2) {
        let body = json!({ "loanId": loan, "text": "{name}, {amountTotal}" });
        let call =
            system.staff(brand(&by_hand[*number]), Department::Admin, "/communications/send");
        call.await.key(loan).post(&body).await.expect(201);
    }
    for (number, person) in people.iter().enumerate().step_by(7) {
        for query in [&person.name, &person.phone, &person.identifier, &person.email] {
            let body = json!({ "query": query });
            let found = system.ask(brand(person), "/global-search", &body).await.expect(200);
            let is_known = query != &person.identifier && query != &person.email;
            if number < ids.len() || is_known {
                assert_eq!(found["items"][0]["name"], person.name.as_str(), "person {number}");
            }
        }
        let q: String = form_urlencoded::byte_serialize(person.name.as_bytes()).collect();
        let listed = system.see(brand(person), &format!("/customers?q={q}")).await;
        assert_eq!(listed["items"][0]["name"], person.name.as_str());
    }
    for (number, person) in by_hand.iter().enumerate().step_by(9) {
        let path = format!("/customers/{}", ids[number]);
        let full = system.see(brand(person), &format!("{path}?full=true")).await;
        assert_eq!(full["phone"], person.phone.as_str());
        let export = system.see(brand(person), &format!("{path}/export")).await;
        assert_eq!(export["customer"]["phone"], person.phone.as_str());
        errors(&mut caller, person, &path).await;
    }
    // What came from the files is due on the 2nd of February: messages on that day and the next,
    // and a night with late fees in between.
    system.advance("19d").await;
    for (number, person) in by_hand.iter().enumerate().filter(|(number, _)| number % 10 == 1) {
        let path = format!("/customers/{}/personal-data", ids[number]);
        let call = system.staff(brand(person), Department::Admin, &path).await;
        call.delete().await.expect(200);
    }
    system.drain().await;

    let needles = Needles::of(&people);
    let mut findings = Findings::default();
    let items = scan::table(&system).await;
    needles.look("item", &items, &mut findings);
    let mut bodies = Vec::new();
    while let Ok(body) = sent.try_recv() {
        bodies.push(body.into_bytes());
    }
    needles.look("queue message", &bodies, &mut findings);
    let objects = scan::files(&objects);
    needles.look("object", &objects, &mut findings);
    let lines = log.lines();
    needles.look("log line", &lines, &mut findings);
    needles.look("error answer", &caller.errors, &mut findings);
    println!(
        "{} people, {} texts; {} items, {} queue messages, {} objects, {} log lines, {} errors: \
         {} comparisons over {} bytes, {} hits",
        people.len(),
        needles.count,
        items.len(),
        bodies.len(),
        objects.len(),
        lines.len(),
        caller.errors.len(),
        findings.comparisons,
        findings.bytes,
        findings.hits.len()
    );
    let counts = [items.len(), bodies.len(), objects.len(), lines.len(), caller.errors.len()];
    assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
    findings.hits.truncate(20);
    assert_eq!(findings.hits, Vec::<String>::new());

    // The provider is told whom to write to: the phones have what the system does not show.
    let messages = system.whatsapp_messages().await;
    let messages: Vec<Vec<u8>> = messages.iter().map(|one| one.to_string().into_bytes()).collect();
    let mut told = Findings::default();
    needles.look("phone", &messages, &mut told);
    assert!(told.hits.len() >= messages.len() && !messages.is_empty(), "{}", messages.len());
}

/// Refusals of every kind that are about somebody.
async fn errors(caller: &mut Caller<'_>, person: &Person, path: &str) {
    let demo = brand(person);
    // Somebody else's values; the wrong field; no JSON of ours; the same key for something else.
    caller.fail(demo, Method::POST, "/customers", &person.body()).await;
    for field in ["name", "phone", "email", "cpf", "pan"] {
        let value = format!("<{} {}>", person.name, person.identifier);
        caller.fail(demo, Method::PUT, path, &json!({ field: value })).await;
    }
    caller
        .fail(demo, Method::POST, "/customers", &json!({ (person.name.as_str()): person.phone }))
        .await;
    let status = format!("{path}/status");
    caller.fail(demo, Method::POST, &status, &json!({ "status": person.name })).await;
    let short = json!({ "query": person.phone, "limit": person.identifier });
    caller.fail(demo, Method::POST, "/global-search", &short).await;
    let query: String = form_urlencoded::byte_serialize(person.name.as_bytes()).collect();
    let list = format!("/customers?q={}&status={query}", query.repeat(4));
    caller.fail(demo, Method::GET, &list, &Value::Null).await;
}

/// Brings people in by a file for each brand, with the phone.
async fn import(system: &TestSystem, people: &[Person]) {
    for demo in [BRAZIL, INDIA] {
        let mut csv = "contract_id,customer_id,name,phone,granted_on,principal,installments,\
                       installment_amount,paid_installments\n"
            .to_owned();
        let own =
            people.iter().filter(|person| person.is_brazilian == (demo.short == BRAZIL.short));
        for (number, Person { name, phone, .. }) in own.enumerate() {
            // One row in fifty is wrong, with a name where a date should be.
            let date = if number % 50 == 0 { name.as_str() } else { "2026-01-02" };
            writeln!(csv, "C-{number},K-{number},{name},{phone},{date},100.00,2,50.00,0").unwrap();
            if number % 50 == 0 {
                writeln!(csv, "D-{number},K-{number},{name},{phone},2026-01-02,100.00,2,50.00,0")
                    .unwrap();
            }
        }
        let mut mapping = serde_json::to_value(platform::imports::Mapping::default()).unwrap();
        mapping["customerName"] = json!("name");
        mapping["phone"] = json!("phone");
        let spec = json!({ "mapping": mapping });
        let body = json!({ "name": "branch", "csv": csv, "spec": spec });
        let import = system.ask(demo, "/imports", &body).await.expect(202);
        system.drain().await;
        let path = format!("/imports/{}", import["id"].as_str().unwrap());
        let done = system.see(demo, &path).await;
        assert_eq!(done["status"], "DONE", "{done}");
        assert_eq!(done["counts"]["customers"], IMPORTED / 2, "{done}");
    }
}
