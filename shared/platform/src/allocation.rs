//! Giving a loan to a member of staff.

use domain::ids::{AuditId, LoanId, StaffId};
use http::StatusCode;

use crate::Deps;
use crate::http::{ApiError, IfMatch, Once};
use crate::store::{Brand, Decide, Effect, Event, LoanChange, Loans, Tx};
use crate::views::LoanView;

/// Who is to look after a loan; made again where another change gets in between.
#[derive(Debug)]
pub struct Allocation<'a> {
    pub deps: &'a Deps,
    pub brand: &'a Brand,
    /// `None`: nobody.
    pub owner: Option<StaffId>,
    pub if_match: IfMatch,
    /// Keeps the answer for the request's key, where one request is one allocation.
    pub once: Option<&'a Once>,
    /// `loans:allocate`, by whom, why.
    pub effect: Effect,
}

/// What became of it.
#[derive(Debug)]
pub struct Allocated {
    pub loan: LoanView,
    /// False where the loan had this owner already: nothing is then written of it.
    pub changed: bool,
}

impl Allocation<'_> {
    /// `None` where the brand has no such loan.
    ///
    /// # Errors
    /// 409 where the client has seen another version.
    pub async fn save(&self, id: LoanId) -> Result<Option<Allocated>, ApiError> {
        let (today, now) = (self.deps.today(self.brand), self.deps.now());
        Loans::new(&self.deps.table).decide(self.brand, id, today, now, self).await
    }
}

impl Decide for Allocation<'_> {
    type Outcome = Allocated;
    type Error = ApiError;

    async fn decide<'t>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'t>,
    ) -> Result<(Allocated, Tx<'t>), ApiError> {
        self.if_match.check(change.record.version)?;
        let before = std::mem::replace(&mut change.record.owner, self.owner);
        let loan = LoanView::new(&change.record, self.deps.today(self.brand), false);
        let changed = before != self.owner;
        let (loan, tx) = if changed {
            let effect = self.effect.clone().before("owner", owner_text(before));
            let effect = effect.after("owner", owner_text(self.owner));
            let id = AuditId::new(self.deps.ulid());
            let event = Event { brand: self.brand.id, id, at: self.deps.now(), effect };
            (loan.stored(), tx.create("event", &event))
        } else {
            (loan, tx)
        };
        let tx = match self.once {
            Some(once) => once.complete(tx, StatusCode::OK, &loan)?,
            None => tx,
        };
        Ok((Allocated { loan, changed }, tx))
    }
}

fn owner_text(owner: Option<StaffId>) -> String {
    owner.map_or_else(|| "nobody".to_owned(), String::from)
}
