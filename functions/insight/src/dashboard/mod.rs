//! A brand's figures, added up from the few items that every change keeps true. Nothing is scanned.

mod collection_analysis;
mod disbursement_analysis;
mod months;
mod partner_users;
mod portfolio;
mod stats;
mod subdomains;
mod summary;

use platform::http::Routes;

pub use collection_analysis::{CollectionAnalysisView, CollectionMonth};
pub use disbursement_analysis::{DisbursementAnalysisView, DisbursementMonth};
pub use partner_users::PartnerUserStats;
pub use stats::StatsView;
pub use subdomains::SubdomainUsers;
pub use summary::SummaryView;

/// The routes of the function.
pub fn router() -> Routes {
    platform::routes![
        stats::stats,
        summary::summary,
        subdomains::users_by_subdomain,
        collection_analysis::collection_analysis,
        disbursement_analysis::disbursement_analysis,
        partner_users::partner_user_leads_stats,
    ]
}
