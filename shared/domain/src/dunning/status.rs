use serde::{Deserialize, Serialize};

/// How far a message has come. Until it is sent it may be taken up and put back
/// (`Queued ⇄ Sending`); from then on it only goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Waits for its turn.
    Queued,
    /// Handed to the provider, whose answer is not known yet.
    Sending,
    /// The provider took it over.
    Sent,
    /// It is on the borrower's phone.
    Delivered,
    /// The borrower opened it.
    Read,
    /// It was not sent, or it is not known whether it was; never sent again by itself.
    Failed,
    /// It was not sent because it should not be: nothing is due any more, no phone, a day off.
    Suppressed,
}

impl Status {
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Failed,
        Self::Suppressed,
    ];

    /// Whether a message may go from this status to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Queued => matches!(next, Self::Sending | Self::Failed | Self::Suppressed),
            Self::Sending => {
                matches!(
                    next,
                    Self::Queued | Self::Sent | Self::Delivered | Self::Read | Self::Failed
                )
            }
            Self::Sent => matches!(next, Self::Delivered | Self::Read | Self::Failed),
            Self::Delivered => matches!(next, Self::Read),
            Self::Read | Self::Failed | Self::Suppressed => false,
        }
    }

    /// Whether the message did not reach anybody as far as is known, so that a person may have a
    /// new one sent.
    pub const fn may_be_resent(self) -> bool {
        matches!(self, Self::Failed | Self::Suppressed)
    }

    pub const fn text(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Sending => "SENDING",
            Self::Sent => "SENT",
            Self::Delivered => "DELIVERED",
            Self::Read => "READ",
            Self::Failed => "FAILED",
            Self::Suppressed => "SUPPRESSED",
        }
    }
}
