//! One row for every route: what its path names, and the least that it takes.
//!
//! `$…` in a body stands for an id or a value of the brand in the path, see
//! [`Office::fill`](super::office::Office::fill). A body that is right passes validation, so that
//! only who may not, or an id that is not theirs, is in the way.

use platform::auth::Permission;

/// What the last parameter of a path names, beside the brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    Nothing,
    Customer,
    /// A document that was asked for and not sent, named with its customer.
    Document,
    /// An active loan.
    Loan,
    /// A loan that waits for a decision.
    OpenLoan,
    /// An active loan whose end is agreed or given up on the way.
    EndingLoan,
    /// A renegotiation that waits for approval, of the loan that ends.
    Renegotiation,
    Invoice,
    /// A payment that waits for approval.
    Payment,
    Message,
    /// Made anew for each call that may do something.
    Template,
    Import,
    Staff,
    /// Made anew for each call that may do something.
    ApiKey,
    Job,
    /// A type of report, which every brand has.
    Report,
    File,
}

#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Method and path.
    pub route: &'static str,
    pub names: Names,
    /// JSON; empty for none.
    pub body: &'static str,
    /// How a call is answered that may do it, with the id of an own record.
    pub passes: &'static [u16],
    /// How a key is answered that may do it, where that is not as staff is.
    pub passes_keys: Option<&'static [u16]>,
    /// What the body asks for beside the route's permission.
    pub also: Option<Permission>,
    /// The signed-in user must exist, and tries are limited by address: sent as API Gateway's event
    /// from an address of its own.
    pub sign_in: bool,
}

/// Done.
const DONE: &[u16] = &[200, 201, 202, 204];
/// Done by the first who may; for those who come later the state is another.
const ONCE: &[u16] = &[200, 201, 202, 204, 409];

const fn row(route: &'static str, names: Names, body: &'static str) -> Row {
    Row { route, names, body, passes: DONE, passes_keys: None, also: None, sign_in: false }
}

const fn once(route: &'static str, names: Names, body: &'static str) -> Row {
    Row { passes: ONCE, ..row(route, names, body) }
}

/// A route for anybody, and its answer to what it is sent here.
const fn public(
    route: &'static str,
    names: Names,
    body: &'static str,
    answer: &'static [u16],
) -> Row {
    Row { passes: answer, ..row(route, names, body) }
}

const fn sign_in(route: &'static str, body: &'static str, answer: &'static [u16]) -> Row {
    Row { passes: answer, sign_in: true, ..row(route, Names::Nothing, body) }
}

const USER: &str = r#"{"email":"$staffEmail","name":"Rui Invented","department":"COLLECTIONS",
    "permissions":[],"active":true}"#;
const TERMS: &str = r#"{"principal":"1000.00","method":"PRICE","annualRate":"12","installments":3,
    "frequency":{"every":1,"unit":"MONTH"}}"#;

const OFFER: &str = r#"{"terms":{"method":"FIXED_INSTALLMENT","installmentAmount":"400.00",
    "installments":3,"frequency":{"every":1,"unit":"MONTH"}}}"#;

