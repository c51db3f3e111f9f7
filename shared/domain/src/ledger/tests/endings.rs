//! Early payoff, settlement, write-off, recovery, reversal, refund.

use super::support::{active, amount, assert_books, date, paying, payment_id, row, terms};
use crate::invoices::{
    PaymentCommand, Rebate, ServicingTerms, WaiveCommand, WaivePenaltiesCommand,
};
use crate::ledger::{Account, Command, CommandError, EntryKind};
use crate::loans::status::{Stage, Status};
use crate::settlements::SettlementCommand;

fn payoff(number: u128, value: &str, on: &str) -> PaymentCommand {
    PaymentCommand { payoff: true, ..paying(number, value, on) }
}

/// 12 × (100.00 + interest), finance charge 100.00 in all, paid off when 3 periods are over:
/// 9 × 10 / (12 × 13) × 100 = 57.69 is refunded. The example of
/// <https://www.easycalculation.com/finance/learn-rule-78-loan.php>.
#[test]
fn rule_of_78_as_published() {
    let terms = ServicingTerms { rebate: Rebate::RuleOf78, ..terms() };
    // 11 × 8.33 + 8.37 = 100.00
    let rows: Vec<_> = (1..=12)
        .map(|month| {
            let interest = if month == 12 { "8.37" } else { "8.33" };
            row(&format!("2025-{month:02}-28"), "100.00", interest)
        })
        .collect();
    let (mut loan, mut journal) = active(terms, "2024-12-28", &rows);
    for (number, row) in (1..=3).zip(&rows) {
        let paid = paying(number, "108.33", &row.due.to_string());
        journal.extend(loan.pay(&paid, row.due).unwrap().entries);
    }
    let on = date("2025-03-28");
    let quote = loan.payoff_quote(on).unwrap();
    assert_eq!(quote.unearned_interest, amount("57.69"));
    // 9 × 100.00 + (100.00 − 3 × 8.33) − 57.69 = 900.00 + 75.01 − 57.69
    assert_eq!(quote.payable, amount("917.32"));
    assert_eq!(
        loan.pay(&payoff(9, "917.31", "2025-03-28"), on).unwrap_err(),
        CommandError::BelowPayoff { payable: amount("917.32") }
    );
    journal.extend(loan.pay(&payoff(9, "917.32", "2025-03-28"), on).unwrap().entries);
    assert_eq!(loan.stage, Stage::Completed);
    assert_books(&loan, &journal);
    // Income is what was paid of the interest: 100.00 − 57.69.
    assert_eq!(loan.balances().get(Account::InterestIncome), amount("-42.31"));
    assert_eq!(loan.balances().get(Account::Waivers), amount("0.00"));
}

/// A reducing contract, 1,000.00 at 3 % a month: interest 30.00 of a period of 31 days. Paid off 10
/// days into the first: 30.00 × 10 / 31 = 9.677 → 9.68; the second's 15.00 is not charged.
#[test]
fn a_reducing_contract_charges_interest_by_the_day() {
    let rows = [row("2026-02-10", "500.00", "30.00"), row("2026-03-10", "500.00", "15.00")];
    let (mut loan, mut journal) = active(terms(), "2026-01-10", &rows);
    let on = date("2026-01-20");
    let quote = loan.payoff_quote(on).unwrap();
    assert_eq!(quote.unearned_interest, amount("35.32"));
    assert_eq!(quote.payable, amount("1009.68"));
    // On the first due date its interest is earned in full.
    assert_eq!(loan.payoff_quote(date("2026-02-10")).unwrap().payable, amount("1030.00"));

    // 5 % discount: 1009.68 × 0.05 = 50.484 → 50.48, interest first (9.68), then principal.
    loan.terms.payoff_discount = "5".parse().unwrap();
    let quote = loan.payoff_quote(on).unwrap();
    assert_eq!(quote.discount, amount("50.48"));
    assert_eq!(quote.payable, amount("959.20"));
    let paid = loan.pay(&payoff(1, "960.00", "2026-01-20"), on).unwrap();
    journal.extend(paid.entries);
    assert_eq!(loan.stage, Stage::Completed);
    assert_eq!(loan.credit, amount("0.80"));
    // The discount on principal is a loss; interest never earned is not.
    assert_eq!(loan.balances().get(Account::Waivers), amount("40.80"));
    assert_books(&loan, &journal);
}

