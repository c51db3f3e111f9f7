//! Every operation of the API, as everybody who may and may not call it, for records that are
//! theirs and that are not.
//!
//! What each cell answers follows from the route's declared access and the table of departments.
//! Refused calls are sent with a body that no route takes, which shows that who calls is decided on
//! before what is asked is looked at.

mod office;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt as _;
use platform::auth::{Department, Permission};
use platform::http::declare::{RouteAccess, access_table};
use reqwest::Method;
use serde_json::{Value, json};

use crate::architecture::events;
use crate::harness::{BRAZIL, Call, INDIA, TestSystem};
use crate::openapi::http_functions;
use office::{Credentials, KeyPool, Office, Place, member};
use rows::{Names, ROWS, Row};

/// Which records a path can name, and which brands beside the caller's.
const PLACES: [Place; 5] =
    [Place::Own, Place::Colleagues, Place::OtherBrands, Place::Missing, Place::Malformed];
const OTHER_BRANDS: [Place; 3] = [Place::OtherBrands, Place::Missing, Place::Malformed];
const CALLS_AT_ONCE: usize = 8;

/// Who calls; all but the strangers belong to the first brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    Staff(Department),
    KeyWithout,
    KeyWith,
    /// An ADMIN of the second brand.
    Stranger,
    /// A key of the second brand with every permission.
    StrangersKey,
}

impl Who {
    fn all() -> Vec<Self> {
        let staff = Department::ALL.map(Self::Staff);
        let others = [Self::KeyWithout, Self::KeyWith, Self::Stranger, Self::StrangersKey];
        [Self::Nobody].into_iter().chain(staff).chain(others).collect()
    }

    fn is_key(self) -> bool {
        matches!(self, Self::KeyWithout | Self::KeyWith | Self::StrangersKey)
    }
}

/// What a cell must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Unauthenticated,
    Forbidden,
    /// For what the body asks.
    ForbiddenInside,
    /// The brand is not there, or not the caller's.
    NoBrand,
    /// The record is not there, or another brand's.
    NoRecord,
    /// What the path has is no id.
    NoId,
    Passes,
}

impl Expected {
    /// Whether the body is looked at before it is so answered.
    fn reads_body(self) -> bool {
        matches!(self, Self::ForbiddenInside | Self::NoRecord | Self::Passes)
    }

    fn is(self, status: u16, row: &Row, who: Who) -> bool {
        match self {
            Self::Unauthenticated => status == 401,
            Self::Forbidden | Self::ForbiddenInside => status == 403,
            Self::NoBrand | Self::NoRecord | Self::NoId => status == 404,
            Self::Passes => {
                row.passes_keys.filter(|_| who.is_key()).unwrap_or(row.passes).contains(&status)
            }
        }
    }
}

/// One route with all that is known about it.
struct Operation {
    function: &'static str,
    access: RouteAccess,
    row: &'static Row,
    permission: Option<Permission>,
}

impl Operation {
    fn is_public(&self) -> bool {
        self.permission.is_none() && !self.access.signed_in
    }

    fn has_brand(&self) -> bool {
        self.access.path.contains("{brandId}")
    }

    /// From the declared access and the departments' table alone.
    fn expected(&self, who: Who, brand: Place, record: Place) -> Expected {
        if self.is_public() {
            let is_id = record != Place::Malformed;
            return if is_id { Expected::Passes } else { Expected::NoId };
        }
        if who == Who::Nobody || (who.is_key() && !self.has_brand()) {
            return Expected::Unauthenticated;
        }
        if self.has_brand() {
            let is_visible = match who {
                Who::Staff(Department::SuperAdmin) => {
                    matches!(brand, Place::Own | Place::OtherBrands)
                }
                Who::Stranger | Who::StrangersKey => brand == Place::OtherBrands,
                _ => brand == Place::Own,
            };
            if !is_visible {
                return Expected::NoBrand;
            }
        }
        let may = |permission: Option<Permission>| match (permission, who) {
            (None, _) => true,
            (Some(permission), Who::Staff(department)) => department.grants(permission),
            (Some(permission), Who::Stranger) => Department::Admin.grants(permission),
            (Some(permission), Who::KeyWith | Who::StrangersKey) => permission.is_for_keys(),
            (Some(_), Who::KeyWithout | Who::Nobody) => false,
        };
        if !may(self.permission) {
            return Expected::Forbidden;
        }
        match record {
            Place::Malformed => Expected::NoId,
            _ if !may(self.row.also) => Expected::ForbiddenInside,
            Place::Missing => Expected::NoRecord,
            // The platform's own routes are about every brand's records.
            Place::OtherBrands if self.has_brand() => Expected::NoRecord,
            Place::OtherBrands | Place::Nothing | Place::Own | Place::Colleagues => {
                Expected::Passes
            }
        }
    }
}

