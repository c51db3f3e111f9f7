//! A certificate as whoever may see it sees it.

use std::time::Duration;

use domain::ids::LoanId;
use domain::money::Amount;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::http::ApiError;
use crate::store::{Certificate, CertificateStatus, StoredFile};

/// How long a link to a document is good for.
const LINK_LIFE: Duration = Duration::from_secs(5 * 60);

/// A certificate that nothing is owed on a contract any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Certificate)]
pub struct CertificateView {
    #[schema(value_type = String, example = "loan_01JZ0000000000000000000000")]
    pub loan_id: LoanId,
    #[schema(example = "7K3Q-9XWT-2M5D")]
    pub number: String,
    pub status: CertificateStatus,
    /// PAID, SETTLED (for less than was owed) or RECOVERED (after it was written off).
    #[schema(example = "PAID")]
    pub closing: String,
    #[schema(value_type = String, format = Date)]
    pub ended_on: Date,
    #[schema(value_type = String, format = Date)]
    pub issued_on: Date,
    #[schema(value_type = String)]
    pub principal: Amount,
    #[schema(value_type = String)]
    pub paid: Amount,
    #[schema(value_type = String)]
    pub waived: Amount,
    /// Null while it is being made, and once the borrower was erased.
    pub file: Option<FileView>,
}

/// A stored file, and a link by which its bearer reads it for five minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentFile)]
pub struct FileView {
    /// Hexadecimal SHA-256 of its bytes.
    pub sha256: String,
    pub bytes: u64,
    pub url: String,
    #[schema(value_type = String, format = DateTime)]
    pub url_expires_at: Timestamp,
}

impl CertificateView {
    /// The certificate with a fresh link to its file.
    ///
    /// # Errors
    /// Where no link can be made.
    pub async fn with_link(deps: &Deps, certificate: &Certificate) -> Result<Self, ApiError> {
        let file = match &certificate.file {
            Some(file) => Some(FileView::with_link(deps, file).await?),
            None => None,
        };
        Ok(Self {
            loan_id: certificate.loan,
            number: certificate.number(),
            status: certificate.status,
            closing: certificate.closing.text().to_owned(),
            ended_on: certificate.ended_on,
            issued_on: certificate.issued_on,
            principal: certificate.principal,
            paid: certificate.paid,
            waived: certificate.waived,
            file,
        })
    }
}

impl FileView {
    /// The file with a fresh link.
    ///
    /// # Errors
    /// Where no link can be made.
    pub async fn with_link(deps: &Deps, file: &StoredFile) -> Result<Self, ApiError> {
        let url = deps.bucket.presign_get(&file.key, LINK_LIFE).await;
        let url = url.map_err(|error| ApiError::internal(error.to_string()))?;
        // By the clock of whoever checks the link.
        let life = SignedDuration::try_from(LINK_LIFE).unwrap_or_default();
        Ok(Self {
            sha256: file.sha256.clone(),
            bytes: file.bytes,
            url,
            url_expires_at: deps.clock.wall() + life,
        })
    }
}
