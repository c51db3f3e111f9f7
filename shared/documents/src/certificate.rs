use domain::loans::closing::Closing;
use domain::money::Amount;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::engine::{Template, render};
use crate::text::Tags;
use crate::{Borrower, Letterhead, Pdf, RenderError, Style};

/// That nothing is owed on a contract any more: a no-objection and no-dues certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub letterhead: Letterhead,
    pub borrower: Borrower,
    /// The certificate's own number.
    pub number: String,
    /// The number of the contract.
    pub contract: String,
    pub contracted_on: Option<Date>,
    pub principal: Amount,
    pub paid: Amount,
    /// What was given up of charges, interest and principal.
    pub waived: Amount,
    pub closing: Closing,
    pub ended_on: Date,
    pub issued_on: Date,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(flatten)]
    tags: Tags,
    letterhead: &'a Letterhead,
    borrower: &'a Borrower,
    number: &'a str,
    contract: &'a str,
    contracted_on: Option<String>,
    principal: String,
    paid: String,
    waived: Option<String>,
    owed: String,
    closing: Closing,
    ended_on: String,
    issued_on: String,
}

impl Certificate {
    /// The PDF. It takes some tenths of a second of the processor.
    ///
    /// # Errors
    /// Where a character has no glyph.
    pub fn render(&self, style: Style, made_at: Timestamp) -> Result<Pdf, RenderError> {
        let data = Data {
            tags: style.tags(),
            letterhead: &self.letterhead,
            borrower: &self.borrower,
            number: &self.number,
            contract: &self.contract,
            contracted_on: self.contracted_on.map(|date| style.long_date(date)),
            principal: style.money(self.principal),
            paid: style.money(self.paid),
            waived: self.waived.is_positive().then(|| style.money(self.waived)),
            owed: style.money(Amount::ZERO),
            closing: self.closing,
            ended_on: style.long_date(self.ended_on),
            issued_on: style.long_date(self.issued_on),
        };
        render(Template::Certificate, style.locale, &data, made_at)
    }
}