#[test]
fn a_flat_contract_without_a_rebate_pays_all_interest() {
    let terms = ServicingTerms { rebate: Rebate::None, ..terms() };
    let rows = [row("2026-02-10", "500.00", "30.00"), row("2026-03-10", "500.00", "30.00")];
    let (loan, _) = active(terms, "2026-01-10", &rows);
    assert_eq!(loan.payoff_quote(date("2026-01-20")).unwrap().payable, amount("1060.00"));
}

/// 500.00 due 2026-03-10, settled at 300.00 in two payments by 2026-04-30.
/// Owed on 2026-04-09: 515.00. 100.00 then: late fee 10.00, mora 5.00, principal 85.00.
/// 2026-04-19: mora 415 × 0.01 / 30 × 10 = 1.38; 200.00 pays it and 198.62 of the principal;
/// 415.00 − 198.62 = 216.38 is waived.
#[test]
fn a_settlement_paid_waives_the_rest() {
    let (mut loan, mut journal) =
        active(terms(), "2026-02-10", &[row("2026-03-10", "500.00", "0.00")]);
    let on = date("2026-04-09");
    let offer = SettlementCommand { amount: amount("300.00"), on, until: date("2026-04-30") };
    let too_much = SettlementCommand { amount: amount("515.00"), ..offer };
    assert_eq!(
        loan.offer_settlement(&too_much, on).unwrap_err(),
        CommandError::NotASettlement { owed: amount("515.00") }
    );
    journal.extend(loan.offer_settlement(&offer, on).unwrap().entries);
    assert_eq!(journal.last().unwrap().kind, EntryKind::SettlementOffer);
    assert_eq!(loan.owed(on).total(), amount("515.00"));
    journal.extend(loan.pay(&paying(1, "100.00", "2026-04-09"), on).unwrap().entries);
    assert_eq!(loan.status(), Status::Active);
    let on = date("2026-04-19");
    let last = loan.pay(&paying(2, "250.00", "2026-04-19"), on).unwrap();
    journal.extend(last.entries);
    assert_eq!((loan.stage, last.outcome.credited), (Stage::Settled, amount("50.00")));
    assert_eq!(loan.settlement_loss, amount("216.38"));
    assert_eq!(loan.balances().get(Account::SettlementLoss), amount("216.38"));
    assert_books(&loan, &journal);
}

/// The same offer, 200.00 of the 300.00 a day late: the debt goes on as if there had been none.
#[test]
fn a_settlement_not_paid_changes_nothing() {
    let (opening, _) = active(terms(), "2026-02-10", &[row("2026-03-10", "500.00", "0.00")]);
    let (offered, late) = (date("2026-04-09"), date("2026-05-01"));
    let mut with = opening.clone();
    let offer =
        SettlementCommand { amount: amount("300.00"), on: offered, until: date("2026-04-30") };
    with.offer_settlement(&offer, offered).unwrap();
    let mut without = opening;
    for loan in [&mut with, &mut without] {
        loan.pay(&paying(1, "100.00", "2026-04-09"), offered).unwrap();
        assert_eq!(loan.standing_settlement(late), None);
        loan.pay(&paying(2, "200.00", "2026-05-01"), late).unwrap();
    }
    assert_eq!(with.status(), Status::Active);
    assert_eq!(with.invoices, without.invoices);
}

/// 500.00 due 2026-03-10, lost on 2026-04-09 with 515.00 owed; a year later it still is 515.00.
#[test]
fn a_loan_written_off_stays_recoverable_and_stops_growing() {
    let (mut loan, mut journal) =
        active(terms(), "2026-02-10", &[row("2026-03-10", "500.00", "0.00")]);
    let on = date("2026-04-09");
    journal.extend(loan.write_off(on, on).unwrap().entries);
    let later = date("2027-04-09");
    assert_eq!(loan.status(), Status::Lost);
    assert!(loan.advance(later).outcome.is_empty());
    assert_eq!(loan.owed(later).total(), amount("515.00"));
    assert_eq!(loan.position(later).recoverable, amount("515.00"));
    assert_eq!(loan.position(later).overdue_loans, 0);
    assert_eq!(loan.balances().get(Account::WriteOff), amount("515.00"));

    let part = loan.pay(&paying(1, "115.00", "2027-04-09"), later).unwrap();
    journal.extend(part.entries);
    assert_eq!(loan.owed(later).total(), amount("400.00"));
    assert_eq!(loan.status(), Status::Lost);
    journal.extend(loan.pay(&paying(2, "400.00", "2027-04-09"), later).unwrap().entries);
    assert_eq!(loan.stage, Stage::Completed);
    assert_eq!(loan.balances().get(Account::Recovery), amount("-515.00"));
    assert_books(&loan, &journal);
}

