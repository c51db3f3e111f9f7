//! The functions over the embedded cloud, each called when its turn comes, one at a time: a run of a
//! workflow makes the same calls in the same order as the run before it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use aws_sdk_dynamodbstreams::types::ShardIteratorType;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use aws_smithy_types::retry::RetryConfig;
use axum::http::header::AUTHORIZATION;
use domain::ids::{SessionId, StaffId};
use domain::money::Currency;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use local::cloud::poller::{queue_event, stream_event};
use local::cloud::{Cloud, CloudConfig, Ports};
use local::sandbox::whatsapp::{Config as GatewayConfig, Gateway};
use local::sandbox::{Sandbox, router};
use local::system::functions::{self, Trigger};
use platform::auth::{Actor, ActorId, Department, Kind, access};
use platform::aws::Queue;
use platform::clock::{Clock, SystemClock};
use platform::config::Config;
use platform::http::finish;
use platform::store::{Brand, Charges, Dunning, create_table};
use platform::{Clients, Deps};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::faults::Faults;
use super::state::{Item, Reader, State};

const INSTANCE: &str = "parcela-invented";
const WHATSAPP_KEY: &str = "invented-api-key";
/// A caller repeats what failed, a queue delivers again: so often, before the test gives up.
const TRIES: usize = 8;
/// Between two tries of a caller: longer than a request is held to be under way.
const PAUSE: SignedDuration = SignedDuration::from_mins(2);
/// The clock's step where only delayed messages are left, and how many of them.
const STEP: SignedDuration = SignedDuration::from_mins(1);
const STEPS: usize = 120;
const WRITES_A_CALL: usize = 25;

/// Time that stands still until it is moved, the wall clock's too: leases end by it.
#[derive(Debug)]
struct StillClock {
    now: Mutex<Timestamp>,
    changed: watch::Sender<()>,
}

