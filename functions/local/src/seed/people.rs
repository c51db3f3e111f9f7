//! Invented customers and loans, the same for the same number.

use serde_json::{Value, json};

use super::DemoBrand;

const FIRST_NAMES_BR: [&str; 12] = [
    "Aline", "Bruno", "Clara", "Diego", "Elisa", "Fábio", "Gisele", "Hugo", "Irene", "Jonas",
    "Karen", "Luan",
];
const LAST_NAMES_BR: [&str; 11] = [
    "Amaral",
    "Borges",
    "Cabral",
    "Duarte",
    "Esteves",
    "Farias",
    "Godoy",
    "Herrera",
    "Ibarra",
    "Junqueira",
    "Lacerda",
];
const FIRST_NAMES_IN: [&str; 12] = [
    "Aarav", "Bhavna", "Chitra", "Dev", "Esha", "Farhan", "Gauri", "Harsh", "Indu", "Jatin",
    "Kavya", "Lakshman",
];
const LAST_NAMES_IN: [&str; 11] = [
    "Acharya", "Bhat", "Chauhan", "Deshmukh", "Gokhale", "Hegde", "Iyer", "Joshi", "Kamath",
    "Lobo", "Mehta",
];

/// The body of `POST /customers`.
pub(crate) fn customer(brand: &DemoBrand, number: u32) -> Value {
    let (first, last, phone) = if brand.country == "BR" {
        // Numbers beginning 90000 are of no operator's range in use.
        (&FIRST_NAMES_BR, &LAST_NAMES_BR, format!("+55119{:08}", 10_000 + number))
    } else {
        (&FIRST_NAMES_IN, &LAST_NAMES_IN, format!("+919{:09}", 10_000 + number))
    };
    let name = [pick(first, number), pick(last, number / 12 + number)].join(" ");
    json!({ "name": name, "phone": phone, "reference": format!("DEMO-{number:06}") })
}

/// The body of `POST /loans`: from 3 to 14 monthly installments.
pub(crate) fn loan(customer: &str, number: u32) -> Value {
    json!({
        "customerId": customer,
        "reference": format!("DEMO-{number:06}"),
        "terms": {
            "principal": format!("{}.00", 1_000 + u64::from(number * 7_919 % 90) * 100),
            "method": if number.is_multiple_of(3) { "SAC" } else { "PRICE" },
            "annualRate": (18 + number % 7).to_string(),
            "installments": 3 + number % 12,
            "frequency": { "every": 1, "unit": "MONTH" },
        },
    })
}

fn pick(names: &[&'static str], number: u32) -> &'static str {
    let place = usize::try_from(number).unwrap_or_default() % names.len().max(1);
    names.get(place).copied().unwrap_or_default()
}
