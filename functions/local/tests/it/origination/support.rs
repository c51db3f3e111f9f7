//! The `customers` and `loans` functions over an empty table, a clock that stands still, and
//! staff of two brands.

use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use axum::Router;
use axum::body::{Body, to_bytes};
use domain::ids::{BrandId, SessionId, StaffId};
use domain::money::Currency;
use http::{Method, Request, StatusCode, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use local::cloud::Endpoints;
use platform::Deps;
use platform::auth::{Actor, ActorId, Department, Kind, access};
use platform::clock::{Clock, SystemClock};
use platform::config::Config;
use platform::http::finish;
use platform::store::{Brand, Charges, Dunning, create_table};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;

const BODY_LIMIT_BYTES: usize = 1 << 20;

/// A business clock that stands still until it is moved.
#[derive(Debug)]
struct StillClock(Mutex<Timestamp>);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn wall(&self) -> Timestamp {
        SystemClock.wall()
    }
}

/// Two brands in São Paulo with late fees of 2 % and mora of 1 % a month.
pub struct World {
    pub deps: Deps,
    clock: Arc<StillClock>,
    router: Router,
    pub brand: Brand,
    pub other: Brand,
}

/// An answer: its status, its `ETag`, its JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub etag: Option<String>,
    pub body: Value,
}

impl Answer {
    /// The body, where the status is this one.
    pub fn expect(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

/// One request to be sent.
pub struct Call<'w> {
    world: &'w World,
    method: Method,
    path: String,
    department: Department,
    of: BrandId,
    headers: Vec<(header::HeaderName, String)>,
}

impl Call<'_> {
    pub fn by(mut self, department: Department) -> Self {
        self.department = department;
        self
    }

    /// Sent by staff of this brand.
    pub fn of(mut self, brand: BrandId) -> Self {
        self.of = brand;
        self
    }

    pub fn key(mut self, key: &str) -> Self {
        self.headers.push((header::HeaderName::from_static("idempotency-key"), key.to_owned()));
        self
    }

    pub fn if_match(mut self, etag: &str) -> Self {
        self.headers.push((header::IF_MATCH, etag.to_owned()));
        self
    }

    pub async fn send(self, body: Option<Value>) -> Answer {
        let deps = &self.world.deps;
        let actor = Actor {
            kind: Kind::Staff,
            id: ActorId::Staff(StaffId::new(ulid_of(self.of, self.department))),
            department: Some(self.department),
            permissions: Vec::new(),
            brand: Some(self.of),
            session: SessionId::new(deps.ulid()),
        };
        let token = access::sign(&deps.config.token_key, &actor, deps.clock.wall()).unwrap();
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.body(body).unwrap();
        let response = self.world.router.clone().oneshot(request).await.unwrap();
        let etag = response.headers().get(header::ETAG);
        let etag = etag.map(|etag| etag.to_str().unwrap().to_owned());
        let status = response.status();
        let bytes = to_bytes(response.into_body(), BODY_LIMIT_BYTES).await.unwrap();
        Answer { status, etag, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    pub async fn ok(self) -> Value {
        self.send(None).await.expect(StatusCode::OK)
    }
}

impl World {
    /// The world on a date, at noon of Greenwich.
    pub async fn on(date: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
        let variable = |name: &str| match name {
            "TABLE_NAME" | "BUCKET_NAME" => Some("parcela".to_owned()),
            "TOKEN_KEY" | "CURSOR_KEY" | "LOOKUP_KEY" | "DATA_KEY" => Some(format!("{name:-<40}")),
            _ => None,
        };
        let clock = Arc::new(StillClock(Mutex::new(noon(date))));
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(SharedCredentialsProvider::new(Endpoints::credentials()))
            .endpoint_url(endpoint)
            .build();
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let deps = Deps::connect(Config::from_env(&variable).unwrap(), &sdk, shared);
        create_table(&deps.table).await.unwrap();
        let mut brand = a_brand(&deps);
        let mut other = a_brand(&deps);
        deps.brands.save(&mut brand).await.unwrap();
        deps.brands.save(&mut other).await.unwrap();
        let routes = origination::customers::router().merge(origination::loans::router());
        let router = finish(routes, deps.clone());
        Self { deps, clock, router, brand, other }
    }

    pub fn move_to(&self, date: &str) {
        *self.clock.0.lock().unwrap() = noon(date);
    }

    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }

    pub fn put(&self, path: &str) -> Call<'_> {
        self.call(Method::PUT, path)
    }

    /// By an administrator of the brand, below its path, unless the call says otherwise.
    fn call(&self, method: Method, path: &str) -> Call<'_> {
        let path = format!("/api/v1/partner/brand/{}{path}", self.brand.id);
        let department = Department::Admin;
        Call { world: self, method, path, department, of: self.brand.id, headers: Vec::new() }
    }

    /// A customer's id.
    pub async fn customer(&self) -> String {
        let body = json!({"name": "Ana Exemplo", "phone": "+5511987650001"});
        let customer = self.post("/customers").send(Some(body)).await.expect(StatusCode::CREATED);
        customer["id"].as_str().unwrap().to_owned()
    }

    /// The id of a loan with these terms, requested and approved.
    pub async fn approved(&self, terms: Value) -> String {
        let body = json!({"customerId": self.customer().await, "terms": terms});
        let loan = self.post("/loans").send(Some(body)).await.expect(StatusCode::CREATED);
        let id = loan["id"].as_str().unwrap().to_owned();
        let approve = Some(json!({"action": "APPROVE"}));
        let path = format!("/loans/{id}/status");
        self.post(&path).by(Department::Credit).send(approve).await.expect(StatusCode::OK);
        id
    }
}

fn noon(date: &str) -> Timestamp {
    format!("{date}T12:00:00Z").parse().unwrap()
}

/// The same member of staff for each brand and department.
fn ulid_of(brand: BrandId, department: Department) -> ulid::Ulid {
    ulid::Ulid::from_parts(brand.ulid().timestamp_ms(), u128::from(department as u8))
}

fn a_brand(deps: &Deps) -> Brand {
    Brand {
        id: BrandId::new(deps.ulid()),
        version: 0,
        name: "Lender".to_owned(),
        country: "BR".to_owned(),
        timezone: TimeZone::get("America/Sao_Paulo").unwrap(),
        currency: Currency::BRL,
        locale: "pt-BR".to_owned(),
        shards: 2,
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
    }
}
