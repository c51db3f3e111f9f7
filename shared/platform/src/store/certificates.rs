//! Certificates that nothing is owed on a contract any more.

use domain::ids::{BrandId, CustomerId, LoanId};
use domain::loans::closing::Closing;
use domain::loans::loan::Loan;
use domain::money::Amount;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{
    Consistency, Entity, JournalItem, Key, LoanRecord, Range, StoreError, Table, Versioned,
};

/// The digits and letters of a certificate's number (Crockford's base 32: none looks like another).
const NUMBER_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NUMBER_GROUPS: usize = 3;
const NUMBER_GROUP_LETTERS: usize = 4;
/// Closures of one contract.
const CERTIFICATES_LIMIT: usize = 1_000;
/// Bits of one letter.
const LETTER_BITS: u32 = 5;

/// How far a certificate has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CertificateStatus {
    /// It is being made.
    Pending,
    /// It is stored and was sent.
    Issued,
    /// Something is owed again: a payment was taken back.
    Withdrawn,
}

/// The certificate of one closure of a contract: its facts as they were then, and its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    pub brand: BrandId,
    pub loan: LoanId,
    pub customer: CustomerId,
    /// From 1: a contract that was opened again and closed again has another.
    pub ordinal: u16,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub status: CertificateStatus,
    pub closing: Closing,
    pub ended_on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contracted_on: Option<Date>,
    pub principal: Amount,
    pub paid: Amount,
    pub waived: Amount,
    pub issued_on: Date,
    /// When it was begun: what its file is dated by.
    pub at: Timestamp,
    /// Who asked for it last; absent where it came with the end of the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<StoredFile>,
}

/// A file in the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredFile {
    pub key: String,
    /// Hexadecimal SHA-256 of its bytes.
    pub sha256: String,
    pub bytes: u64,
}

/// The queue's message about a contract whose certificate is to be made or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateMessage {
    pub brand_id: BrandId,
    pub loan_id: LoanId,
}

impl CertificateMessage {
    /// What a change of a contract brings about.
    pub fn of_journal(item: &JournalItem) -> Option<Self> {
        item.turns_clearance().then_some(Self { brand_id: item.brand, loan_id: item.loan })
    }

    /// What a certificate in the table's stream brings about: one that somebody asked for is made.
    pub fn of_certificate(certificate: &Certificate) -> Option<Self> {
        let is_wanted =
            certificate.status == CertificateStatus::Pending && certificate.asked_by.is_some();
        let Certificate { brand, loan, .. } = *certificate;
        is_wanted.then_some(Self { brand_id: brand, loan_id: loan })
    }
}

impl Certificate {
    pub const SORT_PREFIX: &'static str = "NOC#";

    /// The next certificate of a contract that owes nothing; the last one that it had says which
    /// that is.
    pub fn begin(
        record: &LoanRecord,
        closing: Closing,
        last: Option<&Self>,
        today: Date,
        at: Timestamp,
        asked_by: Option<String>,
    ) -> Self {
        let loan = &record.loan;
        let sums = loan.sums();
        Self {
            brand: record.brand,
            loan: loan.id,
            customer: loan.customer,
            ordinal: last.map_or(1, |last| last.ordinal.saturating_add(1)),
            version: 0,
            status: CertificateStatus::Pending,
            closing,
            ended_on: loan.ended_on().unwrap_or(today),
            contracted_on: loan.start,
            principal: loan.principal,
            paid: sums.paid.total(),
            waived: sums.waived.total(),
            issued_on: today,
            at,
            asked_by,
            file: None,
        }
    }

    /// Every certificate of a loan, oldest first.
    pub async fn all(table: &Table, brand: BrandId, loan: LoanId) -> Result<Vec<Self>, StoreError> {
        let range = Range::partition(LoanRecord::partition(brand, loan)).prefix(Self::SORT_PREFIX);
        let range = range.consistency(Consistency::Strong);
        table.query_all(&range, CERTIFICATES_LIMIT).await
    }

    /// The last certificate of a contract.
    pub async fn last(
        table: &Table,
        brand: BrandId,
        loan: LoanId,
    ) -> Result<Option<Self>, StoreError> {
        let range = Range::partition(LoanRecord::partition(brand, loan))
            .prefix(Self::SORT_PREFIX)
            .consistency(Consistency::Strong)
            .descending();
        Ok(table.query::<Self>(&range, 1, None).await?.items.into_iter().next())
    }

    /// Whether it speaks of the closure that the contract is in: it was not withdrawn, and the
    /// contract did not end another way or on another day since.
    pub fn is_of(&self, loan: &Loan, closing: Closing) -> bool {
        self.status != CertificateStatus::Withdrawn
            && self.closing == closing
            && loan.ended_on().is_none_or(|ended_on| ended_on == self.ended_on)
    }

    /// The same, taken back; `None` where it was before.
    pub fn withdrawn(self) -> Option<Self> {
        let status = CertificateStatus::Withdrawn;
        (self.status != status).then_some(Self { status, ..self })
    }

    /// `7K3Q-9XWT-2M5D`. It follows from the contract and the ordinal, so that nothing is counted
    /// and a replay comes to the same.
    pub fn number(&self) -> String {
        let digest = Sha256::digest(format!("{}#{}#NOC", self.loan, self.ordinal));
        let bits = digest.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        let letter = |place: usize| {
            let shift = LETTER_BITS * u32::try_from(place).unwrap_or_default();
            let index = usize::try_from((bits >> shift) & 31).unwrap_or_default();
            NUMBER_ALPHABET.get(index).copied().map_or('0', char::from)
        };
        let group = |group: usize| -> String {
            (0..NUMBER_GROUP_LETTERS)
                .map(|place| letter(group * NUMBER_GROUP_LETTERS + place))
                .collect()
        };
        (0..NUMBER_GROUPS).map(group).collect::<Vec<_>>().join("-")
    }

    /// Where a file of it is kept.
    pub fn object_key(&self, sha256: &str) -> String {
        let (brand, loan) = (self.brand.ulid(), self.loan.ulid());
        format!("certificates/{brand}/{loan}/{}-{sha256}.pdf", self.ordinal)
    }
}

impl Entity for Certificate {
    const NAME: &'static str = "certificate";

    fn key(&self) -> Key {
        let pk = LoanRecord::partition(self.brand, self.loan);
        Key::new(pk, format!("{}{:05}", Self::SORT_PREFIX, self.ordinal))
    }
}

impl Versioned for Certificate {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
