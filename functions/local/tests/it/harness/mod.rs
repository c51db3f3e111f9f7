//! The whole system in a folder of its own, with typed helpers: what every test over the wire
//! starts from.

mod api;
mod borrowers;

use std::path::Path;

use domain::ids::{BrandId, SessionId};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use local::seed::{self, DemoBrand};
use local::system::{Options, Summary, System};
use platform::auth::{Department, access};
use platform::store::{Brand, StaffUser};
use serde_json::{Value, json};
use tempfile::TempDir;

pub use api::{Answer, Call};

/// Aurora Crédito: Brazil, America/Sao_Paulo, BRL, pt-BR, late fee 2 %, mora 1 % a month.
pub const BRAZIL: &DemoBrand = &seed::BRANDS[0];
/// Banyan Finance: India, Asia/Kolkata, INR, en-IN, late fee 2 %, mora 2 % a month.
pub const INDIA: &DemoBrand = &seed::BRANDS[1];

/// The running system.
pub struct TestSystem {
    system: System,
    folder: TempDir,
    http: reqwest::Client,
}

impl TestSystem {
    /// Starts with the demo brands at noon of a date in Greenwich: 09:00 in São Paulo, 17:30 in
    /// Kolkata, after the night's jobs in both.
    pub async fn on(date: &str) -> Self {
        let date: Date = date.parse().unwrap();
        let noon = date.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let folder = tempfile::tempdir().unwrap();
        let system = start(folder.path(), Some(noon)).await;
        Self { system, folder, http: reqwest::Client::builder().build().unwrap() }
    }

    /// As [`TestSystem::on`], on a Thursday: 2026-01-15.
    pub async fn start() -> Self {
        Self::on("2026-01-15").await
    }

    /// Ends everything at once, as a kill would, and starts again over the same folder.
    pub async fn kill_and_restart(self) -> Self {
        let Self { system, folder, http } = self;
        drop(system);
        let system = start(folder.path(), None).await;
        Self { system, folder, http }
    }

    /// The system itself.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// The stored brand.
    pub async fn brand(&self, demo: &DemoBrand) -> Brand {
        let id = demo.id().unwrap();
        self.system.deps().brands.get(id).await.unwrap().unwrap().as_ref().clone()
    }

    /// A call as the demo's person of a department, with a fresh access token (signing in is
    /// limited to ten a minute, see [`TestSystem::login`]). The path is relative to
    /// `/api/v1/partner/brand/{brandId}`.
    pub async fn staff(&self, demo: &DemoBrand, department: Department, path: &str) -> Call<'_> {
        let id = demo.id().unwrap();
        let token = self.token(&demo.email(department)).await;
        self.call(format!("/api/v1/partner/brand/{id}{path}")).bearer(token)
    }

    /// A call as the platform's administrator; the path is relative to `/api/v1`.
    pub async fn super_admin(&self, path: &str) -> Call<'_> {
        let token = self.token(seed::SUPER_ADMIN_EMAIL).await;
        self.call(format!("/api/v1{path}")).bearer(token)
    }

    /// A call as nobody, with an absolute path.
    pub fn call(&self, path: impl Into<String>) -> Call<'_> {
        Call::new(&self.http, format!("{}{}", self.system.running().url, path.into()))
    }

    /// A call of a whole URL: a link to a file.
    pub fn link(&self, url: &str) -> Call<'_> {
        Call::new(&self.http, url.to_owned())
    }

    /// Signs in over the wire; answers what the client gets, with tokens in the body.
    pub async fn login(&self, email: &str) -> Value {
        let password = self.system.keys().demo_password();
        let body = json!({ "email": email, "password": password, "delivery": "BEARER" });
        self.call("/api/v1/partner/auth/login").post(&body).await.expect(200)
    }

    async fn token(&self, email: &str) -> String {
        let deps = self.system.deps();
        let email = email.parse().unwrap();
        let user = StaffUser::by_email(&deps.table, &deps.config.lookup_key, &email);
        let user = user.await.unwrap().unwrap();
        let actor = user.actor(SessionId::new(deps.ulid()));
        let wall = deps.clock.wall();
        access::sign_under(&deps.config.token_key, &actor, user.credentials, wall).unwrap()
    }

    /// Business now.
    pub fn now(&self) -> Timestamp {
        self.system.driver().now()
    }

    /// Lets business time pass: `15d`, `6h`. What is due on the way happens, in order, and all that
    /// came of it is done when this returns.
    pub async fn advance(&self, by: &str) -> Summary {
        let span: Span = by.parse().unwrap();
        let to = self.now().to_zoned(TimeZone::UTC).checked_add(span).unwrap().timestamp();
        self.advance_to(to).await
    }

    /// As [`TestSystem::advance`], to an instant.
    pub async fn advance_to(&self, to: Timestamp) -> Summary {
        let summary = self.system.driver().move_to(to, |_| true).await.unwrap();
        assert_eq!(summary.unfinished_stops, 0, "work was left");
        summary
    }

    /// Waits until nothing is left to do at the present business time.
    pub async fn drain(&self) {
        assert!(self.system.driver().drain().await, "work was left");
    }

    /// Runs a function with an event in Lambda's shape, through the code that Lambda runs.
    pub async fn invoke(&self, function: &str, event: Value) -> Value {
        let function = local::system::functions::find(function).unwrap();
        let deps = self.system.deps().clone();
        local::system::functions::invoke(function, deps, event).await.unwrap()
    }

    /// Runs a job by hand for a brand and a date, and waits for its workers.
    pub async fn job(&self, function: &str, brand: BrandId, date: Date) -> Value {
        let event = json!({ "brandId": brand, "businessDate": date, "startedBy": "test" });
        let answer = self.invoke(function, event).await;
        self.drain().await;
        answer
    }

    /// The messages on the phones, oldest first: `number`, `text`, `status`, `instance`, `at`.
    pub async fn whatsapp_messages(&self) -> Vec<Value> {
        let url = format!("{}/sandbox/whatsapp/messages", self.system.running().sandbox_url);
        let page = Call::new(&self.http, url).get().await.expect(200);
        page["messages"].as_array().unwrap().clone()
    }

    /// Tells the WhatsApp sandbox how to behave; see `POST /sandbox/script`.
    pub async fn script(&self, script: Value) {
        let url = format!("{}/sandbox/script", self.system.running().sandbox_url);
        Call::new(&self.http, url).post(&script).await.expect(204);
    }
}

async fn start(folder: &Path, start_at: Option<Timestamp>) -> System {
    let options = Options { port: 0, start_at, ..Options::new(folder) };
    System::start(options).await.unwrap()
}
