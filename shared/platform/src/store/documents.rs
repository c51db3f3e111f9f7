//! Documents of customers: the record here, the content in the bucket.

use domain::ids::{BrandId, CustomerId, DocumentId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Customer, Entity, Key, Range, StoreError, Table, Versioned};

/// The most documents of one customer.
pub const DOCUMENTS_LIMIT: usize = 200;
/// The largest document.
pub const DOCUMENT_LIMIT_BYTES: u64 = 10 * 1024 * 1024;

/// What a document shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DocumentKind {
    Identity,
    Address,
    Income,
    BankStatement,
    Photo,
    Other,
}

/// The types of content that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ContentType {
    #[serde(rename = "application/pdf")]
    Pdf,
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/png")]
    Png,
}

impl ContentType {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// The type that a content has by its first bytes (ISO 32000-1, 7.5.2; ITU-T T.81, B.1.1.3;
    /// ISO/IEC 15948, 5.2); `None` for one that is not taken.
    pub fn of_content(content: &[u8]) -> Option<Self> {
        let signatures: [(&[u8], Self); 3] = [
            (b"%PDF-", Self::Pdf),
            (&[0xff, 0xd8, 0xff], Self::Jpeg),
            (&[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a], Self::Png),
        ];
        signatures
            .into_iter()
            .find(|(signature, _)| content.starts_with(signature))
            .map(|(_, content_type)| content_type)
    }
}

/// How far a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DocumentStatus {
    /// Its content was announced and has not come.
    Pending,
    /// To be looked at by a person.
    Uploaded,
    Verified,
    Rejected,
}

impl DocumentStatus {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Uploaded => "UPLOADED",
            Self::Verified => "VERIFIED",
            Self::Rejected => "REJECTED",
        }
    }

    /// What may become of it next. A document that was verified may turn out to be false; one that
    /// was rejected is handed in anew.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Pending => &[Self::Uploaded],
            Self::Uploaded => &[Self::Verified, Self::Rejected],
            Self::Verified => &[Self::Rejected],
            Self::Rejected => &[],
        }
    }
}

/// A step that a document's status does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the document is {}", from.text())]
pub struct IllegalStep {
    pub from: DocumentStatus,
}

/// What a person said of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    pub by: String,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One document of a customer. It has no name: the names of people's files name people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    pub brand: BrandId,
    pub customer: CustomerId,
    pub id: DocumentId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub kind: DocumentKind,
    pub content_type: ContentType,
    pub size_bytes: u64,
    pub status: DocumentStatus,
    /// Who announced it: `staff_…`, `cus_…`.
    pub requested_by: String,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploaded_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

impl Document {
    pub const SORT_PREFIX: &'static str = "D#";

    pub fn key_of(brand: BrandId, customer: CustomerId, id: DocumentId) -> Key {
        let sort = format!("{}{}", Self::SORT_PREFIX, id.ulid());
        Key::new(Customer::partition(brand, customer), sort)
    }

    /// A customer's documents, oldest first.
    pub async fn all(
        table: &Table,
        brand: BrandId,
        customer: CustomerId,
    ) -> Result<Vec<Self>, StoreError> {
        let range =
            Range::partition(Customer::partition(brand, customer)).prefix(Self::SORT_PREFIX);
        table.query_all(&range, DOCUMENTS_LIMIT).await
    }

    /// Where its content comes in: whoever holds the link may write there until it ends.
    pub fn upload_key(&self) -> String {
        self.object("uploads")
    }

    /// Where its content is once it was looked at: nobody holds a link to write there.
    pub fn content_key(&self) -> String {
        self.object("documents")
    }

    fn object(&self, folder: &str) -> String {
        format!("{folder}/{}/{}/{}", self.brand, self.customer, self.id)
    }

    /// Takes a step; one that was taken before changes nothing and answers false.
    pub fn step(&mut self, to: DocumentStatus) -> Result<bool, IllegalStep> {
        if self.status == to {
            return Ok(false);
        }
        if !self.status.next().contains(&to) {
            return Err(IllegalStep { from: self.status });
        }
        self.status = to;
        Ok(true)
    }
}

impl Entity for Document {
    const NAME: &'static str = "document";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.customer, self.id)
    }
}

impl Versioned for Document {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

#[cfg(test)]
mod tests {
    use super::ContentType;

    #[test]
    fn the_content_says_its_type() {
        assert_eq!(ContentType::of_content(b"%PDF-1.7\n"), Some(ContentType::Pdf));
        assert_eq!(ContentType::of_content(b"\xff\xd8\xff\xe0\0"), Some(ContentType::Jpeg));
        assert_eq!(ContentType::of_content(b"\x89PNG\r\n\x1a\n"), Some(ContentType::Png));
        for content in [&b""[..], b"%PDF", b"<html>", b"MZ\x90", b" %PDF-1.7", b"\x89PNG\n"] {
            assert_eq!(ContentType::of_content(content), None);
        }
    }
}
