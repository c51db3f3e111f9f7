use jiff::civil::Date;

use crate::figures::figures;
use crate::invoices::days_between;
use crate::loans::loan::Loan;
use crate::loans::status::Status;

figures! {
    /// What a loan adds to the aggregates of its brand, or what many of them add up to.
    Position
    counts {
        open_loans = "nO",
        approved_loans = "nA",
        active_loans = "nV",
        paid_loans = "nP",
        unapproved_loans = "nU",
        renegotiated_loans = "nR",
        lost_loans = "nL",
        /// Open invoices of active loans.
        open_invoices = "iO",
        overdue_invoices = "iD",
        overdue_loans = "lD",
        /// Loans by days past due.
        loans_1_to_30 = "l1",
        loans_31_to_60 = "l2",
        loans_61_to_90 = "l3",
        loans_over_90 = "l4",
    }
    amounts {
        /// Principal of requests not yet disbursed.
        requested = "aQ",
        /// New money lent, by all loans ever disbursed.
        disbursed = "aD",
        contract_interest = "aI",
        /// Unpaid principal and interest of active loans, due or not.
        outstanding_principal = "oP",
        outstanding_interest = "oI",
        /// Unpaid principal and interest of overdue invoices.
        overdue_value = "oD",
        late_fees_owed = "oL",
        mora_owed = "oM",
        /// The overdue value, by the loan's days past due.
        overdue_1_to_30 = "d1",
        overdue_31_to_60 = "d2",
        overdue_61_to_90 = "d3",
        overdue_over_90 = "d4",
        paid_principal = "pP",
        paid_interest = "pI",
        paid_late_fee = "pL",
        paid_mora = "pM",
        waived = "wA",
        /// All payments kept, credit included.
        received = "rC",
        credit = "cR",
        to_breakeven = "bE",
        /// What is owed on loans written off.
        recoverable = "lO",
        /// What left with renegotiations.
        renegotiated = "rN",
    }
}

impl Loan {
    /// What the loan adds to its brand's aggregates as of a business date.
    ///
    /// It depends on the money events alone, not on which night's transitions are stored: it is the
    /// same before and after [`Self::advance`] to that date or a later one.
    pub fn position(&self, as_of: Date) -> Position {
        let sums = self.sums();
        let mut position = Position {
            disbursed: self.disbursed,
            contract_interest: self.interest,
            paid_principal: sums.paid.principal,
            paid_interest: sums.paid.interest,
            paid_late_fee: sums.paid.late_fee,
            paid_mora: sums.paid.mora,
            waived: sums.waived.total(),
            received: self.received,
            credit: self.credit,
            to_breakeven: self.total_value_to_breakeven(),
            renegotiated: sums.carried.total(),
            ..Position::default()
        };
        match self.status() {
            Status::Open => {
                position.open_loans = 1;
                position.requested = self.principal;
            }
            Status::Approved => {
                position.approved_loans = 1;
                position.requested = self.principal;
            }
            Status::Active => {
                position.active_loans = 1;
                self.add_open_invoices(as_of, &mut position);
            }
            Status::Paid => position.paid_loans = 1,
            Status::Unapproved => position.unapproved_loans = 1,
            Status::Renegotiated => position.renegotiated_loans = 1,
            Status::Lost => {
                position.lost_loans = 1;
                position.recoverable = self.owed(as_of).total();
            }
        }
        position
    }

    fn add_open_invoices(&self, as_of: Date, position: &mut Position) {
        for invoice in self.open_invoices() {
            let owed = invoice.owed(as_of, &self.terms);
            position.open_invoices += 1;
            position.outstanding_principal += owed.principal;
            position.outstanding_interest += owed.interest;
            position.late_fees_owed += owed.late_fee;
            position.mora_owed += owed.mora;
            if invoice.is_overdue(as_of) {
                position.overdue_invoices += 1;
                position.overdue_value += owed.value();
            }
        }
        let Some(oldest) = self.oldest_open_due().filter(|due| *due < as_of) else { return };
        position.overdue_loans = 1;
        let (loans, value) = match days_between(oldest, as_of) {
            ..=30 => (&mut position.loans_1_to_30, &mut position.overdue_1_to_30),
            31..=60 => (&mut position.loans_31_to_60, &mut position.overdue_31_to_60),
            61..=90 => (&mut position.loans_61_to_90, &mut position.overdue_61_to_90),
            91.. => (&mut position.loans_over_90, &mut position.overdue_over_90),
        };
        *loans = 1;
        *value = position.overdue_value;
    }
}
