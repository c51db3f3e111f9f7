//! Figures and dates as people of a locale write them.

use domain::jurisdiction::{Locale, format_date, format_money};
use domain::money::{Amount, Percent};
use jiff::civil::Date;
use serde::Serialize;

use crate::Style;

impl Style {
    pub(crate) fn money(self, amount: Amount) -> String {
        format_money(amount, self.currency, self.locale)
    }

    pub(crate) fn date(self, date: Date) -> String {
        format_date(date, self.locale)
    }

    /// `10 de maio de 2026`, `10 May 2026`.
    pub(crate) fn long_date(self, date: Date) -> String {
        let (year, day) = (date.year(), date.day());
        let month = usize::try_from(date.month() - 1).unwrap_or_default();
        let name = |names: [&'static str; 12]| names.get(month).copied().unwrap_or_default();
        match self.locale {
            Locale::PtBr => format!("{day} de {} de {year}", name(MONTHS_PT)),
            Locale::EnIn => format!("{day} {} {year}", name(MONTHS_EN)),
            Locale::EnUs => format!("{} {day}, {year}", name(MONTHS_EN)),
            Locale::CsCz => self.date(date),
        }
    }

    /// `1,5%`, `1.5%`: as many decimals as the rate has.
    pub(crate) fn percent(self, rate: Percent) -> String {
        self.percent_text(&rate.value().normalize().to_string())
    }

    /// The same of a rate that is text already: `3.08`.
    pub(crate) fn percent_text(self, rate: &str) -> String {
        match self.locale {
            Locale::PtBr => format!("{}%", rate.replace('.', ",")),
            Locale::CsCz => format!("{} %", rate.replace('.', ",")),
            Locale::EnIn | Locale::EnUs => format!("{rate}%"),
        }
    }

    /// The language of hyphenation, and of the document's metadata.
    pub(crate) fn tags(self) -> Tags {
        let (language, region) = match self.locale {
            Locale::PtBr => ("pt", "BR"),
            Locale::EnIn => ("en", "IN"),
            // There are no Czech words yet.
            Locale::EnUs | Locale::CsCz => ("en", "US"),
        };
        Tags { language, region }
    }
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Tags {
    language: &'static str,
    region: &'static str,
}

const MONTHS_PT: [&str; 12] = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
