//! The built-in texts, used where a brand has none of its own, and the words around figures.

use super::TemplateKind;
use crate::jurisdiction::Locale;

pub(super) const fn text(kind: TemplateKind, locale: Locale) -> &'static str {
    match (kind, locale) {
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

/// That a contract is over and has its certificate.
pub(super) fn certificate(locale: Locale, brand: &str, number: &str, ended_on: &str) -> String {
    match locale {
        Locale::PtBr => format!(
            "Olá, {{name}}! Aqui é {brand}. Seu contrato foi quitado em {ended_on} e não há mais \
             nada a pagar. O Termo de Quitação nº {number} está emitido; peça sua via quando \
             quiser. Obrigado pela confiança."
        ),
        Locale::EnIn | Locale::EnUs => format!(
            "Hello {{name}}, this is {brand}. Your loan was closed on {ended_on} and nothing more \
             is due. Your No Objection and No Dues Certificate no. {number} has been issued; ask us \
             for your copy at any time. Thank you."
        ),
        Locale::CsCz => format!(
            "Dobrý den, {{name}}, zde {brand}. Váš úvěr byl splacen {ended_on} a nic dalšího \
             nedlužíte. Potvrzení o splacení č. {number} je vystaveno; na požádání vám je zašleme. \
             Děkujeme."
        ),
    }
}

/// One invoice in a list: `Parcela 3, vencida em 10/03/2026: R$ 510,17`.
pub(super) fn line(
    locale: Locale,
    number: u16,
    due: &str,
    is_overdue: bool,
    amount: &str,
) -> String {
    match (locale, is_overdue) {
        (Locale::PtBr, true) => format!("Parcela {number}, vencida em {due}: {amount}"),
        (Locale::PtBr, false) => format!("Parcela {number}, vence hoje: {amount}"),
        (Locale::EnIn | Locale::EnUs, true) => {
            format!("Installment {number}, due on {due}: {amount}")
        }
        (Locale::EnIn | Locale::EnUs, false) => {
            format!("Installment {number}, due today: {amount}")
        }
        (Locale::CsCz, true) => format!("Splátka {number}, splatná {due}: {amount}"),
        (Locale::CsCz, false) => format!("Splátka {number}, splatná dnes: {amount}"),
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
