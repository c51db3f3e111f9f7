//! The amounts are the worked example of the money rules: 500.00 due 2026-03-10, late fee 2 %,
//! mora 1 % a month.

use proptest::prelude::{any, proptest};

use super::{
    Statement, Status, Style, TEMPLATE_LIMIT_CHARS, TemplateError, TemplateKind, TemplateText,
    sample,
};
use crate::invoices::ServicingTerms;
use crate::jurisdiction::Locale;
use crate::ledger::tests::support::{active, date, paying, row, terms};
use crate::loans::loan::Loan;
use crate::money::Currency;

const BRAZIL: Style<'static> =
    Style { brand: "Crédito Certo", currency: Currency::BRL, locale: Locale::PtBr };

fn loan() -> Loan {
    let rows = [row("2026-03-10", "480", "20"), row("2026-04-10", "480", "20")];
    active(terms(), "2026-02-10", &rows).0
}

fn say(text: &str, loan: &Loan, on: &str) -> String {
    let statement = Statement::of(loan, date(on));
    let text: TemplateText = text.parse().unwrap();
    text.render(BRAZIL, Some(&statement)).unwrap().as_str().to_owned()
}

#[test]
fn what_is_due_today_carries_no_charges() {
    let statement = Statement::of(&loan(), date("2026-03-10"));
    assert_eq!(TemplateKind::of(&statement), TemplateKind::DueToday);
    let text = TemplateText::default_of(TemplateKind::DueToday, Locale::PtBr);
    assert_eq!(
        text.render(BRAZIL, Some(&statement)).unwrap().to_person("Ana"),
        "Olá, Ana! Aqui é Crédito Certo. Hoje, 10/03/2026, vence R$ 500,00 do seu contrato. Se já \
         pagou, desconsidere esta mensagem."
    );
}

#[test]
fn an_overdue_invoice_is_owed_with_its_charges() {
    // 500.00 + 10.00 + 0.17, whether or not the night's run is stored
    let mut loan = loan();
    let before = Statement::of(&loan, date("2026-03-11"));
    loan.advance(date("2026-03-11"));
    let after = Statement::of(&loan, date("2026-03-11"));
    assert_eq!(before, after);
    assert_eq!(after.overdue.to_string(), "510.17");
    assert_eq!(say("{amountOverdue}|{daysOverdue}", &loan, "2026-03-20"), "R$ 511,67|10");
    assert_eq!(say("{amountOverdue}|{daysOverdue}", &loan, "2026-04-09"), "R$ 515,00|30");
}

#[test]
fn the_list_tells_overdue_from_due_today() {
    // 31 days: 500 × 1 % / 30 × 31 = 5.17; the second invoice is due today
    let text = "{invoices}\n{amountDue} {amountOverdue} {amountTotal} {dueDate}";
    assert_eq!(
        say(text, &loan(), "2026-04-10"),
        "Parcela 1, vencida em 10/03/2026: R$ 515,17\nParcela 2, vence hoje: R$ 500,00\n\
         R$ 500,00 R$ 515,17 R$ 1.015,17 10/03/2026"
    );
}

#[test]
fn nothing_is_due_between_the_dates_or_after_the_payment() {
    let mut loan = loan();
    assert!(Statement::of(&loan, date("2026-03-09")).is_empty());
    assert_eq!(
        say("{amountTotal} {dueDate} [{invoices}]", &loan, "2026-03-09"),
        "R$ 0,00 10/03/2026 []"
    );
    loan.pay(&paying(1, "500", "2026-03-10"), date("2026-03-10")).unwrap();
    assert!(Statement::of(&loan, date("2026-03-10")).is_empty());
    loan.pay(&paying(2, "500", "2026-03-10"), date("2026-03-10")).unwrap();
    let closed = Statement::of(&loan, date("2026-05-10"));
    assert!(closed.is_empty() && closed.due_date.is_none());
}

#[test]
fn dunning_stops_with_the_write_off() {
    let mut loan = loan();
    loan.write_off(date("2026-05-01"), date("2026-05-01")).unwrap();
    assert!(Statement::of(&loan, date("2026-05-02")).is_empty());
}

#[test]
fn rupees_are_grouped_in_lakhs() {
    let rows = [row("2026-03-10", "123456", "0")];
    let terms = ServicingTerms { currency: Currency::INR, ..terms() };
    let (loan, _) = active(terms, "2026-02-10", &rows);
    let statement = Statement::of(&loan, date("2026-03-10"));
    let style = Style { brand: "Rupee Lender", currency: Currency::INR, locale: Locale::EnIn };
    let text = TemplateText::default_of(TemplateKind::DueToday, Locale::EnIn);
    assert_eq!(
        text.render(style, Some(&statement)).unwrap().to_person("Asha"),
        "Hello Asha, this is Rupee Lender. ₹1,23,456.00 of your loan is due today, 10-03-2026. If \
         you have already paid, please ignore this message."
    );
}

#[test]
fn a_long_list_is_cut_short() {
    let rows: Vec<_> = (1..=13).map(|_| row("2026-03-10", "10", "0")).collect();
    let (loan, _) = active(terms(), "2026-02-10", &rows);
    let list = say("{invoices}", &loan, "2026-03-10");
    assert_eq!(list.lines().count(), 11);
    assert!(list.ends_with("Parcela 10, vence hoje: R$ 10,00\ne mais 3"), "{list}");
}

