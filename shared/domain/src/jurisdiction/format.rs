use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::money::{Amount, Currency};

/// A language and country, for text that people read. JSON: a BCP 47 tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Locale {
    #[serde(rename = "pt-BR")]
    PtBr,
    #[serde(rename = "en-IN")]
    EnIn,
    #[serde(rename = "en-US")]
    EnUs,
    #[serde(rename = "cs-CZ")]
    CsCz,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown locale; the known ones are pt-BR, en-IN, en-US, cs-CZ")]
pub struct UnknownLocale;

impl Locale {
    pub const ALL: [Self; 4] = [Self::PtBr, Self::EnIn, Self::EnUs, Self::CsCz];

    pub const fn tag(self) -> &'static str {
        match self {
            Self::PtBr => "pt-BR",
            Self::EnIn => "en-IN",
            Self::EnUs => "en-US",
            Self::CsCz => "cs-CZ",
        }
    }
}

impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|locale| locale.tag() == tag).ok_or(UnknownLocale)
    }
}

/// Money as people of the locale write it: `R$ 1.234,56`, `₹1,00,000.00`, `1 234,56 Kč`.
///
/// It has as many decimals as the currency; an amount that is finer shows all of its own, so that
/// nothing is hidden by the text.
pub fn format_money(amount: Amount, currency: Currency, locale: Locale) -> String {
    let mut value = amount.value().abs().normalize();
    if value.scale() < currency.exponent() {
        value.rescale(currency.exponent());
    }
    let plain = value.to_string();
    let (whole, fraction) = match plain.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (plain.as_str(), None),
    };
    let (separator, point) = match locale {
        Locale::PtBr => (".", ','),
        Locale::EnIn | Locale::EnUs => (",", '.'),
        Locale::CsCz => (" ", ','),
    };
    let mut number = grouped(whole, separator, locale == Locale::EnIn);
    if let Some(fraction) = fraction {
        number.push(point);
        number.push_str(fraction);
    }
    let sign = if amount.is_negative() { "-" } else { "" };
    let symbol = symbol(currency);
    match locale {
        Locale::PtBr => format!("{sign}{symbol} {number}"),
        Locale::EnIn | Locale::EnUs => {
            let gap =
                if symbol.chars().all(|letter| letter.is_ascii_alphabetic()) { " " } else { "" };
            format!("{sign}{symbol}{gap}{number}")
        }
        Locale::CsCz => format!("{sign}{number} {symbol}"),
    }
}

/// A date in digits as people of the locale write it: `31/12/1998`, `31-12-1998`.
pub fn format_date(date: Date, locale: Locale) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    match locale {
        Locale::PtBr => format!("{day:02}/{month:02}/{year:04}"),
        Locale::EnIn => format!("{day:02}-{month:02}-{year:04}"),
        Locale::EnUs => format!("{month:02}/{day:02}/{year:04}"),
        Locale::CsCz => format!("{day}. {month}. {year:04}"),
    }
}

fn symbol(currency: Currency) -> String {
    match currency {
        Currency::BRL => "R$".to_owned(),
        Currency::INR => "₹".to_owned(),
        Currency::CZK => "Kč".to_owned(),
        Currency::EUR => "€".to_owned(),
        Currency::USD => "$".to_owned(),
        Currency::GBP => "£".to_owned(),
        Currency::JPY => "¥".to_owned(),
        other => other.code().to_owned(),
    }
}

/// Digits in groups of three; in India the last three, then twos.
fn grouped(digits: &str, separator: &str, is_indian: bool) -> String {
    let is_boundary = |left: usize| match (is_indian, left) {
        (_, 0) => false,
        (true, left) => left >= 3 && (left - 3).is_multiple_of(2),
        (false, left) => left.is_multiple_of(3),
    };
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && is_boundary(digits.len() - index) {
            text.push_str(separator);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Amount, Currency, Locale, format_date, format_money};

    fn money(text: &str, currency: Currency, locale: Locale) -> String {
        format_money(text.parse::<Amount>().unwrap(), currency, locale)
    }

    #[test]
    fn brazil_groups_by_points() {
        for (from, to) in [
            ("0", "R$ 0,00"),
            ("999.9", "R$ 999,90"),
            ("1234.56", "R$ 1.234,56"),
            ("1234567.8", "R$ 1.234.567,80"),
            ("-5.5", "-R$ 5,50"),
            ("0.125", "R$ 0,125"),
        ] {
            assert_eq!(money(from, Currency::BRL, Locale::PtBr), to);
        }
    }

    /// Grouping of lakh and crore: Unicode CLDR, locale en-IN, pattern `¤#,##,##0.00`.
    #[test]
    fn india_groups_by_lakh_and_crore() {
        for (from, to) in [
            ("100", "₹100.00"),
            ("1000", "₹1,000.00"),
            ("10000", "₹10,000.00"),
            ("100000", "₹1,00,000.00"),
            ("123456", "₹1,23,456.00"),
            ("12345678.9", "₹1,23,45,678.90"),
            ("-100000", "-₹1,00,000.00"),
        ] {
            assert_eq!(money(from, Currency::INR, Locale::EnIn), to);
        }
    }

    #[test]
    fn other_currencies_and_locales() {
        assert_eq!(money("1234.5", Currency::CZK, Locale::CsCz), "1 234,50 Kč");
        assert_eq!(money("-1234.5", Currency::CZK, Locale::EnUs), "-Kč1,234.50");
        assert_eq!(money("1234.5", Currency::KWD, Locale::EnUs), "KWD 1,234.500");
        assert_eq!(money("1234", Currency::JPY, Locale::EnUs), "¥1,234");
        assert_eq!(money("1234567", Currency::USD, Locale::EnUs), "$1,234,567.00");
    }

    #[test]
    fn dates() {
        let day = date(1998, 12, 31);
        for (locale, text) in [
            (Locale::PtBr, "31/12/1998"),
            (Locale::EnIn, "31-12-1998"),
            (Locale::EnUs, "12/31/1998"),
            (Locale::CsCz, "31. 12. 1998"),
        ] {
            assert_eq!(format_date(day, locale), text);
        }
        assert_eq!(format_date(date(2026, 1, 2), Locale::PtBr), "02/01/2026");
    }

    #[test]
    fn tags_go_both_ways() {
        for locale in Locale::ALL {
            assert_eq!(locale.tag().parse::<Locale>(), Ok(locale));
            assert_eq!(serde_json::to_string(&locale).unwrap(), format!("\"{}\"", locale.tag()));
        }
        assert!("xx".parse::<Locale>().is_err());
    }
}
