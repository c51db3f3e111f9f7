//! The terms that make each figure of a loan's screen.

use jiff::civil::Date;
use serde::Serialize;

use crate::invoices::{Invoice, Part, Split};
use crate::loans::loan::Loan;
use crate::money::{Amount, Percent};

/// A figure and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// Where it stands on the screen, an invoice by its number: `owed.total`,
    /// `invoices.3.charged.mora`.
    pub figure: String,
    pub value: Amount,
    #[serde(flatten)]
    pub rule: Rule,
}

/// How the terms make the figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "rule", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum Rule {
    /// The terms added up; what is taken off is negative.
    Sum { terms: Vec<Term> },
    /// The same, and zero where they come to less.
    SumOrZero { terms: Vec<Term> },
    /// `round(base × percent / 100)`, once, from the day after the due date.
    LateFee { base: Amount, percent: Percent, due: Date },
    /// `until + round(base × monthlyPercent × days / 3000)`.
    Mora { until: Amount, since: Date, days: i64, base: Amount, monthly_percent: Percent },
}

/// One term: a figure that is explained itself, or one that the contract or the journal says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Term {
    pub of: String,
    pub value: Amount,
}

impl Term {
    fn new(of: impl Into<String>, value: Amount) -> Self {
        Self { of: of.into(), value }
    }
}

impl Loan {
    /// Explains what the loan's screen shows on a business date: first the loan's figures, then
    /// those of each open invoice that it holds.
    pub fn explain_figures(&self, on: Date) -> Vec<Explained> {
        let accrual = self.accrual_date(on);
        let sums = self.sums();
        let open: Vec<&Invoice> = self.open_invoices().collect();
        let owed = |invoice: &Invoice| invoice.owed(accrual, &self.terms);
        let mut figures = split(
            "owed",
            self.owed(on),
            open.iter().map(|invoice| (of_invoice(invoice, "owed"), owed(invoice))).collect(),
        );
        for (name, sum, earlier, of) in [
            (
                "paid",
                sums.paid,
                self.evicted.paid,
                (|invoice| invoice.paid) as fn(&Invoice) -> Split,
            ),
            ("waived", sums.waived, self.evicted.waived, |invoice| invoice.waived),
        ] {
            let earlier = (format!("earlierInvoices.{name}"), earlier);
            let held = self.invoices.iter().map(|invoice| (of_invoice(invoice, name), of(invoice)));
            figures.extend(split(name, sum, std::iter::once(earlier).chain(held).collect()));
        }
        figures.push(sum(
            "totalValuePaid",
            self.total_value_paid(),
            vec![Term::new("paid.total", sums.paid.total()), Term::new("credit", self.credit)],
        ));
        figures.push(Explained {
            figure: "totalValueToBreakeven".to_owned(),
            value: self.total_value_to_breakeven(),
            rule: Rule::SumOrZero {
                terms: vec![
                    Term::new("disbursed", self.disbursed),
                    Term::new("totalValuePaid", -self.total_value_paid()),
                ],
            },
        });
        for invoice in open {
            figures.extend(self.explain_invoice(invoice, accrual));
        }
        figures
    }

    fn explain_invoice(&self, invoice: &Invoice, accrual: Date) -> Vec<Explained> {
        let charges = invoice.explain(accrual, &self.terms);
        let charged = invoice.charged(accrual, &self.terms);
        let late_fee = if charged.late_fee.is_zero() {
            Rule::Sum { terms: Vec::new() }
        } else {
            Rule::LateFee {
                base: charges.late_fee_base,
                percent: charges.late_fee_percent,
                due: charges.due,
            }
        };
        let mora = Rule::Mora {
            until: charges.mora_until,
            since: charges.mora_since,
            days: charges.mora_days,
            base: charges.mora_base,
            monthly_percent: charges.mora_monthly_percent,
        };
        let figure = |name: &str| of_invoice(invoice, name);
        let mut figures = vec![
            Explained {
                figure: figure("charged.lateFee"),
                value: charged.late_fee,
                rule: late_fee,
            },
            Explained { figure: figure("charged.mora"), value: charged.mora, rule: mora },
        ];
        let parts = vec![
            (figure("charged"), charged),
            (figure("paid"), Split::default() - invoice.paid),
            (figure("waived"), Split::default() - invoice.waived),
        ];
        figures.extend(split(&figure("owed"), charges.owed, parts));
        figures
    }
}

fn of_invoice(invoice: &Invoice, name: &str) -> String {
    format!("invoices.{}.{name}", invoice.number)
}

/// A split's parts, each the sum of the same part of others, and their total.
fn split(name: &str, value: Split, of: Vec<(String, Split)>) -> Vec<Explained> {
    let part = |part: Part| {
        let terms =
            of.iter().map(|(of, split)| (format!("{of}.{}", name_of(part)), split.get(part)));
        let terms = terms.filter(|(_, value)| !value.is_zero());
        let terms = terms.map(|(of, value)| Term::new(of, value)).collect();
        sum(&format!("{name}.{}", name_of(part)), value.get(part), terms)
    };
    let total = Part::ALL
        .map(|part| Term::new(format!("{name}.{}", name_of(part)), value.get(part)))
        .to_vec();
    let total = sum(&format!("{name}.total"), value.total(), total);
    Part::ALL.into_iter().map(part).chain(std::iter::once(total)).collect()
}

fn sum(figure: &str, value: Amount, terms: Vec<Term>) -> Explained {
    Explained { figure: figure.to_owned(), value, rule: Rule::Sum { terms } }
}

const fn name_of(part: Part) -> &'static str {
    match part {
        Part::LateFee => "lateFee",
        Part::Mora => "mora",
        Part::Interest => "interest",
        Part::Principal => "principal",
    }
}
