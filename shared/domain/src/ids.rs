//! Every id type. An id is a prefix and a ULID (`loan_01J…`), so that lists sort by creation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an id that begins with \"{expected}_\"")]
pub struct IdError {
    pub expected: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(Ulid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub const fn new(ulid: Ulid) -> Self {
                Self(ulid)
            }

            pub const fn ulid(self) -> Ulid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let error = IdError { expected: $prefix };
                let (prefix, ulid) = text.split_once('_').ok_or(error.clone())?;
                if prefix != $prefix {
                    return Err(error);
                }
                let ulid = Ulid::from_string(ulid).map_err(|_| error.clone())?;
                let id = Self(ulid);
                if id.to_string() == text { Ok(id) } else { Err(error) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

ids! {
    /// A lender on the platform: the tenant.
    BrandId = "brand";
    /// A borrower.
    CustomerId = "cus";
    /// A person who works for a brand or for the platform.
    StaffId = "staff";
    /// One contract over its whole life.
    LoanId = "loan";
    PaymentId = "pay";
    JournalEntryId = "je";
    CommentId = "cmt";
    TemplateId = "tpl";
    ImportId = "imp";
    RunId = "run";
    AuditId = "aud";
    SessionId = "ses";
    RenegotiationId = "ren";
    /// An offer to close a loan for less than is owed.
    SettlementId = "set";
    /// A contact, a promise to pay or a visit that collections noted.
    CollectionEntryId = "col";
    ApiKeyId = "key";
    DocumentId = "doc";
}

/// One installment: its loan and its number, so that the loan's item is found from it.
/// Text: `inv_{ulid of the loan}_{number}`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct InvoiceId {
    pub loan: LoanId,
    /// From 1.
    pub number: u16,
}

impl InvoiceId {
    pub const PREFIX: &'static str = "inv";
}

impl FromStr for InvoiceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (ulid, number) = text.strip_prefix("inv_")?.split_once('_')?;
            let id = Self {
                loan: LoanId::new(Ulid::from_string(ulid).ok()?),
                number: number.parse().ok().filter(|number| *number > 0)?,
            };
            (id.to_string() == text).then_some(id)
        };
        parse().ok_or(IdError { expected: Self::PREFIX })
    }
}

impl TryFrom<String> for InvoiceId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<InvoiceId> for String {
    fn from(id: InvoiceId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for InvoiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "inv_{}_{}", self.loan.ulid(), self.number)
    }
}

impl fmt::Debug for InvoiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a message is about: where it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageSubject {
    Loan(LoanId),
    Customer(CustomerId),
}

/// One message to a borrower: its subject and its own ULID, so that it is found among those of its
/// loan or customer. Text: `com_{loan|cus}_{ulid of the subject}_{ulid}`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CommunicationId {
    pub subject: MessageSubject,
    pub message: Ulid,
}

impl CommunicationId {
    pub const PREFIX: &'static str = "com";
}

impl FromStr for CommunicationId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (subject, message) = text.strip_prefix("com_")?.rsplit_once('_')?;
            let id = Self {
                subject: match subject.split_once('_')?.0 {
                    LoanId::PREFIX => MessageSubject::Loan(subject.parse().ok()?),
                    CustomerId::PREFIX => MessageSubject::Customer(subject.parse().ok()?),
                    _ => return None,
                },
                message: Ulid::from_string(message).ok()?,
            };
            (id.to_string() == text).then_some(id)
        };
        parse().ok_or(IdError { expected: Self::PREFIX })
    }
}

impl TryFrom<String> for CommunicationId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CommunicationId> for String {
    fn from(id: CommunicationId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for CommunicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            MessageSubject::Loan(id) => write!(f, "com_{id}_{}", self.message),
            MessageSubject::Customer(id) => write!(f, "com_{id}_{}", self.message),
        }
    }
}

impl fmt::Debug for CommunicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
