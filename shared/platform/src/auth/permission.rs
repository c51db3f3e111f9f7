//! What each department may do: the one table.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where in a lender's organisation a staff user works.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Department {
    LoanManagement,
    StreetSupervisor,
    RenegotiationAnalyst,
    Credit,
    Collections,
    /// Administers one brand.
    Admin,
    /// Administers the platform: everything, in every brand.
    SuperAdmin,
}

impl Department {
    pub const ALL: [Self; 7] = [
        Self::LoanManagement,
        Self::StreetSupervisor,
        Self::RenegotiationAnalyst,
        Self::Credit,
        Self::Collections,
        Self::Admin,
        Self::SuperAdmin,
    ];

    pub const fn text(self) -> &'static str {
        match self {
            Self::LoanManagement => "LOAN_MANAGEMENT",
            Self::StreetSupervisor => "STREET_SUPERVISOR",
            Self::RenegotiationAnalyst => "RENEGOTIATION_ANALYST",
            Self::Credit => "CREDIT",
            Self::Collections => "COLLECTIONS",
            Self::Admin => "ADMIN",
            Self::SuperAdmin => "SUPER_ADMIN",
        }
    }

    /// Whether everybody of the department may do this.
    pub fn grants(self, permission: Permission) -> bool {
        self == Self::SuperAdmin || permission.departments().contains(&self)
    }
}

impl fmt::Display for Department {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// A permission as a type, for [`Allowed`](super::Allowed).
pub trait Grant: Send + Sync + 'static {
    const PERMISSION: Permission;
}

