//! Looks for many texts in everything that the system keeps and says.

use std::collections::HashMap;
use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

use super::people::Person;
use crate::harness::TestSystem;

/// By this many bytes a text is found before it is compared.
const KEY_BYTES: usize = 8;

/// A value of a person in one of its forms.
struct Needle {
    bytes: Vec<u8>,
    /// Of whom and in what form: never the value.
    what: String,
}

/// Everything that must not be found.
#[derive(Default)]
pub struct Needles {
    by_key: HashMap<[u8; KEY_BYTES], Vec<Needle>>,
    pub count: u64,
}

/// What was found where, and how much was compared.
#[derive(Default)]
pub struct Findings {
    pub hits: Vec<String>,
    /// Texts times the pieces that each was looked for in.
    pub comparisons: u64,
    pub bytes: u64,
}

impl Needles {
    pub fn of(people: &[Person]) -> Self {
        let mut needles = Self::default();
        for (number, person) in people.iter().enumerate() {
            for (field, value) in person.values() {
                for (form, bytes) in forms(&value) {
                    needles.add(bytes, format!("person {number}: {field} {form}"));
                }
            }
        }
        needles
    }

    fn add(&mut self, bytes: Vec<u8>, what: String) {
        let key = *bytes.first_chunk().unwrap();
        let same = self.by_key.entry(key).or_default();
        if same.iter().all(|needle| needle.bytes != bytes) {
            same.push(Needle { bytes, what });
            self.count += 1;
        }
    }

    /// Looks for all of them in each piece.
    pub fn look(&self, place: &str, pieces: &[Vec<u8>], findings: &mut Findings) {
        for (number, piece) in pieces.iter().enumerate() {
            findings.comparisons += self.count;
            findings.bytes += piece.len() as u64;
            for (start, window) in piece.windows(KEY_BYTES).enumerate() {
                let Some(needles) = self.by_key.get(window) else { continue };
                for needle in needles {
                    if piece[start..].starts_with(&needle.bytes) {
                        findings.hits.push(format!("{place} {number}: {}", needle.what));
                    }
                }
            }
        }
    }
}

/// Raw, in hexadecimal, in base64 at each of its three offsets, and as URLs have it.
pub fn forms(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let raw = value.as_bytes();
    let mut forms = vec![
        ("raw", raw.to_vec()),
        ("hex", hex::encode(raw).into_bytes()),
        ("HEX", hex::encode_upper(raw).into_bytes()),
    ];
    for offset in 0..3 {
        for (form, engine) in [("base64", BASE64_STANDARD), ("base64url", BASE64_URL_SAFE)] {
            let encoded = engine.encode([&vec![0; offset][..], raw].concat());
            // Without the characters that also depend on what comes before and after.
            let from = (offset * 8).div_ceil(6);
            let to = (offset + raw.len()) * 8 / 6;
            forms.push((form, encoded.as_bytes()[from..to].to_vec()));
        }
    }
    let component: String = form_urlencoded::byte_serialize(raw).collect();
    forms.push(("url", component.replace('+', "%20").into_bytes()));
    forms.push(("form", component.into_bytes()));
    forms
}

/// Every item of the table: names and values of its attributes, texts and bytes as they are.
pub async fn table(system: &TestSystem) -> Vec<Vec<u8>> {
    let table = &system.system().deps().table;
    let mut items = Vec::new();
    let mut start = None;
    loop {
        let scan = table.client().scan().table_name(table.name());
        let page = scan.set_exclusive_start_key(start).send().await.unwrap();
        for item in page.items.unwrap_or_default() {
            let mut bytes = Vec::new();
            write(&AttributeValue::M(item), &mut bytes);
            items.push(bytes);
        }
        match page.last_evaluated_key {
            Some(next) => start = Some(next),
            None => return items,
        }
    }
}

fn write(value: &AttributeValue, bytes: &mut Vec<u8>) {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => bytes.extend(text.as_bytes()),
        AttributeValue::B(blob) => bytes.extend(blob.as_ref()),
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => {
            texts.iter().for_each(|text| bytes.extend(text.as_bytes()));
        }
        AttributeValue::L(list) => list.iter().for_each(|value| write(value, bytes)),
        AttributeValue::M(map) => {
            for (name, value) in map {
                bytes.extend(name.as_bytes());
                bytes.push(b'=');
                write(value, bytes);
                bytes.push(b'\n');
            }
        }
        AttributeValue::Bool(_) | AttributeValue::Null(_) => {}
        other => panic!("an attribute of another kind: {other:?}"),
    }
    bytes.push(0);
}

/// Every file of a folder and those below it, with its name.
pub fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            let name = path.display().to_string().into_bytes();
            files.push([name, std::fs::read(&path).unwrap()].concat());
        }
    }
    files
}

/// What looks for everything finds it, in each form, wherever it stands.
#[test]
fn the_search_finds_what_is_there() {
    let people = [Person::new(0), Person::new(1)];
    let needles = Needles::of(&people);
    for person in &people {
        for (_, value) in person.values() {
            let mut pieces = vec![value.clone().into_bytes(), hex::encode(&value).into_bytes()];
            for before in ["", "a", "ab", "abc"] {
                pieces.push(BASE64_STANDARD.encode(format!("{before}{value}|after")).into_bytes());
            }
            for piece in pieces {
                let mut findings = Findings::default();
                needles.look("here", &[[b"before ".to_vec(), piece].concat()], &mut findings);
                assert!(!findings.hits.is_empty(), "{value}");
            }
        }
    }
    let mut findings = Findings::default();
    let others: Vec<Vec<u8>> = Person::new(2).values().into_iter().map(|(_, v)| v.into()).collect();
    needles.look("elsewhere", &others, &mut findings);
    assert_eq!(findings.hits, Vec::<String>::new());
}
