//! The extractors and what surrounds them, through the real router.

use axum::Json;
use axum::body::Body as AxumBody;
use axum::extract::State;
use axum::response::Html;
use domain::ids::{BrandId, LoanId};
use domain::money::Amount;
use garde::Validate;
use http::{HeaderMap, Request, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower::ServiceExt;
use ulid::Ulid;
use utoipa::{IntoParams, ToSchema};

use super::{ApiError, Body, Idempotent, IfMatch, List, Page, PageParams, Path, Query, finish};
use crate::auth::permission::{ApproveLoans, ReadLoans, RequestLoans};
use crate::auth::{Allowed, Department, Public, Staff, SuperAdmin, csrf};
use crate::store::{Brand, Range};
use crate::testing::{self, BRAND_ORIGIN};
use crate::{Deps, routes};

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fee {
    #[garde(length(min = 1, max = 20))]
    paid_to: String,
    #[garde(skip)]
    #[schema(value_type = String)]
    amount: Amount,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewLoan {
    #[garde(skip)]
    #[schema(value_type = String)]
    principal: Amount,
    #[garde(range(min = 1, max = 480))]
    number_of_installments: u32,
    #[garde(skip)]
    method: Method,
    #[garde(dive, length(max = 2))]
    #[serde(default)]
    fees: Vec<Fee>,
    #[garde(skip)]
    note: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Method {
    Price,
    Sac,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LoanFilters {
    #[garde(range(min = 1))]
    min_shards: Option<u16>,
    #[garde(skip)]
    status: Option<Method>,
}

#[derive(Serialize, ToSchema)]
struct View {
    id: String,
}

/// Requests a loan.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/loans", request_body = NewLoan,
    responses((status = 201, body = View)))]
async fn create(
    allowed: Allowed<RequestLoans>,
    request: Idempotent<NewLoan>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let view = json!({
        "brand": allowed.brand.id,
        "actor": allowed.actor.id,
        "principal": request.body.principal,
        "method": format!("{:?}", request.body.method),
        "installments": request.body.number_of_installments,
        "fees": request.body.fees.iter().map(|fee| (&fee.paid_to, fee.amount)).collect::<Vec<_>>(),
        "note": request.body.note,
        "fingerprint": request.intent.fingerprint.hex(),
    });
    Ok((StatusCode::CREATED, Json(view)))
}

/// The brands, standing for any list.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/loans",
    params(LoanFilters, PageParams), responses((status = 200, body = Page<View>)))]
async fn list(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    list: List<LoanFilters>,
) -> Result<Json<Page<View>>, ApiError> {
    tracing::debug!(brand = %allowed.brand.id, filters = ?list.filters, "list");
    let slice =
        deps.table.query(&Range::partition("BRANDS"), list.limit, list.after.clone()).await?;
    Ok(Json(list.page(slice, |brand: Brand| View { id: brand.id.to_string() })?))
}

#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/loans/{loanId}")]
async fn get(
    _: Allowed<ReadLoans>,
    Path(loan): Path<LoanId>,
    version: IfMatch,
) -> Result<Json<Value>, ApiError> {
    version.check(7)?;
    Ok(Json(json!({ "id": loan })))
}

#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/approve")]
async fn approve(_: Allowed<ApproveLoans>, Path(_): Path<LoanId>) -> ApiError {
    ApiError::conflict("the loan is active").allowed(["RENEGOTIATED", "PAID"])
}

#[utoipa::path(get, path = "/api/v1/admin/brands")]
async fn admin(SuperAdmin(actor): SuperAdmin) -> Json<Value> {
    Json(json!({ "actor": actor.id }))
}

#[utoipa::path(get, path = "/api/v1/partner/auth/me")]
async fn me(Staff(actor): Staff) -> Json<Value> {
    Json(json!({ "actor": actor.id }))
}

#[utoipa::path(post, path = "/echo")]
async fn echo(_: Public, Body(loan): Body<NewLoan>) -> Json<Value> {
    Json(json!({ "principal": loan.principal }))
}

