//! Payments: what was paid, by which way, and what became of it.

use std::fmt;

use domain::ids::{BrandId, CustomerId, InvoiceId, LoanId, PaymentId};
use domain::invoices::Allocation;
use domain::ledger::Applied;
use domain::loans::status::Stage;
use domain::money::Amount;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{
    Condition, Consistency, Entity, Indexes, Key, LoanRecord, StoreError, Table, Tx, Versioned,
};

const REFERENCE_LIMIT_BYTES: usize = 64;
/// Bytes of the hash that a reference is found by.
const DIGEST_BYTES: usize = 16;

/// The way the money came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentMethod {
    Cash,
    Transfer,
    Pix,
    Upi,
    Boleto,
    Card,
    Cheque,
    DirectDebit,
    /// The customer's credit on another of their loans, or on this one.
    Credit,
    Other,
}

impl PaymentMethod {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Cash => "CASH",
            Self::Transfer => "TRANSFER",
            Self::Pix => "PIX",
            Self::Upi => "UPI",
            Self::Boleto => "BOLETO",
            Self::Card => "CARD",
            Self::Cheque => "CHEQUE",
            Self::DirectDebit => "DIRECT_DEBIT",
            Self::Credit => "CREDIT",
            Self::Other => "OTHER",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentStatus {
    /// Recorded; nothing else has changed.
    PendingApproval,
    /// Allocated to the loan.
    Posted,
    /// Not approved; nothing else has changed.
    Rejected,
    /// Taken back: the loan is as if it had never been made.
    Reversed,
    /// Taken back by the payer's bank, as [`Self::Reversed`].
    ChargedBack,
}

impl PaymentStatus {
    pub const fn text(self) -> &'static str {
        match self {
            Self::PendingApproval => "PENDING_APPROVAL",
            Self::Posted => "POSTED",
            Self::Rejected => "REJECTED",
            Self::Reversed => "REVERSED",
            Self::ChargedBack => "CHARGED_BACK",
        }
    }
}

impl fmt::Display for PaymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// What the bank or the payer calls a payment: 1 to 64 letters, digits and `. _ / -`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PaymentReference(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {REFERENCE_LIMIT_BYTES} letters, digits or . _ / -")]
pub struct NotAReference;

impl PaymentReference {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PaymentReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentReference(***)")
    }
}

impl TryFrom<String> for PaymentReference {
    type Error = NotAReference;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
        let fits = (1..=REFERENCE_LIMIT_BYTES).contains(&text.len());
        if fits && text.bytes().all(known) { Ok(Self(text)) } else { Err(NotAReference) }
    }
}

impl From<PaymentReference> for String {
    fn from(reference: PaymentReference) -> Self {
        reference.0
    }
}

/// What was decided about a payment that waited for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Who: never who recorded the payment.
    pub by: String,
    pub at: Timestamp,
    /// Always there where the payment was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How a payment was allocated when it was posted. A later payment with an earlier value date may
/// shift it; the journal has every such change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Posted {
    pub at: Timestamp,
    pub allocations: Vec<Allocation>,
    /// What went to the customer's credit.
    pub credited: Amount,
    /// The loan's stage afterwards.
    pub stage: Stage,
}

impl Posted {
    pub fn new(applied: Applied, at: Timestamp) -> Self {
        let Applied { allocations, credited, stage } = applied;
        Self { at, allocations, credited, stage }
    }
}

/// Money of a payment that went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// Why it went back; the payment's status says whether all of it did.
    pub kind: RefundKind,
    pub amount: Amount,
    pub by: String,
    pub at: Timestamp,
    pub reason: String,
}

/// How money of a payment goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundKind {
    /// All of it, by the lender: a mistake, a cheque that bounced.
    Reversal,
    /// All of it, by the payer's bank.
    Chargeback,
    /// Credit that the loan holds, paid back to the customer.
    Credit,
}

impl RefundKind {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Reversal => "REVERSAL",
            Self::Chargeback => "CHARGEBACK",
            Self::Credit => "CREDIT",
        }
    }
}

/// One payment on a loan, an item of the loan's collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    pub brand: BrandId,
    pub id: PaymentId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub loan: LoanId,
    /// The loan's; absent only until the loan is read.
    pub customer: Option<CustomerId>,
    pub amount: Amount,
    /// The date on which the money counts as paid.
    pub value_date: Date,
    pub method: PaymentMethod,
    /// With the method, no two payments of a brand that were not rejected have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<PaymentReference>,
    /// The number of the invoice that the payer named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<u16>,
    /// Whether it is meant to end the contract early.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub payoff: bool,
    pub status: PaymentStatus,
    /// `staff_…`, `import`, `webhook:…`.
    pub recorded_by: String,
    pub recorded_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posted: Option<Posted>,
    /// With [`PaymentMethod::Credit`]: the loan whose credit it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_from: Option<LoanId>,
    /// What went back of it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
}

impl Payment {
    pub const SORT_PREFIX: &'static str = "P#";