/// Every route of every function; fails where one has no row, or a row no route.
fn operations() -> Vec<Operation> {
    let mut rows: BTreeMap<&str, &'static Row> = ROWS.iter().map(|row| (row.route, row)).collect();
    assert_eq!(rows.len(), ROWS.len(), "a route has two rows");
    let (mut operations, mut without) = (Vec::new(), Vec::new());
    for (function, router) in http_functions() {
        for access in access_table(router().get_openapi()) {
            let route = format!("{} {}", access.method, access.path);
            let Some(row) = rows.remove(route.as_str()) else {
                without.push(route);
                continue;
            };
            let text = access.permission.as_deref();
            let permission = text.map(|text| {
                Permission::ALL.iter().copied().find(|known| known.text() == text).unwrap()
            });
            operations.push(Operation { function, access, row, permission });
        }
    }
    assert!(without.is_empty(), "add a row to isolation/rows.rs for\n{}", without.join("\n"));
    assert!(rows.is_empty(), "rows of no route: {:?}", rows.keys());
    operations
}

/// One call to be made.
#[derive(Debug, Clone, Copy)]
struct Cell {
    who: Who,
    brand: Place,
    record: Place,
    expected: Expected,
}

/// The cells of an operation.
fn cells(operation: &Operation) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut add = |who, brand, record| {
        let expected = operation.expected(who, brand, record);
        cells.push(Cell { who, brand, record, expected });
    };
    let records: &[Place] =
        if operation.row.names == Names::Nothing { &[Place::Nothing] } else { &PLACES };
    let who = if operation.is_public() {
        vec![Who::Nobody, Who::Staff(Department::Credit)]
    } else {
        Who::all()
    };
    for who in who {
        let everywhere = who == Who::Staff(Department::SuperAdmin);
        let is_stranger = matches!(who, Who::Stranger | Who::StrangersKey);
        records.iter().for_each(|record| add(who, Place::Own, *record));
        if !operation.has_brand() {
            continue;
        }
        for brand in OTHER_BRANDS {
            if everywhere && brand == Place::OtherBrands {
                records.iter().for_each(|record| add(who, brand, *record));
            } else if !is_stranger {
                add(who, brand, *records.first().unwrap_or(&Place::Nothing));
            }
        }
    }
    cells
}

struct Matrix {
    system: TestSystem,
    /// The callers' brand, and another.
    own: Office,
    other: Office,
    /// Tokens of the own brand's staff, one for each department.
    staff: Vec<(Department, Credentials)>,
    /// The same for routes of no brand, which have a limit of calls that no brand sets.
    at_desk: Vec<(Department, Credentials)>,
    key_with: Credentials,
    key_without: Credentials,
    /// Keys that are refused at the brand: what limits them then is no brand's setting.
    refused_keys: KeyPool,
    strangers_keys: KeyPool,
    calls: AtomicUsize,
}

/// What a call was answered.
struct Answered {
    cell: Cell,
    status: u16,
    body: Value,
}

fn keys_permissions() -> Vec<Permission> {
    Permission::ALL.iter().copied().filter(|permission| permission.is_for_keys()).collect()
}

impl Matrix {
    async fn prepare() -> Self {
        let system = TestSystem::start().await;
        let own = Office::open(&system, BRAZIL).await;
        let other = Office::open(&system, INDIA).await;
        let deps = system.system().deps().clone();
        let people = async || {
            let mut people = Vec::new();
            for department in Department::ALL {
                let user = member(&deps, own.id, department).await;
                people.push((department, Credentials::of(&deps, &user).await));
            }
            people
        };
        let (staff, at_desk) = (people().await, people().await);
        Self {
            key_with: Credentials::of_key(&deps, own.id, &keys_permissions()).await,
            key_without: Credentials::of_key(&deps, own.id, &[]).await,
            refused_keys: KeyPool::new(own.id, keys_permissions()),
            strangers_keys: KeyPool::new(other.id, keys_permissions()),
            calls: AtomicUsize::new(0),
            system,
            own,
            other,
            staff,
            at_desk,
        }
    }

    /// Makes every call of an operation: those that write nothing side by side, the others one
    /// after the other.
    async fn walk(&self, operation: &Operation) -> Vec<Answered> {
        let (passing, refused): (Vec<Cell>, Vec<Cell>) =
            cells(operation).into_iter().partition(|cell| cell.expected == Expected::Passes);
        let refused = futures::stream::iter(refused).map(|cell| self.call(operation, cell));
        let mut answers: Vec<_> = refused.buffer_unordered(CALLS_AT_ONCE).collect().await;
        for cell in passing {
            answers.push(self.call(operation, cell).await);
        }
        answers.into_iter().flatten().collect()
    }