#[utoipa::path(get, path = "/filter")]
async fn filter(_: Public, Query(filters): Query<LoanFilters>) -> String {
    format!("{:?} {:?}", filters.min_shards, filters.status)
}

#[utoipa::path(get, path = "/panic")]
async fn panic(_: Public) -> String {
    panic!("a defect")
}

#[utoipa::path(get, path = "/page")]
async fn page(_: Public) -> Html<&'static str> {
    Html("<p>")
}

fn routes() -> super::Routes {
    routes![create, list, get, approve, admin, me, echo, filter, panic, page]
}

/// An answer: status, headers, body as JSON (a string where it is none).
struct Answer(StatusCode, HeaderMap, Value);

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.1.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn fields(&self) -> Vec<(&str, &str)> {
        let text =
            |error: &Value, name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
        assert_eq!(self.0, StatusCode::BAD_REQUEST, "{}", self.2);
        let errors = self.2.get("errors").and_then(Value::as_array).map(Vec::as_slice);
        errors
            .unwrap_or_default()
            .iter()
            .filter(|error| text(error, "field").is_some())
            .filter_map(|error| {
                Some((error.get("field")?.as_str()?, error.get("message")?.as_str()?))
            })
            .collect()
    }
}

async fn call(deps: &Deps, request: Request<AxumBody>) -> Answer {
    let response = finish(routes(), deps.clone()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let body = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&bytes).into_owned()));
    Answer(parts.status, parts.headers, body)
}

fn get_request(path: &str, headers: &[(&str, &str)]) -> Request<AxumBody> {
    let request = Request::get(path);
    headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value))
        .body(AxumBody::empty())
        .unwrap()
}

fn post_request(path: &str, headers: &[(&str, &str)], body: &str) -> Request<AxumBody> {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value))
        .body(AxumBody::from(body.to_owned()))
        .unwrap()
}

const LOAN: &str = r#"{"principal":"100.00","numberOfInstallments":3,"method":"PRICE"}"#;

#[tokio::test]
async fn unknown_paths_and_methods_answer_in_our_shape() {
    let deps = testing::deps().await;
    let answer = call(&deps, get_request("/nowhere?x=1", &[("x-request-id", "abc-1")])).await;
    assert_eq!(answer.0, StatusCode::NOT_FOUND);
    let mut body = answer.2.clone();
    let timestamp = body.as_object_mut().unwrap().remove("timestamp").unwrap();
    assert!(timestamp.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{timestamp}");
    assert_eq!(
        body,
        json!({ "statusCode": 404, "message": "there is nothing here", "error": "Not Found",
                "path": "/nowhere", "requestId": "abc-1" })
    );
    assert_eq!(answer.header("x-request-id"), "abc-1");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.header("strict-transport-security").starts_with("max-age=63072000"));
    assert_eq!(
        answer.header("content-security-policy"),
        "default-src 'none'; frame-ancestors 'none'"
    );

    let answer = call(
        &deps,
        get_request("/echo", &[("x-request-id", "bad id\u{7f}".trim_end_matches('\u{7f}'))]),
    )
    .await;
    assert_eq!(answer.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("allow"), "POST");
    assert_eq!(answer.2.get("error"), Some(&json!("Method Not Allowed")));
    assert!(answer.header("x-request-id").starts_with("req_"), "an odd id is not taken over");

    let answer = call(&deps, get_request("/page", &[])).await;
    assert!(answer.header("content-security-policy").starts_with("default-src 'self'; "));
}

#[tokio::test]
async fn a_panic_is_a_500_without_its_text() {
    let deps = testing::deps().await;
    let answer = call(&deps, get_request("/panic", &[])).await;
    assert_eq!(answer.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!answer.2.to_string().contains("defect"), "{}", answer.2);
    assert!(answer.header("x-request-id").starts_with("req_"));
}

