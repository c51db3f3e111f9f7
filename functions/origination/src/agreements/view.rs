use domain::ids::LoanId;
use jiff::Timestamp;
use platform::Deps;
use platform::http::ApiError;
use platform::store::Agreement;
use platform::views::FileView;
use serde::Serialize;
use utoipa::ToSchema;

/// The contract of a loan as a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Agreement)]
pub struct AgreementView {
    #[schema(value_type = String, example = "loan_01JZ0000000000000000000000")]
    pub loan_id: LoanId,
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// The version of the loan's terms that it sets down.
    pub terms_version: u64,
    /// Whether the terms are still those.
    pub is_current: bool,
    pub file: FileView,
}

impl AgreementView {
    pub(super) async fn with_link(
        deps: &Deps,
        agreement: &Agreement,
        terms_version: u64,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            loan_id: agreement.loan,
            made_at: agreement.made_at,
            terms_version: agreement.terms_version,
            is_current: agreement.terms_version == terms_version,
            file: FileView::with_link(deps, &agreement.file).await?,
        })
    }
}
