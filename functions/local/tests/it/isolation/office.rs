//! One brand with a record of every kind, and who calls.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::ids::{ApiKeyId, BrandId, SessionId, StaffId};
use local::seed::DemoBrand;
use platform::Deps;
use platform::auth::password::Password;
use platform::auth::staff::{NewStaff, create as create_staff};
use platform::auth::{Actor, ActorId, Department, Kind, Permission, access};
use platform::store::{ApiKey, Author, NewApiKey, Session, StaffUser};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use ulid::Ulid;

use super::rows::{Names, offer, terms};
use crate::harness::{Call, INDIA, TestSystem};

/// An id of each kind that nobody has.
const NOWHERE: &str = "01JZ0000000000000000000000";
const MALFORMED: &str = "not-an-id";

static UNIQUE: AtomicU32 = AtomicU32::new(1);

/// Which record a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The path names none.
    Nothing,
    Own,
    /// The brand's, looked after by a colleague.
    Colleagues,
    OtherBrands,
    Missing,
    Malformed,
}

pub struct Office {
    pub id: BrandId,
    demo: &'static DemoBrand,
    customer: String,
    document: String,
    loan: String,
    colleagues_loan: String,
    open_loan: String,
    ending_loan: String,
    renegotiation: String,
    payment: String,
    message: String,
    template: String,
    import: String,
    staff: StaffUser,
    api_key: String,
}

fn text(answer: &Value) -> String {
    answer["id"].as_str().unwrap_or_else(|| panic!("no id in {answer}")).to_owned()
}

impl Office {
    /// The demo brand, with payments that wait for approval.
    pub async fn open(system: &TestSystem, demo: &'static DemoBrand) -> Self {
        let deps = system.system().deps();
        let mut brand = system.brand(demo).await;
        brand.payments_need_approval = true;
        deps.brands.save(&mut brand).await.unwrap();
        let unique = || UNIQUE.fetch_add(1, Ordering::SeqCst).to_string();
        let post = async |department, path: &str, body: Value| {
            let call = system.staff(demo, department, path).await.key(&unique());
            let answer = call.post(&body).await;
            assert!((200..300).contains(&answer.status), "{path}: {}", answer.body);
            answer.body
        };
        let admin = Department::Admin;
        let phone = phone(demo);
        let customer = json!({ "name": "Bia Invented", "phone": phone });
        let customer = text(&post(admin, "/customers", customer).await);
        let document = json!({ "kind": "OTHER", "contentType": "image/png", "sizeBytes": 1_000 });
        let document = post(admin, &format!("/customers/{customer}/documents"), document).await;
        let document = format!("{customer}/documents/{}", text(&document["document"]));
        let request = async || {
            let terms: Value = serde_json::from_str(terms()).unwrap();
            let body = json!({ "customerId": customer, "terms": terms });
            text(&post(admin, "/loans", body).await)
        };
        let activate = async |loan: String| {
            let path = format!("/loans/{loan}/status");
            for action in ["APPROVE", "ACTIVATE"] {
                post(admin, &path, json!({ "action": action })).await;
            }
            loan
        };
        let loan = activate(request().await).await;
        let colleagues_loan = activate(request().await).await;
        for loan in [&loan, &colleagues_loan] {
            post(admin, &format!("/loans/{loan}/agreement"), Value::Null).await;
        }
        let ending_loan = activate(request().await).await;
        let offer: Value = serde_json::from_str(offer()).unwrap();
        let proposal = json!({ "loanId": ending_loan, "offer": offer });
        let analyst = Department::RenegotiationAnalyst;
        let renegotiation = text(&post(analyst, "/renegotiations", proposal).await);
        let colleague = member(deps, brand.id, Department::Collections).await;
        let path = format!("/loans/{colleagues_loan}/allocate");
        post(admin, &path, json!({ "staffId": colleague.id })).await;
        let payment = json!({ "loanId": loan, "amount": "10.00", "method": "TRANSFER" });
        let payment = post(Department::Collections, "/payment/process", payment).await;
        let message = json!({ "customerId": customer, "text": "Invented text" });
        let message = post(admin, "/communications/send", message).await;
        let import = json!({
            "name": "office", "dryRun": true,
            "csv": "contract_id,customer_id,granted_on,principal,installments,\
                    installment_amount,paid_installments\n\
                    C-1,K-1,2026-01-15,1200.00,12,110.00,0\n",
        });
        let import = post(admin, "/imports", import).await;
        let mut office = Self {
            id: brand.id,
            demo,
            open_loan: request().await,
            ending_loan,
            renegotiation,
            customer: customer.clone(),
            document,
            loan,
            colleagues_loan,
            payment: text(&payment),
            message: text(&message),
            template: String::new(),
            import: text(&import),
            staff: colleague,
            api_key: String::new(),
        };
        office.template = office.new_template(system).await;
        office.api_key = text_of_key(&new_key(deps, office.id, &[]).await).0;
        office
    }

