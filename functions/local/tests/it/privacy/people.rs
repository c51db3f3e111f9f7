//! Invented people, each with values that nobody else has.

use serde_json::{Value, json};

/// Somebody of Brazil, or of India.
pub struct Person {
    pub name: String,
    pub phone: String,
    pub email: String,
    /// CPF or PAN.
    pub identifier: String,
    pub is_brazilian: bool,
}

const SYLLABLES: [&str; 16] = [
    "zor", "vex", "quil", "mund", "tave", "rhos", "jalk", "wint", "fery", "obru", "nusk", "dhar",
    "yepo", "glim", "kash", "sotu",
];

impl Person {
    pub fn new(number: usize) -> Self {
        let is_brazilian = number % 2 == 0;
        let name = format!("{} {}", word(number * 7 + 3), word(number + 4_096));
        let phone = if is_brazilian {
            format!("+55119{:08}", 71_000_000 + number * 37)
        } else {
            format!("+919{:09}", 471_000_000 + number * 53)
        };
        let email = format!("{}.{number}@person.example.test", word(number * 7 + 3));
        let identifier = if is_brazilian { cpf(number) } else { pan(number) };
        Self { name, phone, email: email.to_lowercase(), identifier, is_brazilian }
    }

    /// The body of `POST /customers`.
    pub fn body(&self) -> Value {
        let field = if self.is_brazilian { "cpf" } else { "pan" };
        json!({ "name": self.name, "phone": self.phone, "email": self.email,
            field: self.identifier })
    }

    /// Every way in which a value of the person may be written.
    pub fn values(&self) -> Vec<(&'static str, String)> {
        let mut values = vec![
            ("name", self.name.clone()),
            ("e-mail", self.email.clone()),
            ("phone", self.phone.clone()),
            ("identifier", self.identifier.clone()),
        ];
        let digits = &self.phone[1..];
        let (national, spaced) = if self.is_brazilian {
            let (area, rest) = digits[2..].split_at(2);
            let (a, b) = rest.split_at(5);
            values.push(("phone", format!("({area}) {a}-{b}")));
            (&digits[2..], format!("{area} {a} {b}"))
        } else {
            let (a, b) = digits[2..].split_at(5);
            (&digits[2..], format!("{a} {b}"))
        };
        values.push(("phone", national.to_owned()));
        values.push(("phone", spaced));
        if self.is_brazilian {
            let d = &self.identifier;
            values
                .push(("identifier", format!("{}.{}.{}-{}", &d[..3], &d[3..6], &d[6..9], &d[9..])));
            values
                .push(("identifier", format!("{} {} {} {}", &d[..3], &d[3..6], &d[6..9], &d[9..])));
        } else {
            let p = &self.identifier;
            values.push(("identifier", p.to_lowercase()));
            values.push(("identifier", format!("{} {} {}", &p[..5], &p[5..9], &p[9..])));
        }
        values.push(("name", self.name.to_lowercase()));
        values.push(("name", self.name.to_uppercase()));
        values
    }
}

/// A word of three syllables, another for each number.
fn word(number: usize) -> String {
    let syllable = |place: u32| SYLLABLES[number / 16_usize.pow(place) % 16];
    let word: String = (0..4).map(syllable).collect();
    word[..1].to_uppercase() + &word[1..]
}

/// Nine digits and the two check digits of Receita Federal's rule: weights from 10 (then 11) down
/// to 2; 11 less the sum modulo 11, and 0 for 10 and 11.
fn cpf(number: usize) -> String {
    let mut digits: Vec<u32> = format!("{:09}", 410_000_000 + number * 7_919)
        .chars()
        .map(|d| d.to_digit(10).unwrap())
        .collect();
    for _ in 0..2 {
        let weights = (2..=u32::try_from(digits.len()).unwrap() + 1).rev();
        let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
        digits.push(match 11 - sum % 11 {
            10 | 11 => 0,
            digit => digit,
        });
    }
    digits.iter().map(|digit| char::from_digit(*digit, 10).unwrap()).collect()
}

/// Three letters, P for a person, a letter, four digits, a letter.
fn pan(number: usize) -> String {
    let letter = |place: usize| char::from(b'A' + u8::try_from(number / place % 26).unwrap());
    format!("{}{}QPW{:04}{}", letter(1), letter(26), 1_000 + number, letter(3))
}

#[test]
fn people_are_different_and_valid() {
    use domain::identity::{Cpf, Pan, Phone};
    let people: Vec<Person> = (0..1_000).map(Person::new).collect();
    for person in &people {
        assert!(person.phone.parse::<Phone>().is_ok(), "{}", person.phone);
        if person.is_brazilian {
            assert!(person.identifier.parse::<Cpf>().is_ok(), "{}", person.identifier);
        } else {
            assert!(person.identifier.parse::<Pan>().is_ok(), "{}", person.identifier);
        }
    }
    let distinct = |of: fn(&Person) -> &str| {
        people.iter().map(of).collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!(distinct(|person| &person.name), 1_000);
    assert_eq!(distinct(|person| &person.phone), 1_000);
    assert_eq!(distinct(|person| &person.identifier), 1_000);
}
