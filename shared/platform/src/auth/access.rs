//! Access tokens: JSON web tokens (HS256) of 15 minutes.

use std::fmt;
use std::str::FromStr;

use domain::ids::{ApiKeyId, BrandId, CustomerId, SessionId, StaffId};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::permission::{Department, Permission};

pub const ACCESS_TOKEN_LIFE_SECONDS: i64 = 15 * 60;
/// What the clocks of two machines may differ by.
const LEEWAY_SECONDS: i64 = 5;
const ISSUER: &str = "parcela";

/// Which of the three sides a caller is on; the token's audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Staff of one brand.
    Staff,
    /// A borrower.
    Customer,
    /// The platform's own administrators, of no brand.
    Admin,
}

impl Kind {
    const fn text(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Customer => "customer",
            Self::Admin => "admin",
        }
    }
}

/// Who a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ActorId {
    Staff(StaffId),
    Customer(CustomerId),
    ApiKey(ApiKeyId),
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staff(id) => id.fmt(f),
            Self::Customer(id) => id.fmt(f),
            Self::ApiKey(id) => id.fmt(f),
        }
    }
}

impl FromStr for ActorId {
    type Err = domain::ids::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('_').map(|(prefix, _)| prefix) {
            Some(CustomerId::PREFIX) => text.parse().map(Self::Customer),
            Some(ApiKeyId::PREFIX) => text.parse().map(Self::ApiKey),
            _ => text.parse().map(Self::Staff),
        }
    }
}

impl From<ActorId> for String {
    fn from(id: ActorId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ActorId {
    type Error = domain::ids::IdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A caller who proved who they are: what an access token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub kind: Kind,
    pub id: ActorId,
    /// `None` for a customer.
    pub department: Option<Department>,
    /// Permissions beyond the department's.
    pub permissions: Vec<Permission>,
    /// `None` for an administrator of the platform.
    pub brand: Option<BrandId>,
    /// The session that the token came of. An API key has none: this is then the key's own ULID.
    pub session: SessionId,
}

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub actor: Actor,
    /// The number of the credentials under which it was given out; the token is of no use once
    /// they were revoked. Lower than every number that is counted where none was given.
    pub credentials: u32,
}

impl Actor {
    /// Whether the caller may do this, brand aside.
    pub fn may(&self, permission: Permission) -> bool {
        self.department.is_some_and(|department| department.grants(permission))
            || self.permissions.contains(&permission)
    }

    pub fn is_super_admin(&self) -> bool {
        self.department == Some(Department::SuperAdmin)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: Kind,
    sub: ActorId,
    iat: i64,
    exp: i64,
    session: SessionId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    brand: Option<BrandId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    department: Option<Department>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    permissions: Vec<Permission>,
    #[serde(default)]
    credentials: u32,
}

/// Why a token is not accepted; for the log only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is expired")]
    Expired,
    #[error("the token is from the future")]
    NotYet,
    #[error("the token is not ours: {0}")]
    Invalid(String),
    #[error("the token could not be signed: {0}")]
    Sign(String),
}

/// Signs a token that is good for 15 minutes from `now` (the wall clock's), or until the first
/// revocation of the actor's credentials.
pub fn sign(key: &SecretString, actor: &Actor, now: Timestamp) -> Result<String, TokenError> {
    sign_under(key, actor, 0, now)
}

/// As [`sign`], under counted credentials: a revocation of earlier ones leaves the token good.
pub fn sign_under(
    key: &SecretString,
    actor: &Actor,
    credentials: u32,
    now: Timestamp,
) -> Result<String, TokenError> {
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: actor.kind,
        sub: actor.id,
        iat: now.as_second(),
        exp: now.as_second() + ACCESS_TOKEN_LIFE_SECONDS,
        session: actor.session,
        brand: actor.brand,
        department: actor.department,
        permissions: actor.permissions.clone(),
        credentials,
    };
    let key = EncodingKey::from_secret(key.expose_secret().as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .map_err(|error| TokenError::Sign(error.to_string()))
}

/// Reads a token of one of the `kinds`; only HS256, our issuer, and not expired at `now`.
pub fn verify(
    key: &SecretString,
    token: &str,
    kinds: &[Kind],
    now: Timestamp,
) -> Result<Token, TokenError> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&kinds.iter().map(|kind| kind.text()).collect::<Vec<_>>());
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Compared below with the clock that the caller gives.
    validation.validate_exp = false;
    let key = DecodingKey::from_secret(key.expose_secret().as_bytes());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map_err(|error| TokenError::Invalid(error.to_string()))?
        .claims;
    if claims.exp.saturating_add(LEEWAY_SECONDS) <= now.as_second() {
        return Err(TokenError::Expired);
    }
    if claims.iat.saturating_sub(LEEWAY_SECONDS) > now.as_second() {
        return Err(TokenError::NotYet);
    }
    let actor = Actor {
        kind: claims.aud,
        id: claims.sub,
        department: claims.department,
        permissions: claims.permissions,
        brand: claims.brand,
        session: claims.session,
    };
    Ok(Token { actor, credentials: claims.credentials })
}