    /// The id that a path has at a place; `None` where there is no such record.
    pub async fn named(
        &self,
        system: &TestSystem,
        names: Names,
        place: Place,
        other: &Self,
        fresh: bool,
    ) -> Option<String> {
        let deps = system.system().deps();
        let owner = if place == Place::OtherBrands { other } else { self };
        let own = match names {
            Names::Nothing => return None,
            Names::Customer => owner.customer.clone(),
            Names::Document if place == Place::Malformed => {
                return Some(format!("{}/documents/{MALFORMED}", owner.customer));
            }
            Names::Document => owner.document.clone(),
            Names::Loan if place == Place::Colleagues => owner.colleagues_loan.clone(),
            Names::Loan => owner.loan.clone(),
            Names::OpenLoan => owner.open_loan.clone(),
            Names::EndingLoan => owner.ending_loan.clone(),
            Names::Renegotiation => owner.renegotiation.clone(),
            Names::Invoice => format!("inv_{}_1", owner.loan.trim_start_matches("loan_")),
            Names::Payment => owner.payment.clone(),
            Names::Message => owner.message.clone(),
            Names::Template if fresh => owner.new_template(system).await,
            Names::Template => owner.template.clone(),
            Names::Import => owner.import.clone(),
            Names::Staff => owner.staff.id.to_string(),
            Names::ApiKey if fresh => text_of_key(&new_key(deps, owner.id, &[]).await).0,
            Names::ApiKey => owner.api_key.clone(),
            Names::Job => "overdue".to_owned(),
            Names::Report => "aging".to_owned(),
            Names::File => "start.js".to_owned(),
        };
        match place {
            Place::Nothing => None,
            Place::Colleagues if names != Names::Loan => None,
            // Jobs, reports and files are nobody's.
            Place::OtherBrands | Place::Missing
                if matches!(names, Names::Job | Names::Report | Names::File) =>
            {
                None
            }
            Place::Own | Place::Colleagues | Place::OtherBrands => Some(own),
            Place::Missing => Some(missing(&own)),
            Place::Malformed => Some(MALFORMED.to_owned()),
        }
    }

    /// A row's body with this brand's ids.
    pub fn fill(&self, body: &str) -> Option<Value> {
        if body.is_empty() {
            return None;
        }
        let unique = UNIQUE.fetch_add(1, Ordering::SeqCst).to_string();
        let (timezone, locale) = if self.demo.short == INDIA.short {
            ("Asia/Kolkata", "en-IN")
        } else {
            ("America/Sao_Paulo", "pt-BR")
        };
        let email = self.staff.email.expose().to_owned();
        let text = [
            ("$brand", self.id.to_string()),
            ("$customer", self.customer.clone()),
            ("$loan", self.loan.clone()),
            ("$endingLoan", self.ending_loan.clone()),
            ("$offer", offer().to_owned()),
            ("$staffEmail", email),
            ("$staff", self.staff.id.to_string()),
            ("$phone", phone(self.demo)),
            ("$terms", terms().to_owned()),
            ("$timezone", timezone.to_owned()),
            ("$locale", locale.to_owned()),
            ("$unique", unique),
        ]
        .into_iter()
        .fold(body.to_owned(), |text, (name, value)| text.replace(name, &value));
        Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    async fn new_template(&self, system: &TestSystem) -> String {
        let path = "/communications/templates";
        let body = json!({ "kind": "MANUAL", "name": "fresh", "text": "Invented text" });
        let call = system.staff(self.demo, Department::Admin, path).await;
        text(&call.post(&body).await.expect(201))
    }
}

/// An id of the same kind that nobody has.
fn missing(id: &str) -> String {
    let nowhere = |part: &str| {
        if Ulid::from_string(part).is_ok() { NOWHERE.to_owned() } else { part.to_owned() }
    };
    id.split('_').map(nowhere).collect::<Vec<_>>().join("_")
}

fn phone(demo: &DemoBrand) -> String {
    let number = UNIQUE.fetch_add(1, Ordering::SeqCst);
    if demo.short == INDIA.short {
        format!("+919{:09}", 500_000 + number)
    } else {
        format!("+55119{:08}", 500_000 + number)
    }
}

/// A stored member of a brand's staff, or of the platform.
pub async fn member(deps: &Deps, brand: BrandId, department: Department) -> StaffUser {
    let new = NewStaff {
        brand: Some(brand).filter(|_| department != Department::SuperAdmin),
        email: format!("m{}@example.test", UNIQUE.fetch_add(1, Ordering::SeqCst)).parse().unwrap(),
        name: "Rui Invented".parse().unwrap(),
        department,
        permissions: Vec::new(),
        password: Some(Password::from(SecretString::from("a password for tests"))),
    };
    create_staff(deps, &Author::new("seed"), new, |tx, _| Ok(tx)).await.unwrap()
}

/// Credentials as a request carries them.
#[derive(Debug, Clone)]
pub enum Credentials {
    None,
    Token(String),
    Key(String),
}

impl Credentials {
    /// Of a stored user who signed in.
    pub async fn of(deps: &Deps, user: &StaffUser) -> Self {
        let (mut session, _) = Session::new(deps, user);
        session.open_in(deps.table.tx()).commit().await.unwrap();
        Self::sign(deps, &user.actor(session.id), user.credentials)
    }

