//! Every document, rendered and read again. The pages are left in `target/tmp`, to be looked at.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use documents::{
    Agreement, Borrower, Certificate, Cost, Identifier, Letterhead, Pdf, RenderError, Row,
    Schedule, ScheduleDocument, Style, Terms,
};
use domain::calendar::Frequency;
use domain::invoices::AllocationOrder;
use domain::jurisdiction::Locale;
use domain::loans::closing::Closing;
use domain::loans::terms::{Fee, PaidTo};
use domain::money::{Amount, Currency};
use jiff::Timestamp;
use jiff::civil::{Date, date};

const BRAZIL: Style = Style { currency: Currency::BRL, locale: Locale::PtBr };
const INDIA: Style = Style { currency: Currency::INR, locale: Locale::EnIn };

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn made_at() -> Timestamp {
    "2026-05-11T12:00:00Z".parse().unwrap()
}

fn letterhead() -> Letterhead {
    Letterhead {
        logo: "Aurora Crédito".to_owned(),
        legal_name: "Aurora Crédito Sociedade de Crédito Direto S.A.".to_owned(),
        registration: Some("CNPJ 11.222.333/0001-81".to_owned()),
        address: Some("Rua Inventada, 100, São Paulo, SP".to_owned()),
        contact: Some("atendimento@aurora.example · 0800 000 0000".to_owned()),
        primary: "#1f4e5f".to_owned(),
        accent: "#e0a030".to_owned(),
    }
}

fn borrower(name: &str) -> Borrower {
    let identifier = Identifier { kind: "CPF", number: "*******0909".to_owned() };
    Borrower { name: name.to_owned(), identifier: Some(identifier) }
}

fn certificate() -> Certificate {
    Certificate {
        letterhead: letterhead(),
        borrower: borrower("Ana Exemplo"),
        number: "7K3Q-9XWT-2M5D".to_owned(),
        contract: "FX-2026-00017".to_owned(),
        contracted_on: Some(date(2026, 2, 10)),
        principal: amount("1500.00"),
        paid: amount("1512.50"),
        waived: Amount::ZERO,
        closing: Closing::Paid,
        ended_on: date(2026, 5, 10),
        issued_on: date(2026, 5, 11),
    }
}

/// Rows of equal principal, and interest of 1 % of what is left.
fn rows(count: u16, first: Date) -> Vec<Row> {
    (1..=count)
        .map(|number| Row {
            number,
            due: first.checked_add(jiff::Span::new().months(i32::from(number) - 1)).unwrap(),
            principal: amount("100.00"),
            interest: amount(&format!("{}.00", count + 1 - number)),
        })
        .collect()
}

fn agreement(country: &str, letterhead: Letterhead, borrower: Borrower) -> Agreement {
    let fee = |name: &str, value: &str, paid_to| Fee {
        name: name.to_owned(),
        amount: amount(value),
        paid_to,
        financed: false,
    };
    Agreement {
        letterhead,
        country: country.to_owned(),
        borrower,
        contract: "FX-2026-00017".to_owned(),
        terms: Terms {
            requested: amount("1200.00"),
            lent: amount("1200.00"),
            disbursed_on: Some(date(2026, 2, 10)),
            method: "SAC".to_owned(),
            annual_rate: Some("12".parse().unwrap()),
            installment_amount: amount("112.00"),
            frequency: Frequency::MONTHLY,
            allocation: AllocationOrder::ChargesFirst,
            late_fee: "2".parse().unwrap(),
            mora: "1".parse().unwrap(),
        },
        cost: Cost {
            net_disbursed: amount("1152.00"),
            fees: vec![
                fee("cadastro", "30.00", PaidTo::Lender),
                fee("registro #1 *de* $x$", "18.00", PaidTo::ThirdParty),
            ],
            monthly_irr: Some("1.72".to_owned()),
            apr_nominal: Some("20.61".to_owned()),
            effective_annual_cost: Some("22.66".to_owned()),
        },
        schedule: Schedule { rows: rows(12, date(2026, 3, 10)) },
    }
}