/// Every route.
pub const ROWS: &[Row] = &[
    // admin
    row("GET /api/v1/admin/brands", Names::Nothing, ""),
    row(
        "POST /api/v1/admin/brands",
        Names::Nothing,
        r#"{"country":"BR","currency":"BRL","shards":1,"settings":{"name":"New","locale":"pt-BR",
            "timezone":"America/Sao_Paulo",
            "charges":{"lateFeePercent":"0","lateFeeMoraPercent":"0"}}}"#,
    ),
    row("GET /api/v1/admin/jobs", Names::Nothing, ""),
    row(
        "POST /api/v1/admin/jobs/{job}/run",
        Names::Job,
        r#"{"brandId":"$brand","reason":"the matrix"}"#,
    ),
    row("GET /api/v1/admin/settings", Names::Nothing, ""),
    row("PUT /api/v1/admin/settings", Names::Nothing, r#"{"newBrandShards":8}"#),
    row(
        "PUT /api/v1/admin/settings/brand/{brandId}",
        Names::Nothing,
        r#"{"name":"Changed","locale":"$locale","timezone":"$timezone","rateLimitPerMinute":10000,
            "paymentsNeedApproval":true,
            "charges":{"lateFeePercent":"0","lateFeeMoraPercent":"0"}}"#,
    ),
    row("GET /api/v1/admin/users", Names::Nothing, ""),
    row(
        "POST /api/v1/admin/users/create",
        Names::Nothing,
        r#"{"brandId":"$brand","email":"a$unique@example.test","name":"Rui Invented",
            "department":"CREDIT","password":"a password for tests"}"#,
    ),
    row("PUT /api/v1/admin/users/{userId}", Names::Staff, USER),
    // partner-auth
    sign_in(
        "POST /api/v1/partner/auth/change-password",
        r#"{"currentPassword":"not the password","newPassword":"another password"}"#,
        &[400],
    ),
    sign_in(
        "POST /api/v1/partner/auth/login",
        r#"{"email":"nobody@example.test","password":"not the password"}"#,
        &[401],
    ),
    public("POST /api/v1/partner/auth/logout", Names::Nothing, "{}", &[204]),
    Row { sign_in: true, ..row("GET /api/v1/partner/auth/me", Names::Nothing, "") },
    public("POST /api/v1/partner/auth/refresh-token", Names::Nothing, "{}", &[401]),
    sign_in("POST /api/v1/partner/auth/secure-code", r#"{"code":"guessed"}"#, &[401]),
    // activity
    row("GET /api/v1/partner/brand/{brandId}/activity/idle", Names::Nothing, ""),
    row("POST /api/v1/partner/brand/{brandId}/activity/ping", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/activity/sessions", Names::Nothing, ""),
    // api-keys
    row("GET /api/v1/partner/brand/{brandId}/api-keys", Names::Nothing, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/api-keys",
        Names::Nothing,
        r#"{"name":"matrix","permissions":["loans:read"]}"#,
    ),
    row("DELETE /api/v1/partner/brand/{brandId}/api-keys/{keyId}", Names::ApiKey, ""),
    row("POST /api/v1/partner/brand/{brandId}/api-keys/{keyId}/rotate", Names::ApiKey, ""),
    // staff
    row("GET /api/v1/partner/brand/{brandId}/audit-logs", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/user", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/user/audit-logs", Names::Nothing, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/user/create",
        Names::Nothing,
        r#"{"email":"b$unique@example.test","name":"Rui Invented","department":"CREDIT"}"#,
    ),
    once(
        "POST /api/v1/partner/brand/{brandId}/user/generate-secure-code",
        Names::Nothing,
        r#"{"userId":"$staff"}"#,
    ),
    row("DELETE /api/v1/partner/brand/{brandId}/user/{userId}", Names::Staff, ""),
    once(
        "POST /api/v1/partner/brand/{brandId}/user/{userId}/allocate-loans",
        Names::Staff,
        r#"{"loanIds":["$loan"]}"#,
    ),
    row("PUT /api/v1/partner/brand/{brandId}/user/{userId}/update", Names::Staff, USER),
    // collections
    row("GET /api/v1/partner/brand/{brandId}/collection", Names::Nothing, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/collection/allocate",
        Names::Nothing,
        r#"{"loanIds":["$loan"],"staffId":null}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/collection/post", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/collection/pre", Names::Nothing, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/collection/{loanId}/field-visit",
        Names::Loan,
        r#"{"latitude":-23.5,"longitude":-46.6,"outcome":"MET"}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/collection/{loanId}/payoff-quote", Names::Loan, ""),
    once(
        "POST /api/v1/partner/brand/{brandId}/collection/{loanId}/promise-to-pay",
        Names::Loan,
        r#"{"amount":"10.00","by":"2026-01-20"}"#,
    ),
    row(
        "GET /api/v1/partner/brand/{brandId}/collection/{loanId}/repayment-timeline",
        Names::Loan,
        "",
    ),
    row(
        "POST /api/v1/partner/brand/{brandId}/collection/{loanId}/repayment-timeline",
        Names::Loan,
        r#"{"channel":"CALL","text":"Invented text"}"#,
    ),
    once(
        "POST /api/v1/partner/brand/{brandId}/collection/{loanId}/settlement",
        Names::EndingLoan,
        r#"{"amount":"10.00","until":"2026-01-20","reason":"the matrix"}"#,
    ),
    once(
        "POST /api/v1/partner/brand/{brandId}/collection/{loanId}/writeoff",
        Names::EndingLoan,
        r#"{"reason":"the matrix"}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/completed", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/completed/closed", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/completed/settled", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/completed/writeoff", Names::Nothing, ""),
    // renegotiations
    row("GET /api/v1/partner/brand/{brandId}/renegotiations", Names::Nothing, ""),
    once(
        "POST /api/v1/partner/brand/{brandId}/renegotiations",
        Names::Nothing,
        r#"{"loanId":"$endingLoan","offer":$offer,"reason":"the matrix"}"#,
    ),
    row(
        "POST /api/v1/partner/brand/{brandId}/renegotiations/simulate",
        Names::Nothing,
        r#"{"loanId":"$loan","offers":[$offer]}"#,
    ),
    row(
        "GET /api/v1/partner/brand/{brandId}/renegotiations/{renegotiationId}",
        Names::Renegotiation,
        "",
    ),
    once(
        "POST /api/v1/partner/brand/{brandId}/renegotiations/{renegotiationId}/approve",
        Names::Renegotiation,
        "",
    ),
    once(
        "POST /api/v1/partner/brand/{brandId}/renegotiations/{renegotiationId}/reject",
        Names::Renegotiation,
        r#"{"reason":"the matrix"}"#,
    ),
    // communications
    row("GET /api/v1/partner/brand/{brandId}/communications", Names::Nothing, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/communications/send",
        Names::Nothing,
        r#"{"customerId":"$customer","text":"Invented text"}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/communications/templates", Names::Nothing, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/communications/templates",
        Names::Nothing,
        r#"{"kind":"MANUAL","name":"matrix","text":"Invented text"}"#,
    ),
    row(
        "PUT /api/v1/partner/brand/{brandId}/communications/templates/{templateId}",
        Names::Template,
        r#"{"name":"matrix","text":"Another text"}"#,
    ),
    row(
        "DELETE /api/v1/partner/brand/{brandId}/communications/templates/{templateId}",
        Names::Template,
        "",
    ),
    row("GET /api/v1/partner/brand/{brandId}/communications/{communicationId}", Names::Message, ""),
    once(
        "POST /api/v1/partner/brand/{brandId}/communications/{communicationId}/resend",
        Names::Message,
        "",
    ),
    // customers
    row("GET /api/v1/partner/brand/{brandId}/customers", Names::Nothing, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/customers",
        Names::Nothing,
        r#"{"name":"Bia Invented","phone":"$phone"}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/customers/{userId}", Names::Customer, ""),
    row(
        "PUT /api/v1/partner/brand/{brandId}/customers/{userId}",
        Names::Customer,
        r#"{"name":"Bia Another"}"#,
    ),
    row(
        "POST /api/v1/partner/brand/{brandId}/customers/{userId}/comments",
        Names::Customer,
        r#"{"text":"Invented text"}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/customers/{userId}/loans", Names::Customer, ""),
    row("GET /api/v1/partner/brand/{brandId}/customers/unallocated", Names::Nothing, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/customers/{userId}/allocate",
        Names::Customer,
        r#"{"nobody":true}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/customers/{userId}/documents", Names::Customer, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/customers/{userId}/documents",
        Names::Customer,
        r#"{"kind":"OTHER","contentType":"application/pdf","sizeBytes":1000}"#,
    ),
    once(
        "POST /api/v1/partner/brand/{brandId}/customers/{userId}/documents/{documentId}/complete",
        Names::Document,
        "{}",
    ),
    once(
        "POST /api/v1/partner/brand/{brandId}/customers/{userId}/documents/{documentId}/reject",
        Names::Document,
        r#"{"reason":"the matrix"}"#,
    ),
    once(
        "POST /api/v1/partner/brand/{brandId}/customers/{userId}/documents/{documentId}/verify",
        Names::Document,
        "{}",
    ),
    row("GET /api/v1/partner/brand/{brandId}/customers/{userId}/export", Names::Customer, ""),
    // A running loan keeps the personal data.
    once(
        "DELETE /api/v1/partner/brand/{brandId}/customers/{userId}/personal-data",
        Names::Customer,
        "",
    ),
    once(
        "POST /api/v1/partner/brand/{brandId}/customers/{userId}/reloan",
        Names::Customer,
        r#"{"terms":$terms}"#,
    ),
    row(
        "POST /api/v1/partner/brand/{brandId}/customers/{userId}/status",
        Names::Customer,
        r#"{"status":"ACTIVE"}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/customers/{userId}/timeline", Names::Customer, ""),
    // dashboard
    row("GET /api/v1/partner/brand/{brandId}/dashboard/collection-analysis", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/dashboard/disbursement-analysis", Names::Nothing, ""),
    row(
        "GET /api/v1/partner/brand/{brandId}/dashboard/partner-user-leads-stats",
        Names::Nothing,
        "",
    ),
    row("GET /api/v1/partner/brand/{brandId}/dashboard/stats", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/dashboard/summary", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/dashboard/users-by-subdomain", Names::Nothing, ""),
    // docs, health
    public("GET /docs", Names::Nothing, "", &[200]),
    public("GET /docs/openapi.json", Names::Nothing, "", &[200]),
    public("GET /docs/{file}", Names::File, "", &[200]),
    public("GET /api/v1/health", Names::Nothing, "", &[200]),
    public("GET /api/v1/health/live", Names::Nothing, "", &[200]),
    // imports
    row(
        "POST /api/v1/partner/brand/{brandId}/imports",
        Names::Nothing,
        r#"{"name":"matrix","dryRun":true,"csv":"contract_id,customer_id,granted_on,principal,installments,installment_amount,paid_installments\nC-1,K-1,2026-01-15,1200.00,12,110.00,0\n"}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/imports/{importId}", Names::Import, ""),
    // invoices
    row("GET /api/v1/partner/brand/{brandId}/invoices", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/invoices/{invoiceId}", Names::Invoice, ""),
    Row {
        // Nothing is overdue, so there is nothing to waive; a key has no department and no share.
        passes: &[400],
        passes_keys: Some(&[403]),
        ..row(
            "POST /api/v1/partner/brand/{brandId}/invoices/{invoiceId}/waive",
            Names::Invoice,
            r#"{"charge":"LATE_FEE","amount":"0.01","reason":"the matrix"}"#,
        )
    },
    // loans
    row("GET /api/v1/partner/brand/{brandId}/loans", Names::Nothing, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/loans",
        Names::Nothing,
        r#"{"customerId":"$customer","terms":$terms}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/loans/disbursed-amount", Names::Nothing, ""),
    row("POST /api/v1/partner/brand/{brandId}/loans/quote", Names::Nothing, TERMS),
    row("GET /api/v1/partner/brand/{brandId}/loans/unallocated", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/loans/{loanId}", Names::Loan, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/loans/{loanId}/allocate",
        Names::Loan,
        r#"{"staffId":null}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/loans/{loanId}/agreement", Names::Loan, ""),
    row("POST /api/v1/partner/brand/{brandId}/loans/{loanId}/agreement", Names::Loan, ""),
    row("GET /api/v1/partner/brand/{brandId}/loans/{loanId}/schedule.pdf", Names::Loan, ""),
    // Something is owed on it.
    Row {
        passes: &[409],
        ..row("POST /api/v1/partner/brand/{brandId}/loans/{loanId}/generate-ndc", Names::Loan, "")
    },
    row("GET /api/v1/partner/brand/{brandId}/loans/{loanId}/comments", Names::Loan, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/loans/{loanId}/comments",
        Names::Loan,
        r#"{"text":"Invented text"}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/loans/{loanId}/invoices", Names::Loan, ""),
    row("GET /api/v1/partner/brand/{brandId}/loans/{loanId}/explain", Names::Loan, ""),
    row("GET /api/v1/partner/brand/{brandId}/loans/{loanId}/journal", Names::Loan, ""),
    row("GET /api/v1/partner/brand/{brandId}/loans/{loanId}/statement", Names::Loan, ""),
    Row {
        also: Some(Permission::ApproveLoans),
        ..once(
            "POST /api/v1/partner/brand/{brandId}/loans/{loanId}/status",
            Names::OpenLoan,
            r#"{"action":"APPROVE"}"#,
        )
    },
    once(
        "POST /api/v1/partner/brand/{brandId}/loans/{loanId}/update-with-reasons",
        Names::OpenLoan,
        r#"{"terms":$terms,"reason":"the matrix"}"#,
    ),
    // payments
    row("GET /api/v1/partner/brand/{brandId}/payment", Names::Nothing, ""),
    row("GET /api/v1/partner/brand/{brandId}/payment/approval", Names::Nothing, ""),
    once("POST /api/v1/partner/brand/{brandId}/payment/approve/{paymentId}", Names::Payment, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/payment/process",
        Names::Nothing,
        r#"{"loanId":"$loan","amount":"1.00","method":"TRANSFER"}"#,
    ),
    once(
        "POST /api/v1/partner/brand/{brandId}/payment/reject/{paymentId}",
        Names::Payment,
        r#"{"reason":"the matrix"}"#,
    ),
    row("GET /api/v1/partner/brand/{brandId}/payment/{paymentId}", Names::Payment, ""),
    once(
        "POST /api/v1/partner/brand/{brandId}/payment/{paymentId}/refund",
        Names::Payment,
        r#"{"kind":"REVERSAL","reason":"the matrix"}"#,
    ),
    // reports
    row("GET /api/v1/partner/brand/{brandId}/report/{reportType}", Names::Report, ""),
    row("GET /api/v1/partner/brand/{brandId}/report/{reportType}/csv", Names::Report, ""),
    row("GET /api/v1/partner/brand/{brandId}/report/{reportType}/download", Names::Report, ""),
    row("GET /api/v1/partner/brand/{brandId}/reports/login-logs", Names::Nothing, ""),
    row(
        "POST /api/v1/partner/brand/{brandId}/global-search",
        Names::Nothing,
        r#"{"query":"Bia Invented"}"#,
    ),
    // webhooks
    public("POST /api/v1/webhook/evolution", Names::Nothing, "{}", &[401]),
];

/// The terms that `$terms` stands for.
pub const fn terms() -> &'static str {
    TERMS
}

/// The offer that `$offer` stands for.
pub const fn offer() -> &'static str {
    OFFER
}
