use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Statement, defaults};
use crate::jurisdiction::{Locale, format_date, format_money};
use crate::money::{Amount, Currency};

/// The longest text of a template.
pub const TEMPLATE_LIMIT_CHARS: usize = 1_000;
/// The most placeholders in one text: with it, no message outgrows what WhatsApp shows.
pub const TEMPLATE_LIMIT_PLACEHOLDERS: usize = 15;
/// The invoices that `{invoices}` lists before it is cut short.
const LIST_LIMIT_INVOICES: usize = 10;
/// The part of a brand's name that a message shows.
const BRAND_LIMIT_CHARS: usize = 100;
const NAME: &str = "{name}";

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TemplateKind {
    /// The daily message of a loan with something due today and nothing overdue.
    DueToday,
    /// The daily message of a loan with something overdue.
    Overdue,
    /// For people to choose from.
    Manual,
}

impl TemplateKind {
    /// The template of a loan's daily message.
    pub fn of(statement: &Statement) -> Self {
        if statement.overdue.is_positive() { Self::Overdue } else { Self::DueToday }
    }

    /// Whether a brand has at most one of the kind in each language.
    pub const fn is_single(self) -> bool {
        matches!(self, Self::DueToday | Self::Overdue)
    }

    pub const fn text(self) -> &'static str {
        match self {
            Self::DueToday => "DUE_TODAY",
            Self::Overdue => "OVERDUE",
            Self::Manual => "MANUAL",
        }
    }
}

/// What a text may leave open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// The borrower's first name; put in when the message leaves, never stored.
    Name,
    Brand,
    AmountDue,
    AmountOverdue,
    AmountTotal,
    DueDate,
    DaysOverdue,
    Invoices,
}

impl Placeholder {
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Brand,
        Self::AmountDue,
        Self::AmountOverdue,
        Self::AmountTotal,
        Self::DueDate,
        Self::DaysOverdue,
        Self::Invoices,
    ];

    /// As it stands between braces.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Brand => "brand",
            Self::AmountDue => "amountDue",
            Self::AmountOverdue => "amountOverdue",
            Self::AmountTotal => "amountTotal",
            Self::DueDate => "dueDate",
            Self::DaysOverdue => "daysOverdue",
            Self::Invoices => "invoices",
        }
    }

    /// Whether it speaks of a loan.
    const fn is_figure(self) -> bool {
        !matches!(self, Self::Name | Self::Brand)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("must have from 1 to {TEMPLATE_LIMIT_CHARS} characters that are not all spaces")]
    Length,
    #[error("must have no control characters but line breaks")]
    Character,
    #[error("{{{0}}} is not known; the known ones are {known}", known = known())]
    Unknown(String),
    #[error("has a brace that neither begins nor ends a placeholder")]
    Brace,
    #[error("may have at most {TEMPLATE_LIMIT_PLACEHOLDERS} placeholders, {{invoices}} once")]
    TooMany,
    #[error("{{{0}}} needs a loan to speak of")]
    NeedsLoan(&'static str),
}

fn known() -> String {
    Placeholder::ALL.map(|known| format!("{{{}}}", known.word())).join(", ")
}

/// A checked text with placeholders: `Olá, {name}! Vence hoje {amountDue}.`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TemplateText(String);

/// The language and money of a brand's messages.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    pub brand: &'a str,
    pub currency: Currency,
    pub locale: Locale,
}

