use std::fmt::Write as _;

use super::Facts;
use crate::architecture::root;
use crate::openapi::committed;

const FILE: &str = "README.md";
const BEGIN: &str = "<!-- functions: written by the test `facts` of the package `local` -->\n";
const END: &str = "<!-- end of functions -->";

fn table() -> String {
    let mut table =
        "| function | area | invoked by | memory | at most |\n|---|---|---|---:|---:|\n".to_owned();
    for facts in Facts::all() {
        writeln!(
            table,
            "| `{}` | [{area}](functions/{area}) | {} | {} MB | {} s |",
            facts.name,
            facts.invoked_by(),
            facts.metadata.memory_mb,
            facts.metadata.timeout_seconds,
            area = facts.area,
        )
        .unwrap();
    }
    table
}

#[test]
fn the_readmes_table_of_functions_is_what_the_code_says() {
    let readme = std::fs::read_to_string(root().join(FILE)).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    committed::check(FILE, &format!("{before}{BEGIN}{}{END}{after}", table()));
}