#[cfg(test)]
mod tests {
    use domain::ids::{BrandId, SessionId, StaffId};
    use jiff::Timestamp;
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use secrecy::SecretString;
    use serde_json::{Value, json};
    use ulid::Ulid;

    use super::{Actor, ActorId, Kind, TokenError, sign, sign_under, verify};
    use crate::auth::{Department, Permission};

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const KINDS: &[Kind] = &[Kind::Staff];

    fn actor() -> Actor {
        Actor {
            kind: Kind::Staff,
            id: ActorId::Staff(StaffId::new(Ulid::from_parts(1, 1))),
            department: Some(Department::Collections),
            permissions: vec![Permission::WaiveCharges],
            brand: Some(BrandId::new(Ulid::from_parts(1, 2))),
            session: SessionId::new(Ulid::from_parts(1, 3)),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_token_says_who_signed_in_and_ends_after_fifteen_minutes() {
        let key = SecretString::from(KEY);
        let token = sign(&key, &actor(), at(1_000)).unwrap();
        let first = verify(&key, &token, KINDS, at(1_000)).unwrap();
        assert_eq!(first.credentials, 0);
        let third = sign_under(&key, &actor(), 3, at(1_000)).unwrap();
        assert_eq!(verify(&key, &third, KINDS, at(1_000)).unwrap().credentials, 3);
        let read = first.actor;
        assert_eq!(read, actor());
        assert!(read.may(Permission::WaiveCharges) && read.may(Permission::RecordPayments));
        assert!(!read.may(Permission::ApproveLoans));
        assert!(verify(&key, &token, KINDS, at(1_904)).is_ok(), "within the leeway");
        assert_eq!(verify(&key, &token, KINDS, at(1_905)), Err(TokenError::Expired));
        assert_eq!(verify(&key, &token, KINDS, at(994)), Err(TokenError::NotYet));
        let others = &[Kind::Customer, Kind::Admin];
        assert!(matches!(verify(&key, &token, others, at(1_000)), Err(TokenError::Invalid(_))));
        let other_key = SecretString::from("another key of thirty-two bytes!");
        assert!(matches!(
            verify(&other_key, &token, KINDS, at(1_000)),
            Err(TokenError::Invalid(_))
        ));
    }

    #[test]
    fn tokens_made_otherwise_are_refused() {
        let key = SecretString::from(KEY);
        let claims = json!({
            "iss": "parcela", "aud": "staff", "iat": 1_000, "exp": 1_900,
            "sub": actor().id, "session": actor().session, "department": "ADMIN",
            "brand": actor().brand,
        });
        let encode = |algorithm, claims: &Value| {
            let key = EncodingKey::from_secret(KEY.as_bytes());
            jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
        };
        let refused = |token: &str| verify(&key, token, KINDS, at(1_000)).is_err();
        assert!(!refused(&encode(Algorithm::HS256, &claims)));
        assert!(refused(&encode(Algorithm::HS512, &claims)));
        for (claim, value) in [
            ("iss", json!("somebody")),
            ("aud", json!("customer")),
            ("aud", json!(["staff"])),
            ("exp", Value::Null),
            ("sub", json!("root")),
            ("department", json!("OWNER")),
            ("admin", json!(true)),
        ] {
            let mut claims = claims.clone();
            claims.as_object_mut().unwrap().insert(claim.to_owned(), value);
            assert!(refused(&encode(Algorithm::HS256, &claims)), "{claim}");
        }
        // {"alg":"none"} with the same claims.
        let signed = encode(Algorithm::HS256, &claims);
        let payload = signed.split('.').nth(1).unwrap();
        assert!(refused(&format!("eyJhbGciOiJub25lIn0.{payload}.")));
    }
}
