//! Tables as text: RFC 4180, safe to open in a spreadsheet program.

/// Tells spreadsheet programs that the text is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";
const LINE_END: &str = "\r\n";
/// What a spreadsheet program takes for the beginning of a formula.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A number, date or id of our own making: stands as it is.
    Plain(String),
    /// What a person may have written: never a formula.
    Text(String),
    Empty,
}

/// What stands at the beginning of a file for a locale. Programs in English assume UTF-8's plain
/// part; elsewhere names have other letters.
pub fn start(locale: &str) -> &'static str {
    let language = locale.split(['-', '_']).next().unwrap_or_default();
    if language.eq_ignore_ascii_case("en") { "" } else { BYTE_ORDER_MARK }
}

/// Adds a line of headings.
pub fn headings(out: &mut String, names: &[&str]) {
    let cells = names.iter().map(|name| Cell::Plain((*name).to_owned()));
    line(out, &cells.collect::<Vec<_>>());
}

/// Adds a line.
pub fn line(out: &mut String, cells: &[Cell]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        match cell {
            Cell::Empty => {}
            Cell::Plain(text) => quoted(out, text),
            Cell::Text(text) if text.starts_with(FORMULA_STARTS) => {
                quoted(out, &format!("'{text}"));
            }
            Cell::Text(text) => quoted(out, text),
        }
    }
    out.push_str(LINE_END);
}

fn quoted(out: &mut String, text: &str) {
    if text.contains([',', '"', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, headings, line, start};

    fn of(cells: &[Cell]) -> String {
        let mut out = String::new();
        line(&mut out, cells);
        out
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let cells = [text("a"), text("b,c"), text("d\"e"), text("f\r\ng"), Cell::Empty, text(" h")];
        assert_eq!(of(&cells), "a,\"b,c\",\"d\"\"e\",\"f\r\ng\",,\" h\"\r\n");
        let mut out = String::new();
        headings(&mut out, &["loanId", "owed"]);
        assert_eq!(out, "loanId,owed\r\n");
    }

    #[test]
    fn what_people_wrote_is_no_formula() {
        for (written, cell) in [
            ("=1+1", "'=1+1"),
            ("+5511987650001", "'+5511987650001"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("=A1,\"x\"", "\"'=A1,\"\"x\"\"\""),
            ("a=1", "a=1"),
        ] {
            assert_eq!(of(&[text(written)]), format!("{cell}\r\n"), "{written:?}");
        }
        // A negative amount of our own is a number.
        assert_eq!(of(&[Cell::Plain("-10.00".to_owned())]), "-10.00\r\n");
    }

    #[test]
    fn the_mark_is_for_languages_with_other_letters() {
        assert_eq!(start("pt-BR"), "\u{feff}");
        assert_eq!((start("en-IN"), start("en")), ("", ""));
    }
}