#[tokio::test]
async fn a_body_is_json_of_a_bounded_size() {
    let deps = testing::deps().await;
    let answer = call(&deps, post_request("/echo", &[], LOAN)).await;
    assert_eq!((answer.0, answer.2), (StatusCode::OK, json!({ "principal": "100.00" })));

    let mut request = post_request("/echo", &[], LOAN);
    request.headers_mut().insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    assert_eq!(call(&deps, request).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);

    let large = format!(r#"{{"note":"{}"}}"#, "x".repeat(super::body::BODY_LIMIT_BYTES));
    assert_eq!(
        call(&deps, post_request("/echo", &[], &large)).await.0,
        StatusCode::PAYLOAD_TOO_LARGE
    );

    for (body, message) in [
        ("", "the body is not JSON: see line 1, column 0"),
        ("{\n  \"principal\": }", "the body is not JSON: see line 2, column 16"),
        ("[]", "the body must be a JSON object"),
        (
            &LOAN.replace("\"method\"", "\"principal\":\"1\",\"method\""),
            "the body names a field twice",
        ),
    ] {
        let answer = call(&deps, post_request("/echo", &[], body)).await;
        assert_eq!(answer.0, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.2.get("message"), Some(&json!(message)), "{body}");
    }
    assert_eq!(
        call(&deps, post_request("/echo", &[], &format!("{LOAN} x"))).await.0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn every_wrong_field_of_a_body_is_named_at_once() {
    let deps = testing::deps().await;
    let body =
        r#"{"principal":100,"method":"BALLOON","rate":"1","fees":[{"paidTo":"a","amount":"x"}]}"#;
    let answer = call(&deps, post_request("/echo", &[], body)).await;
    let mut fields = answer.fields();
    fields.sort_unstable();
    assert_eq!(
        fields.iter().map(|(field, _)| *field).collect::<Vec<_>>(),
        ["fees[0].amount", "method", "numberOfInstallments", "principal", "rate"],
        "{}",
        answer.2
    );
    for (field, message) in fields {
        match field {
            "numberOfInstallments" => assert_eq!(message, "is required"),
            "rate" => assert_eq!(message, "is not a known field"),
            "method" => assert_eq!(message, "must be PRICE or SAC"),
            _ => assert!(!message.is_empty(), "{field}"),
        }
    }

    let body = r#"{"principal":"1","numberOfInstallments":0,"method":"SAC",
                   "fees":[{"paidTo":"","amount":"1"}]}"#;
    let answer = call(&deps, post_request("/echo", &[], body)).await;
    let mut names: Vec<&str> = answer.fields().into_iter().map(|(field, _)| field).collect();
    names.sort_unstable();
    assert_eq!(names, ["fees[0].paidTo", "numberOfInstallments"], "{}", answer.2);
}

#[tokio::test]
async fn every_wrong_parameter_of_a_query_is_named_at_once() {
    let deps = testing::deps().await;
    let answer = call(&deps, get_request("/filter?minShards=3&status=SAC", &[])).await;
    assert_eq!(answer.2, json!("Some(3) Some(Sac)"));
    let answer = call(&deps, get_request("/filter?minShards=x&status=NO&other=1", &[])).await;
    let mut names: Vec<&str> = answer.fields().into_iter().map(|(field, _)| field).collect();
    names.sort_unstable();
    assert_eq!(names, ["minShards", "other", "status"], "{}", answer.2);
    let answer = call(&deps, get_request("/filter?minShards=0", &[])).await;
    assert_eq!(answer.fields().first().unwrap().0, "minShards");
}

#[tokio::test]
async fn permission_brand_and_credentials_decide_in_order() {
    let deps = testing::deps().await;
    let (own, other) = (testing::brand(&deps, 100).await, testing::brand(&deps, 100).await);
    let bearer = |department, brand| {
        format!("Bearer {}", testing::token(&deps, &testing::staff(&deps, department, brand)))
    };
    let credit = bearer(Department::Credit, Some(own));
    let collections = bearer(Department::Collections, Some(own));
    let platform = bearer(Department::SuperAdmin, None);
    let loan = LoanId::new(Ulid::from_parts(1, 1));
    let loans = |brand: &str, rest: &str| format!("/api/v1/partner/brand/{brand}/loans{rest}");
    let (own, other) = (own.to_string(), other.to_string());
    let unknown = BrandId::new(Ulid::from_parts(1, 1)).to_string();
    let approve = format!("/{loan}/approve");

    let cases = [
        (post_request(&loans(&own, &approve), &[("authorization", &credit)], ""), 409),
        (post_request(&loans(&own, &approve), &[("authorization", &collections)], ""), 403),
        (post_request(&loans(&own, &approve), &[], ""), 401),
        (post_request(&loans(&own, &approve), &[("authorization", "Basic eA==")], ""), 401),
        (post_request(&loans(&own, &approve), &[("authorization", "Bearer x.y.z")], ""), 401),
        (post_request(&loans(&other, &approve), &[("authorization", &credit)], ""), 404),
        (post_request(&loans("mine", &approve), &[("authorization", &credit)], ""), 404),
        (post_request(&loans("mine", &approve), &[], ""), 401),
        (post_request(&loans(&other, &approve), &[("authorization", &platform)], ""), 409),
        (post_request(&loans(&unknown, &approve), &[("authorization", &platform)], ""), 404),
        (get_request(&loans(&own, &format!("/{loan}")), &[("authorization", &credit)]), 200),
        (get_request(&loans(&own, "/loan_1"), &[("authorization", &credit)]), 404),
        (get_request(&loans(&own, "/%ff"), &[("authorization", &credit)]), 404),
        (
            get_request(
                &loans(&own, &format!("/{loan}")),
                &[("authorization", &credit), ("if-match", "\"6\"")],
            ),
            409,
        ),
        (
            get_request(
                &loans(&own, &format!("/{loan}")),
                &[("authorization", &credit), ("if-match", "\"7\"")],
            ),
            200,
        ),
        (get_request("/api/v1/admin/brands", &[("authorization", &platform)]), 200),
        (get_request("/api/v1/admin/brands", &[("authorization", &credit)]), 403),
        (get_request("/api/v1/partner/auth/me", &[("authorization", &credit)]), 200),
    ];
    for (number, (request, status)) in cases.into_iter().enumerate() {
        let answer = call(&deps, request).await;
        assert_eq!(answer.0.as_u16(), status, "case {number}: {}", answer.2);
        match status {
            401 => assert_eq!(answer.header("www-authenticate"), "Bearer"),
            409 if number == 0 => {
                assert_eq!(answer.2.get("allowed"), Some(&json!(["RENEGOTIATED", "PAID"])));
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_cookie_changes_something_only_with_the_csrf_token() {
    let deps = testing::deps().await;
    let brand = testing::brand(&deps, 100).await;
    let actor = testing::staff(&deps, Department::Admin, Some(brand));
    let path = format!("/api/v1/partner/brand/{brand}/loans");
    let access = format!("__Host-parcela_access={}", testing::token(&deps, &actor));
    let csrf = csrf::token(testing::key(&deps), actor.session).unwrap();
    let both = format!("{access}; __Host-parcela_csrf={csrf}");
    let planted = format!("{access}; __Host-parcela_csrf=planted");
    let key = ("idempotency-key", "k1");

    assert_eq!(call(&deps, get_request(&path, &[("cookie", &access)])).await.0, StatusCode::OK);
    for (status, headers) in [
        (201, vec![("cookie", both.as_str()), ("x-csrf-token", &csrf), key]),
        (403, vec![("cookie", both.as_str()), key]),
        (403, vec![("cookie", access.as_str()), ("x-csrf-token", &csrf), key]),
        (403, vec![("cookie", planted.as_str()), ("x-csrf-token", "planted"), key]),
        (401, vec![("x-csrf-token", csrf.as_str()), key]),
    ] {
        let answer = call(&deps, post_request(&path, &headers, LOAN)).await;
        assert_eq!(answer.0.as_u16(), status, "{}", answer.2);
    }
}

#[tokio::test]
async fn an_idempotency_key_is_asked_for_and_the_body_is_fingerprinted() {
    let deps = testing::deps().await;
    let brand = testing::brand(&deps, 100).await;
    let actor = testing::staff(&deps, Department::Admin, Some(brand));
    let bearer = format!("Bearer {}", testing::token(&deps, &actor));
    let path = format!("/api/v1/partner/brand/{brand}/loans");
    let post = |key: &str, body: &str| {
        let mut headers = vec![("authorization", bearer.as_str())];
        if !key.is_empty() {
            headers.push(("idempotency-key", key));
        }
        post_request(&path, &headers, body)
    };
    let long = "k".repeat(129);
    for key in ["", "with space", &long] {
        let answer = call(&deps, post(key, LOAN)).await;
        assert_eq!(answer.fields().first().unwrap().0, "Idempotency-Key", "{key}");
    }
    let fingerprint = async |body: &str| {
        let answer = call(&deps, post("k1", body)).await;
        assert_eq!(answer.0, StatusCode::CREATED, "{}", answer.2);
        answer.2.get("fingerprint").unwrap().as_str().unwrap().to_owned()
    };
    let first = fingerprint(LOAN).await;
    let reordered = r#" {"method":"PRICE", "numberOfInstallments":3, "principal":"100.00"}"#;
    assert_eq!(fingerprint(reordered).await, first);
    assert_ne!(fingerprint(&LOAN.replace("100.00", "100.01")).await, first);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_query_only() {
    let deps = testing::deps().await;
    let brand = testing::brand(&deps, 100).await;
    let mut ids = vec![brand.to_string()];
    for _ in 0..4 {
        ids.push(testing::brand(&deps, 100).await.to_string());
    }
    ids.sort_unstable();
    let platform = testing::staff(&deps, Department::SuperAdmin, None);
    let bearer = format!("Bearer {}", testing::token(&deps, &platform));
    let list = async |brand: &str, query: &str| {
        let path = format!("/api/v1/partner/brand/{brand}/loans?{query}");
        call(&deps, get_request(&path, &[("authorization", &bearer)])).await
    };
    let brand = brand.to_string();
    let mut seen = Vec::new();
    let mut query = "limit=2&minShards=1&status=SAC".to_owned();
    let mut first_cursor = String::new();
    loop {
        let answer = list(&brand, &query).await;
        assert_eq!(answer.0, StatusCode::OK, "{}", answer.2);
        let page: Value = answer.2;
        let items = page.get("items").unwrap().as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item.get("id").unwrap().as_str().unwrap().to_owned()));
        let Some(cursor) = page.get("nextCursor").unwrap().as_str() else { break };
        if first_cursor.is_empty() {
            first_cursor = cursor.to_owned();
        }
        // The order of the parameters and the page's size are not part of the query.
        query = format!("cursor={cursor}&status=SAC&limit=2&minShards=1");
    }
    assert_eq!(seen, ids);

    let other = ids.iter().find(|id| **id != brand).unwrap();
    let tampered = first_cursor.replacen(|c: char| c.is_ascii_lowercase(), "Z", 1);
    for (brand, query) in [
        (&brand, format!("cursor={first_cursor}&minShards=2&status=SAC")),
        (&brand, format!("cursor={first_cursor}")),
        (other, format!("cursor={first_cursor}&minShards=1&status=SAC")),
        (&brand, format!("cursor={tampered}&minShards=1&status=SAC")),
        (&brand, "cursor=AAAA".to_owned()),
        (&brand, "cursor=".to_owned()),
    ] {
        let answer = list(brand, &query).await;
        assert_eq!(answer.fields(), [("cursor", "is not a cursor of this list")], "{query}");
    }
    let answer = list(&brand, "limit=101&cursor=x&minShards=x&what=1").await;
    let names: Vec<&str> = answer.fields().into_iter().map(|(field, _)| field).collect();
    assert_eq!(names, ["limit", "cursor", "minShards", "what"], "{}", answer.2);
    assert_eq!(list(&brand, "limit=0").await.fields().len(), 1);
    assert_eq!(list(&brand, "limit=1&limit=2").await.fields(), [("limit", "is given twice")]);
}

#[tokio::test]
async fn a_caller_over_the_brands_limit_waits() {
    let deps = testing::deps().await;
    let brand = testing::brand(&deps, 3).await;
    let path = format!("/api/v1/partner/brand/{brand}/loans");
    let bearer = || {
        let actor = testing::staff(&deps, Department::Admin, Some(brand));
        format!("Bearer {}", testing::token(&deps, &actor))
    };
    let (one, two) = (bearer(), bearer());
    // Seven calls fall into at most two windows of the wall clock: one of them has four.
    let mut refused = 0;
    for _ in 0..7 {
        let answer = call(&deps, get_request(&path, &[("authorization", &one)])).await;
        if answer.0 == StatusCode::TOO_MANY_REQUESTS {
            let wait: u32 = answer.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&wait));
            refused += 1;
        }
    }
    assert!((1..=4).contains(&refused), "{refused}");
    assert_eq!(call(&deps, get_request(&path, &[("authorization", &two)])).await.0, StatusCode::OK);
}

#[tokio::test]
async fn only_the_brands_origins_may_call_with_credentials() {
    let deps = testing::deps().await;
    let brand = testing::brand(&deps, 100).await;
    let unknown = BrandId::new(Ulid::from_parts(1, 1));
    let preflight = |path: String, origin: &str| {
        Request::options(path)
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .body(AxumBody::empty())
            .unwrap()
    };
    let loans = |brand: BrandId| format!("/api/v1/partner/brand/{brand}/loans");
    let sign_in = || "/api/v1/partner/auth/me".to_owned();
    for (path, origin, allowed) in [
        (loans(brand), BRAND_ORIGIN, BRAND_ORIGIN),
        (loans(brand), "https://evil.example", ""),
        (loans(unknown), BRAND_ORIGIN, ""),
        (sign_in(), BRAND_ORIGIN, BRAND_ORIGIN),
        (sign_in(), "null", ""),
    ] {
        let answer = call(&deps, preflight(path.clone(), origin)).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{path} {origin}");
        if !allowed.is_empty() {
            assert_eq!(answer.header("access-control-allow-credentials"), "true");
            assert!(answer.header("access-control-allow-headers").contains("idempotency-key"));
        }
    }
    // An error is readable for the page that caused it.
    let answer = call(&deps, get_request(&loans(brand), &[("origin", BRAND_ORIGIN)])).await;
    assert_eq!(answer.0, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("access-control-allow-origin"), BRAND_ORIGIN);
    assert!(answer.2.get("requestId").is_some());
}

#[test]
fn the_description_says_who_may_call() {
    let api = routes().into_openapi();
    let table = super::declare::access_table(&api);
    let of = |method: &str, end: &str| {
        table.iter().find(|route| route.method == method && route.path.ends_with(end)).unwrap()
    };
    let approve = of("POST", "/approve");
    assert_eq!(approve.permission.as_deref(), Some("loans:approve"));
    assert_eq!(
        approve.departments(),
        [Department::Credit, Department::Admin, Department::SuperAdmin]
    );
    assert_eq!(of("POST", "/loans").permission.as_deref(), Some("loans:create"));
    assert_eq!(of("GET", "/loans").permission.as_deref(), Some("loans:read"));
    assert_eq!(of("GET", "/admin/brands").departments(), [Department::SuperAdmin]);
    assert_eq!((of("GET", "/me").permission.clone(), of("GET", "/me").signed_in), (None, true));
    assert!(!of("GET", "/page").signed_in);

    let api = serde_json::to_value(&api).unwrap();
    let approve = "/paths/~1api~1v1~1partner~1brand~1{brandId}~1loans~1{loanId}~1approve/post";
    let approve = api.pointer(approve).unwrap();
    let read = |pointer: &str| approve.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(read("/x-permission"), "loans:approve");
    assert_eq!(
        read("/security"),
        json!([
            { "bearer": ["loans:approve"] },
            { "cookie": ["loans:approve"] },
            { "apiKey": ["loans:approve"] },
        ])
    );
    assert_eq!([read("/parameters/0/name"), read("/parameters/1/name")], ["brandId", "loanId"]);
    let reference = read("/responses/403/content/application~1json/schema/$ref");
    assert_eq!(reference, "#/components/schemas/Error");
    assert!(api.pointer("/components/schemas/Error").is_some());
    assert!(api.pointer("/components/schemas/FieldError").is_some());
}
