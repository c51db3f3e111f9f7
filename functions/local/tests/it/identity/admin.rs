//! The platform's administration.

use jiff::SignedDuration;
use platform::aws::Schedules;
use platform::store::{READERS_LAG_SECONDS, Range};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, PASSWORD, World};

fn brand(timezone: &str) -> Value {
    json!({
        "country": "BR", "currency": "BRL", "shards": 4,
        "settings": {
            "name": "Crédito Exemplo", "timezone": timezone, "locale": "pt-BR",
            "charges": { "lateFeePercent": "2", "lateFeeMoraPercent": "1" },
        },
    })
}

fn user(brand: &str, email: &str, department: &str) -> Value {
    json!({
        "brandId": brand, "email": email, "name": "Ana Souza", "department": department,
        "password": PASSWORD,
    })
}

/// What the scheduler holds of a brand's job: expression, timezone, target, input.
async fn schedule(world: &World, job: &str, brand: &str) -> Option<[String; 4]> {
    let client = world.cloud.endpoints().scheduler_client();
    let get = client.get_schedule().group_name("parcela").name(format!("job-{job}-{brand}"));
    let found = get.send().await.ok()?;
    let target = found.target?;
    Some([
        found.schedule_expression?,
        found.schedule_expression_timezone?,
        target.arn,
        target.input?,
    ])
}

struct Root<'w> {
    world: &'w World,
    bearer: String,
}

impl<'w> Root<'w> {
    async fn of(world: &'w World) -> Self {
        Self { world, bearer: world.root_bearer().await }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.world.send(method, path, &[("authorization", &self.bearer)], body).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }
}

#[tokio::test]
async fn a_brand_comes_with_its_schedules_and_they_follow_its_timezone() {
    let world = World::start().await;
    let root = Root::of(&world).await;
    let created = root.post("/admin/brands", brand("America/Sao_Paulo")).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    let id = created.text("id").to_owned();
    let input =
        format!("{{\"brandId\":\"{id}\",\"scheduledTime\":\"<aws.scheduler.scheduled-time>\"}}");
    for (job, expression) in [
        ("overdue", "cron(0 5 * * ? *)"),
        ("mora", "cron(1 5 * * ? *)"),
        ("charge-messages", "cron(0 6 ? * MON-FRI *)"),
    ] {
        let arn = format!("arn:aws:lambda:local:000000000000:function:job-{job}");
        let expected = [expression, "America/Sao_Paulo", &arn, &input].map(str::to_owned);
        assert_eq!(schedule(&world, job, &id).await, Some(expected));
    }

    let mut settings = created.body["settings"].clone();
    settings["timezone"] = json!("America/Manaus");
    let path = format!("/admin/settings/brand/{id}");
    let edited = root.put(&path, settings.clone()).await;
    assert_eq!(edited.status, StatusCode::OK, "{}", edited.body);
    assert_eq!(
        (&edited.body["version"], &edited.headers["etag"]),
        (&json!(2), &"\"2\"".parse().unwrap())
    );
    for job in ["overdue", "mora", "charge-messages"] {
        assert_eq!(schedule(&world, job, &id).await.unwrap()[1], "America/Manaus");
    }
    let headers = [("authorization", root.bearer.as_str()), ("if-match", "\"1\"")];
    let stale = world.send(Method::PUT, &path, &headers, Some(settings)).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let unknown = format!("/admin/settings/brand/brand_{}", "0".repeat(25) + "1");
    let nowhere = root.put(&unknown, created.body["settings"].clone()).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert_eq!(root.get("/admin/brands").await.body["items"][0]["id"], id);
}

#[tokio::test]
async fn a_brand_that_breaks_a_rule_is_refused_with_every_field() {
    let world = World::start().await;
    let root = Root::of(&world).await;
    let mut body = brand("Mars/Olympus");
    body["shards"] = json!(65);
    body["settings"]["charges"] = json!({ "lateFeePercent": "2.01", "lateFeeMoraPercent": "1.5" });
    body["settings"]["origins"] = json!(["https://ok.example", "https://evil.example/path"]);
    body["settings"]["dunning"] = json!({ "enabled": true, "pauseMinMillis": 20_000 });
    let refused = root.post("/admin/brands", body).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.fields(),
        [
            "shards",
            "settings.timezone",
            "settings.charges.lateFeePercent",
            "settings.charges.lateFeeMoraPercent",
            "settings.dunning.instance",
            "settings.dunning.pauseMinMillis",
            "settings.origins[1]",
        ]
    );
    for (field, value) in [("country", "XX"), ("currency", "XYZ")] {
        let mut body = brand("America/Sao_Paulo");
        body[field] = json!(value);
        assert_eq!(root.post("/admin/brands", body).await.fields(), [field]);
    }
    let empty = root.get("/admin/brands").await;
    assert_eq!(empty.body, json!({ "items": [], "nextCursor": null }));
}

