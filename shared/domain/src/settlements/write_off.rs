use jiff::civil::Date;

use crate::ledger::{Applied, Changed, Command, CommandError, Recorder};
use crate::loans::loan::{Loan, WrittenOff};
use crate::loans::status::Transition;
use crate::money::Amount;

impl Loan {
    /// Gives the loan up as lost: mora stops, what is owed stays recoverable. Payments later are
    /// recoveries; when all of it is paid, the loan is paid.
    pub fn write_off(&mut self, on: Date, today: Date) -> Result<Changed<Applied>, CommandError> {
        self.execute(&Command::WriteOff { on }, today)
    }

    pub(crate) fn apply_write_off(&mut self, on: Date, recorder: &mut Recorder) {
        let mut mora = Amount::ZERO;
        for invoice in self.invoices.iter_mut().filter(|invoice| invoice.is_open()) {
            mora += invoice.fix_mora(on, &self.terms);
        }
        recorder.mora(mora, on);
        self.stage = Transition::WriteOff.target();
        self.written_off = Some(WrittenOff { on, recovered: Amount::ZERO });
        self.settlement = None;
    }
}
