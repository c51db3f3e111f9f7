//! All that is stored and sent, in a form in which two runs can be compared.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

pub type Item = HashMap<String, AttributeValue>;

const ULID_LENGTH: usize = 26;
/// Of each item: how often it was written, when it expires, which request wrote it.
const OF_EACH_RUN: [&str; 3] = ["v", "ttl", "tr"];

/// What a workflow left behind: each thing, and how often it is there.
pub type State = BTreeMap<String, usize>;

/// Compares what was made by ids and times of one run with those of another.
#[derive(Debug, Default)]
pub struct Reader {
    /// Ids of before: they are compared as they are.
    known: BTreeSet<String>,
}

impl Reader {
    pub fn knowing(items: &[Item]) -> Self {
        let mut known = BTreeSet::new();
        for item in items {
            for value in item.values() {
                each_ulid(&format!("{value:?}"), |ulid| {
                    known.insert(ulid.to_owned());
                });
            }
        }
        Self { known }
    }

    pub fn item(&self, item: &Item) -> String {
        let fields: BTreeMap<&String, String> = item
            .iter()
            .filter(|(name, _)| !OF_EACH_RUN.contains(&name.as_str()))
            .map(|(name, value)| (name, self.value(value)))
            .collect();
        format!("{fields:?}")
    }

    fn value(&self, value: &AttributeValue) -> String {
        match value {
            AttributeValue::S(text) => self.text(text),
            AttributeValue::N(number) => number.clone(),
            AttributeValue::Bool(truth) => truth.to_string(),
            AttributeValue::Null(_) => "null".to_owned(),
            AttributeValue::L(list) => {
                format!("{:?}", list.iter().map(|value| self.value(value)).collect::<Vec<_>>())
            }
            AttributeValue::M(map) => {
                let fields: BTreeMap<&String, String> =
                    map.iter().map(|(name, value)| (name, self.value(value))).collect();
                format!("{fields:?}")
            }
            AttributeValue::Ss(texts) => {
                let mut texts: Vec<String> = texts.iter().map(|text| self.text(text)).collect();
                texts.sort();
                format!("{texts:?}")
            }
            other => format!("{other:?}"),
        }
    }

    /// A text with placeholders for what differs from run to run.
    pub fn text(&self, text: &str) -> String {
        if text.parse::<Timestamp>().is_ok() {
            return "{time}".to_owned();
        }
        let mut shown = text.to_owned();
        each_ulid(text, |ulid| {
            if !self.known.contains(ulid) {
                shown = shown.replace(ulid, "{id}");
            }
        });
        shown
    }
}

fn each_ulid(text: &str, mut found: impl FnMut(&str)) {
    let words = text.split(|letter: char| !letter.is_ascii_uppercase() && !letter.is_ascii_digit());
    words.filter(|word| word.len() == ULID_LENGTH).for_each(|word| found(word));
}

/// What one has and the other has not.
pub fn difference(expected: &State, found: &State) -> Vec<String> {
    let mut lines = Vec::new();
    for (what, times) in expected {
        let there = found.get(what).copied().unwrap_or(0);
        if there != *times {
            lines.push(format!("- {times} × (found {there}) {what}"));
        }
    }
    for (what, times) in found {
        if !expected.contains_key(what) {
            lines.push(format!("+ {times} × {what}"));
        }
    }
    lines
}
