//! The built-in texts, used where a brand has none of its own, and the words around figures.

use std::cmp::Ordering;

use super::TemplateKind;
use crate::jurisdiction::Locale;

pub(super) const fn text(kind: TemplateKind, locale: Locale) -> &'static str {
    match (kind, locale) {
        (TemplateKind::BeforeDue, Locale::PtBr) => {
            "Olá, {name}! Aqui é {brand}. Em {dueDate} vence a parcela de {amountDue} do seu \
             contrato. Se já pagou, desconsidere esta mensagem."
        }
        (TemplateKind::BeforeDue, Locale::EnIn | Locale::EnUs) => {
            "Hello {name}, this is {brand}. An installment of {amountDue} of your loan is due on \
             {dueDate}. If you have already paid, please ignore this message."
        }
        (TemplateKind::BeforeDue, Locale::CsCz) => {
            "Dobrý den, {name}, zde {brand}. Dne {dueDate} je splatná splátka {amountDue}. \
             Pokud jste již zaplatili, považujte tuto zprávu za bezpředmětnou."
        }
        (TemplateKind::DueToday, Locale::PtBr) => {
            "Olá, {name}! Aqui é {brand}. Hoje, {dueDate}, vence {amountDue} do seu contrato. \
             Se já pagou, desconsidere esta mensagem."
        }
        (TemplateKind::Overdue, Locale::PtBr) => {
            "Olá, {name}! Aqui é {brand}. Seu contrato tem {amountOverdue} em atraso; a parcela \
             mais antiga venceu em {dueDate} (dias de atraso: {daysOverdue}).\n\n{invoices}\n\n\
             Total hoje: {amountTotal}. Se já pagou, desconsidere esta mensagem."
        }
        (TemplateKind::Manual, Locale::PtBr) => "Olá, {name}! Aqui é {brand}.",
        (TemplateKind::DueToday, Locale::EnIn | Locale::EnUs) => {
            "Hello {name}, this is {brand}. {amountDue} of your loan is due today, {dueDate}. \
             If you have already paid, please ignore this message."
        }
        (TemplateKind::Overdue, Locale::EnIn | Locale::EnUs) => {
            "Hello {name}, this is {brand}. {amountOverdue} of your loan is overdue; the oldest \
             installment was due on {dueDate} (days overdue: {daysOverdue}).\n\n{invoices}\n\n\
             Total today: {amountTotal}. If you have already paid, please ignore this message."
        }
        (TemplateKind::Manual, Locale::EnIn | Locale::EnUs) => "Hello {name}, this is {brand}.",
        (TemplateKind::DueToday, Locale::CsCz) => {
            "Dobrý den, {name}, zde {brand}. Dnes, {dueDate}, je splatná částka {amountDue}. \
             Pokud jste již zaplatili, považujte tuto zprávu za bezpředmětnou."
        }
        (TemplateKind::Overdue, Locale::CsCz) => {
            "Dobrý den, {name}, zde {brand}. Po splatnosti je {amountOverdue}; nejstarší splátka \
             byla splatná {dueDate} (dní po splatnosti: {daysOverdue}).\n\n{invoices}\n\n\
             Celkem dnes: {amountTotal}. Pokud jste již zaplatili, považujte tuto zprávu za \
             bezpředmětnou."
        }
        (TemplateKind::Manual, Locale::CsCz) => "Dobrý den, {name}, zde {brand}.",
    }
}

/// One invoice in a list: `Parcela 3, vencida em 10/03/2026: R$ 510,17`. `due_to_today`: how its
/// due date lies to the statement's date.
pub(super) fn line(
    locale: Locale,
    number: u16,
    due: &str,
    due_to_today: Ordering,
    amount: &str,
) -> String {
    match (locale, due_to_today) {
        (Locale::PtBr, Ordering::Less) => format!("Parcela {number}, vencida em {due}: {amount}"),
        (Locale::PtBr, Ordering::Equal) => format!("Parcela {number}, vence hoje: {amount}"),
        (Locale::PtBr, Ordering::Greater) => {
            format!("Parcela {number}, vence em {due}: {amount}")
        }
        (Locale::EnIn | Locale::EnUs, Ordering::Less | Ordering::Greater) => {
            format!("Installment {number}, due on {due}: {amount}")
        }
        (Locale::EnIn | Locale::EnUs, Ordering::Equal) => {
            format!("Installment {number}, due today: {amount}")
        }
        (Locale::CsCz, Ordering::Less | Ordering::Greater) => {
            format!("Splátka {number}, splatná {due}: {amount}")
        }
        (Locale::CsCz, Ordering::Equal) => format!("Splátka {number}, splatná dnes: {amount}"),
    }
}

/// The end of a list that is cut short.
pub(super) fn more(locale: Locale, count: usize) -> String {
    match locale {
        Locale::PtBr => format!("e mais {count}"),
        Locale::EnIn | Locale::EnUs => format!("and {count} more"),
        Locale::CsCz => format!("a další ({count})"),
    }
}
