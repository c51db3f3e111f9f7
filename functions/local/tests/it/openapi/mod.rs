//! What is generated from the routers of all the functions: the API's document, the list of the
//! routes, and who may call them. The files are committed; they fail here where they are not what
//! the code says, and are written anew by
//!
//! ```sh
//! REGENERATE=1 cargo test --workspace --test it -- openapi facts
//! ```

pub mod committed;
mod document;
mod functions;
mod quality;
mod tables;

pub use functions::http_functions;

/// Whether a function serves the path.
pub fn has_route(function: &str, method: &str, path: &str) -> bool {
    let Some((_, router)) = http_functions().into_iter().find(|(name, _)| *name == function) else {
        return false;
    };
    let access = platform::http::declare::access_table(router().get_openapi());
    access.iter().any(|route| route.method == method && matches(&route.path, path))
}

fn matches(route: &str, path: &str) -> bool {
    let (route, path): (Vec<&str>, Vec<&str>) =
        (route.split('/').collect(), path.split('/').collect());
    route.len() == path.len()
        && route.iter().zip(path).all(|(part, given)| part.starts_with('{') || *part == given)
}
