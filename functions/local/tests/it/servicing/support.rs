//! The functions that serve a contract, behind a port, over an empty table with a clock that is
//! moved, and staff of two brands.

use std::sync::Arc;

use axum::http::header::AUTHORIZATION;
use domain::ids::{BrandId, LoanId, SessionId, StaffId};
use domain::ledger::{Balances, Position};
use domain::money::Currency;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use local::cloud::Endpoints;
use platform::Deps;
use platform::auth::{Actor, ActorId, Department, Kind, access};
use platform::clock::MovableClock;
use platform::config::Config;
use platform::http::finish;
use platform::store::{
    Brand, Charges, Consistency, Dunning, LoanRecord, Loans, Shard, create_table,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Two brands in São Paulo with late fees of 2 % and mora of 1 % a month.
pub struct World {
    pub deps: Deps,
    pub brand: Brand,
    pub other: Brand,
    clock: MovableClock,
    http: reqwest::Client,
    url: String,
}

/// An answer: its status and its JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The body, where the status is this one.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// What an error says, without what differs from request to request.
    pub fn error(&self) -> (u16, Value, Value) {
        (self.status, self.body["message"].clone(), self.body["errors"].clone())
    }
}

/// One request to be sent by an administrator of the brand, unless it says otherwise.
pub struct Call<'w> {
    world: &'w World,
    request: reqwest::RequestBuilder,
    department: Department,
    of: BrandId,
}

impl Call<'_> {
    pub fn by(self, department: Department) -> Self {
        Self { department, ..self }
    }

    pub fn key(self, key: &str) -> Self {
        Self { request: self.request.header("idempotency-key", key), ..self }
    }

    pub async fn json(self, body: Value) -> Answer {
        Self { request: self.request.json(&body), ..self }.send().await
    }

    /// Sends it; answers the status and the text.
    pub async fn text(self) -> (u16, String) {
        let response = self.signed().send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub async fn send(self) -> Answer {
        let response = self.signed().send().await.unwrap();
        let status = response.status().as_u16();
        Answer { status, body: response.json().await.unwrap_or(Value::Null) }
    }

    fn signed(self) -> reqwest::RequestBuilder {
        let deps = &self.world.deps;
        let staff = ulid::Ulid::from_parts(self.of.ulid().timestamp_ms(), self.department as u128);
        let actor = Actor {
            kind: Kind::Staff,
            id: ActorId::Staff(StaffId::new(staff)),
            department: Some(self.department),
            permissions: Vec::new(),
            brand: Some(self.of),
            session: SessionId::new(deps.ulid()),
        };
        let token = access::sign(&deps.config.token_key, &actor, deps.clock.wall()).unwrap();
        self.request.header(AUTHORIZATION, format!("Bearer {token}"))
    }
}

