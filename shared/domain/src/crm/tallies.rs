use crate::figures::figures;
use crate::loans::loan::Loan;
use crate::loans::status::Status;

figures! {
    /// Customers by status.
    CustomerTally
    counts {
        active = "cA",
        inactive = "cI",
        blocked = "cB",
        erased = "cE",
    }
    amounts {}
}

figures! {
    /// What is given to a member of staff, or to nobody: customers and loans by status.
    OwnerTally
    counts {
        active_customers = "cA",
        inactive_customers = "cI",
        blocked_customers = "cB",
        erased_customers = "cE",
        open_loans = "nO",
        approved_loans = "nA",
        active_loans = "nV",
        paid_loans = "nP",
        unapproved_loans = "nU",
        renegotiated_loans = "nR",
        lost_loans = "nL",
    }
    amounts {
        /// Principal of requests not yet disbursed.
        requested = "aQ",
        /// New money lent.
        disbursed = "aD",
    }
}

impl OwnerTally {
    /// What a loan adds to its owner's.
    pub fn of_loan(loan: &Loan) -> Self {
        let mut tally = Self { disbursed: loan.disbursed, ..Self::default() };
        let count = match loan.status() {
            Status::Open => &mut tally.open_loans,
            Status::Approved => &mut tally.approved_loans,
            Status::Active => &mut tally.active_loans,
            Status::Paid => &mut tally.paid_loans,
            Status::Unapproved => &mut tally.unapproved_loans,
            Status::Renegotiated => &mut tally.renegotiated_loans,
            Status::Lost => &mut tally.lost_loans,
        };
        *count = 1;
        if matches!(loan.status(), Status::Open | Status::Approved) {
            tally.requested = loan.principal;
        }
        tally
    }
}

impl From<CustomerTally> for OwnerTally {
    fn from(customers: CustomerTally) -> Self {
        Self {
            active_customers: customers.active,
            inactive_customers: customers.inactive,
            blocked_customers: customers.blocked,
            erased_customers: customers.erased,
            ..Self::default()
        }
    }
}
