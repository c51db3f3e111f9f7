//! What a quote says about its figures.

use domain::loans::quote::Quote;
use domain::loans::terms::ScheduleTerms;
use serde_json::json;

use super::{amount, input};

/// By hand: 100.00 at 1 % a month in 2: 100 × 1.01² / (1 + 1.01) = 102.01 / 2.01 = 50.751243781095;
/// interest 1.00, then 50.25 × 0.01 = 0.5025. Cost: 50.75 (v + v²) = 100 at v = (√(1 + 400/50.75) − 1) / 2,
/// so 1/v − 1 = 0.9983470894 %, and v⁻¹² − 1 = 12.6603758042 %.
#[test]
fn every_figure_is_explained() {
    let mut loan = input();
    loan.principal = amount("100");
    loan.installments = Some(2);
    let quote = Quote::new(&ScheduleTerms::parse(loan).unwrap()).unwrap();
    let expected = json!({
        "installments": [
            {
                "number": 1, "nominalDueDate": "2026-02-15", "dueDate": "2026-02-15",
                "principal": "49.75", "interest": "1.00", "fees": "0.00", "total": "50.75",
                "balance": "50.25",
            },
            {
                "number": 2, "nominalDueDate": "2026-03-15", "dueDate": "2026-03-15",
                "principal": "50.25", "interest": "0.50", "fees": "0.00", "total": "50.75",
                "balance": "0.00",
            },
        ],
        "installmentAmount": "50.75",
        "totals": {"principal": "100.00", "interest": "1.50", "fees": "0.00", "total": "101.50"},
        "disclosure": {
            "netDisbursed": "100.00", "monthlyIrr": "1.00", "aprNominal": "11.98",
            "effectiveAnnualCost": "12.66",
        },
        "explanation": {
            "schedule": {
                "formula": "LEVEL_INSTALLMENT",
                "amountLent": "100.00",
                "rate": {"quoted": "ANNUAL", "annual": "12", "monthly": "1"},
                "dayCount": "30/360",
                "frequency": {"every": 1, "unit": "MONTH"},
                "monthEnd": "CLAMP",
                "convention": "FOLLOWING",
                "rounding": {
                    "installmentMultiple": "0.01", "installmentMode": "HALF_UP",
                    "interestMultiple": "0.01", "interestMode": "HALF_UP",
                },
                "graceInstallments": {"principal": 0, "interest": 0},
                "installment": {"exact": "50.751243781095", "rounded": "50.75"},
                "lastInstallment": {"total": "50.75", "absorbed": "0.00"},
                "periods": [
                    {
                        "number": 1, "from": "2026-01-15", "to": "2026-02-15", "days": 31,
                        "yearFraction": "0.083333333333", "rate": "0.01", "exactInterest": "1",
                    },
                    {
                        "number": 2, "from": "2026-02-15", "to": "2026-03-15", "days": 28,
                        "yearFraction": "0.083333333333", "rate": "0.01",
                        "exactInterest": "0.5025",
                    },
                ],
            },
            "disclosure": {
                "principal": "100.00",
                "charges": [],
                "monthlyIrrTime": "EQUAL_MONTHS",
                "effectiveAnnualCostTime": "EQUAL_MONTHS",
                "exactMonthlyIrr": "0.9983470894",
                "exactEffectiveAnnualCost": "12.6603758042",
            },
            "iof": null,
        },
    });
    assert_eq!(serde_json::to_value(&quote).unwrap(), expected);
}
