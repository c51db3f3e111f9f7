use domain::ids::{BrandId, LoanId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Consistency, Entity, Key, LoanRecord, Range, StoreError, StoredFile, Table};

/// Versions of a contract's terms that an agreement was made of.
const AGREEMENTS_LIMIT: usize = 1_000;

/// The contract of a loan as a file, for one version of its terms; never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    pub brand: BrandId,
    pub loan: LoanId,
    /// The version of the loan's terms that it sets down.
    pub terms_version: u64,
    pub made_at: Timestamp,
    pub file: StoredFile,
}

impl Agreement {
    pub const SORT_PREFIX: &'static str = "AG#";

    /// The agreement on the latest terms that one was made of.
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

    /// Every agreement of a loan, oldest first.
    pub async fn all(table: &Table, brand: BrandId, loan: LoanId) -> Result<Vec<Self>, StoreError> {
        let range = Range::partition(LoanRecord::partition(brand, loan)).prefix(Self::SORT_PREFIX);
        let range = range.consistency(Consistency::Strong);
        table.query_all(&range, AGREEMENTS_LIMIT).await
    }

    /// Where its file is kept: another file never takes its place.
    pub fn object_key(brand: BrandId, loan: LoanId, terms_version: u64, sha256: &str) -> String {
        format!("agreements/{}/{}/{terms_version}-{sha256}.pdf", brand.ulid(), loan.ulid())
    }
}

impl Entity for Agreement {
    const NAME: &'static str = "agreement";

    fn key(&self) -> Key {
        let pk = LoanRecord::partition(self.brand, self.loan);
        Key::new(pk, format!("{}{:08}", Self::SORT_PREFIX, self.terms_version))
    }
}