#[test]
fn every_default_is_a_valid_template() {
    for locale in Locale::ALL {
        for kind in TemplateKind::ALL {
            let text = TemplateText::default_of(kind, locale);
            assert_eq!(text.as_str().parse::<TemplateText>().as_ref(), Ok(&text));
            assert_eq!(text.has_figures(), kind != TemplateKind::Manual);
        }
    }
}

#[test]
fn placeholders_are_checked_when_a_text_is_saved() {
    let error = |text: &str| text.parse::<TemplateText>().unwrap_err();
    assert_eq!(error("Hi {nome}"), TemplateError::Unknown("nome".to_owned()));
    assert_eq!(
        error("Hi {nome}").to_string(),
        "{nome} is not known; the known ones are {name}, {brand}, {amountDue}, {amountOverdue}, \
         {amountTotal}, {dueDate}, {daysOverdue}, {invoices}"
    );
    for text in ["Hi {name", "Hi name}", "{", "}", "{{name}}", "a } b"] {
        assert_eq!(error(text), TemplateError::Brace, "{text}");
    }
    assert_eq!(error(" \n "), TemplateError::Length);
    assert_eq!(error(&"a".repeat(TEMPLATE_LIMIT_CHARS + 1)), TemplateError::Length);
    assert_eq!(error("a\u{7}b"), TemplateError::Character);
    assert_eq!(error("{invoices}{invoices}"), TemplateError::TooMany);
    assert_eq!(error(&"{name}".repeat(16)), TemplateError::TooMany);
}

#[test]
fn an_invoice_to_come_is_spoken_of_alone_and_without_charges() {
    let mut loan = loan();
    let before = Statement::before(&loan, 2, date("2026-04-07")).unwrap();
    assert_eq!(TemplateKind::of(&before), TemplateKind::BeforeDue);
    let text: TemplateText = "{invoices}|{amountDue}|{amountTotal}|{daysOverdue}".parse().unwrap();
    assert_eq!(
        text.render(BRAZIL, Some(&before)).unwrap().as_str(),
        "Parcela 2, vence em 10/04/2026: R$ 500,00|R$ 500,00|R$ 500,00|0"
    );
    assert_eq!(Statement::before(&loan, 2, date("2026-04-10")), None, "it is due today");
    assert_eq!(Statement::before(&loan, 3, date("2026-04-07")), None, "there is no third");
    loan.pay(&paying(1, "1000", "2026-03-10"), date("2026-03-10")).unwrap();
    assert_eq!(Statement::before(&loan, 2, date("2026-04-07")), None, "it is paid");
}

#[test]
fn the_values_of_placeholders_come_in_their_order() {
    let statement = Statement::of(&loan(), date("2026-03-10"));
    let text: TemplateText = "{amountDue}: {name}, {brand}".parse().unwrap();
    let values = text.values(BRAZIL, Some(&statement)).unwrap();
    let values: Vec<_> = values.iter().map(|value| value.to_person("Ana")).collect();
    assert_eq!(values, ["R$ 500,00", "Ana", "Crédito Certo"]);
    assert_eq!(text.values(BRAZIL, None), Err(TemplateError::NeedsLoan("amountDue")));
}

#[test]
fn sample_figures_are_those_of_the_terms() {
    // 500 + 2 % + 1 % a month for 30 days = 500 + 10 + 5
    let overdue = sample(TemplateKind::Overdue, 30, &terms(), date("2026-04-09"));
    assert_eq!(overdue.overdue.to_string(), "515.00");
    assert_eq!((overdue.days_overdue, overdue.due_date), (30, Some(date("2026-03-10"))));
    for kind in [TemplateKind::BeforeDue, TemplateKind::DueToday, TemplateKind::Overdue] {
        assert_eq!(TemplateKind::of(&sample(kind, 1, &terms(), date("2026-04-09"))), kind);
    }
}

#[test]
fn figures_need_a_loan() {
    let text: TemplateText = "Hi {name}, {amountDue}".parse().unwrap();
    let error = text.render(BRAZIL, None).unwrap_err();
    assert_eq!(error, TemplateError::NeedsLoan("amountDue"));
    let text: TemplateText = "Hi {name}, {brand} here".parse().unwrap();
    assert_eq!(text.render(BRAZIL, None).unwrap().to_person("Ana"), "Hi Ana, Crédito Certo here");
}

#[test]
fn what_is_put_in_is_not_read_again() {
    let style = Style { brand: "{name} & {invoices}", ..BRAZIL };
    let text: TemplateText = "{brand}: {name}".parse().unwrap();
    assert_eq!(text.render(style, None).unwrap().to_person("{brand}"), "name & invoices: {brand}");
}

#[test]
fn a_status_never_comes_back_once_the_message_is_out() {
    for from in Status::ALL {
        for to in Status::ALL {
            if from >= Status::Sent && from.may_become(to) {
                assert!(to > from, "{from:?} to {to:?}");
            }
        }
        assert!(!from.may_become(from));
    }
    assert!(!Status::Delivered.may_become(Status::Failed));
    assert!(!Status::Failed.may_become(Status::Delivered));
    assert!(!Status::Sending.may_become(Status::Suppressed));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic_and_a_valid_one_survives_storing(text in any::<String>()) {
        if let Ok(parsed) = text.parse::<TemplateText>() {
            let stored = String::from(parsed.clone());
            assert_eq!(stored.parse::<TemplateText>(), Ok(parsed));
        }
    }
}