    /// Of somebody who is not stored, and has not called before.
    pub fn of_somebody(deps: &Deps, department: Department, brand: BrandId) -> Self {
        let is_platforms = department == Department::SuperAdmin;
        let actor = Actor {
            kind: if is_platforms { Kind::Admin } else { Kind::Staff },
            id: ActorId::Staff(StaffId::new(deps.ulid())),
            department: Some(department),
            permissions: Vec::new(),
            brand: Some(brand).filter(|_| !is_platforms),
            session: SessionId::new(deps.ulid()),
        };
        Self::sign(deps, &actor, 1)
    }

    /// Of a new API key.
    pub async fn of_key(deps: &Deps, brand: BrandId, permissions: &[Permission]) -> Self {
        Self::Key(text_of_key(&new_key(deps, brand, permissions).await).1)
    }

    fn sign(deps: &Deps, actor: &Actor, credentials: u32) -> Self {
        let wall = deps.clock.wall();
        Self::Token(access::sign_under(&deps.config.token_key, actor, credentials, wall).unwrap())
    }

    pub fn put_on<'t>(&self, call: Call<'t>) -> Call<'t> {
        match self {
            Self::None => call,
            Self::Token(token) => call.bearer(token),
            Self::Key(key) => call.header("x-api-key", key),
        }
    }

    /// As a header of API Gateway's event.
    pub fn header(&self) -> Option<(&'static str, String)> {
        match self {
            Self::None => None,
            Self::Token(token) => Some(("authorization", format!("Bearer {token}"))),
            Self::Key(key) => Some(("x-api-key", key.clone())),
        }
    }
}

/// Calls that a key of a pool makes before another takes its place.
const KEY_LIMIT_CALLS: usize = 50;

/// Keys of a brand, each for less calls than a minute's limit.
pub struct KeyPool {
    brand: BrandId,
    permissions: Vec<Permission>,
    current: Mutex<Option<(String, usize)>>,
}

impl KeyPool {
    pub fn new(brand: BrandId, permissions: Vec<Permission>) -> Self {
        Self { brand, permissions, current: Mutex::new(None) }
    }

    pub async fn take(&self, deps: &Deps) -> Credentials {
        let mut current = self.current.lock().await;
        if let Some((text, calls)) = current.as_mut()
            && *calls < KEY_LIMIT_CALLS
        {
            *calls += 1;
            return Credentials::Key(text.clone());
        }
        let (_, text) = new_key(deps, self.brand, &self.permissions).await;
        *current = Some((text.clone(), 1));
        Credentials::Key(text)
    }
}

async fn new_key(deps: &Deps, brand: BrandId, permissions: &[Permission]) -> (ApiKey, String) {
    let new = NewApiKey {
        id: ApiKeyId::new(deps.ulid()),
        brand,
        name: "matrix".to_owned(),
        permissions: permissions.to_vec(),
        created_by: "seed".to_owned(),
        created_at: deps.now(),
    };
    let (mut key, text) = ApiKey::generate(&deps.config.lookup_key, new).unwrap();
    key.create_in(deps.table.tx()).commit().await.unwrap();
    (key, text.expose())
}

fn text_of_key((key, text): &(ApiKey, String)) -> (String, String) {
    (key.id.to_string(), text.clone())
}
