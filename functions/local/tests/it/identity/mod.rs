//! Staff, sessions, API keys and the platform's administration over HTTP, on the embedded cloud.

mod activity;
mod admin;
mod api_keys;
mod attacks;
mod audit;
mod audit_chain;
mod bootstrap;
mod rate_limits;
mod sessions;
mod staff;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::{BrandId, SessionId};
use domain::money::{Currency, Percent};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use local::cloud::{Cloud, CloudConfig, Ports};
use platform::auth::password::Password;
use platform::auth::staff::{NewStaff, create as create_staff};
use platform::auth::{Department, Permission, access};
use platform::clock::Clock;
use platform::config::Config;
use platform::http::finish;
use platform::store::{Author, Brand, Charges, Dunning, StaffUser, create_table};
use platform::{Clients, Deps};
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::night::in_order;

const START: &str = "2026-03-02T12:00:00Z";
const PASSWORD: &str = "a password for tests";
const ROOT_EMAIL: &str = "root@platform.example";

/// A business and a wall clock that stand still until they are moved, together.
#[derive(Debug, Default)]
struct StillClock(AtomicI64);

impl StillClock {
    fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(by.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        let start: Timestamp = START.parse().unwrap();
        start + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Timestamp {
        self.now()
    }
}

impl local::cloud::Clock for StillClock {
    fn business_now(&self) -> Timestamp {
        self.now()
    }

    fn changed(&self) -> watch::Receiver<()> {
        watch::Sender::new(()).subscribe()
    }
}

/// The functions behind one address, over a cloud of their own.
struct World {
    deps: Deps,
    clock: Arc<StillClock>,
    cloud: Cloud,
    http: reqwest::Client,
    base: String,
    _dir: tempfile::TempDir,
}

/// An answer: status, headers and body.
struct Answer {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Answer {
    fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_else(|| panic!("no {field} in {}", self.body))
    }

    /// The value of a cookie that was set.
    fn cookie(&self, name: &str) -> String {
        let set = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let prefix = format!("{name}=");
        let mut values = set.filter_map(|cookie| cookie.strip_prefix(&prefix));
        values.next().unwrap().split(';').next().unwrap().to_owned()
    }

    /// The names of the fields that were refused.
    fn fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["field"].as_str()).collect()
    }
}

impl World {
    async fn start() -> Self {
        Self::start_with(|deps| deps).await
    }

    /// Serves with dependencies that `change` may break; `deps` stay whole.
    async fn start_with(change: impl FnOnce(Deps) -> Deps) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(StillClock::default());
        let data_dir = dir.path().to_owned();
        let config = CloudConfig { data_dir, ports: Ports::default(), clock: clock.clone() };
        let cloud = Cloud::start(config).await.unwrap();
        let deps = connect(&cloud, clock.clone());
        create_table(&deps.table).await.unwrap();
        let group = cloud.endpoints().scheduler_client().create_schedule_group();
        group.name("parcela").send().await.unwrap();

