use crate::loans::status::{Stage, Status};

/// One loan of a customer, as it stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    pub stage: Stage,
    pub has_overdue: bool,
}

/// Why a customer does not borrow again yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum NotYet {
    #[error("no loan of the customer was repaid in full")]
    NothingRepaid,
    #[error("a request of the customer waits for a decision")]
    RequestOpen,
    #[error("a loan of the customer is overdue")]
    Overdue,
    #[error("a loan of the customer was given up")]
    Lost,
}

/// Whether a customer who has borrowed before may ask for a further loan: one loan was repaid in
/// full (a settlement for less is not), nothing is overdue, nothing was given up, and no other
/// request waits. All the reasons against it, in their order.
pub fn may_borrow_again(loans: &[History]) -> Result<(), Vec<NotYet>> {
    let any = |holds: fn(&History) -> bool| loans.iter().any(holds);
    let reasons = [
        (NotYet::NothingRepaid, !any(|loan| loan.stage == Stage::Completed)),
        (
            NotYet::RequestOpen,
            any(|loan| matches!(loan.stage.status(), Status::Open | Status::Approved)),
        ),
        (NotYet::Overdue, any(|loan| loan.stage.status() == Status::Active && loan.has_overdue)),
        (NotYet::Lost, any(|loan| loan.stage.status() == Status::Lost)),
    ];
    let against: Vec<NotYet> =
        reasons.into_iter().filter_map(|(reason, holds)| holds.then_some(reason)).collect();
    if against.is_empty() { Ok(()) } else { Err(against) }
}

#[cfg(test)]
mod tests {
    use super::{History, NotYet, may_borrow_again};
    use crate::loans::status::Stage;

    const fn loan(stage: Stage, has_overdue: bool) -> History {
        History { stage, has_overdue }
    }

    const REPAID: History = loan(Stage::Completed, false);

    #[test]
    fn who_repaid_may_borrow_again() {
        assert_eq!(may_borrow_again(&[REPAID]), Ok(()));
        assert_eq!(may_borrow_again(&[loan(Stage::Disbursed, false), REPAID]), Ok(()));
        assert_eq!(may_borrow_again(&[loan(Stage::Rejected, false), REPAID]), Ok(()));
    }

    #[test]
    fn every_reason_is_named() {
        assert_eq!(may_borrow_again(&[]), Err(vec![NotYet::NothingRepaid]));
        let settled = loan(Stage::Settled, false);
        assert_eq!(may_borrow_again(&[settled]), Err(vec![NotYet::NothingRepaid]));
        let open = loan(Stage::Submitted, false);
        let overdue = loan(Stage::Disbursed, true);
        let lost = loan(Stage::WrittenOff, true);
        assert_eq!(may_borrow_again(&[REPAID, open]), Err(vec![NotYet::RequestOpen]));
        assert_eq!(may_borrow_again(&[REPAID, overdue]), Err(vec![NotYet::Overdue]));
        let all = vec![NotYet::NothingRepaid, NotYet::RequestOpen, NotYet::Overdue, NotYet::Lost];
        assert_eq!(may_borrow_again(&[lost, overdue, open]), Err(all));
    }
}
