//! What the tests of this crate share: the real dependencies over an embedded DynamoDB.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use domain::ids::{BrandId, SessionId, StaffId};
use jiff::tz::TimeZone;
use secrecy::SecretString;
use tokio::net::TcpListener;
use ulid::Ulid;

use crate::Deps;
use crate::auth::{Actor, ActorId, Department, Kind, access};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::store::{Brand, Charges, Dunning, create_table};

pub(crate) const BRAND_ORIGIN: &str = "https://lender.example";

/// The dependencies over an empty table that lives as long as the test.
pub(crate) async fn deps() -> Deps {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    let credentials = Credentials::new("test", "test", None, None, "test");
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build();
    let variable = |name: &str| match name {
        "TABLE_NAME" => Some("parcela".to_owned()),
        "BUCKET_NAME" => Some("parcela".to_owned()),
        "TOKEN_KEY" | "CURSOR_KEY" | "LOOKUP_KEY" | "DATA_KEY" => Some(format!("{name:-<40}")),
        _ => None,
    };
    let deps = Deps::connect(Config::from_env(&variable).unwrap(), &sdk, Arc::new(SystemClock));
    create_table(&deps.table).await.unwrap();
    deps
}

/// A stored brand that allows `rate_limit_per_minute` requests to each caller.
pub(crate) async fn brand(deps: &Deps, rate_limit_per_minute: u32) -> BrandId {
    let mut brand = Brand {
        id: BrandId::new(deps.ulid()),
        version: 0,
        name: "Lender".to_owned(),
        country: "BR".to_owned(),
        timezone: TimeZone::get("America/Sao_Paulo").unwrap(),
        currency: domain::money::Currency::BRL,
        locale: "pt-BR".to_owned(),
        shards: 1,
        charges: Charges {
            late_fee: domain::money::Percent::ZERO,
            mora_monthly: domain::money::Percent::ZERO,
        },
        dunning: Dunning { enabled: false, instance: String::new(), pause_millis: (0, 0) },
        payments_need_approval: false,
        servicing: Default::default(),
        rate_limit_per_minute,
        origins: vec![BRAND_ORIGIN.to_owned()],
        non_repayment_dates: Vec::new(),
        due_dates_move: false,
        unavailability_dates: Vec::new(),
        idle_after_minutes: Brand::IDLE_AFTER_DEFAULT_MINUTES,
    };
    deps.brands.save(&mut brand).await.unwrap();
    brand.id
}

/// Staff of a brand, or an administrator of the platform.
pub(crate) fn staff(deps: &Deps, department: Department, brand: Option<BrandId>) -> Actor {
    Actor {
        kind: if brand.is_some() { Kind::Staff } else { Kind::Admin },
        id: ActorId::Staff(StaffId::new(deps.ulid())),
        department: Some(department),
        permissions: Vec::new(),
        brand,
        session: SessionId::new(Ulid::from_parts(1, rand::random())),
    }
}

pub(crate) fn key(deps: &Deps) -> &SecretString {
    &deps.config.token_key
}

/// The access token of an actor.
pub(crate) fn token(deps: &Deps, actor: &Actor) -> String {
    access::sign(key(deps), actor, deps.clock.wall()).unwrap()
}
