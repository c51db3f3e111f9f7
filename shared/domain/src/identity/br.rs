//! Brazil: CPF of persons, CNPJ of companies.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::secret_text::secret_text;
use super::{is_digits, last_four, without_punctuation};

/// The weights of the last digits before a check digit, from the right, start at 2; a CPF's run on
/// to 11, a CNPJ's start again after 9.
const FIRST_WEIGHT: u32 = 2;
const CPF_LAST_WEIGHT: u32 = 11;
const CNPJ_LAST_WEIGHT: u32 = 9;

/// The taxpayer number of a person (Receita Federal): nine digits and two check digits, modulus 11.
/// Canonical: 11 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cpf(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCpf {
    #[error("a CPF has 11 digits, plain or as 000.000.000-00")]
    Form,
    #[error("the CPF's check digits do not match")]
    CheckDigits,
}

secret_text!(Cpf, InvalidCpf);

impl Cpf {
    pub fn masked(&self) -> String {
        last_four(&self.0)
    }

    /// `000.000.000-00`, whole.
    pub fn expose_formatted(&self) -> String {
        punctuated(&self.0, "###.###.###-##")
    }
}

impl FromStr for Cpf {
    type Err = InvalidCpf;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = without_punctuation(text, "###.###.###-##")
            .filter(|plain| is_digits(plain))
            .ok_or(InvalidCpf::Form)?;
        if has_check_digits(&plain, CPF_LAST_WEIGHT) {
            Ok(Self(plain))
        } else {
            Err(InvalidCpf::CheckDigits)
        }
    }
}

/// The number of a company (Receita Federal): eight characters of root, four of branch, two check
/// digits, modulus 11. Letters are allowed in the first twelve (Instrução Normativa RFB 2.229/2024,
/// from July 2026); a character's value is its ASCII code less 48. Canonical: 14 characters,
/// letters in capitals.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cnpj(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCnpj {
    #[error("a CNPJ has 12 letters or digits and 2 digits, plain or as 00.000.000/0000-00")]
    Form,
    #[error("the CNPJ's check digits do not match")]
    CheckDigits,
}

secret_text!(Cnpj, InvalidCnpj);

impl Cnpj {
    pub fn masked(&self) -> String {
        last_four(&self.0)
    }

    /// `00.000.000/0000-00`, whole.
    pub fn expose_formatted(&self) -> String {
        punctuated(&self.0, "##.###.###/####-##")
    }
}

impl FromStr for Cnpj {
    type Err = InvalidCnpj;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = without_punctuation(text, "##.###.###/####-##")
            .map(|plain| plain.to_ascii_uppercase())
            .filter(|plain| plain.get(12..).is_some_and(is_digits))
            .ok_or(InvalidCnpj::Form)?;
        if has_check_digits(&plain, CNPJ_LAST_WEIGHT) {
            Ok(Self(plain))
        } else {
            Err(InvalidCnpj::CheckDigits)
        }
    }
}

/// Whether the last two of `text` are its check digits. One character repeated is no number in use,
/// though its digits would match.
fn has_check_digits(text: &str, last_weight: u32) -> bool {
    let values: Vec<u32> =
        text.bytes().map(|byte| u32::from(byte).saturating_sub(u32::from(b'0'))).collect();
    let is_varied = values.windows(2).any(|pair| matches!(pair, [a, b] if a != b));
    let Some((body, [first, second])) = values.split_last_chunk::<2>() else { return false };
    let with_first = values.get(..=body.len()).unwrap_or_default();
    is_varied
        && check_digit(body, last_weight) == *first
        && check_digit(with_first, last_weight) == *second
}

fn check_digit(values: &[u32], last_weight: u32) -> u32 {
    let weights = (FIRST_WEIGHT..=last_weight).cycle();
    let sum: u32 = values.iter().rev().zip(weights).map(|(value, weight)| value * weight).sum();
    match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    }
}