impl World {
    /// The world on a date, at noon in Greenwich.
    pub async fn on(date: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
        let variable = |name: &str| match name {
            "TABLE_NAME" | "BUCKET_NAME" => Some("parcela".to_owned()),
            "TOKEN_KEY" | "CURSOR_KEY" | "LOOKUP_KEY" | "DATA_KEY" => Some(format!("{name:-<40}")),
            _ => None,
        };
        let sdk = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::from_static("local"))
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                Endpoints::credentials(),
            ))
            .endpoint_url(endpoint)
            .build();
        let clock = MovableClock::default();
        clock.set(noon(date));
        let config = Config::from_env(&variable).unwrap();
        let deps = Deps::connect(config, &sdk, Arc::new(clock.clone()));
        create_table(&deps.table).await.unwrap();
        let (mut brand, mut other) = (a_brand(&deps), a_brand(&deps));
        deps.brands.save(&mut brand).await.unwrap();
        deps.brands.save(&mut other).await.unwrap();
        let routes = origination::customers::router()
            .merge(origination::loans::router())
            .merge(servicing::payments::router())
            .merge(servicing::invoices::router())
            .merge(servicing::renegotiations::router())
            .merge(servicing::collections::router())
            .merge(insight::dashboard::router())
            .merge(insight::reports::router());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = finish(routes, deps.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { deps, brand, other, clock, http: reqwest::Client::builder().build().unwrap(), url }
    }

    pub fn move_to(&self, date: &str) {
        self.clock.set(noon(date));
    }

    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(reqwest::Method::GET, &self.brand, path)
    }

    pub fn post(&self, path: &str) -> Call<'_> {
        self.call(reqwest::Method::POST, &self.brand, path)
    }

    /// A call below a brand's path, by its own staff.
    pub fn call(&self, method: reqwest::Method, brand: &Brand, path: &str) -> Call<'_> {
        let url = format!("{}/api/v1/partner/brand/{}{path}", self.url, brand.id);
        let request = self.http.request(method, url);
        Call { world: self, request, department: Department::Admin, of: brand.id }
    }

    /// Records a payment on a loan; `more` are further fields of the request.
    pub async fn pay(&self, loan: &str, key: &str, amount: &str, more: Value) -> Answer {
        let mut body = json!({"loanId": loan, "amount": amount, "method": "PIX"});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.post("/payment/process").key(key).json(body).await
    }

    /// An active loan without interest, disbursed on 10 February 2026: installments of 500.00 on
    /// the 10th of each month from March on. `phone` tells customers apart.
    pub async fn loan(&self, installments: u16, phone: u16) -> String {
        let customer = json!({"name": "Ana Exemplo", "phone": format!("+551198765{phone:04}")});
        let customer = self.post("/customers").json(customer).await.expect(201);
        self.loan_of(customer["id"].as_str().unwrap(), installments).await
    }

    /// As [`Self::loan`], of a customer who is there.
    pub async fn loan_of(&self, customer: &str, installments: u16) -> String {
        let principal = format!("{}.00", 500 * u32::from(installments));
        let terms = json!({"principal": principal, "method": "PRICE", "annualRate": "0",
            "installments": installments, "frequency": {"every": 1, "unit": "MONTH"},
            "disbursementDate": "2026-02-10"});
        self.lend(customer, terms).await
    }

    /// An active loan by these terms.
    pub async fn lend(&self, customer: &str, terms: Value) -> String {
        let request = json!({"customerId": customer, "terms": terms});
        let loan = self.post("/loans").json(request).await.expect(201);
        let id = loan["id"].as_str().unwrap().to_owned();
        let path = format!("/loans/{id}/status");
        self.post(&path).json(json!({"action": "APPROVE"})).await.expect(200);
        let activate = self.post(&path).key(&format!("activate {id}").replace(' ', "-"));
        activate.json(json!({"action": "ACTIVATE"})).await.expect(200);
        id
    }

    /// The whole view of a loan.
    pub async fn view(&self, loan: &str) -> Value {
        self.get(&format!("/loans/{loan}")).send().await.expect(200)
    }

    /// Changes the brand's rules.
    pub async fn rules(&mut self, change: impl FnOnce(&mut Brand)) {
        let mut brand = self.brand.clone();
        change(&mut brand);
        self.deps.brands.save(&mut brand).await.unwrap();
        self.brand = brand;
    }

    pub async fn owed(&self, loan: &str) -> Value {
        self.get(&format!("/loans/{loan}")).send().await.expect(200)["owed"].clone()
    }

    pub async fn record(&self, loan: &str) -> LoanRecord {
        let key = LoanRecord::key_of(self.brand.id, loan.parse().unwrap());
        self.deps.table.get(&key, Consistency::Strong).await.unwrap().unwrap()
    }

    /// Σ shards = Σ loans, and each loan's journal adds up to its totals and is what its history
    /// makes of it.
    pub async fn assert_adds_up(&self, loans: &[String]) {
        let mut records = Vec::new();
        for loan in loans {
            records.push(self.record(loan).await);
        }
        let shards =
            Shard::all(&self.deps.table, self.brand.id, Consistency::Strong).await.unwrap();
        for shard in shards {
            let mut sum = Position::default();
            for record in records.iter().filter(|record| record.shard == shard.shard) {
                sum += record.loan.position(shard.as_of);
            }
            assert_eq!(shard.position, sum);
        }
        let today = self.deps.today(&self.brand);
        let store = Loans::new(&self.deps.table);
        for record in &records {
            let id: LoanId = record.loan.id;
            let journal = store.journal(self.brand.id, id).await.unwrap();
            let entries: Vec<_> = journal.iter().flat_map(|item| item.entries().unwrap()).collect();
            assert!(entries.iter().all(domain::ledger::Entry::is_balanced));
            assert_eq!(Balances::of(&entries), record.loan.balances());
            let (opening, history) = store.history(self.brand.id, id).await.unwrap();
            let rebuilt = record.loan.rebuild(&opening, &history, &entries, today);
            assert_eq!(rebuilt.drift, []);
        }
    }
}

fn noon(date: &str) -> Timestamp {
    format!("{date}T12:00:00Z").parse().unwrap()
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
        shards: 8,
        charges: Charges { late_fee: "2".parse().unwrap(), mora_monthly: "1".parse().unwrap() },
        dunning: Dunning { enabled: false, instance: String::new(), pause_millis: (0, 0) },
        payments_need_approval: false,
        servicing: Default::default(),
        rate_limit_per_minute: 100_000,
        origins: Vec::new(),
        non_repayment_dates: Vec::new(),
        due_dates_move: false,
        unavailability_dates: Vec::new(),
        idle_after_minutes: Brand::IDLE_AFTER_DEFAULT_MINUTES,
    }
}