macro_rules! permissions {
    ($($(#[doc = $doc:literal])+ $name:ident $text:literal [$($department:ident)*])*) => {
        /// One thing that staff may be allowed to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        pub enum Permission {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $name,)*
        }

        impl Permission {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// `loans:approve`.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Who has it by department; SUPER_ADMIN has every one.
            pub const fn departments(self) -> &'static [Department] {
                match self { $(Self::$name => &[$(Department::$department,)*],)* }
            }
        }

        $($(#[doc = $doc])+
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Grant for $name {
            const PERMISSION: Permission = Permission::$name;
        })*
    };
}

permissions! {
    /// See customers, their timeline and comments.
    ReadCustomers "customers:read"
        [LoanManagement StreetSupervisor RenegotiationAnalyst Credit Collections Admin]
    /// See phone, e-mail and identifiers of customers whole; each look is audited.
    ReadFullCustomers "customers:read-full" [Admin]
    /// Create and change customers.
    ManageCustomers "customers:write" [LoanManagement StreetSupervisor Credit Admin]
    /// Look at customers' documents, verify and reject them; each look is audited.
    ReviewDocuments "documents:review" [LoanManagement Credit Admin]
    /// Write comments on customers and loans.
    Comment "comments:write"
        [LoanManagement StreetSupervisor RenegotiationAnalyst Credit Collections Admin]
    /// Give customers and loans to a member of staff.
    Allocate "allocations:write" [LoanManagement Admin]
    /// Export and erase personal data.
    ErasePersonalData "customers:erase" [Admin]
    /// See loans with their invoices and journal; quote.
    ReadLoans "loans:read"
        [LoanManagement StreetSupervisor RenegotiationAnalyst Credit Collections Admin]
    /// Request a loan for a customer.
    RequestLoans "loans:create" [LoanManagement StreetSupervisor Credit Admin]
    /// Approve and reject requested loans.
    ApproveLoans "loans:approve" [Credit Admin]
    /// Cancel loans that are not active.
    CancelLoans "loans:cancel" [LoanManagement Credit Admin]
    /// Activate approved loans.
    ActivateLoans "loans:activate" [LoanManagement Admin]
    /// Make the contract of a loan as a document.
    MakeAgreements "agreements:create" [LoanManagement StreetSupervisor Credit Admin]
    /// Issue certificates that nothing is owed.
    IssueCertificates "certificates:issue" [LoanManagement Collections Admin]
    /// See invoices.
    ReadInvoices "invoices:read"
        [LoanManagement StreetSupervisor RenegotiationAnalyst Credit Collections Admin]
    /// Waive late fees and mora.
    WaiveCharges "invoices:waive" [RenegotiationAnalyst Admin]
    /// See payments.
    ReadPayments "payments:read"
        [LoanManagement StreetSupervisor RenegotiationAnalyst Credit Collections Admin]
    /// Record payments.
    RecordPayments "payments:record" [LoanManagement StreetSupervisor Collections Admin]
    /// Approve and reject payments that others recorded.
    ApprovePayments "payments:approve" [LoanManagement Admin]
    /// Take payments back, and pay credit back to customers.
    RefundPayments "payments:refund" [LoanManagement Admin]
    /// See renegotiations.
    ReadRenegotiations "renegotiations:read"
        [LoanManagement StreetSupervisor RenegotiationAnalyst Credit Collections Admin]
    /// Simulate and propose renegotiations.
    ProposeRenegotiations "renegotiations:create" [RenegotiationAnalyst Collections Admin]
    /// Approve and reject proposed renegotiations.
    ApproveRenegotiations "renegotiations:approve" [RenegotiationAnalyst Admin]
    /// See what is to be collected, and contracts that are over.
    ReadCollections "collections:read"
        [LoanManagement StreetSupervisor RenegotiationAnalyst Credit Collections Admin]
    /// Note contacts, promises to pay and visits.
    WorkCollections "collections:write"
        [LoanManagement StreetSupervisor RenegotiationAnalyst Collections Admin]
    /// Offer to close a loan for less than is owed.
    OfferSettlements "settlements:offer" [RenegotiationAnalyst Admin]
    /// Give a loan up as lost.
    WriteOffLoans "loans:write-off" [LoanManagement Admin]
    /// See messages and templates.
    ReadCommunications "communications:read"
        [LoanManagement StreetSupervisor RenegotiationAnalyst Credit Collections Admin]
    /// Send and resend messages.
    SendCommunications "communications:send" [LoanManagement RenegotiationAnalyst Collections Admin]
    /// Create, change and remove message templates.
    ManageTemplates "templates:write" [Admin]
    /// See the brand's figures.
    ReadDashboard "dashboard:read"
        [LoanManagement StreetSupervisor RenegotiationAnalyst Credit Collections Admin]
    /// See reports: the rows behind the figures.
    ReadReports "reports:read" [LoanManagement RenegotiationAnalyst Credit Collections Admin]
    /// Take reports away as tables and files; each is audited.
    ExportReports "reports:export" [LoanManagement Admin]
    /// Import a portfolio.
    ImportPortfolios "imports:run" [Admin]
    /// See who did what.
    ReadAudit "audit:read" [Admin]
    /// See the brand's staff.
    ReadStaff "staff:read" [LoanManagement Admin]
    /// Create and change the brand's staff.
    ManageStaff "staff:write" [Admin]
    /// Create, replace and remove the brand's API keys.
    ManageApiKeys "api-keys:write" [Admin]
    /// Say that one is at work.
    RecordActivity "activity:ping"
        [LoanManagement StreetSupervisor RenegotiationAnalyst Credit Collections Admin]
    /// See who is at work, and who was.
    ReadActivity "activity:read" [Admin]
    /// Change the brand's settings.
    ManageSettings "settings:write" [Admin]
    /// Administer the platform: brands, users of any brand, jobs.
    AdministerPlatform "platform:admin" []
}

/// What no API key may be given: what decides on who has access, so that a key that leaked cannot
/// make itself another, and what only a person does.
const NOT_FOR_KEYS: [Permission; 4] = [
    Permission::ManageStaff,
    Permission::ManageApiKeys,
    Permission::RecordActivity,
    Permission::AdministerPlatform,
];

impl Permission {
    /// Whether an API key may be given it.
    pub fn is_for_keys(self) -> bool {
        !NOT_FOR_KEYS.contains(&self)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::{Department, Permission};

    #[test]
    fn the_table_has_no_gaps() {
        for permission in Permission::ALL {
            assert!(Department::SuperAdmin.grants(*permission), "{permission}");
            let departments = permission.departments();
            assert!(
                !departments.contains(&Department::SuperAdmin),
                "{permission} names SUPER_ADMIN"
            );
            let admin = departments.contains(&Department::Admin);
            assert_eq!(admin, *permission != Permission::AdministerPlatform, "{permission}");
        }
        for department in Department::ALL {
            assert!(department.grants(Permission::ReadLoans), "{department} sees no loans");
        }
    }

    #[test]
    fn who_decides_on_a_loan_does_not_pay_it_out() {
        assert!(Department::Credit.grants(Permission::ApproveLoans));
        assert!(!Department::Credit.grants(Permission::ActivateLoans));
        assert!(!Department::LoanManagement.grants(Permission::ApproveLoans));
    }
}
