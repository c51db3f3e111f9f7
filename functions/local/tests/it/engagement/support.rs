use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use domain::dunning::Status;
use domain::ids::{BrandId, CommunicationId, CustomerId, LoanId};
use domain::invoices::{Installment, ServicingTerms};
use domain::loans::loan::{Activation, Loan};
use domain::loans::status::Transition;
use domain::money::{Amount, Currency};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use local::cloud::{Cloud, CloudConfig, Endpoints, Ports};
use local::sandbox::whatsapp::{Config as GatewayConfig, Gateway};
use local::sandbox::{Sandbox, router};
use platform::Deps;
use platform::aws::{Bucket, Queue, Queues};
use platform::clock::{Clock, SystemClock};
use platform::config::Config;
use platform::http::{Routes, finish};
use platform::jobs::{Counts, Job, ShardMessage, charge_messages};
use platform::lambda::{SqsEvent, invoke_queue};
use platform::store::{
    Brand, Brands, Charges, Communication, Consistency, Customer, CustomerLoan, Customers,
    Dispatch, Dunning, LoanRecord, Plan, Revocations, Table, create_table,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use ulid::Ulid;

const API_KEY: &str = "invented-api-key";
pub const WEBHOOK_KEY: &str = "an-invented-webhook-key-of-40-bytes-aaaa";
pub const INSTANCE: &str = "parcela-invented";
const TIME: Duration = Duration::from_secs(60);

/// Business time that stands still until it is moved; the wall clock runs.
#[derive(Debug)]
pub struct StillClock {
    now: Mutex<Timestamp>,
    changed: watch::Sender<()>,
}

impl StillClock {
    pub fn set(&self, now: Timestamp) {
        *self.now.lock().unwrap() = now;
        self.changed.send_replace(());
    }

    fn read(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        self.read()
    }

    fn wall(&self) -> Timestamp {
        SystemClock.wall()
    }
}

impl local::cloud::Clock for StillClock {
    fn business_now(&self) -> Timestamp {
        self.read()
    }

    fn changed(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}

/// The system around the messages of one brand in São Paulo (UTC−3).
pub struct System {
    pub deps: Deps,
    pub clock: Arc<StillClock>,
    pub brand: Brand,
    pub gateway_url: String,
    pub cloud: Cloud,
    urls: BTreeMap<Queue, String>,
    _folder: tempfile::TempDir,
}

impl System {
    /// Starts at an instant, with a gateway that takes everything.
    pub async fn start(at: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Mutex::new(at.parse().unwrap());
        let clock = Arc::new(StillClock { now, changed: watch::Sender::new(()) });
        let cloud = Cloud::start(CloudConfig {
            data_dir: folder.path().join("cloud"),
            ports: Ports::default(),
            clock: Arc::clone(&clock) as Arc<dyn local::cloud::Clock>,
        })
        .await
        .unwrap();
        let gateway_url = gateway(&folder.path().join("gateway"), &clock).await;
        let urls = create_queues(cloud.endpoints()).await;
        let deps = deps(cloud.endpoints(), &urls, &gateway_url, Arc::clone(&clock));
        create_table(&deps.table).await.unwrap();
        let mut brand = brand(&deps);
        deps.brands.save(&mut brand).await.unwrap();
        Self { deps, clock, brand, gateway_url, cloud, urls, _folder: folder }
    }

    pub fn advance(&self, time: SignedDuration) {
        self.clock.set(self.deps.now() + time);
    }

    /// A customer with an active loan of one installment of 500.00 (late fee 2 %, mora 1 %).
    pub async fn loan(&self, number: u32, due: &str) -> LoanRecord {
        let phone = Some(format!("+55119{number:08}").parse().unwrap());
        self.loan_of(phone, due).await
    }

    pub async fn loan_of(&self, phone: Option<domain::identity::Phone>, due: &str) -> LoanRecord {
        let (id, name) = (CustomerId::new(self.deps.ulid()), "Ana Souza".parse().unwrap());
        let mut customer =
            Customer { phone, ..Customer::new(self.brand.id, id, name, self.deps.now()) };
        let id = LoanId::new(self.deps.ulid());
        let mut record = LoanRecord {
            brand: self.brand.id,
            version: 0,
            shard: 0,
            loan: active(id, customer.id, due.parse().unwrap()),
            plan: Plan { method: "PRICE".to_owned(), annual_rate: None, installments: 1 },
            owner: None,
            reference: None,
            created_at: self.deps.now(),
        };
        let link = CustomerLoan { brand: self.brand.id, customer: customer.id, loan: id };
        let customers = Customers::new(&self.deps);
        let tx = customers.create(self.deps.table.tx(), &mut customer).await.unwrap();
        tx.replace("loan", &mut record).create("link", &link).commit().await.unwrap();
        record
    }

    /// Runs the daily job's shard for a date, and hands what is new to the queue as the table's
    /// stream does.
    pub async fn run_job(&self, date: &str, loans: &[LoanRecord]) -> Counts {
        let message = self.shard(date);
        let counts = charge_messages::run_shard(&self.deps, &self.brand, &message).await.unwrap();
        for loan in loans {
            let id = Communication::daily_id(loan.loan.id, message.date);
            if self.find(id).await.is_some_and(|found| found.status == Status::Queued) {
                self.enqueue(id).await;
            }
        }
        counts
    }

    pub fn shard(&self, date: &str) -> ShardMessage {
        let date = date.parse().unwrap();
        ShardMessage { brand_id: self.brand.id, job: Job::ChargeMessages, date, shard: 0 }
    }

    pub async fn enqueue(&self, id: CommunicationId) {
        let dispatch = Dispatch { brand_id: self.brand.id, communication_id: id };
        self.deps.queues.send(Queue::Whatsapp, &dispatch, Duration::ZERO).await.unwrap();
    }

    /// Lets the worker do what is visible in its queue now; answers how many messages that were.
    pub async fn work(&self) -> usize {
        let mut worked = 0;
        loop {
            let bodies = self.receive(Queue::Whatsapp).await;
            if bodies.is_empty() {
                return worked;
            }
            worked += bodies.len();
            let response = self.invoke(&bodies).await;
            assert_eq!(response, json!({ "batchItemFailures": [] }));
        }
    }

    /// One batch straight into the worker.
    pub async fn invoke(&self, bodies: &[String]) -> Value {
        let records: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(|(number, body)| json!({ "messageId": format!("m{number}"), "body": body }))
            .collect();
        let event: SqsEvent = serde_json::from_value(json!({ "Records": records })).unwrap();
        let response = invoke_queue(&workers::whatsapp::handle, &self.deps, event, TIME).await;
        serde_json::to_value(response).unwrap()
    }

    /// Takes what is visible in a queue now, at most ten messages.
    pub async fn receive(&self, queue: Queue) -> Vec<String> {
        let (client, url) = (self.cloud.endpoints().sqs_client(), &self.urls[&queue]);
        let received =
            client.receive_message().queue_url(url).max_number_of_messages(10).send().await;
        let mut bodies = Vec::new();
        for message in received.unwrap().messages.unwrap_or_default() {
            let handle = message.receipt_handle.unwrap();
            client.delete_message().queue_url(url).receipt_handle(handle).send().await.unwrap();
            bodies.push(message.body.unwrap());
        }
        bodies
    }

    pub async fn find(&self, id: CommunicationId) -> Option<Communication> {
        let key = Communication::key_of(self.brand.id, id);
        self.deps.table.get(&key, Consistency::Strong).await.unwrap()
    }

    pub async fn daily(&self, record: &LoanRecord, date: &str) -> Communication {
        let id = Communication::daily_id(record.loan.id, date.parse().unwrap());
        self.find(id).await.unwrap()
    }

    pub async fn script(&self, script: Value) {
        let url = format!("{}/sandbox/script", self.gateway_url);
        let response = reqwest_client().post(url).json(&script).send().await.unwrap();
        assert_eq!(response.status(), 204);
    }

    /// What arrived on the phones, oldest first.
    pub async fn phones(&self) -> Vec<Value> {
        let url = format!("{}/sandbox/whatsapp/messages", self.gateway_url);
        let page: Value = reqwest_client().get(url).send().await.unwrap().json().await.unwrap();
        page["messages"].as_array().unwrap().clone()
    }

    /// Serves a function's routes; answers the address.
    pub async fn serve(&self, routes: Routes) -> String {
        let app = finish(routes, self.deps.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        format!("http://{address}")
    }

    pub fn instance(&self) -> connectors::whatsapp::Instance {
        platform::whatsapp::instance(&self.deps.config, INSTANCE).unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "to loopback only")]
pub fn reqwest_client() -> reqwest::Client {
    reqwest::Client::new()
}

async fn gateway(folder: &Path, clock: &Arc<StillClock>) -> String {
    let business = Arc::clone(clock);
    let gateway = Gateway::open(GatewayConfig {
        data_dir: folder.to_owned(),
        api_key: SecretString::from(API_KEY),
        business_now: Arc::new(move || business.read()),
        wall_now: Arc::new(|| SystemClock.wall()),
        first_retry: Duration::from_millis(1),
    })
    .await
    .unwrap();
    gateway.add_instance(INSTANCE).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = router(Sandbox { whatsapp: gateway });
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}")
}

async fn create_queues(endpoints: &Endpoints) -> BTreeMap<Queue, String> {
    let client = endpoints.sqs_client();
    let mut urls = BTreeMap::new();
    for queue in [Queue::Whatsapp, Queue::WhatsappDead] {
        let created = client.create_queue().queue_name(queue.name()).send().await.unwrap();
        urls.insert(queue, created.queue_url.unwrap());
    }
    urls
}

fn deps(
    endpoints: &Endpoints,
    urls: &BTreeMap<Queue, String>,
    gateway_url: &str,
    clock: Arc<StillClock>,
) -> Deps {
    let variable = |name: &str| match name {
        "TABLE_NAME" | "BUCKET_NAME" => Some("parcela".to_owned()),
        "TOKEN_KEY" | "CURSOR_KEY" | "LOOKUP_KEY" | "DATA_KEY" => Some(format!("{name:-<40}")),
        "WHATSAPP_URL" => Some(gateway_url.to_owned()),
        "WHATSAPP_KEY" => Some(API_KEY.to_owned()),
        "WHATSAPP_WEBHOOK_KEY" => Some(WEBHOOK_KEY.to_owned()),
        _ => None,
    };
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        .credentials_provider(SharedCredentialsProvider::new(Endpoints::credentials()))
        .build();
    let deps = Deps::connect(Config::from_env(&variable).unwrap(), &sdk, clock);
    let table = Table::new(endpoints.dynamodb_client(), "parcela");
    Deps {
        brands: Brands::new(table.clone()),
        revocations: Revocations::new(table.clone()),
        table,
        queues: Queues::new(endpoints.sqs_client(), urls.clone()),
        bucket: Bucket::new(endpoints.s3_client(), "parcela"),
        ..deps
    }
}

fn brand(deps: &Deps) -> Brand {
    Brand {
        id: BrandId::new(deps.ulid()),
        version: 0,
        name: "Crédito Certo".to_owned(),
        country: "BR".to_owned(),
        timezone: jiff::tz::TimeZone::get("America/Sao_Paulo").unwrap(),
        currency: Currency::BRL,
        locale: "pt-BR".to_owned(),
        shards: 1,
        charges: Charges { late_fee: "2".parse().unwrap(), mora_monthly: "1".parse().unwrap() },
        dunning: Dunning {
            enabled: true,
            instance: INSTANCE.to_owned(),
            pause_millis: (5_000, 15_000),
        },
        payments_need_approval: false,
        servicing: Default::default(),
        rate_limit_per_minute: 1_000,
        origins: Vec::new(),
        non_repayment_dates: Vec::new(),
        due_dates_move: false,
        unavailability_dates: Vec::new(),
        idle_after_minutes: Brand::IDLE_AFTER_DEFAULT_MINUTES,
    }
}

fn active(id: LoanId, customer: CustomerId, due: Date) -> Loan {
    let value: Amount = "500".parse().unwrap();
    let terms = ServicingTerms::new(Currency::BRL, "2".parse().unwrap(), "1".parse().unwrap());
    let mut loan = Loan::request(id, customer, value, terms);
    loan.originate(Transition::Approve).unwrap();
    let row = Installment { nominal_due: due, due, principal: value, interest: Amount::ZERO };
    let activation = Activation {
        on: "2026-01-05".parse().unwrap(),
        installments: vec![row],
        fees_withheld: Amount::ZERO,
    };
    loan.activate(&activation).unwrap();
    loan
}

/// A ULID that says nothing.
pub fn ulid(number: u128) -> Ulid {
    Ulid::from(number)
}