/// The scheduler is away for the first request and back for its repetition.
#[tokio::test]
async fn a_repeated_request_completes_a_brand_without_schedules() {
    let away = World::start_with(|deps| {
        let client = aws_sdk_scheduler::Client::from_conf(
            aws_sdk_scheduler::Config::builder()
                .behavior_version_latest()
                .region(aws_sdk_scheduler::config::Region::from_static("local"))
                .credentials_provider(local::cloud::Endpoints::credentials())
                .retry_config(aws_sdk_scheduler::config::retry::RetryConfig::disabled())
                // Port 9 (discard): nobody listens.
                .endpoint_url("http://127.0.0.1:9")
                .build(),
        );
        platform::Deps { schedules: Schedules::new(client, "parcela", ""), ..deps }
    })
    .await;
    let root = Root::of(&away).await;
    let headers = [("authorization", root.bearer.as_str()), ("idempotency-key", "brand-1")];
    let body = || Some(brand("America/Sao_Paulo"));
    for _ in 0..2 {
        let failed = away.send(Method::POST, "/admin/brands", &headers, body()).await;
        assert_eq!(failed.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(failed.headers.contains_key("retry-after"));
    }
    let back = away.serve(away.deps.clone()).await;
    let url = format!("{back}/api/v1/admin/brands");
    let mut request = away.http.post(url).json(&brand("America/Sao_Paulo"));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let done = request.send().await.unwrap();
    assert_eq!(done.status(), StatusCode::CREATED);
    let done: Value = done.json().await.unwrap();
    let id = done["id"].as_str().unwrap();
    assert!(schedule(&away, "overdue", id).await.is_some());
    let brands = away.deps.brands.all().await.unwrap();
    assert_eq!(brands.len(), 1, "three requests, one brand");

    let other = away.send(Method::POST, "/admin/brands", &headers, Some(brand("America/Bahia")));
    assert_eq!(other.await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn users_of_any_brand_are_created_changed_and_listed() {
    let world = World::start().await;
    let root = Root::of(&world).await;
    let created = root.post("/admin/brands", brand("America/Sao_Paulo")).await;
    let brand = created.text("id");
    let path = "/admin/users/create";
    let ana = root.post(path, user(brand, "ana@lender.example", "COLLECTIONS")).await;
    assert_eq!(ana.status, StatusCode::CREATED, "{}", ana.body);
    assert!(ana.body.get("password").is_none() && ana.body.get("passwordHash").is_none());
    let again = root.post(path, user(brand, "Ana@Lender.example", "CREDIT")).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "an address is one user's");

    for (change, field) in [
        (json!({ "department": "SUPER_ADMIN" }), "department"),
        (json!({ "permissions": ["platform:admin"] }), "permissions[0]"),
        (json!({ "password": "short" }), "password"),
        (json!({ "brandId": null }), "brandId"),
    ] {
        let mut body = user(brand, "other@lender.example", "CREDIT");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = root.post(path, body).await;
        assert_eq!((refused.status, refused.fields()), (StatusCode::BAD_REQUEST, vec![field]));
    }

    let session = world.login("ana@lender.example", PASSWORD).await;
    let bearer = format!("Bearer {}", session.text("accessToken"));
    let me = world.send(Method::GET, "/partner/auth/me", &[("authorization", &bearer)], None).await;
    assert_eq!(me.body["brand"]["timezone"], "America/Sao_Paulo");
    for path in ["/admin/users", "/admin/brands", "/admin/settings"] {
        let asked = world.send(Method::GET, path, &[("authorization", &bearer)], None).await;
        assert_eq!(asked.status, StatusCode::FORBIDDEN, "{path}");
    }

    let path = format!("/admin/users/{}", ana.text("id"));
    let change = |email: &str, active: bool| {
        json!({
            "email": email, "name": "Ana Souza", "department": "CREDIT", "permissions": [],
            "active": active,
        })
    };
    let moved = root.put(&path, change("ana.souza@lender.example", true)).await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.body);
    let old = world.login("ana@lender.example", PASSWORD).await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    let ended = world.refresh(session.text("refreshToken")).await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED, "another department ends the sessions");
    world.clock.advance(SignedDuration::from_secs(READERS_LAG_SECONDS));
    let me = world.send(Method::GET, "/partner/auth/me", &[("authorization", &bearer)], None).await;
    assert_eq!(me.status, StatusCode::UNAUTHORIZED, "and the access that they gave");
    let session = world.login("ana.souza@lender.example", PASSWORD).await;
    assert_eq!(session.text("department"), "CREDIT");

    let off = root.put(&path, change("ana.souza@lender.example", false)).await;
    assert_eq!(off.status, StatusCode::OK);
    let dead = world.refresh(session.text("refreshToken")).await;
    assert_eq!(dead.status, StatusCode::UNAUTHORIZED, "a deactivated user's refresh fails");
    let closed = world.login("ana.souza@lender.example", PASSWORD).await;
    assert_eq!(closed.status, StatusCode::UNAUTHORIZED);
    world.clock.advance(SignedDuration::from_secs(60));

    let all = root.get("/admin/users?limit=1").await;
    assert_eq!(all.body["items"][0]["department"], "SUPER_ADMIN", "the platform's own come first");
    let next = format!("/admin/users?limit=1&cursor={}", all.text("nextCursor"));
    assert_eq!(root.get(&next).await.body["items"][0]["id"], ana.body["id"]);
    let own = root.get(&format!("/admin/users?brandId={brand}")).await;
    assert_eq!(own.body["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_repeated_user_is_created_once() {
    let world = World::start().await;
    let root = Root::of(&world).await;
    let body = json!({
        "email": "second@platform.example", "name": "Second Admin", "department": "SUPER_ADMIN",
        "password": PASSWORD,
    });
    let headers = [("authorization", root.bearer.as_str()), ("idempotency-key", "user-1")];
    let mut ids = Vec::new();
    for _ in 0..2 {
        let path = "/admin/users/create";
        let answer = world.send(Method::POST, path, &headers, Some(body.clone())).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        ids.push(answer.text("id").to_owned());
    }
    assert_eq!(ids[0], ids[1]);
    let range = platform::store::StaffUser::of_brand(None);
    assert_eq!(world.deps.table.query_keys(&range, 10, None).await.unwrap().items.len(), 2);
}

#[tokio::test]
async fn settings_and_runs_of_the_platform() {
    let world = World::start().await;
    let root = Root::of(&world).await;
    assert_eq!(root.get("/admin/settings").await.body, json!({ "newBrandShards": 8 }));
    let set = root.put("/admin/settings", json!({ "newBrandShards": 2 })).await;
    assert_eq!(set.status, StatusCode::OK);
    let too_many = root.put("/admin/settings", json!({ "newBrandShards": 65 })).await;
    assert_eq!(too_many.fields(), ["newBrandShards"]);
    let mut body = brand("America/Sao_Paulo");
    body.as_object_mut().unwrap().remove("shards");
    let created = root.post("/admin/brands", body).await;
    assert_eq!(created.body["shards"], 2);

    let id = created.text("id");
    let runs = root.get(&format!("/admin/jobs?brandId={id}")).await;
    assert_eq!(runs.body, json!({ "items": [], "nextCursor": null }));
    let of_all = root.get("/admin/jobs").await;
    assert_eq!(of_all.body, json!({ "items": [], "nextCursor": null }));
    let future = json!({ "brandId": id, "businessDate": "2026-03-03", "reason": "too early" });
    let refused = root.post("/admin/jobs/overdue/run", future).await;
    assert_eq!(refused.fields(), ["businessDate"]);
    let unknown = root.post("/admin/jobs/tidy/run", json!({ "brandId": id, "reason": "x" })).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let nothing: Vec<platform::store::Run> = world
        .deps
        .table
        .query_all(&Range::partition(format!("B#{}#RUN", &id[6..])), 10)
        .await
        .unwrap();
    assert!(nothing.is_empty());
}
