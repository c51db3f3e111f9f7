use std::fmt::Write as _;

use platform::auth::{Department, Permission};
use platform::http::declare::{RouteAccess, access_table};
use serde_json::Value;

use super::committed;
use super::document::document;
use super::functions::http_functions;

const GENERATED: &str = "<!-- Written by the test `openapi` of the package `local`. -->";

/// A route with what the document says about it.
struct Line {
    access: RouteAccess,
    summary: String,
}

/// The routes of each function, by path and method.
fn functions() -> Vec<(&'static str, Vec<Line>)> {
    let document = document();
    let line = |access: RouteAccess| {
        let operation = &document["paths"][&access.path][access.method.to_lowercase()];
        Line { summary: text(operation, "summary"), access }
    };
    http_functions()
        .into_iter()
        .map(|(name, router)| {
            let routes = access_table(router().get_openapi());
            (name, routes.into_iter().map(line).collect())
        })
        .collect()
}

fn text(operation: &Value, name: &str) -> String {
    operation[name].as_str().unwrap_or_default().replace('\n', " ")
}

fn who(access: &RouteAccess) -> String {
    match &access.permission {
        Some(permission) => format!("`{permission}`"),
        None if access.signed_in => "signed in".to_owned(),
        None => "anybody".to_owned(),
    }
}

#[test]
fn the_list_of_routes_is_what_the_code_says() {
    let functions = functions();
    let count: usize = functions.iter().map(|(_, lines)| lines.len()).sum();
    let mut page = format!(
        "{GENERATED}\n# Routes\n\n{count} routes of {} functions. The document with requests, \
         answers and errors is served at `/docs`.\n",
        functions.len()
    );
    for (name, lines) in &functions {
        write!(page, "\n## `{name}`\n\n| method | path | who | what |\n|---|---|---|---|\n")
            .unwrap();
        for Line { access, summary } in lines {
            let RouteAccess { method, path, .. } = access;
            writeln!(page, "| {method} | `{path}` | {} | {summary} |", who(access)).unwrap();
        }
    }
    committed::check("docs/api.md", &page);
}

#[test]
fn the_table_of_permissions_is_what_the_code_says() {
    let departments: Vec<String> =
        Department::ALL.iter().map(|department| format!("`{department}`")).collect();
    let head = departments.join(" | ");
    let rule = "---|".repeat(departments.len());
    let cells = |has: &dyn Fn(Department) -> bool| {
        let cells = Department::ALL.map(|department| if has(department) { "yes" } else { "" });
        cells.join(" | ")
    };

    let mut page = format!(
        "{GENERATED}\n# Who may do what\n\nA member of staff has the permissions of the \
         department, and those that were given beyond it. `SUPER_ADMIN` acts in every brand, \
         everybody else in their own.\n\n## Permissions\n\n| permission | {head} |\n|---|{rule}\n"
    );
    for permission in Permission::ALL {
        let row = cells(&|department| department.grants(*permission));
        writeln!(page, "| `{permission}` | {row} |").unwrap();
    }
    write!(page, "\n## Routes\n\n| route | permission | {head} |\n|---|---|{rule}\n").unwrap();
    for Line { access, .. } in functions().iter().flat_map(|(_, lines)| lines) {
        let (method, path) = (access.method, &access.path);
        let open = access.permission.is_none() && !access.signed_in;
        let granted = access.departments();
        let row = cells(&|department| open || granted.contains(&department));
        writeln!(page, "| {method} `{path}` | {} | {row} |", who(access)).unwrap();
    }
    committed::check("docs/permissions.md", &page);
}
