//! The life of a loan: seven statuses, refined by stages, and the transitions between stages.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The financial state of a loan. There is no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Open,
    Approved,
    Active,
    Paid,
    Unapproved,
    Renegotiated,
    Lost,
}

impl Status {
    pub const ALL: [Self; 7] = [
        Self::Open,
        Self::Approved,
        Self::Active,
        Self::Paid,
        Self::Unapproved,
        Self::Renegotiated,
        Self::Lost,
    ];
}

/// Where a loan stands within its status; the stage determines the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    Onboarding,
    Submitted,
    Evaluation,
    CreditReview,
    Sanctioned,
    AgreementSent,
    AgreementSigned,
    AgreementExpired,
    DisbursementPending,
    DisbursementFailed,
    Disbursed,
    Completed,
    Settled,
    Rejected,
    Cancelled,
    Renegotiated,
    WrittenOff,
}

/// What is done to a loan to move it to another stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Transition {
    Submit,
    Evaluate,
    Review,
    Approve,
    Reject,
    SendAgreement,
    SignAgreement,
    ExpireAgreement,
    BeginDisbursement,
    FailDisbursement,
    Activate,
    Cancel,
    /// The last invoice of an active loan is paid.
    Complete,
    /// The agreed sum of a settlement is paid.
    Settle,
    Renegotiate,
    WriteOff,
    /// A loan written off is paid in full.
    Recover,
}

impl Stage {
    pub const ALL: [Self; 17] = [
        Self::Onboarding,
        Self::Submitted,
        Self::Evaluation,
        Self::CreditReview,
        Self::Sanctioned,
        Self::AgreementSent,
        Self::AgreementSigned,
        Self::AgreementExpired,
        Self::DisbursementPending,
        Self::DisbursementFailed,
        Self::Disbursed,
        Self::Completed,
        Self::Settled,
        Self::Rejected,
        Self::Cancelled,
        Self::Renegotiated,
        Self::WrittenOff,
    ];

    pub const fn status(self) -> Status {
        match self {
            Self::Onboarding | Self::Submitted | Self::Evaluation | Self::CreditReview => {
                Status::Open
            }
            Self::Sanctioned
            | Self::AgreementSent
            | Self::AgreementSigned
            | Self::AgreementExpired
            | Self::DisbursementPending
            | Self::DisbursementFailed => Status::Approved,
            Self::Disbursed => Status::Active,
            Self::Completed | Self::Settled => Status::Paid,
            Self::Rejected | Self::Cancelled => Status::Unapproved,
            Self::Renegotiated => Status::Renegotiated,
            Self::WrittenOff => Status::Lost,
        }
    }

    /// Every transition possible from here.
    ///
    /// Which onboarding steps are mandatory is the brand's setting, so a request may be approved
    /// from any open stage. An agreement that was sent must be signed before money leaves; a
    /// payout in flight can fail or succeed, but not be cancelled.
    pub const fn allowed(self) -> &'static [Transition] {
        use Transition as T;
        match self {
            Self::Onboarding => &[T::Submit, T::Evaluate, T::Review, T::Approve, T::Reject],
            Self::Submitted => &[T::Evaluate, T::Review, T::Approve, T::Reject],
            Self::Evaluation => &[T::Review, T::Approve, T::Reject],
            Self::CreditReview => &[T::Evaluate, T::Approve, T::Reject],
            Self::Sanctioned => &[T::SendAgreement, T::BeginDisbursement, T::Activate, T::Cancel],
            Self::AgreementSent => {
                &[T::SendAgreement, T::SignAgreement, T::ExpireAgreement, T::Cancel]
            }
            Self::AgreementSigned => &[T::BeginDisbursement, T::Activate, T::Cancel],
            Self::AgreementExpired => &[T::SendAgreement, T::Cancel],
            Self::DisbursementPending => &[T::Activate, T::FailDisbursement],
            Self::DisbursementFailed => &[T::BeginDisbursement, T::Activate, T::Cancel],
            Self::Disbursed => &[T::Complete, T::Settle, T::Renegotiate, T::WriteOff],
            Self::WrittenOff => &[T::Recover],
            Self::Completed
            | Self::Settled
            | Self::Rejected
            | Self::Cancelled
            | Self::Renegotiated => &[],
        }
    }

    /// The stage after `transition`, or the transitions that are allowed instead.
    pub fn after(self, transition: Transition) -> Result<Self, IllegalTransition> {
        if self.allowed().contains(&transition) {
            Ok(transition.target())
        } else {
            Err(IllegalTransition { from: self, transition, allowed: self.allowed() })
        }
    }
}

