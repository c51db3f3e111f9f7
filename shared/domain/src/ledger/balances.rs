use super::{Account, Balances};
use crate::loans::loan::Loan;
use crate::loans::status::Status;
use crate::money::Amount;

impl Loan {
    /// The trial balance, from the loan's state: what its journal adds up to. Mora since an
    /// invoice's last event, and a late fee whose night has not run, are not posted yet.
    pub fn balances(&self) -> Balances {
        let mut balances = Balances::default();
        if matches!(self.status(), Status::Open | Status::Approved | Status::Unapproved) {
            return balances;
        }
        let sums = self.sums();
        let receivable = sums.receivable();
        let unearned =
            sums.charged.interest - sums.earned - sums.waived_unearned - sums.carried_unearned;
        balances.add(Account::Cash, self.received + self.fees_withheld - self.disbursed);
        balances.add(Account::CustomerCredit, -self.credit);
        balances.add(Account::UpfrontFeeIncome, -self.fees_withheld);
        match self.written_off {
            None => {
                balances.add(Account::PrincipalReceivable, receivable.principal);
                balances.add(Account::InterestReceivable, receivable.interest);
                balances.add(Account::LateFeeReceivable, receivable.late_fee);
                balances.add(Account::MoraReceivable, receivable.mora);
            }
            Some(written_off) => {
                balances.add(Account::WriteOff, receivable.total() + written_off.recovered);
                balances.add(Account::Recovery, -written_off.recovered);
            }
        }
        balances.add(Account::UnearnedInterest, -unearned);
        balances.add(Account::InterestIncome, -sums.earned);
        balances.add(Account::LateFeeIncome, -sums.charged.late_fee);
        balances.add(Account::MoraIncome, -sums.charged.mora);
        balances.add(
            Account::Waivers,
            sums.waived.total() - sums.waived_unearned - self.settlement_loss,
        );
        balances.add(Account::SettlementLoss, self.settlement_loss);
        balances.add(Account::RenegotiationTransfer, transferred_out(self) - self.transferred_in);
        if self.renegotiated_from.is_some() {
            let difference = self.transferred_in - sums.charged.principal;
            balances.add(Account::RenegotiationDifference, difference);
        }
        balances
    }
}

/// The book value that leaves with a renegotiation.
pub(crate) fn transferred_out(loan: &Loan) -> Amount {
    let sums = loan.sums();
    sums.carried.total() - sums.carried_unearned
}
