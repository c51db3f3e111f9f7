//! Portfolios from CSV files: request, stream, queue, worker, and what comes of them.
//!
//! The contracts are invented. Expected figures are counted by hand beside each test.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use domain::ids::{BrandId, ImportId, SessionId};
use domain::invoices::InvoiceStatus;
use domain::ledger::Position;
use domain::money::Currency;
use http::{Request, StatusCode, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use local::cloud::poller::{QueueHandler, QueueSource, StreamHandler};
use local::cloud::{Cloud, CloudConfig, Ports};
use platform::auth::{Actor, ActorId, Department, Kind, access};
use platform::aws::Queue;
use platform::clock::MovableClock;
use platform::config::Config;
use platform::http::finish;
use platform::imports::{self, ImportMessage};
use platform::lambda::{invoke_queue, invoke_stream};
use platform::store::{
    Brand, Charges, Condition, Consistency, Dunning, Import, ImportStatus, LoanRecord, Loans,
    Range, Shard, create_table,
};
use platform::{Clients, Deps};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::cloud::StillClock;

const HEADER: &str = "contract_id,customer_id,granted_on,principal,installments,\
                      installment_amount,paid_installments\n";
const CALL_TIMEOUT: Duration = Duration::from_secs(50);

/// One brand with four shards, at noon in Brazil on a date.
struct Office {
    cloud: Cloud,
    deps: Deps,
    app: Router,
    brand: BrandId,
    _dir: tempfile::TempDir,
}

impl Office {
    async fn on(date: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now: Timestamp = format!("{date}T15:00:00Z").parse().unwrap();
        let cloud = cloud(dir.path()).await;
        let deps = deps(&cloud, now).await;
        let brand = brand(&deps).await;
        let app = finish(administration::imports::router(), deps.clone());
        Self { cloud, deps, app, brand, _dir: dir }
    }

    /// Stream and queue begin to call their functions.
    fn listen(&self) {
        let deps = self.deps.clone();
        let stream: StreamHandler = Arc::new(move |event| {
            let deps = deps.clone();
            Box::pin(async move {
                let handler = workers::outbox::handle;
                let answer = invoke_stream(&handler, &deps, event, CALL_TIMEOUT).await;
                assert!(answer.batch_item_failures.is_empty());
                Ok(())
            })
        });
        self.cloud.poller().read_stream(self.deps.table.name(), stream);
        let deps = self.deps.clone();
        let queue: QueueHandler = Arc::new(move |event| {
            let deps = deps.clone();
            let handler = workers::import::handle;
            Box::pin(async move { Ok(invoke_queue(&handler, &deps, event, CALL_TIMEOUT).await) })
        });
        let source = QueueSource {
            queue: Queue::Import.name().to_owned(),
            batch_size: 1,
            concurrency: 2,
            timeout: CALL_TIMEOUT,
        };
        self.cloud.poller().read_queue(&source, &queue);
        let deps = self.deps.clone();
        let audit: QueueHandler = Arc::new(move |event| {
            let deps = deps.clone();
            let handler = workers::audit::handle;
            Box::pin(async move { Ok(invoke_queue(&handler, &deps, event, CALL_TIMEOUT).await) })
        });
        let source = QueueSource { queue: Queue::Audit.name().to_owned(), ..source };
        self.cloud.poller().read_queue(&source, &audit);
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let actor = Actor {
            kind: Kind::Staff,
            id: ActorId::Staff(domain::ids::StaffId::new(self.deps.ulid())),
            department: Some(Department::Admin),
            permissions: Vec::new(),
            brand: Some(self.brand),
            session: SessionId::new(self.deps.ulid()),
        };
        let key = &self.deps.config.token_key;
        let token = access::sign(key, &actor, self.deps.clock.wall()).unwrap();
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/partner/brand/{}/imports{path}", self.brand))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or(Body::empty(), |body| Body::from(body.to_string())))
            .unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    /// Hands a file over; answers the import's id.
    async fn post(&self, csv: &str) -> ImportId {
        self.post_with(json!({ "name": "branch", "csv": csv })).await
    }

    async fn post_with(&self, body: Value) -> ImportId {
        let (status, body) = self.call("POST", "", Some(body)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        assert_eq!(body["status"], "QUEUED");
        body["id"].as_str().unwrap().parse().unwrap()
    }

    async fn get(&self, import: ImportId) -> Value {
        let (status, body) = self.call("GET", &format!("/{import}"), None).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    async fn import(&self, id: ImportId) -> Import {
        Import::load(&self.deps.table, self.brand, id).await.unwrap().unwrap()
    }

    /// Does the import's steps, one after the other, without the queue.
    async fn work_off(&self, id: ImportId) -> Value {
        while let Some(message) = self.import(id).await.message() {
            imports::run(&self.deps, &message).await.unwrap();
        }
        self.get(id).await
    }

    /// Every loan of the brand.
    async fn loans(&self) -> Vec<LoanRecord> {
        let range = Range::list(LoanRecord::list_partition(self.brand));
        let keys = self.deps.table.query_keys(&range, 1_000, None).await.unwrap().items;
        self.deps.table.batch_get(&keys, Consistency::Strong).await.unwrap()
    }

    async fn loan(&self, reference: &str) -> LoanRecord {
        let mut loans = self.loans().await;
        loans.retain(|loan| loan.reference.as_deref() == Some(reference));
        assert_eq!(loans.len(), 1, "{reference}");
        loans.remove(0)
    }

    /// The sums of the shards are those of their loans, and every loan is the fold of its journal.
    async fn check(&self) {
        let brand = self.deps.brands.get(self.brand).await.unwrap().unwrap();
        let report = jobs::rebuild::check(&self.deps, &brand).await.unwrap();
        assert_eq!((report.drift, &report.differences), (0, &Vec::new()));
    }

    async fn position(&self) -> Position {
        let mut sum = Position::default();
        for shard in Shard::all(&self.deps.table, self.brand, Consistency::Strong).await.unwrap() {
            sum += shard.position;
        }
        sum
    }
}

async fn cloud(dir: &Path) -> Cloud {
    let clock = StillClock::at("2026-01-02T12:00:00Z");
    let config = CloudConfig { data_dir: dir.to_owned(), ports: Ports::default(), clock };
    Cloud::start(config).await.unwrap()
}

async fn deps(cloud: &Cloud, now: Timestamp) -> Deps {
    let endpoints = cloud.endpoints();
    let sqs = endpoints.sqs_client();
    let mut urls = std::collections::BTreeMap::new();
    for queue in Queue::ALL {
        let created = sqs.create_queue().queue_name(queue.name()).send().await.unwrap();
        urls.insert(queue.variable(), created.queue_url.unwrap());
    }
    let variable = |name: &str| match name {
        "TABLE_NAME" | "BUCKET_NAME" => Some("parcela".to_owned()),
        "TOKEN_KEY" | "CURSOR_KEY" | "LOOKUP_KEY" | "DATA_KEY" => Some(format!("{name:-<40}")),
        name => urls.get(name).cloned(),
    };
    let config = Config::from_env(&variable).unwrap();
    let clock = MovableClock::default();
    clock.set(now);
    let clients = Clients {
        dynamodb: endpoints.dynamodb_client(),
        s3: endpoints.s3_client(),
        sqs,
        scheduler: endpoints.scheduler_client(),
        kms: None,
    };
    clients.s3.create_bucket().bucket("parcela").send().await.unwrap();
    let deps = Deps::with_clients(config, clients, Arc::new(clock));
    create_table(&deps.table).await.unwrap();
    deps
}

async fn brand(deps: &Deps) -> BrandId {
    let mut brand = Brand {
        id: BrandId::new(deps.ulid()),
        version: 0,
        name: "Lender".to_owned(),
        country: "BR".to_owned(),
        timezone: TimeZone::get("America/Sao_Paulo").unwrap(),
        currency: Currency::BRL,
        locale: "pt-BR".to_owned(),
        shards: 4,
        charges: Charges { late_fee: "2".parse().unwrap(), mora_monthly: "1".parse().unwrap() },
        dunning: Dunning { enabled: false, instance: String::new(), pause_millis: (0, 0) },
        payments_need_approval: false,
        servicing: Default::default(),
        rate_limit_per_minute: 10_000,
        origins: Vec::new(),
        non_repayment_dates: Vec::new(),
        due_dates_move: false,
        unavailability_dates: Vec::new(),
        idle_after_minutes: Brand::IDLE_AFTER_DEFAULT_MINUTES,
    };
    deps.brands.save(&mut brand).await.unwrap();
    brand.id
}

/// `count` contracts of 200.00 in 4 × 60.00 granted on 1 January 2026, one paid each, two to a
/// customer.
fn many(count: u32) -> String {
    (1..=count).fold(HEADER.to_owned(), |mut csv, number| {
        writeln!(csv, "N-{number},K-{},2026-01-01,200.00,4,60.00,1", number.div_ceil(2)).unwrap();
        csv
    })
}

/// Granted on 31 January: due on 28 February, 31 March, 30 April, 31 May. On 15 April:
/// - 4 × 110.00, one paid: open 3 × 110.00 = 330.00, overdue 31 March: 110.00;
/// - 4 × 110.00, all paid (two of them ahead): nothing open;
/// - 2 × 50.00, none paid: open 100.00, both overdue: 100.00;
/// - 3 × 40.00 granted on 14 April: open 120.00, nothing due.
const FOUR: &str = "\
A-1,K-1,2026-01-31,400.00,4,110.00,1
A-2,K-1,2026-01-31,400.00,4,110.00,4
A-3,K-2,2026-01-31,90.00,2,50.00,0
A-4,K-3,2026-04-14,120.00,3,40.00,0
";

#[tokio::test]
async fn a_portfolio_comes_in_through_stream_and_queue() {
    let office = Office::on("2026-04-15").await;
    office.listen();
    let id = office.post(&format!("{HEADER}{FOUR}")).await;
    office.cloud.poller().settled().await;

    let import = office.get(id).await;
    assert_eq!(import["status"], "DONE", "{import}");
    assert_eq!(
        import["counts"],
        json!({ "created": 4, "alreadyImported": 0, "duplicates": 0, "failed": 0, "customers": 3 })
    );
    assert_eq!(
        import["reconciliation"],
        json!({
            "asOf": "2026-04-15",
            "agrees": true,
            "contracts": { "file": 4, "system": 4, "difference": 0 },
            "invoices": { "file": 13, "system": 13, "difference": 0 },
            "principal": { "file": "1010.00", "system": "1010.00", "difference": "0.00" },
            "openValue": { "file": "550.00", "system": "550.00", "difference": "0.00" },
            "overdueValue": { "file": "210.00", "system": "210.00", "difference": "0.00" },
        })
    );

    let first = office.loan("A-1").await.loan;
    let dues: Vec<String> = first.invoices.iter().map(|invoice| invoice.due.to_string()).collect();
    assert_eq!(dues, ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]);
    assert_eq!(first.invoices[0].status, InvoiceStatus::Paid);
    assert_eq!(first.invoices[0].closed_on, Some("2026-02-28".parse().unwrap()));
    assert_eq!(first.invoices[1].status, InvoiceStatus::Pending, "the night does that");
    assert_eq!(first.received.to_string(), "110.00");
    assert!(first.invoices.iter().all(|invoice| invoice.late_fee.is_zero()));
    assert_eq!(first.status().to_string(), "ACTIVE");

    let second = office.loan("A-2").await.loan;
    assert_eq!(second.status().to_string(), "PAID");
    assert_eq!(second.received.to_string(), "440.00");
    assert_eq!(first.customer, second.customer);
    assert_ne!(first.customer, office.loan("A-3").await.loan.customer);

    // Open invoices: 3 + 2 + 3 = 8.
    let position = office.position().await;
    assert_eq!((position.active_loans, position.paid_loans), (3, 1));
    assert_eq!((position.open_invoices, position.overdue_invoices), (8, 3));
    assert_eq!(position.overdue_value.to_string(), "210.00");
    assert_eq!(position.received.to_string(), "550.00");
    office.check().await;

    let results = import["resultsUrl"].as_str().unwrap();
    let text = reqwest::get(results).await.unwrap().text().await.unwrap();
    assert_eq!(text.lines().count(), 4);
    let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&line["line"], &line["outcome"]), (&json!(2), &json!("CREATED")));
    assert_eq!(line["loanId"], first.id.to_string());
}

#[tokio::test]
async fn wrong_rows_are_named_by_line_and_good_ones_kept() {
    let office = Office::on("2026-04-15").await;
    let csv = "Contrato;Cliente;Nome;Telefone;Data;Valor;Parcelas;Parcela;Pagas\r\n\
               1;10;Ana Souza;(11) 98765-4321;31/01/2026;1.000,00;10;110,00;2\r\n\
               2;11;Rui;123;2026-01-31;1.00,00;0;-5;3\r\n\
               \r\n\
               3;12;;;01/05/2026;100,00;10;11,00;11\r\n\
               1;10;Ana Souza;(11) 98765-4321;31/01/2026;1.000,00;10;110,00;2\r\n\
               1;10;Ana Souza;(11) 98765-4321;31/01/2026;1.000,00;10;110,00;3\r\n\
               4;13;Rui;;31/01/2026;100,00;10;9,00;0\r\n\
               5;14;Rui;11 98765 4321;31/01/2026;100,00;10;10,00;0\r\n\
               6;15\r\n";
    let body = json!({
        "name": "planilha",
        "csv": csv,
        "spec": {
            "mapping": {
                "contractId": "Contrato", "customerId": "Cliente", "customerName": "Nome",
                "phone": "Telefone", "grantedOn": "Data", "principal": "Valor",
                "installments": "Parcelas", "installmentAmount": "Parcela",
                "paidInstallments": "Pagas",
            },
            "dateFormat": "DD/MM/YYYY", "delimiter": ";", "decimalSeparator": ",",
        },
    });
    let id = office.post_with(body).await;
    let import = office.work_off(id).await;
    assert_eq!(
        import["counts"],
        json!({ "created": 1, "alreadyImported": 0, "duplicates": 1, "failed": 6, "customers": 1 })
    );
    let issues: Vec<(u64, Vec<&str>)> = import["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| {
            let errors = issue["errors"].as_array().map_or(&[][..], Vec::as_slice);
            let fields = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
            (issue["line"].as_u64().unwrap(), fields)
        })
        .collect();
    assert_eq!(
        issues,
        [
            (3, vec!["phone", "grantedOn", "principal", "installments", "installmentAmount"]),
            (5, vec!["paidInstallments", "grantedOn"]),
            (6, vec![]),
            (7, vec!["contractId"]),
            (8, vec!["installmentAmount"]),
            (9, vec!["phone"]),
            (10, vec!["line"]),
        ]
    );
    assert_eq!(import["issues"][2]["of"], 2);
    assert_eq!(import["reconciliation"]["agrees"], true);
    assert_eq!(office.loans().await.len(), 1);
    let text = import.to_string();
    assert!(!text.contains("98765") && !text.contains("Souza"), "{text}");
    office.check().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused() {
    let office = Office::on("2026-04-15").await;
    let refused = async |body: Value| {
        let (status, body) = office.call("POST", "", Some(body)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        let errors = body["errors"].as_array().unwrap().clone();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let csv = format!("{HEADER}{FOUR}");
    assert_eq!(refused(json!({ "name": "x", "csv": HEADER })).await, ["csv"]);
    let other = csv.replace("granted_on", "date").replace("principal", "value");
    let fields = refused(json!({ "name": "x", "csv": other })).await;
    assert_eq!(fields, ["spec.mapping.grantedOn", "spec.mapping.principal"]);
    let terms = json!({ "method": "PRICE", "frequency": { "every": 1, "unit": "BUSINESS_DAY" } });
    let spec = json!({ "mapping": serde_json::to_value(platform::imports::Mapping::default())
        .unwrap(), "terms": terms });
    let fields = refused(json!({ "name": "x", "csv": csv, "spec": spec })).await;
    assert_eq!(fields, ["spec.terms.method", "spec.terms.frequency.unit"]);
    let (status, _) = office.call("GET", "/imp_00000000000000000000000000", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_no_loan() {
    let office = Office::on("2026-04-15").await;
    let body = json!({ "name": "dry", "csv": format!("{HEADER}{FOUR}"), "dryRun": true });
    let dry = office.post_with(body).await;
    let dry = office.work_off(dry).await;
    assert!(office.loans().await.is_empty());
    assert_eq!(office.position().await, Position::default());
    let good = office.post(&format!("{HEADER}{FOUR}")).await;
    let good = office.work_off(good).await;
    for field in ["status", "counts", "reconciliation", "issues"] {
        assert_eq!(dry[field], good[field], "{field}");
    }
}

#[tokio::test]
async fn the_same_file_again_changes_nothing() {
    let office = Office::on("2026-04-15").await;
    let csv = many(120);
    let first = office.post(&csv).await;
    office.work_off(first).await;
    let (loans, position) = (office.loans().await, office.position().await);
    let again = office.post(&csv).await;
    let again = office.work_off(again).await;
    assert_eq!(
        again["counts"],
        json!({ "created": 0, "alreadyImported": 120, "duplicates": 0, "failed": 0,
                "customers": 0 })
    );
    assert_eq!((office.loans().await, office.position().await), (loans, position));
}

#[tokio::test]
async fn an_import_that_is_cut_off_anywhere_goes_on_where_it_was() {
    let office = Office::on("2026-04-15").await;
    let id = office.post(&many(130)).await;
    // Each try is dropped, as a kill would, after half as long again as the one before.
    for millis in std::iter::successors(Some(4), |millis: &u64| Some(millis * 3 / 2)) {
        let Some(message) = office.import(id).await.message() else { break };
        let run = imports::run(&office.deps, &message);
        if let Ok(done) = tokio::time::timeout(Duration::from_millis(millis), run).await {
            done.unwrap();
        }
    }
    expect_many(&office, id).await;
}

#[tokio::test]
async fn doubled_and_late_messages_change_nothing() {
    let office = Office::on("2026-04-15").await;
    let id = office.post(&many(130)).await;
    let mut sent: Vec<ImportMessage> = Vec::new();
    while let Some(message) = office.import(id).await.message() {
        let run = || imports::run(&office.deps, &message);
        let (a, b, c) = tokio::join!(run(), run(), run());
        a.and(b).and(c).unwrap();
        for earlier in &sent {
            imports::run(&office.deps, earlier).await.unwrap();
        }
        sent.push(message);
    }
    expect_many(&office, id).await;
}

/// A crash after a chunk's writes and before its checkpoint.
#[tokio::test]
async fn a_chunk_whose_checkpoint_was_lost_is_counted_once() {
    let office = Office::on("2026-04-15").await;
    let id = office.post(&many(130)).await;
    let before = office.import(id).await;
    imports::run(&office.deps, &before.message().unwrap()).await.unwrap();
    office.deps.table.put(&before, &Condition::present()).await.unwrap();
    assert_eq!(office.import(id).await.status, ImportStatus::Queued);
    office.work_off(id).await;
    expect_many(&office, id).await;
}

/// 130 contracts, 65 customers, 520 invoices. On 15 April the second and third installments (due
/// on 1 March and 1 April) are overdue: 2 × 60.00 × 130 = 15,600.00; three are open: 23,400.00.
async fn expect_many(office: &Office, id: ImportId) {
    let import = office.get(id).await;
    assert_eq!(import["status"], "DONE");
    assert_eq!(
        import["counts"],
        json!({ "created": 130, "alreadyImported": 0, "duplicates": 0, "failed": 0,
                "customers": 65 })
    );
    let figures = &import["reconciliation"];
    assert_eq!(figures["agrees"], true, "{figures}");
    assert_eq!(figures["contracts"]["file"], 130);
    assert_eq!(figures["invoices"]["system"], 520);
    assert_eq!(figures["openValue"]["system"], "23400.00");
    assert_eq!(figures["overdueValue"]["file"], "15600.00");
    let loans = office.loans().await;
    assert_eq!(loans.len(), 130);
    let position = office.position().await;
    assert_eq!((position.active_loans, position.open_invoices), (130, 390));
    assert_eq!(position.received.to_string(), "7800.00");
    for record in loans.iter().take(3) {
        let journal = Loans::new(&office.deps.table).journal(office.brand, record.loan.id).await;
        assert_eq!(journal.unwrap().len(), 1);
    }
    office.check().await;
}
