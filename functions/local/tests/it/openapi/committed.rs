use crate::architecture::root;

/// Set, the files are written anew instead of compared.
const VARIABLE: &str = "REGENERATE";
const COMMAND: &str = "REGENERATE=1 cargo test --workspace --test it -- openapi facts events";

/// Fails where a committed file is not what the code generates.
pub fn check(path: &str, generated: &str) {
    if let Err(difference) = compare(path, generated) {
        panic!("{difference}");
    }
}

/// As [`check`], with the difference as an error.
pub fn compare(path: &str, generated: &str) -> Result<(), String> {
    let file = root().join(path);
    if std::env::var_os(VARIABLE).is_some() {
        std::fs::write(&file, generated).unwrap();
        return Ok(());
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    if committed == generated {
        return Ok(());
    }
    let (committed, generated): (Vec<&str>, Vec<&str>) =
        (committed.lines().collect(), generated.lines().collect());
    let same = committed.iter().zip(&generated).take_while(|(a, b)| a == b).count();
    let line = |lines: &[&str]| lines.get(same).map_or("(nothing)", |line| line.trim()).to_owned();
    Err(format!(
        "{path} is not what the code says; write it anew with\n  {COMMAND}\nand look at the \
         difference. The first is in line {}:\n  committed: {}\n  generated: {}",
        same + 1,
        line(&committed),
        line(&generated)
    ))
}