/// The text of a document.
fn text(pdf: &Pdf) -> String {
    pdf_extract::extract_text_from_mem(&pdf.bytes).unwrap()
}

/// Where a reader of the page's glyphs sees white space is a guess.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

fn kept(name: &str, pdf: Pdf) -> Pdf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pdf"));
    std::fs::write(path, &pdf.bytes).unwrap();
    pdf
}

#[track_caller]
fn assert_has(text: &str, parts: &[&str]) {
    let text = squeezed(text);
    for part in parts {
        assert!(text.contains(&squeezed(part)), "{part:?} is not in: {text}");
    }
}

#[test]
fn a_certificate_in_portuguese() {
    let pdf = kept("certificate-pt", certificate().render(BRAZIL, made_at()).unwrap());
    assert!(pdf.bytes.starts_with(b"%PDF-1.7"));
    let text = text(&pdf);
    assert_has(
        &text,
        &[
            "Termo de Quitação",
            "Termo nº 7K3Q-9XWT-2M5D, emitido em 11 de maio de 2026.",
            "Aurora Crédito Sociedade de Crédito Direto S.A. declara, para todos os fins, que Ana \
             Exemplo, CPF *******0909 nada mais deve em razão do contrato FX-2026-00017.",
            "O contrato foi pago integralmente em 10 de maio de 2026.",
            "R$ 1.500,00",
            "R$ 1.512,50",
            "Saldo devedor R$ 0,00",
            "Página 1 de 1",
        ],
    );
    assert!(!text.contains("Valor dispensado"), "{text}");
}

#[test]
fn a_certificate_in_english_says_what_was_waived() {
    let settled = Certificate {
        borrower: borrower("अमित कुमार"),
        principal: amount("150000.00"),
        paid: amount("123456.78"),
        waived: amount("30000.00"),
        closing: Closing::Settled,
        ..certificate()
    };
    let pdf = kept("certificate-en", settled.render(INDIA, made_at()).unwrap());
    assert_has(
        &text(&pdf),
        &[
            "No Objection and No Dues Certificate",
            "settled by agreement and closed on 10 May 2026",
            "₹1,50,000.00",
            "₹1,23,456.78",
            "Amount waived ₹30,000.00",
            "The amount waived will not be claimed.",
        ],
    );
}

#[test]
fn the_same_data_make_the_same_file_and_others_another() {
    let once = certificate().render(BRAZIL, made_at()).unwrap();
    let again = certificate().render(BRAZIL, made_at()).unwrap();
    assert_eq!((once.sha256(), &once.bytes), (again.sha256(), &again.bytes));
    let other = Certificate { borrower: borrower("Bia Exemplo"), ..certificate() };
    assert_ne!(other.render(BRAZIL, made_at()).unwrap().sha256(), once.sha256());
    let later = "2026-05-11T12:00:01Z".parse().unwrap();
    assert_ne!(certificate().render(BRAZIL, later).unwrap().sha256(), once.sha256());
}

#[test]
fn nothing_in_the_data_is_markup() {
    let name = r#"Ana #eval("1+1") *b* _i_ $x^2$ \ `c` <l> @r "q" // {name}"#;
    let certificate = Certificate { borrower: borrower(name), ..certificate() };
    let text = text(&certificate.render(BRAZIL, made_at()).unwrap());
    assert_has(&text, &[name]);
}

#[test]
fn a_character_without_a_glyph_makes_no_document() {
    let certificate = Certificate { borrower: borrower("Ana 例"), ..certificate() };
    let refused = certificate.render(BRAZIL, made_at()).unwrap_err();
    assert_eq!(refused, RenderError::NotPrintable { template: "/certificate.typ" });
    assert!(!format!("{refused} {refused:?} {certificate:?}").contains("Ana"));
}