impl TemplateText {
    /// The built-in text.
    pub fn default_of(kind: TemplateKind, locale: Locale) -> Self {
        Self(defaults::text(kind, locale).to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it says anything of a loan.
    pub fn has_figures(&self) -> bool {
        pieces(&self.0).any(|piece| matches!(piece, Ok(Piece::Open(open)) if open.is_figure()))
    }

    /// The message, still without the borrower's name.
    ///
    /// # Errors
    /// [`TemplateError::NeedsLoan`] where the text has figures and there is no statement.
    pub fn render(
        &self,
        style: Style<'_>,
        statement: Option<&Statement>,
    ) -> Result<Body, TemplateError> {
        let mut body = String::with_capacity(self.0.len() * 2);
        for piece in pieces(&self.0) {
            match piece? {
                Piece::Plain(text) => body.push_str(text),
                Piece::Open(Placeholder::Name) => body.push_str(NAME),
                Piece::Open(Placeholder::Brand) => body.push_str(&brand_name(style.brand)),
                Piece::Open(open) => {
                    let statement = statement.ok_or(TemplateError::NeedsLoan(open.word()))?;
                    body.push_str(&figure(open, style, statement));
                }
            }
        }
        Ok(Body(body))
    }
}

impl FromStr for TemplateText {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        if text.is_empty() || text.chars().count() > TEMPLATE_LIMIT_CHARS {
            return Err(TemplateError::Length);
        }
        if text.chars().any(|letter| letter.is_control() && letter != '\n') {
            return Err(TemplateError::Character);
        }
        let (mut open, mut lists) = (0, 0);
        for piece in pieces(text) {
            if let Piece::Open(placeholder) = piece? {
                open += 1;
                lists += usize::from(placeholder == Placeholder::Invoices);
            }
        }
        if open > TEMPLATE_LIMIT_PLACEHOLDERS || lists > 1 {
            return Err(TemplateError::TooMany);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for TemplateText {
    type Error = TemplateError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TemplateText> for String {
    fn from(text: TemplateText) -> Self {
        text.0
    }
}

/// A person may have written a name into it.
impl fmt::Debug for TemplateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TemplateText({} characters)", self.0.chars().count())
    }
}

/// A message in which only the borrower's name is left open.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Body(String);

impl Body {
    /// That a contract is over, and which certificate says so.
    pub fn of_certificate(style: Style<'_>, number: &str, ended_on: Date) -> Self {
        let (brand, ended_on) = (brand_name(style.brand), format_date(ended_on, style.locale));
        Self(defaults::certificate(style.locale, &brand, number, &ended_on))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The message as the borrower gets it.
    pub fn to_person(&self, first_name: &str) -> String {
        self.0.replace(NAME, first_name)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} characters)", self.0.chars().count())
    }
}

enum Piece<'t> {
    Plain(&'t str),
    Open(Placeholder),
}

/// Splits a text at its placeholders; ends after the first error.
fn pieces(text: &str) -> impl Iterator<Item = Result<Piece<'_>, TemplateError>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let piece = next_piece(rest);
        match &piece {
            Ok((_, after)) => rest = after,
            Err(_) => rest = "",
        }
        Some(piece.map(|(piece, _)| piece))
    })
}

/// The first piece of a text that is not empty, and what follows it.
fn next_piece(text: &str) -> Result<(Piece<'_>, &str), TemplateError> {
    let Some(inner) = text.strip_prefix('{') else {
        let (plain, rest) = text.split_at(text.find(['{', '}']).unwrap_or(text.len()));
        return if plain.is_empty() {
            Err(TemplateError::Brace)
        } else {
            Ok((Piece::Plain(plain), rest))
        };
    };
    let (word, rest) = inner.split_once('}').ok_or(TemplateError::Brace)?;
    if word.contains('{') {
        return Err(TemplateError::Brace);
    }
    Placeholder::ALL
        .into_iter()
        .find(|known| known.word() == word)
        .map(|known| (Piece::Open(known), rest))
        .ok_or_else(|| TemplateError::Unknown(word.chars().take(40).collect()))
}

/// Without braces, so that nothing in it is taken for a placeholder later.
fn brand_name(name: &str) -> String {
    name.chars().filter(|letter| !"{}".contains(*letter)).take(BRAND_LIMIT_CHARS).collect()
}

fn figure(open: Placeholder, style: Style<'_>, statement: &Statement) -> String {
    let money = |amount: Amount| format_money(amount, style.currency, style.locale);
    match open {
        Placeholder::Name | Placeholder::Brand => String::new(),
        Placeholder::AmountDue => money(statement.due),
        Placeholder::AmountOverdue => money(statement.overdue),
        Placeholder::AmountTotal => money(statement.total()),
        Placeholder::DueDate => {
            statement.due_date.map_or_else(|| "–".to_owned(), |due| format_date(due, style.locale))
        }
        Placeholder::DaysOverdue => statement.days_overdue.to_string(),
        Placeholder::Invoices => list(style, statement),
    }
}

fn list(style: Style<'_>, statement: &Statement) -> String {
    let Style { currency, locale, .. } = style;
    let shown = statement.lines.iter().take(LIST_LIMIT_INVOICES).map(|line| {
        let due = format_date(line.due, locale);
        let amount = format_money(line.owed, currency, locale);
        defaults::line(locale, line.number, &due, statement.is_overdue(line), &amount)
    });
    let mut lines: Vec<String> = shown.collect();
    let hidden = statement.lines.len() - lines.len();
    if hidden > 0 {
        lines.push(defaults::more(locale, hidden));
    }
    lines.join("\n")
}