/// A chargeback of a payment that had ended the contract: the late fee and the mora are what they
/// would have been, and the contract is active again.
#[test]
fn a_reversal_brings_the_debt_back() {
    let (mut loan, mut journal) =
        active(terms(), "2026-02-10", &[row("2026-03-10", "500.00", "0.00")]);
    let opening = loan.clone();
    let payment = paying(1, "520.00", "2026-03-10");
    journal.extend(loan.pay(&payment, date("2026-03-10")).unwrap().entries);
    assert_eq!((loan.stage, loan.credit), (Stage::Completed, amount("20.00")));
    assert!(loan.is_clear());

    let history = [payment.command()];
    let reverse = Command::Reverse { payment: payment_id(1), on: date("2026-04-09") };
    let today = date("2026-04-09");
    let reversed = loan.restate(&opening, &history, &reverse, today).unwrap();
    journal.extend(reversed.entries);
    assert_eq!(journal.last().unwrap().kind, EntryKind::Reversal);
    assert_eq!(loan.status(), Status::Active);
    assert_eq!(loan.owed(today).total(), amount("515.00"));
    assert_eq!((loan.received, loan.credit), (amount("0.00"), amount("0.00")));
    assert_books(&loan, &journal);

    let history = [payment.command(), reverse.clone()];
    assert_eq!(
        loan.restate(&opening, &history, &reverse, today).unwrap_err(),
        CommandError::UnknownPayment { payment: payment_id(1) }
    );
}

/// The last payment arrives first; the earlier one needs the journal. What was overdue in between
/// is taken back by an adjustment.
#[test]
fn a_payment_before_a_posted_one_is_put_in_its_place() {
    let (mut loan, mut journal) =
        active(terms(), "2026-02-10", &[row("2026-03-10", "500.00", "0.00")]);
    let opening = loan.clone();
    let today = date("2026-04-09");
    // On 2026-04-09: late fee 10.00, mora 5.00, principal 85.00.
    let second = paying(2, "100.00", "2026-04-09");
    journal.extend(loan.pay(&second, today).unwrap().entries);
    assert_eq!(loan.owed(today).total(), amount("415.00"));
    // 400.00 had come on the due date: late fee 10.00 (of the original value), mora on 100.00 for
    // 30 days 1.00, so the 100.00 pays 10.00 + 1.00 + 89.00; 11.00 is left.
    let first = paying(1, "400.00", "2026-03-10");
    let posted = loan.restate(&opening, &[second.command()], &first.command(), today).unwrap();
    let kinds: Vec<_> = posted.entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Payment, EntryKind::Adjustment]);
    journal.extend(posted.entries);
    assert_eq!(loan.owed(today).total(), amount("11.00"));
    assert_eq!(loan.received, amount("500.00"));
    assert_books(&loan, &journal);
}

#[test]
fn a_waiver_is_bounded_by_what_is_owed() {
    let (mut loan, mut journal) =
        active(terms(), "2026-02-10", &[row("2026-03-10", "500.00", "0.00")]);
    let on = date("2026-04-09");
    let charge = crate::invoices::Charge::Mora;
    let waiver = WaiveCommand { invoice: 1, charge, amount: amount("5.01"), on };
    assert_eq!(
        loan.waive(&waiver, on).unwrap_err(),
        CommandError::ExceedsOwed { owed: amount("5.00") }
    );
    let waiver = WaiveCommand { amount: amount("5.00"), ..waiver };
    journal.extend(loan.waive(&waiver, on).unwrap().entries);
    assert_eq!(loan.owed(on).total(), amount("510.00"));
    // It grows on from there.
    assert_eq!(loan.owed(date("2026-04-10")).mora, amount("0.17"));
    assert_books(&loan, &journal);
}

