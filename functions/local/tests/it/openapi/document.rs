use platform::http::Routes;
use platform::http::declare::add_security_schemes;
use serde_json::{Map, Value};

use super::committed;
use super::functions::http_functions;

const FILE: &str = "functions/administration/src/docs/openapi.json";
const DESCRIPTION: &str = "Amounts and rates are decimal strings, business dates `YYYY-MM-DD`, \
    instants RFC 3339 in UTC, ids a prefix and a ULID. Lists take `limit` and `cursor`. Unknown \
    fields are refused. Every error has the shape of `ErrorBody`.";

/// The description of every function's routes, as one document.
pub fn document() -> Value {
    let routes = http_functions().into_iter().fold(Routes::new(), |all, (_, one)| all.merge(one()));
    let mut api = routes.into_openapi();
    api.info.title = "Parcela API".to_owned();
    api.info.version = env!("CARGO_PKG_VERSION").to_owned();
    api.info.description = Some(DESCRIPTION.to_owned());
    api.info.license = None;
    api.info.contact = None;
    add_security_schemes(&mut api);
    let mut document = serde_json::to_value(&api).unwrap();
    for (path, method, operation) in operations(&mut document) {
        operation.insert("operationId".to_owned(), operation_id(&method, &path).into());
    }
    document
}

/// Every operation with its path and method.
fn operations(
    document: &mut Value,
) -> impl Iterator<Item = (String, String, &mut Map<String, Value>)> {
    let paths = document["paths"].as_object_mut().unwrap();
    paths.iter_mut().flat_map(|(path, item)| {
        let item = item.as_object_mut().unwrap().iter_mut();
        item.filter(|(method, _)| {
            ["get", "post", "put", "patch", "delete"].contains(&method.as_str())
        })
        .map(|(method, operation)| {
            (path.clone(), method.clone(), operation.as_object_mut().unwrap())
        })
    })
}

/// Handlers of different functions have the same names; method and path are unique:
/// `postPartnerBrandLoansApprove`, with the parameters that end a path.
fn operation_id(method: &str, path: &str) -> String {
    let mut id = method.to_owned();
    let parts: Vec<&str> = path.trim_start_matches("/api/v1").split('/').collect();
    for (place, part) in parts.iter().enumerate() {
        let name = match part.strip_prefix('{') {
            None => *part,
            Some(name) if place + 1 == parts.len() => {
                id.push_str("By");
                name.trim_end_matches('}')
            }
            Some(_) => continue,
        };
        for word in name.split(['-', '.', '_']) {
            let mut letters = word.chars();
            id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            id.push_str(letters.as_str());
        }
    }
    id
}

#[test]
fn the_document_is_what_the_code_says() {
    let text = serde_json::to_string_pretty(&document()).unwrap();
    committed::check(FILE, &format!("{text}\n"));
}
