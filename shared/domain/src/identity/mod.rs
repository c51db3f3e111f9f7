//! Who a person or company is: identifiers with their check rules, and ways to reach them.
//!
//! Each type holds the canonical text in a private field. `Debug` and `masked()` never show it
//! whole; `expose()` does, and is searched for in reviews. JSON is the canonical text: a view that
//! must not show it uses `masked()`.

mod aadhaar;
mod br;
mod contact;
mod r#in;
mod name;
mod phone;
mod secret_text;

pub use aadhaar::{Aadhaar, InvalidAadhaar};
pub use br::{Cnpj, Cpf, InvalidCnpj, InvalidCpf};
pub use contact::{Email, InvalidEmail, InvalidUpiAddress, UpiAddress};
pub use r#in::{Ifsc, InvalidIfsc, InvalidPan, Pan};
pub use name::{InvalidPersonName, PersonName};
pub use phone::{InvalidPhone, Phone};

/// The characters of `text` without the punctuation of `pattern`, in which `#` stands for one
/// character; also where `text` has no punctuation at all. `None` where it fits neither.
fn without_punctuation(text: &str, pattern: &str) -> Option<String> {
    let places = pattern.chars().filter(|mark| *mark == '#').count();
    if text.chars().count() == places && text.chars().all(|letter| letter.is_ascii_alphanumeric()) {
        return Some(text.to_owned());
    }
    if text.chars().count() != pattern.chars().count() {
        return None;
    }
    let mut plain = String::with_capacity(places);
    for (letter, mark) in text.chars().zip(pattern.chars()) {
        match mark {
            '#' if letter.is_ascii_alphanumeric() => plain.push(letter),
            mark if mark == letter => {}
            _ => return None,
        }
    }
    Some(plain)
}

/// Stars, then the last four characters.
fn last_four(text: &str) -> String {
    let hidden = text.chars().count().saturating_sub(4);
    "*".repeat(hidden) + &text.chars().skip(hidden).collect::<String>()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
