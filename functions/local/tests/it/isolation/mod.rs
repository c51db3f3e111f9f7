//! Every operation of the API, as everybody who may and may not call it, for records that are
//! theirs and that are not.
//!
//! What each cell answers follows from the route's declared access and the table of departments.
//! Refused calls are sent with a body that no route takes, which shows that who calls is decided on
//! before what is asked is looked at.

mod office;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use platform::auth::{Department, Permission};
use platform::http::declare::{RouteAccess, access_table};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{BRAZIL, Call, INDIA, TestSystem};
use crate::openapi::http_functions;
use office::{Credentials, Office, Place, member};
use rows::{Names, ROWS, Row};

/// The places of an own brand's path, and those of a brand that is not there to be named.
const PLACES: [Place; 5] =
    [Place::Own, Place::Colleagues, Place::OtherBrands, Place::Missing, Place::Malformed];
const BRANDS: [Place; 4] = [Place::Own, Place::OtherBrands, Place::Missing, Place::Malformed];

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
}

/// What a cell must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Unauthenticated,
    Forbidden,
    NotFound,
    Passes,
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
            return Expected::Passes;
        }
        let is_key = matches!(who, Who::KeyWithout | Who::KeyWith | Who::StrangersKey);
        if who == Who::Nobody || (is_key && !self.has_brand()) {
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
                return Expected::NotFound;
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
            Place::Malformed => Expected::NotFound,
            _ if !may(self.row.also) => Expected::Forbidden,
            Place::OtherBrands | Place::Missing => Expected::NotFound,
            Place::Nothing | Place::Own | Place::Colleagues => Expected::Passes,
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
    cells: usize,
    by_status: BTreeMap<u16, usize>,
    faults: Vec<String>,
    /// What a 404 says, without what differs from call to call.
    not_found: BTreeSet<String>,
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
        let key_with = Credentials::of_key(&deps, own.id, &keys_permissions()).await;
        Self {
            system,
            own,
            other,
            staff,
            at_desk,
            key_with,
            cells: 0,
            by_status: BTreeMap::new(),
            faults: Vec::new(),
            not_found: BTreeSet::new(),
        }
    }

    async fn walk(&mut self, operation: &Operation) {
        let who = if operation.is_public() {
            vec![Who::Nobody, Who::Staff(Department::Credit)]
        } else {
            Who::all()
        };
        for who in who {
            if !operation.has_brand() {
                self.records(operation, who, Place::Own).await;
                continue;
            }
            for brand in BRANDS {
                let own = brand == Place::Own;
                if own || (brand == Place::OtherBrands && who == Who::Staff(Department::SuperAdmin))
                {
                    self.records(operation, who, brand).await;
                } else if !matches!(who, Who::Stranger | Who::StrangersKey) {
                    self.cell(operation, who, brand, Place::Own).await;
                }
            }
        }
    }

    /// The cells of one caller at one brand: one for each record that the path can name.
    async fn records(&mut self, operation: &Operation, who: Who, brand: Place) {
        if operation.row.names == Names::Nothing {
            return self.cell(operation, who, brand, Place::Nothing).await;
        }
        for record in PLACES {
            self.cell(operation, who, brand, record).await;
        }
    }

    async fn cell(&mut self, operation: &Operation, who: Who, brand: Place, record: Place) {
        let expected = operation.expected(who, brand, record);
        let passes = expected == Expected::Passes;
        let row = operation.row;
        // Seen from the brand of the path.
        let (here, there) = match brand {
            Place::OtherBrands => (&self.other, &self.own),
            _ => (&self.own, &self.other),
        };
        let id = here.named(&self.system, row.names, record, there, passes).await;
        if id.is_none() && row.names != Names::Nothing {
            return;
        }
        let brand_id = match brand {
            Place::Missing => "brand_01JZ0000000000000000000000".to_owned(),
            Place::Malformed => "not-an-id".to_owned(),
            _ => here.id.to_string(),
        };
        let mut path = operation.access.path.replace("{brandId}", &brand_id);
        if let Some(id) = id {
            let (start, rest) = path.split_once('{').unwrap();
            path = format!("{start}{id}{}", rest.split_once('}').unwrap().1);
        }
        // An id that is there or not is looked for once the body was read.
        let is_read = passes || matches!(record, Place::OtherBrands | Place::Missing);
        let body = match here.fill(row.body) {
            Some(_) if !is_read => Some(json!({ "unexpected": true })),
            body => body,
        };
        let credentials = self.credentials(operation, who, expected).await;
        let (status, answer) = self.send(operation, &credentials, &path, body).await;

        self.cells += 1;
        *self.by_status.entry(status).or_default() += 1;
        let good = match expected {
            Expected::Unauthenticated => status == 401,
            Expected::Forbidden => status == 403,
            Expected::NotFound => status == 404,
            Expected::Passes => row.passes.contains(&status),
        };
        if expected == Expected::NotFound {
            let mut said = answer.clone();
            for name in ["requestId", "timestamp", "path"] {
                said.as_object_mut().map(|fields| fields.remove(name));
            }
            self.not_found.insert(said.to_string());
        }
        if !good {
            let route = row.route;
            self.faults.push(format!(
                "{route}: {who:?}, brand {brand:?}, record {record:?}: {expected:?}, not {status} \
                 {answer}"
            ));
        }
    }

    /// Callers who are refused at the brand, or on a route of none, are new each time: the limit of
    /// calls that then holds is no brand's.
    async fn credentials(
        &self,
        operation: &Operation,
        who: Who,
        expected: Expected,
    ) -> Credentials {
        let deps = self.system.system().deps();
        let find = |people: &[(Department, Credentials)], wanted: Department| {
            people.iter().find(|(department, _)| *department == wanted).unwrap().1.clone()
        };
        match who {
            Who::Nobody => Credentials::None,
            Who::Staff(department) if operation.row.sign_in => find(&self.at_desk, department),
            Who::Staff(department) if operation.has_brand() && expected != Expected::NotFound => {
                find(&self.staff, department)
            }
            Who::Staff(department) => Credentials::of_somebody(deps, department, self.own.id),
            Who::Stranger if operation.row.sign_in => {
                let user = member(deps, self.other.id, Department::Admin).await;
                Credentials::of(deps, &user).await
            }
            Who::Stranger => Credentials::of_somebody(deps, Department::Admin, self.other.id),
            Who::StrangersKey => {
                Credentials::of_key(deps, self.other.id, &keys_permissions()).await
            }
            Who::KeyWith if expected != Expected::NotFound => self.key_with.clone(),
            Who::KeyWith => Credentials::of_key(deps, self.own.id, &keys_permissions()).await,
            Who::KeyWithout => {
                let mut permissions = keys_permissions();
                permissions.retain(|permission| Some(*permission) != operation.permission);
                Credentials::of_key(deps, self.own.id, &permissions).await
            }
        }
    }

    async fn send(
        &self,
        operation: &Operation,
        credentials: &Credentials,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        if operation.row.sign_in {
            return self.send_event(operation, credentials, path, body).await;
        }
        let method: Method = operation.access.method.parse().unwrap();
        let call: Call = credentials.put_on(self.system.call(path));
        let call = if method == Method::GET { call } else { call.key(&self.cells.to_string()) };
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
    ) -> (u16, Value) {
        let mut event = crate::architecture::events::read(operation.function);
        let source = format!("10.0.{}.{}", self.cells / 250, self.cells % 250);
        event["rawPath"] = json!(path);
        event["requestContext"]["http"]["method"] = json!(operation.access.method);
        event["requestContext"]["http"]["path"] = json!(path);
        event["requestContext"]["http"]["sourceIp"] = json!(source);
        event["body"] = body.map_or(Value::Null, |body| json!(body.to_string()));
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
    let mut matrix = Matrix::prepare().await;
    for operation in &operations {
        matrix.walk(operation).await;
    }
    println!(
        "{} cells of {} operations, by status {:?}",
        matrix.cells,
        operations.len(),
        matrix.by_status
    );
    assert!(matrix.faults.is_empty(), "\n{}", matrix.faults.join("\n"));
    // What is another's is answered like what does not exist.
    assert_eq!(matrix.not_found.len(), 1, "{:#?}", matrix.not_found);
}