    /// `None` where there is no such record.
    async fn call(&self, operation: &Operation, cell: Cell) -> Option<Answered> {
        let Cell { brand, record, expected, .. } = cell;
        let row = operation.row;
        // Seen from the brand of the path.
        let (here, there) = match brand {
            Place::OtherBrands => (&self.other, &self.own),
            _ => (&self.own, &self.other),
        };
        let fresh = expected == Expected::Passes;
        let id = here.named(&self.system, row.names, record, there, fresh).await;
        if id.is_none() && row.names != Names::Nothing {
            return None;
        }
        let brand_id = match brand {
            Place::Missing => "brand_01JZ0000000000000000000000".to_owned(),
            Place::Malformed => "not-an-id".to_owned(),
            _ => here.id.to_string(),
        };
        let mut path = operation.access.path.replace("{brandId}", &brand_id);
        // A record below another is named with it.
        path = path.replace("{userId}/documents/{documentId}", "{documentId}");
        if let Some(id) = id {
            let (start, rest) = path.split_once('{').unwrap();
            path = format!("{start}{id}{}", rest.split_once('}').unwrap().1);
        }
        let is_theirs = record == Place::OtherBrands && !operation.has_brand();
        let body = if is_theirs { there.fill(row.body) } else { here.fill(row.body) };
        let body = body
            .map(|body| if expected.reads_body() { body } else { json!({ "unexpected": true }) });
        let credentials = self.credentials(operation, cell).await;
        let (status, body) = self.send(operation, &credentials, &path, body).await;
        Some(Answered { cell, status, body })
    }

    /// Callers who are refused at the brand, or on a route of none, are new each time: the limit of
    /// calls that then holds is no brand's.
    async fn credentials(&self, operation: &Operation, cell: Cell) -> Credentials {
        let deps = self.system.system().deps();
        let find = |people: &[(Department, Credentials)], wanted: Department| {
            people.iter().find(|(department, _)| *department == wanted).unwrap().1.clone()
        };
        let is_limited_by_brand = operation.has_brand() && cell.expected != Expected::NoBrand;
        match cell.who {
            Who::Nobody => Credentials::None,
            Who::Staff(department) if operation.row.sign_in => find(&self.at_desk, department),
            Who::Staff(department) if is_limited_by_brand => find(&self.staff, department),
            Who::Staff(department) => Credentials::of_somebody(deps, department, self.own.id),
            Who::Stranger if operation.row.sign_in => {
                let user = member(deps, self.other.id, Department::Admin).await;
                Credentials::of(deps, &user).await
            }
            Who::Stranger => Credentials::of_somebody(deps, Department::Admin, self.other.id),
            Who::StrangersKey => self.strangers_keys.take(deps).await,
            Who::KeyWith | Who::KeyWithout if !is_limited_by_brand => {
                self.refused_keys.take(deps).await
            }
            Who::KeyWith => self.key_with.clone(),
            Who::KeyWithout => self.key_without.clone(),
        }
    }

    async fn send(
        &self,
        operation: &Operation,
        credentials: &Credentials,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if operation.row.sign_in {
            return self.send_event(operation, credentials, path, body, number).await;
        }
        let method: Method = operation.access.method.parse().unwrap();
        let call: Call = credentials.put_on(self.system.call(path));
        let call = if method == Method::GET { call } else { call.key(&format!("call-{number}")) };
        let answer = call.request(method, body.as_ref()).await;
        (answer.status, answer.body)
    }

    /// By API Gateway's event, from an address that nobody else calls from.
    async fn send_event(
        &self,
        operation: &Operation,
        credentials: &Credentials,
        path: &str,
        body: Option<Value>,
        number: usize,
    ) -> (u16, Value) {
        let mut event = events::read(operation.function);
        event["rawPath"] = json!(path);
        event["requestContext"]["http"]["method"] = json!(operation.access.method);
        event["requestContext"]["http"]["path"] = json!(path);
        let source = format!("10.0.{}.{}", number / 250, number % 250);
        event["requestContext"]["http"]["sourceIp"] = json!(source);
        event["body"] = body.map_or(Value::Null, |body| json!(body.to_string()));
        event["headers"].as_object_mut().unwrap().remove("authorization");
        if let Some((name, value)) = credentials.header() {
            event["headers"][name] = json!(value);
        }
        let answer = self.system.invoke(operation.function, event).await;
        let status = u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap();
        let text = answer["body"].as_str().unwrap_or_default();
        (status, serde_json::from_str(text).unwrap_or_default())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reaches_what_is_theirs_and_nothing_else() {
    let operations = operations();
    let matrix = Matrix::prepare().await;
    let mut count = 0;
    let mut by_status: BTreeMap<u16, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    // What a 404 says, without what differs from call to call.
    let mut not_found = BTreeSet::new();
    for operation in &operations {
        for Answered { cell, status, mut body } in matrix.walk(operation).await {
            count += 1;
            *by_status.entry(status).or_default() += 1;
            if !cell.expected.is(status, operation.row, cell.who) {
                faults.push(format!("{}: {cell:?} is {status} {body}", operation.row.route));
            }
            if status == 404 {
                for name in ["requestId", "timestamp", "path"] {
                    body.as_object_mut().unwrap().remove(name);
                }
                not_found.insert(body.to_string());
            }
        }
    }
    println!("{count} cells of {} operations, by status {by_status:?}", operations.len());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    // What is another's is answered like what does not exist.
    assert_eq!(not_found.len(), 1, "{not_found:#?}");
}