    pub fn key_of(brand: BrandId, loan: LoanId, id: PaymentId) -> Key {
        let partition = LoanRecord::partition(brand, loan);
        Key::new(partition, format!("{}{}", Self::SORT_PREFIX, id.ulid()))
    }

    /// The partition of the index of lists with every payment of a brand.
    pub fn list_partition(brand: BrandId) -> String {
        format!("B#{}#P", brand.ulid())
    }

    /// The partition of the sparse index with the payments that wait for approval.
    pub fn approval_partition(brand: BrandId) -> String {
        format!("B#{}#PA", brand.ulid())
    }

    pub fn invoice_id(&self) -> Option<InvoiceId> {
        self.invoice.map(|number| InvoiceId { loan: self.loan, number })
    }

    /// What went back of it so far.
    pub fn refunded(&self) -> Amount {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }

    fn home(&self) -> PaymentHome {
        PaymentHome { brand: self.brand, payment: self.id, loan: self.loan }
    }

    fn holder(&self) -> Option<ReferenceHolder> {
        let reference = self.reference.as_ref()?;
        let key = reference_key(self.brand, self.method, reference);
        Some(ReferenceHolder { partition: key.pk, payment: self.id })
    }
}

impl Entity for Payment {
    const NAME: &'static str = "payment";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.loan, self.id)
    }

    fn indexes(&self) -> Indexes {
        let id = self.id.ulid().to_string();
        let waits = self.status == PaymentStatus::PendingApproval;
        Indexes {
            due: waits.then(|| (Self::approval_partition(self.brand), id.clone())),
            list: Some((Self::list_partition(self.brand), id)),
            expires_at: None,
        }
    }
}

impl Versioned for Payment {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

/// Which loan's collection a payment is in.
#[derive(Debug, Serialize, Deserialize)]
struct PaymentHome {
    brand: BrandId,
    payment: PaymentId,
    loan: LoanId,
}

impl PaymentHome {
    fn key_of(brand: BrandId, payment: PaymentId) -> Key {
        Key::new(format!("B#{}#P#{}", brand.ulid(), payment.ulid()), "P")
    }
}

impl Entity for PaymentHome {
    const NAME: &'static str = "payment's loan";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.payment)
    }
}

/// Which payment has a method's reference.
#[derive(Debug, Serialize, Deserialize)]
struct ReferenceHolder {
    #[serde(rename = "h")]
    partition: String,
    payment: PaymentId,
}

impl Entity for ReferenceHolder {
    const NAME: &'static str = "payment reference";

    fn key(&self) -> Key {
        Key::new(self.partition.clone(), "R")
    }
}

/// References are compared without regard to case.
fn reference_key(brand: BrandId, method: PaymentMethod, reference: &PaymentReference) -> Key {
    let mut hash = Sha256::new();
    hash.update(method.text());
    hash.update([0]);
    hash.update(reference.as_str().to_ascii_uppercase());
    let digest: Vec<u8> = hash.finalize().into_iter().take(DIGEST_BYTES).collect();
    Key::new(format!("B#{}#PR#{}", brand.ulid(), hex::encode(digest)), "R")
}

/// The payments of the table.
#[derive(Debug, Clone, Copy)]
pub struct Payments<'t> {
    table: &'t Table,
}

impl<'t> Payments<'t> {
    pub const fn new(table: &'t Table) -> Self {
        Self { table }
    }

    /// The payment as it is now: two reads, since its id does not name its loan.
    pub async fn get(&self, brand: BrandId, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let home = PaymentHome::key_of(brand, id);
        let Some(home) = self.table.get::<PaymentHome>(&home, Consistency::Strong).await? else {
            return Ok(None);
        };
        self.table.get(&Payment::key_of(brand, home.loan, id), Consistency::Strong).await
    }

    /// The payment that has a method's reference.
    pub async fn by_reference(
        &self,
        brand: BrandId,
        method: PaymentMethod,
        reference: &PaymentReference,
    ) -> Result<Option<PaymentId>, StoreError> {
        let key = reference_key(brand, method, reference);
        let holder = self.table.get::<ReferenceHolder>(&key, Consistency::Strong).await?;
        Ok(holder.map(|holder| holder.payment))
    }

    /// Adds a new payment to a transaction. A conflict labelled `reference` means that another
    /// payment has it.
    pub fn create<'x>(&self, tx: Tx<'x>, payment: &mut Payment) -> Tx<'x> {
        let mut tx = tx.create("payment's loan", &payment.home());
        if let Some(holder) = payment.holder() {
            tx = tx.create("reference", &holder);
        }
        tx.replace("payment", payment)
    }

    /// Adds a changed payment to a transaction: a conflict on `payment` where it was changed since
    /// it was read. One that is rejected gives its reference back.
    pub fn replace<'x>(&self, tx: Tx<'x>, payment: &mut Payment) -> Result<Tx<'x>, StoreError> {
        let mut tx = tx;
        if payment.status == PaymentStatus::Rejected
            && let Some(holder) = payment.holder()
        {
            let held = Condition::equals("payment", payment.id)?;
            tx = tx.delete("reference", &holder.key(), &held);
        }
        Ok(tx.replace("payment", payment))
    }
}
