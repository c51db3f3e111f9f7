//! From the paths of all functions to the route keys of API Gateway: a function that owns a prefix
//! gets `ANY prefix` and `ANY prefix/{proxy+}`, what functions share is listed route by route. The
//! gateway takes the most specific key that matches.

use std::collections::{BTreeMap, BTreeSet};

use platform::http::declare::access_table;

use crate::openapi::http_functions;

/// Keys that an HTTP API has by default ("Quotas for HTTP APIs" of API Gateway's guide).
const KEYS_LIMIT: usize = 300;

/// The routes at one place of the tree of paths, and what is below it.
#[derive(Default)]
struct Place {
    /// Function by method.
    routes: BTreeMap<&'static str, &'static str>,
    below: BTreeMap<String, Place>,
}

impl Place {
    fn insert(&mut self, path: &[&str], method: &'static str, function: &'static str) {
        match path.split_first() {
            Some((part, rest)) => {
                self.below.entry((*part).to_owned()).or_default().insert(rest, method, function);
            }
            None => {
                self.routes.insert(method, function);
            }
        }
    }

    fn owners(&self) -> BTreeSet<&'static str> {
        let below = self.below.values().flat_map(Self::owners);
        self.routes.values().copied().chain(below).collect()
    }

    fn keys(&self, path: &str, keys: &mut Vec<(&'static str, String)>) {
        let owners = self.owners();
        if let (Some(owner), 1, true) =
            (owners.first(), owners.len(), path.matches('/').count() > 2)
        {
            if !self.routes.is_empty() {
                keys.push((owner, format!("ANY {path}")));
            }
            if !self.below.is_empty() {
                keys.push((owner, format!("ANY {path}/{{proxy+}}")));
            }
            return;
        }
        let here: BTreeSet<&'static str> = self.routes.values().copied().collect();
        match (here.first(), here.len()) {
            (None, _) => {}
            // Every method, so that a browser's preflight reaches the function too.
            (Some(function), 1) => keys.push((function, format!("ANY {path}"))),
            (Some(first), _) => {
                for (method, function) in &self.routes {
                    keys.push((function, format!("{method} {path}")));
                }
                keys.push((first, format!("OPTIONS {path}")));
            }
        }
        for (part, place) in &self.below {
            place.keys(&format!("{path}/{part}"), keys);
        }
    }
}

/// Each function's route keys.
pub fn keys() -> BTreeMap<String, Vec<String>> {
    let mut tree = Place::default();
    for (function, router) in http_functions() {
        for route in access_table(router().get_openapi()) {
            let path: Vec<&str> = route.path.split('/').skip(1).collect();
            tree.insert(&path, route.method, function);
        }
    }
    let mut keys = Vec::new();
    tree.keys("", &mut keys);
    let mut by_function: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (function, key) in keys {
        by_function.entry(function.to_owned()).or_default().push(key);
    }
    by_function
}

#[test]
fn the_gateway_has_room_for_every_route_key_and_each_is_one_functions() {
    let keys: Vec<String> = keys().into_values().flatten().collect();
    assert!(keys.len() <= KEYS_LIMIT, "{} route keys", keys.len());
    let once: BTreeSet<&String> = keys.iter().collect();
    assert_eq!(once.len(), keys.len());
}

/// The gateway's choice: a key without a wildcard before one with, then the longest.
fn chosen<'k>(keys: &'k [(String, String)], method: &str, path: &str) -> Option<&'k str> {
    let fits = |key: &str| {
        let (of, pattern) = key.split_once(' ')?;
        if of != "ANY" && of != method {
            return None;
        }
        let (pattern, is_open) = match pattern.strip_suffix("/{proxy+}") {
            Some(prefix) => (prefix, true),
            None => (pattern, false),
        };
        let (parts, given): (Vec<&str>, Vec<&str>) =
            (pattern.split('/').collect(), path.split('/').collect());
        let long_enough =
            if is_open { given.len() > parts.len() } else { given.len() == parts.len() };
        let fits = long_enough
            && parts.iter().zip(&given).all(|(part, given)| part.starts_with('{') || part == given);
        let literal = parts.iter().filter(|part| !part.starts_with('{')).count();
        fits.then_some((!is_open, literal, parts.len(), of != "ANY"))
    };
    let best = keys.iter().filter_map(|(function, key)| Some((fits(key)?, function)));
    best.max().map(|(_, function)| function.as_str())
}

#[test]
fn every_route_reaches_its_own_function() {
    let all: Vec<(String, String)> = keys()
        .into_iter()
        .flat_map(|(function, keys)| keys.into_iter().map(move |key| (function.clone(), key)))
        .collect();
    for (function, router) in http_functions() {
        for route in access_table(router().get_openapi()) {
            let path = route.path.replace(['{', '}'], "");
            assert_eq!(
                chosen(&all, route.method, &path),
                Some(function),
                "{} {path}",
                route.method
            );
        }
    }
}