#[test]
fn a_schedule_of_many_pages_with_its_sums() {
    let schedule = ScheduleDocument {
        letterhead: letterhead(),
        borrower: borrower("Ana Exemplo"),
        contract: "FX-2026-00017".to_owned(),
        as_of: date(2026, 2, 10),
        disbursed_on: Some(date(2026, 2, 10)),
        principal: amount("9600.00"),
        method: "SAC".to_owned(),
        annual_rate: Some("12.5".parse().unwrap()),
        schedule: Schedule { rows: rows(96, date(2026, 3, 10)) },
    };
    let pdf = kept("schedule-pt", schedule.render(BRAZIL, made_at()).unwrap());
    let text = text(&pdf);
    // Interest 96 + 95 + … + 1 = 96 × 97 / 2 = 4,656.
    assert_has(
        &text,
        &[
            "Cronograma de Pagamentos",
            "SAC (amortização constante)",
            "12,5%",
            "1 10/03/2026 R$ 100,00 R$ 96,00 R$ 196,00 R$ 9.500,00",
            "96 10/02/2034 R$ 100,00 R$ 1,00 R$ 101,00 R$ 0,00",
            "Total R$ 9.600,00 R$ 4.656,00 R$ 14.256,00",
        ],
    );
    // The head of the table comes again on each page.
    assert!(text.matches("Vencimento").count() > 1, "{text}");
}

#[test]
fn an_agreement_with_brazils_cost() {
    let whole = Identifier { kind: "CPF", number: "123.456.789-09".to_owned() };
    let borrower = Borrower { name: "Ana Exemplo".to_owned(), identifier: Some(whole) };
    let agreement = agreement("BR", letterhead(), borrower);
    let pdf = kept("agreement-pt", agreement.render(BRAZIL, made_at()).unwrap());
    // Interest 12 + 11 + … + 1 = 78.00; 78 / 1,200 = 6.5 %; 1,278 / 1,200 = 106.5 %.
    assert_has(
        &text(&pdf),
        &[
            "Contrato de Empréstimo",
            "Cliente: Ana Exemplo, CPF 123.456.789-09.",
            "12 mensais de R$ 112,00",
            "Custo Efetivo Total (CET)",
            "Tarifa: cadastro R$ 30,00 2,50%",
            "Pago a terceiros: registro #1 *de* $x$ R$ 18,00 1,50%",
            "Juros contratados R$ 78,00 6,50%",
            "R$ 1.278,00 106,50%",
            "CET ao mês 1,72%",
            "CET ao ano 22,66%",
            "multa de 2%",
            "juros de mora de 1% ao mês",
            "Os pagamentos quitam, na parcela, primeiro a multa e os juros de mora",
            "Lei nº 8.078/1990",
            "Total R$ 1.200,00 R$ 78,00 R$ 1.278,00",
        ],
    );
}

#[test]
fn an_agreement_with_indias_key_facts() {
    let letterhead = Letterhead {
        logo: "Banyan Finance".to_owned(),
        legal_name: "Banyan Finance Private Limited".to_owned(),
        registration: Some("CIN U65999XX2020PTC000000".to_owned()),
        address: None,
        contact: None,
        primary: "#3d2c6b".to_owned(),
        accent: "#e4572e".to_owned(),
    };
    let pan = Identifier { kind: "PAN", number: "AAAPZ0000A".to_owned() };
    let borrower = Borrower { name: "Asha Invented".to_owned(), identifier: Some(pan) };
    let agreement = agreement("IN", letterhead, borrower);
    let pdf = kept("agreement-en", agreement.render(INDIA, made_at()).unwrap());
    let text = text(&pdf);
    assert_has(
        &text,
        &[
            "Loan Agreement",
            "Borrower: Asha Invented (PAN AAAPZ0000A).",
            "12 monthly, ₹112.00 each",
            "Key Facts Statement",
            "Fee to a third party: registro #1 *de* $x$ ₹18.00 1.50%",
            "Annual percentage rate (APR) 20.61%",
            "not capitalised",
        ],
    );
    assert!(!text.contains("CET"), "{text}");
}
