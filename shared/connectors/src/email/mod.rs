//! E-mail, in our own words.

pub mod ses;

use std::fmt;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::identity::Email;

use crate::http::CallError;

/// The longest subject that is sent; a longer one is cut.
pub const SUBJECT_LIMIT_CHARS: usize = 150;
/// An encoded word holds at most 45 bytes of text (RFC 2047, section 2: 75 characters in all).
const ENCODED_WORD_BYTES: usize = 45;

/// Who an e-mail is from: an address of the deployment under the brand's name.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    pub name: &'a str,
    pub address: &'a Email,
}

impl Sender<'_> {
    /// As the `From` header has it: the name as encoded words, so that it may have any letters and
    /// cannot become part of the address.
    pub fn header(&self) -> String {
        let words = words(self.name);
        let words: Vec<String> = words
            .iter()
            .map(|word| format!("=?UTF-8?B?{}?=", BASE64_STANDARD.encode(word)))
            .collect();
        let address = self.address.expose();
        if words.is_empty() {
            return address.to_owned();
        }
        format!("{} <{address}>", words.join(" "))
    }
}

/// The name in parts of at most 45 bytes, none of which splits a letter.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for letter in name.trim().chars().filter(|letter| !letter.is_control()) {
        match words.last_mut() {
            Some(word) if word.len() + letter.len_utf8() <= ENCODED_WORD_BYTES => word.push(letter),
            _ => words.push(letter.to_string()),
        }
    }
    words
}

/// One e-mail of plain text. It may hold anything: it is not shown in `Debug`.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    pub from: Sender<'a>,
    pub to: &'a Email,
    pub subject: &'a str,
    pub text: &'a str,
    /// Names the message in the provider's reports: letters, digits, `_` and `-`.
    pub tag: &'a str,
}

impl fmt::Debug for Letter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Letter({})", self.tag)
    }
}

/// The provider took the e-mail over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub provider_message_id: String,
}

/// A provider of e-mail.
#[async_trait]
pub trait Mailer: fmt::Debug + Send + Sync {
    /// Sends one e-mail. There is no idempotency at the provider: the caller keeps a message from
    /// going out twice, and must not resend after [`CallError::Unknown`].
    ///
    /// # Errors
    /// Permanent codes: `MESSAGE_REJECTED`, `SENDER_NOT_VERIFIED`, `SENDING_PAUSED`,
    /// `PROVIDER_CREDENTIALS`, `PROVIDER_REFUSED`, `PROVIDER_REQUEST`. Others: see [`crate::http`].
    async fn send(&self, letter: Letter<'_>) -> Result<Sent, CallError>;
}