impl Transition {
    /// The stage that the transition leads to, from wherever it is allowed.
    pub const fn target(self) -> Stage {
        match self {
            Self::Submit => Stage::Submitted,
            Self::Evaluate => Stage::Evaluation,
            Self::Review => Stage::CreditReview,
            Self::Approve => Stage::Sanctioned,
            Self::Reject => Stage::Rejected,
            Self::SendAgreement => Stage::AgreementSent,
            Self::SignAgreement => Stage::AgreementSigned,
            Self::ExpireAgreement => Stage::AgreementExpired,
            Self::BeginDisbursement => Stage::DisbursementPending,
            Self::FailDisbursement => Stage::DisbursementFailed,
            Self::Activate => Stage::Disbursed,
            Self::Cancel => Stage::Cancelled,
            Self::Complete | Self::Recover => Stage::Completed,
            Self::Settle => Stage::Settled,
            Self::Renegotiate => Stage::Renegotiated,
            Self::WriteOff => Stage::WrittenOff,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "OPEN",
            Self::Approved => "APPROVED",
            Self::Active => "ACTIVE",
            Self::Paid => "PAID",
            Self::Unapproved => "UNAPPROVED",
            Self::Renegotiated => "RENEGOTIATED",
            Self::Lost => "LOST",
        })
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Onboarding => "ONBOARDING",
            Self::Submitted => "SUBMITTED",
            Self::Evaluation => "EVALUATION",
            Self::CreditReview => "CREDIT_REVIEW",
            Self::Sanctioned => "SANCTIONED",
            Self::AgreementSent => "AGREEMENT_SENT",
            Self::AgreementSigned => "AGREEMENT_SIGNED",
            Self::AgreementExpired => "AGREEMENT_EXPIRED",
            Self::DisbursementPending => "DISBURSEMENT_PENDING",
            Self::DisbursementFailed => "DISBURSEMENT_FAILED",
            Self::Disbursed => "DISBURSED",
            Self::Completed => "COMPLETED",
            Self::Settled => "SETTLED",
            Self::Rejected => "REJECTED",
            Self::Cancelled => "CANCELLED",
            Self::Renegotiated => "RENEGOTIATED",
            Self::WrittenOff => "WRITTEN_OFF",
        })
    }
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Submit => "SUBMIT",
            Self::Evaluate => "EVALUATE",
            Self::Review => "REVIEW",
            Self::Approve => "APPROVE",
            Self::Reject => "REJECT",
            Self::SendAgreement => "SEND_AGREEMENT",
            Self::SignAgreement => "SIGN_AGREEMENT",
            Self::ExpireAgreement => "EXPIRE_AGREEMENT",
            Self::BeginDisbursement => "BEGIN_DISBURSEMENT",
            Self::FailDisbursement => "FAIL_DISBURSEMENT",
            Self::Activate => "ACTIVATE",
            Self::Cancel => "CANCEL",
            Self::Complete => "COMPLETE",
            Self::Settle => "SETTLE",
            Self::Renegotiate => "RENEGOTIATE",
            Self::WriteOff => "WRITE_OFF",
            Self::Recover => "RECOVER",
        })
    }
}

/// The transition does not exist from this stage; `allowed` are those that do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IllegalTransition {
    pub from: Stage,
    pub transition: Transition,
    pub allowed: &'static [Transition],
}

impl fmt::Display for IllegalTransition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not possible for a loan that is {} ({}); ",
            self.transition,
            self.from.status(),
            self.from
        )?;
        if self.allowed.is_empty() {
            return f.write_str("nothing more is");
        }
        f.write_str("possible: ")?;
        for (index, transition) in self.allowed.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{transition}")?;
        }
        Ok(())
    }
}

impl std::error::Error for IllegalTransition {}

#[cfg(test)]
mod tests {
    use super::{Stage, Status};

    /// The arrows of the state machine, status to status; everything else stays inside a status.
    const ARROWS: [(Status, Status); 7] = [
        (Status::Open, Status::Approved),
        (Status::Open, Status::Unapproved),
        (Status::Approved, Status::Unapproved),
        (Status::Approved, Status::Active),
        (Status::Active, Status::Paid),
        (Status::Active, Status::Renegotiated),
        (Status::Active, Status::Lost),
    ];

    #[test]
    fn stages_move_only_along_the_arrows() {
        let mut seen = Vec::new();
        for stage in Stage::ALL {
            for transition in stage.allowed() {
                let after = stage.after(*transition).unwrap();
                let arrow = (stage.status(), after.status());
                if arrow.0 != arrow.1 {
                    assert!(
                        ARROWS.contains(&arrow) || arrow == (Status::Lost, Status::Paid),
                        "{stage} {transition}"
                    );
                    seen.push(arrow);
                }
            }
        }
        assert!(ARROWS.iter().all(|arrow| seen.contains(arrow)));
        assert!(seen.contains(&(Status::Lost, Status::Paid)));
    }

    #[test]
    fn names_are_those_on_the_wire() {
        for stage in Stage::ALL {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.to_string());
        }
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.to_string());
        }
        for transition in Stage::ALL.iter().flat_map(|stage| stage.allowed()) {
            assert_eq!(serde_json::to_value(transition).unwrap(), transition.to_string());
        }
    }

    #[test]
    fn a_refusal_names_what_is_allowed() {
        let refused = Stage::AgreementSent.after(super::Transition::Activate).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "ACTIVATE is not possible for a loan that is APPROVED (AGREEMENT_SENT); \
             possible: SEND_AGREEMENT, SIGN_AGREEMENT, EXPIRE_AGREEMENT, CANCEL"
        );
    }
}
