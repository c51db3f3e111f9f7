//! Refresh tokens: random, opaque, stored only as a hash.

use std::fmt;
use std::str::FromStr;

use domain::ids::SessionId;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use ulid::Ulid;

const SECRET_BYTES: usize = 32;

/// `rt_{ulid of the session}.{secret in hex}`: the session finds the record, the secret proves it.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    pub session: SessionId,
    secret: [u8; SECRET_BYTES],
}

/// The text is not a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a refresh token")]
pub struct RefreshTokenError;

impl RefreshToken {
    /// A new token of a session with a random secret.
    pub fn generate(session: SessionId) -> Self {
        Self { session, secret: rand::random() }
    }

    /// The text for the client; the only place where the secret leaves this type.
    pub fn expose(&self) -> String {
        format!("rt_{}.{}", self.session.ulid(), hex::encode(self.secret))
    }

    /// What is stored: SHA-256 of the secret, in hex. The secret has 256 random bits, so a slow
    /// hash would add nothing.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.secret))
    }

    /// Whether `stored` is this token's hash, in constant time.
    pub fn matches(&self, stored: &str) -> bool {
        self.hash().as_bytes().ct_eq(stored.as_bytes()).into()
    }
}

impl FromStr for RefreshToken {
    type Err = RefreshTokenError;

    fn from_str(text: &str) -> Result<Self, RefreshTokenError> {
        let (session, secret) = text
            .strip_prefix("rt_")
            .and_then(|rest| rest.split_once('.'))
            .ok_or(RefreshTokenError)?;
        let session = Ulid::from_string(session).map_err(|_| RefreshTokenError)?;
        let mut bytes = [0; SECRET_BYTES];
        hex::decode_to_slice(secret, &mut bytes).map_err(|_| RefreshTokenError)?;
        Ok(Self { session: SessionId::new(session), secret: bytes })
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({}, …)", self.session)
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::SessionId;
    use ulid::Ulid;

    use super::RefreshToken;

    #[test]
    fn a_token_round_trips_and_matches_only_its_own_hash() {
        let session = SessionId::new(Ulid::from_parts(1, 2));
        let token = RefreshToken::generate(session);
        let parsed: RefreshToken = token.expose().parse().unwrap();
        assert_eq!(parsed, token);
        assert!(parsed.matches(&token.hash()));
        assert!(!RefreshToken::generate(session).matches(&token.hash()));
        assert!(!format!("{token:?}").contains(&hex::encode(token.secret)));
        for text in ["", "rt_", "rt_x.y", "rt_00000000010000000000000002.zz"] {
            assert!(text.parse::<RefreshToken>().is_err(), "{text}");
        }
    }
}