        let mut world = Self {
            deps: deps.clone(),
            clock,
            cloud,
            http: reqwest::Client::builder().build().unwrap(),
            base: String::new(),
            _dir: dir,
        };
        world.base = world.serve(change(deps)).await;
        world
    }

    /// Serves the functions with these dependencies; answers the address.
    async fn serve(&self, deps: Deps) -> String {
        let router = identity::partner_auth::router()
            .merge(identity::staff::router())
            .merge(identity::activity::router())
            .merge(identity::api_keys::router())
            .merge(administration::admin::router());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let service = finish(router, deps).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        base
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}/api/v1{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() }
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    async fn login(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password, "delivery": "BEARER" });
        self.post("/partner/auth/login", body).await
    }

    async fn refresh(&self, token: &str) -> Answer {
        self.post("/partner/auth/refresh-token", json!({ "refreshToken": token })).await
    }

    /// An administrator of the platform.
    async fn root(&self) -> StaffUser {
        let new = NewStaff {
            brand: None,
            email: ROOT_EMAIL.parse().unwrap(),
            name: "Root Admin".parse().unwrap(),
            department: Department::SuperAdmin,
            permissions: Vec::new(),
            password: Some(Password::from(SecretString::from(PASSWORD))),
        };
        create_staff(&self.deps, &Author::new("seed"), new, |tx, _| Ok(tx)).await.unwrap()
    }

    /// A stored brand, with its limit of calls a minute.
    async fn brand(&self, rate_limit_per_minute: u32) -> BrandId {
        let mut brand = Brand {
            id: BrandId::new(self.deps.ulid()),
            version: 0,
            name: "Lender".to_owned(),
            country: "BR".to_owned(),
            timezone: TimeZone::get("America/Sao_Paulo").unwrap(),
            currency: Currency::BRL,
            locale: "pt-BR".to_owned(),
            shards: 1,
            charges: Charges { late_fee: Percent::ZERO, mora_monthly: Percent::ZERO },
            dunning: Dunning { enabled: false, instance: String::new(), pause_millis: (0, 0) },
            payments_need_approval: false,
            rate_limit_per_minute,
            origins: Vec::new(),
            non_repayment_dates: Vec::new(),
            due_dates_move: false,
            unavailability_dates: Vec::new(),
            idle_after_minutes: Brand::IDLE_AFTER_DEFAULT_MINUTES,
            servicing: platform::store::Servicing::default(),
        };
        self.deps.brands.save(&mut brand).await.unwrap();
        brand.id
    }

    /// A member of a brand's staff with permissions beyond the department's.
    async fn member(
        &self,
        brand: BrandId,
        email: &str,
        department: Department,
        permissions: &[Permission],
    ) -> StaffUser {
        let new = NewStaff {
            brand: Some(brand),
            email: email.parse().unwrap(),
            name: "Ana Souza".parse().unwrap(),
            department,
            permissions: permissions.to_vec(),
            password: Some(Password::from(SecretString::from(PASSWORD))),
        };
        create_staff(&self.deps, &Author::new("seed"), new, |tx, _| Ok(tx)).await.unwrap()
    }

    /// A caller with a fresh access token of the user as stored now, without signing in, which is
    /// limited.
    async fn caller(&self, user: &StaffUser) -> Caller<'_> {
        let user = StaffUser::load(&self.deps.table, user.id).await.unwrap().unwrap();
        let actor = user.actor(SessionId::new(self.deps.ulid()));
        let (key, wall) = (&self.deps.config.token_key, self.deps.clock.wall());
        let token = access::sign_under(key, &actor, user.credentials, wall).unwrap();
        Caller { world: self, header: ("authorization", format!("Bearer {token}")) }
    }

    /// Every item of the table, by key.
    async fn items(&self) -> BTreeMap<String, String> {
        let table = &self.deps.table;
        let scan = table.client().scan().table_name(table.name()).consistent_read(true);
        let mut pages = scan.into_paginator().items().send();
        let mut items = BTreeMap::new();
        while let Some(item) = pages.next().await {
            let item = item.unwrap();
            let text = |name: &str| item[name].as_s().unwrap().clone();
            let key = format!("{} {}", text("pk"), text("sk"));
            items.insert(key, in_order(&AttributeValue::M(item)));
        }
        items
    }

    /// The `Authorization` header of a new administrator of the platform.
    async fn root_bearer(&self) -> String {
        self.root().await;
        format!("Bearer {}", self.login(ROOT_EMAIL, PASSWORD).await.text("accessToken"))
    }
}

/// Somebody with credentials.
struct Caller<'w> {
    world: &'w World,
    header: (&'static str, String),
}

impl<'w> Caller<'w> {
    fn with_token(world: &'w World, signed_in: &Answer) -> Self {
        let token = signed_in.text("accessToken");
        Self { world, header: ("authorization", format!("Bearer {token}")) }
    }

    fn with_key(world: &'w World, key: &str) -> Self {
        Self { world, header: ("x-api-key", key.to_owned()) }
    }

    /// The path is relative to `/api/v1/partner/brand/{brandId}`.
    async fn send(
        &self,
        method: Method,
        brand: BrandId,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let (name, value) = &self.header;
        let path = format!("/partner/brand/{brand}{path}");
        self.world.send(method, &path, &[(*name, value.as_str())], body).await
    }

    async fn get(&self, brand: BrandId, path: &str) -> Answer {
        self.send(Method::GET, brand, path, None).await
    }

    async fn post(&self, brand: BrandId, path: &str, body: Value) -> Answer {
        self.send(Method::POST, brand, path, Some(body)).await
    }

    async fn put(&self, brand: BrandId, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, brand, path, Some(body)).await
    }

    async fn delete(&self, brand: BrandId, path: &str) -> Answer {
        self.send(Method::DELETE, brand, path, None).await
    }
}

fn connect(cloud: &Cloud, clock: Arc<StillClock>) -> Deps {
    connect_with(cloud, clock, None)
}

/// Behind something that writes the caller's address into this header.
fn connect_with(cloud: &Cloud, clock: Arc<StillClock>, address_header: Option<&str>) -> Deps {
    let endpoints = cloud.endpoints();
    let variable = |name: &str| match name {
        "CLIENT_ADDRESS_HEADER" => address_header.map(str::to_owned),
        "TABLE_NAME" | "BUCKET_NAME" | "SCHEDULE_GROUP" => Some("parcela".to_owned()),
        "SCHEDULE_ROLE_ARN" => Some("arn:aws:iam::000000000000:role/scheduler".to_owned()),
        "JOB_ARN" => Some("arn:aws:lambda:local:000000000000:function:{job}".to_owned()),
        "TOKEN_KEY" | "CURSOR_KEY" | "LOOKUP_KEY" | "DATA_KEY" => Some(format!("{name:-<40}")),
        "INSECURE_COOKIES" => Some("true".to_owned()),
        _ => None,
    };
    let config = Config::from_env(&variable).unwrap();
    let clients = Clients {
        dynamodb: endpoints.dynamodb_client(),
        s3: endpoints.s3_client(),
        sqs: endpoints.sqs_client(),
        scheduler: endpoints.scheduler_client(),
        kms: None,
    };
    Deps::with_clients(config, clients, clock)
}