impl StillClock {
    fn set(&self, now: Timestamp) {
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
        self.read()
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

/// What stood before a workflow.
#[derive(Debug)]
pub struct Before {
    at: Timestamp,
    items: Vec<Item>,
    objects: Vec<String>,
    reader: Reader,
    /// Messages that are on the phones.
    sent: usize,
}

pub struct World {
    pub faults: Faults,
    pub brand: Brand,
    /// Each event is handed over twice.
    pub twice: bool,
    deps: Deps,
    /// Clients without faults, for the test itself.
    clients: Clients,
    cloud: Cloud,
    clock: Arc<StillClock>,
    url: String,
    gateway_url: String,
    http: reqwest::Client,
    iterator: String,
    _folder: tempfile::TempDir,
}

impl World {
    /// The world on a date, at noon in Greenwich.
    pub async fn on(date: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Mutex::new(format!("{date}T12:00:00Z").parse().unwrap());
        let clock = Arc::new(StillClock { now, changed: watch::Sender::new(()) });
        let data_dir = folder.path().join("cloud");
        let config = CloudConfig { data_dir, ports: Ports::default(), clock: clock.clone() };
        let cloud = Cloud::start(config).await.unwrap();
        let gateway_url = gateway(&folder.path().join("gateway"), &clock).await;
        let endpoints = cloud.endpoints();
        let clients = Clients {
            dynamodb: endpoints.dynamodb_client(),
            s3: endpoints.s3_client(),
            sqs: endpoints.sqs_client(),
            scheduler: endpoints.scheduler_client(),
        };
        let sqs_url = endpoints.sqs.clone();
        let variable = |name: &str| match name {
            "TABLE_NAME" | "BUCKET_NAME" => Some("parcela".to_owned()),
            "TOKEN_KEY" | "CURSOR_KEY" | "LOOKUP_KEY" => Some(format!("{name:-<40}")),
            "WHATSAPP_URL" => Some(gateway_url.clone()),
            "WHATSAPP_KEY" => Some(WHATSAPP_KEY.to_owned()),
            _ => {
                let queue = Queue::ALL.into_iter().find(|queue| queue.variable() == name)?;
                Some(format!("{sqs_url}/{}/{queue}", local::cloud::ACCOUNT))
            }
        };
        let faults = Faults::default();
        let config = Config::from_env(&variable).unwrap();
        let deps = Deps::with_clients(config, faulty(&clients, &faults), clock.clone());
        create_table(&deps.table).await.unwrap();
        for queue in Queue::ALL {
            clients.sqs.create_queue().queue_name(queue.name()).send().await.unwrap();
        }
        clients.s3.create_bucket().bucket("parcela").send().await.unwrap();
        let mut brand = brand(&deps);
        deps.brands.save(&mut brand).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = finish(functions::routes(), deps.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let http = reqwest::Client::builder().build().unwrap();
        let iterator = String::new();
        let mut world = Self {
            faults,
            brand,
            twice: false,
            deps,
            clients,
            cloud,
            clock,
            url,
            gateway_url,
            http,
            iterator,
            _folder: folder,
        };
        world.read_from_here().await;
        world
    }

    pub fn move_to(&self, instant: &str) {
        self.clock.set(instant.parse().unwrap());
    }

    /// The stream is read from here on.
    async fn read_from_here(&mut self) {
        let streams = self.cloud.endpoints().streams_client();
        let listed = streams.list_streams().table_name("parcela").send().await.unwrap();
        let arn = listed.streams()[0].stream_arn().unwrap().to_owned();
        let described = streams.describe_stream().stream_arn(&arn).send().await.unwrap();
        let description = described.stream_description().unwrap();
        let shard = description.shards()[0].shard_id().unwrap();
        let iterator = streams.get_shard_iterator().stream_arn(&arn).shard_id(shard);
        let iterator = iterator.shard_iterator_type(ShardIteratorType::Latest).send().await;
        self.iterator = iterator.unwrap().shard_iterator.unwrap();
    }

    /// Sends a request until it is answered with success, as a caller does who got no answer.
    pub async fn ask(&self, path: &str, key: &str, body: &Value) -> Value {
        let mut last = (0, Value::Null);
        for _ in 0..TRIES {
            let answer = self.send(path, key, body).await;
            if !self.faults.restart() && (200..300).contains(&answer.0) {
                return answer.1;
            }
            last = answer;
            self.clock.set(self.clock.read() + PAUSE);
        }
        panic!("{path}: {} {}", last.0, last.1);
    }

    async fn send(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let actor = Actor {
            kind: Kind::Staff,
            id: ActorId::Staff(StaffId::new(self.brand.id.ulid())),
            department: Some(Department::Admin),
            permissions: Vec::new(),
            brand: Some(self.brand.id),
            session: SessionId::new(self.brand.id.ulid()),
        };
        let token = access::sign(&self.deps.config.token_key, &actor, self.clock.wall()).unwrap();
        let url = format!("{}/api/v1/partner/brand/{}{path}", self.url, self.brand.id);
        let request = self.http.post(url).header(AUTHORIZATION, format!("Bearer {token}"));
        let request = request.header("idempotency-key", key);
        let request = if body.is_null() { request } else { request.json(body) };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// Invokes a job until it succeeds, as the scheduler does.
    pub async fn fire(&self, job: &str, date: &str) {
        let event = json!({ "brandId": self.brand.id, "businessDate": date, "startedBy": "test" });
        self.call(job, &event, |_| true).await;
    }

    /// Calls a function until it is done with the event.
    async fn call(&self, function: &str, event: &Value, is_done: impl Fn(&Value) -> bool) {
        let times = if self.twice { 2 } else { 1 };
        let mut done = 0;
        for _ in 0..TRIES {
            let function = functions::find(function).unwrap();
            let answer = functions::invoke(function, self.deps.clone(), event.clone()).await;
            let stopped = self.faults.restart();
            match answer {
                Ok(answer) if !stopped && is_done(&answer) => done += 1,
                _ => self.clock.set(self.clock.read() + PAUSE),
            }
            if done == times {
                return;
            }
        }
        panic!("{function}: {event}");
    }

    /// Hands over what is in the stream and the queues, until nothing is left.
    pub async fn settle(&mut self) {
        for _ in 0..STEPS {
            while self.hand_over_records().await | self.hand_over_messages().await {}
            if !self.is_delayed().await {
                return;
            }
            self.clock.set(self.clock.read() + STEP);
        }
        let items = self.items().await;
        let left = items.iter().filter(|item| item["pk"].as_s().is_ok_and(|pk| pk.contains("COM")));
        panic!("messages are left: {:?}", left.collect::<Vec<_>>());
    }

    async fn hand_over_records(&mut self) -> bool {
        let streams = self.cloud.endpoints().streams_client();
        let read = streams.get_records().shard_iterator(&self.iterator).send().await.unwrap();
        self.iterator = read.next_shard_iterator.unwrap();
        let records = read.records.unwrap_or_default();
        if records.is_empty() {
            return false;
        }
        let event = serde_json::to_value(stream_event(&records, "parcela").unwrap()).unwrap();
        let is_done =
            |answer: &Value| answer["batchItemFailures"].as_array().is_none_or(Vec::is_empty);
        self.call("stream-outbox", &event, is_done).await;
        true
    }

    async fn hand_over_messages(&self) -> bool {
        let mut any = false;
        for function in functions::FUNCTIONS {
            let Trigger::Queue { queue, .. } = function.trigger else { continue };
            let url = self.deps.queues.url(queue).unwrap();
            let sqs = &self.clients.sqs;
            // One at a time: which call is of which message does not depend on the batch.
            let received = sqs.receive_message().queue_url(url).max_number_of_messages(1);
            let received = received
                .message_system_attribute_names(MessageSystemAttributeName::All)
                .message_attribute_names("All")
                .send()
                .await
                .unwrap();
            let Some(message) = received.messages().first() else { continue };
            any = true;
            let event = queue_event(received.messages(), queue.name()).unwrap();
            let event = serde_json::to_value(event).unwrap();
            let is_done =
                |answer: &Value| answer["batchItemFailures"].as_array().is_none_or(Vec::is_empty);
            self.call(function.name, &event, is_done).await;
            let handle = message.receipt_handle().unwrap();
            sqs.delete_message().queue_url(url).receipt_handle(handle).send().await.unwrap();
        }
        any
    }

    async fn is_delayed(&self) -> bool {
        let mut delayed = false;
        for queue in Queue::ALL {
            let asked = self.clients.sqs.get_queue_attributes();
            let asked = asked.queue_url(self.deps.queues.url(queue).unwrap());
            let name = QueueAttributeName::ApproximateNumberOfMessagesDelayed;
            let answer = asked.attribute_names(name.clone()).send().await.unwrap();
            let number = answer.attributes().and_then(|of| of.get(&name)).cloned();
            delayed |= number.is_some_and(|number| number != "0");
        }
        delayed
    }

    async fn items(&self) -> Vec<Item> {
        let pages = self.clients.dynamodb.scan().table_name("parcela").consistent_read(true);
        let pages = pages.into_paginator().items().send();
        let items: Result<Vec<Item>, _> = pages.collect().await;
        items.unwrap()
    }

    async fn objects(&self) -> Vec<String> {
        let listed = self.clients.s3.list_objects_v2().bucket("parcela").send().await.unwrap();
        assert_ne!(listed.is_truncated(), Some(true));
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }

    async fn phones(&self) -> Vec<Value> {
        let url = format!("{}/sandbox/whatsapp/messages", self.gateway_url);
        let page: Value = self.http.get(url).send().await.unwrap().json().await.unwrap();
        page["messages"].as_array().unwrap().clone()
    }

    /// Keeps what stands now.
    pub async fn keep(&self) -> Before {
        let items = self.items().await;
        let reader = Reader::knowing(&items);
        let (objects, sent) = (self.objects().await, self.phones().await.len());
        Before { at: self.clock.read(), items, objects, reader, sent }
    }

    /// Makes everything stand as it did.
    pub async fn restore(&mut self, before: &mut Before) {
        self.clock.set(before.at);
        for key in self.objects().await {
            if !before.objects.contains(&key) {
                self.clients.s3.delete_object().bucket("parcela").key(key).send().await.unwrap();
            }
        }
        let removed = self.items().await.into_iter().map(|mut item| {
            item.retain(|name, _| name == "pk" || name == "sk");
            let delete = DeleteRequest::builder().set_key(Some(item)).build().unwrap();
            WriteRequest::builder().delete_request(delete).build()
        });
        let removed: Vec<WriteRequest> = removed.collect();
        let put = before.items.iter().map(|item| {
            let put = PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let put: Vec<WriteRequest> = put.collect();
        for requests in removed.chunks(WRITES_A_CALL).chain(put.chunks(WRITES_A_CALL)) {
            let batch = self.clients.dynamodb.batch_write_item();
            batch.request_items("parcela", requests.to_vec()).send().await.unwrap();
        }
        before.sent = self.phones().await.len();
        self.read_from_here().await;
    }

    /// What the workflow left behind.
    pub async fn state(&self, before: &Before) -> State {
        let mut state = State::new();
        let mut add = |what: String| *state.entry(what).or_default() += 1;
        for item in self.items().await {
            let is_counter =
                matches!(&item["pk"], AttributeValue::S(pk) if pk.starts_with("RATE#"));
            if !is_counter {
                add(format!("item {}", before.reader.item(&item)));
            }
        }
        for key in self.objects().await {
            add(format!("object {}", before.reader.text(&key)));
        }
        for message in self.phones().await.iter().skip(before.sent) {
            let [number, text] = ["number", "text"].map(|name| message[name].as_str().unwrap());
            add(format!("message to {number}: {text}"));
        }
        state
    }
}

/// The same clients with faults, and without pauses before a client's own retries.
fn faulty(clients: &Clients, faults: &Faults) -> Clients {
    macro_rules! faulty {
        ($sdk:ident, $client:expr) => {{
            let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
            let config = $client.config().to_builder().interceptor(faults.clone());
            $sdk::Client::from_conf(config.retry_config(retries).build())
        }};
    }
    Clients {
        dynamodb: faulty!(aws_sdk_dynamodb, clients.dynamodb),
        s3: faulty!(aws_sdk_s3, clients.s3),
        sqs: faulty!(aws_sdk_sqs, clients.sqs),
        scheduler: faulty!(aws_sdk_scheduler, clients.scheduler),
    }
}

async fn gateway(folder: &std::path::Path, clock: &Arc<StillClock>) -> String {
    let business = Arc::clone(clock);
    let gateway = Gateway::open(GatewayConfig {
        data_dir: folder.to_owned(),
        api_key: SecretString::from(WHATSAPP_KEY),
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
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

fn brand(deps: &Deps) -> Brand {
    Brand {
        id: domain::ids::BrandId::new(deps.ulid()),
        version: 0,
        name: "Lender".to_owned(),
        country: "BR".to_owned(),
        timezone: TimeZone::get("America/Sao_Paulo").unwrap(),
        currency: Currency::BRL,
        locale: "pt-BR".to_owned(),
        shards: 1,
        charges: Charges { late_fee: "2".parse().unwrap(), mora_monthly: "1".parse().unwrap() },
        dunning: Dunning {
            enabled: true,
            instance: INSTANCE.to_owned(),
            pause_millis: (5_000, 5_000),
        },
        payments_need_approval: false,
        servicing: Default::default(),
        rate_limit_per_minute: 10_000,
        origins: Vec::new(),
        non_repayment_dates: Vec::new(),
        due_dates_move: false,
        unavailability_dates: Vec::new(),
        idle_after_minutes: Brand::IDLE_AFTER_DEFAULT_MINUTES,
    }
}