/// Two of 500.00, due 10 March and 9 April, on 9 April: late fee 10.00 and mora 5.00 on the first,
/// nothing on the second. All of the fee and a third of the mora (1.6667 → 1.67) are given up.
#[test]
fn penalties_are_waived_by_their_share_in_one_entry() {
    let rows = [row("2026-03-10", "500.00", "0.00"), row("2026-04-09", "500.00", "0.00")];
    let (mut loan, mut journal) = active(terms(), "2026-02-10", &rows);
    let opening = loan.clone();
    let on = date("2026-04-09");
    let mora = "33.333".parse().unwrap();
    let waiver = WaivePenaltiesCommand { late_fee: "100".parse().unwrap(), mora, on };
    let waived = loan.waive_penalties(&waiver, on).unwrap();
    let kinds: Vec<_> = waived.entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Overdue, EntryKind::Mora, EntryKind::Waiver]);
    journal.extend(waived.entries);
    assert_eq!(loan.owed(on).total(), amount("1003.33"));
    assert_eq!(loan.balances().get(Account::Waivers), amount("11.67"));
    assert_books(&loan, &journal);
    let mut again = crate::loans::loan::Loan::replay(&opening, &[waiver.command()]);
    again.advance(on);
    assert_eq!(again.owed(on), loan.owed(on));
}

#[test]
fn credit_is_paid_back_once() {
    let (mut loan, mut journal) =
        active(terms(), "2026-02-10", &[row("2026-03-10", "500.00", "0.00")]);
    let on = date("2026-03-10");
    journal.extend(loan.pay(&paying(1, "530.00", "2026-03-10"), on).unwrap().entries);
    journal.extend(loan.refund_credit(amount("30.00"), on, on).unwrap().entries);
    assert_eq!(loan.total_value_paid(), amount("500.00"));
    assert_eq!(
        loan.refund_credit(amount("0.01"), on, on).unwrap_err(),
        CommandError::ExceedsCredit { credit: amount("0.00") }
    );
    assert_books(&loan, &journal);
}

/// Settled at 300.00 before anything is due: 60.00 interest never earned is no loss. 240.00 of the
/// principal is left after 30.00 interest and 270.00 principal: 1000.00 − 270.00 = 730.00 lost.
#[test]
fn interest_not_yet_earned_is_no_settlement_loss() {
    let rows = [row("2026-02-10", "500.00", "30.00"), row("2026-03-10", "500.00", "30.00")];
    let (mut loan, mut journal) = active(terms(), "2026-01-10", &rows);
    let on = date("2026-01-20");
    let offer = SettlementCommand { amount: amount("300.00"), on, until: on };
    journal.extend(loan.offer_settlement(&offer, on).unwrap().entries);
    journal.extend(loan.pay(&paying(1, "300.00", "2026-01-20"), on).unwrap().entries);
    assert_eq!(loan.stage, Stage::Settled);
    let balances = loan.balances();
    assert_eq!(balances.get(Account::SettlementLoss), amount("730.00"));
    assert_eq!(balances.get(Account::Waivers), amount("0.00"));
    assert_eq!(balances.get(Account::InterestIncome), amount("-30.00"));
    assert_books(&loan, &journal);
}

/// Lost with 5.00 of mora; a waiver of it a year later finds 5.00, and leaves it at that.
#[test]
fn a_waiver_after_the_write_off_brings_no_new_mora() {
    let (mut loan, mut journal) =
        active(terms(), "2026-02-10", &[row("2026-03-10", "500.00", "0.00")]);
    let on = date("2026-04-09");
    journal.extend(loan.write_off(on, on).unwrap().entries);
    let on = date("2027-04-09");
    let charge = crate::invoices::Charge::Mora;
    let waiver = WaiveCommand { invoice: 1, charge, amount: amount("2.00"), on };
    journal.extend(loan.waive(&waiver, on).unwrap().entries);
    assert_eq!(loan.owed(on).total(), amount("513.00"));
    assert_eq!(loan.invoice(1).unwrap().mora_fixed, amount("5.00"));
    assert_books(&loan, &journal);
}