fn punctuated(plain: &str, pattern: &str) -> String {
    let mut characters = plain.chars();
    pattern
        .chars()
        .filter_map(|mark| if mark == '#' { characters.next() } else { Some(mark) })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{CNPJ_LAST_WEIGHT, Cnpj, Cpf, InvalidCnpj, InvalidCpf, check_digit};

    /// The textbook number 111.444.777-35: 1·10+1·9+1·8+4·7+4·6+4·5+7·4+7·3+7·2 = 162, rest 8, 3;
    /// 1·11+1·10+1·9+4·8+4·7+4·6+7·5+7·4+7·3+3·2 = 204, rest 6, 5.
    #[test]
    fn cpf_textbook_number() {
        let cpf: Cpf = "111.444.777-35".parse().unwrap();
        assert_eq!(cpf.expose(), "11144477735");
        assert_eq!(cpf.expose_formatted(), "111.444.777-35");
        assert_eq!("11144477735".parse::<Cpf>().unwrap(), cpf);
        assert_eq!(format!("{cpf:?}"), "Cpf(\"*******7735\")");
    }

    #[test]
    fn cpf_errors() {
        for text in
            ["", "1114447773", "111444777355", "111.444.77735", "111 444 777 35", "1114447773A"]
        {
            assert_eq!(text.parse::<Cpf>(), Err(InvalidCpf::Form), "{text}");
        }
        for text in ["11144477734", "11144477725", "00000000000", "11111111111", "99999999999"] {
            assert_eq!(text.parse::<Cpf>(), Err(InvalidCpf::CheckDigits), "{text}");
        }
    }

    /// Receita Federal and Serpro, "Cálculo dos dígitos verificadores de CNPJ alfanumérico": the
    /// body 12.ABC.345/01DE has the check digits 35.
    #[test]
    fn cnpj_alphanumeric_example_of_the_tax_office() {
        let cnpj: Cnpj = "12.ABC.345/01DE-35".parse().unwrap();
        assert_eq!(cnpj.expose(), "12ABC34501DE35");
        assert_eq!("12abc34501de35".parse::<Cnpj>().unwrap(), cnpj);
        assert_eq!(cnpj.expose_formatted(), "12.ABC.345/01DE-35");
        assert_eq!(format!("{cnpj:?}"), "Cnpj(\"**********DE35\")");
    }

    /// The textbook number 11.222.333/0001-81: 5+4+6+4+18+24+21+18+0+0+0+2 = 102, rest 3, 8;
    /// 6+5+8+6+4+27+24+21+0+0+0+3+16 = 120, rest 10, 1.
    #[test]
    fn cnpj_of_digits() {
        assert!("11.222.333/0001-81".parse::<Cnpj>().is_ok());
        assert_eq!("11.222.333/0001-82".parse::<Cnpj>(), Err(InvalidCnpj::CheckDigits));
        assert_eq!("00000000000000".parse::<Cnpj>(), Err(InvalidCnpj::CheckDigits));
    }

    #[test]
    fn cnpj_errors() {
        for text in ["", "12ABC34501DE3", "12ABC34501DE3A", "12.ABC.345-01DE/35", "12ÁBC34501DE35"]
        {
            assert_eq!(text.parse::<Cnpj>(), Err(InvalidCnpj::Form), "{text}");
        }
    }

    #[test]
    fn json_is_the_canonical_text() {
        let cpf: Cpf = serde_json::from_str("\"111.444.777-35\"").unwrap();
        assert_eq!(serde_json::to_string(&cpf).unwrap(), "\"11144477735\"");
        assert!(serde_json::from_str::<Cpf>("\"11144477734\"").is_err());
    }

    proptest! {
        /// Every body with its own check digits is a number, but for one character repeated.
        #[test]
        fn generated_cnpjs_parse(body in "[0-9A-Z]{12}") {
            let mut values: Vec<u32> = body.bytes().map(|byte| u32::from(byte) - 48).collect();
            let mut text = body.clone();
            for _ in 0..2 {
                let digit = check_digit(&values, CNPJ_LAST_WEIGHT);
                values.push(digit);
                text.push_str(&digit.to_string());
            }
            match text.parse::<Cnpj>() {
                Ok(cnpj) => {
                    prop_assert_eq!(cnpj.expose_formatted().parse::<Cnpj>(), Ok(cnpj));
                }
                Err(_) => prop_assert!(body.bytes().all(|byte| body.starts_with(char::from(byte)))),
            }
        }

        #[test]
        fn no_text_makes_a_parser_panic(text in "\\PC{0,20}") {
            if let Ok(cpf) = text.parse::<Cpf>() {
                prop_assert_eq!(cpf.expose().len(), 11);
            }
            if let Ok(cnpj) = text.parse::<Cnpj>() {
                prop_assert_eq!(cnpj.expose().len(), 14);
            }
        }
    }
}
