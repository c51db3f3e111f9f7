//! API keys as other systems present them: random, opaque, stored only as a keyed hash.

use std::fmt;
use std::str::FromStr;

use domain::ids::ApiKeyId;
use secrecy::{ExposeSecret, SecretString};
use ulid::Ulid;

/// Where a request carries its key.
pub const API_KEY_HEADER: &str = "x-api-key";
/// Marks the text as a key of this system, for scanners that look for secrets in code.
const TEXT_PREFIX: &str = "parcela_";
const SECRET_BYTES: usize = 32;
/// How much of a key tells it apart from the others in a list.
const SHOWN_CHARS: usize = 4;

/// `parcela_{ulid of the key}.{secret in hex}`: the ULID finds the record, the secret proves it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeyText {
    id: ApiKeyId,
    secret: [u8; SECRET_BYTES],
}

/// The text is not an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an API key")]
pub struct NotAnApiKey;

impl ApiKeyText {
    /// A key with a random secret.
    pub fn generate(id: ApiKeyId) -> Self {
        Self { id, secret: rand::random() }
    }

    pub const fn id(&self) -> ApiKeyId {
        self.id
    }

    /// The text for the client; the only place where the secret leaves this type.
    pub fn expose(&self) -> String {
        format!("{TEXT_PREFIX}{}.{}", self.id.ulid(), hex::encode(self.secret))
    }

    /// The secret, to be hashed.
    pub(crate) fn secret(&self) -> SecretString {
        SecretString::from(hex::encode(self.secret))
    }

    /// The last characters of the text.
    pub(crate) fn last_four(&self) -> String {
        let secret = self.secret();
        let secret = secret.expose_secret();
        secret.get(secret.len().saturating_sub(SHOWN_CHARS)..).unwrap_or_default().to_owned()
    }
}

impl FromStr for ApiKeyText {
    type Err = NotAnApiKey;

    fn from_str(text: &str) -> Result<Self, NotAnApiKey> {
        let (id, secret) = text
            .strip_prefix(TEXT_PREFIX)
            .and_then(|rest| rest.split_once('.'))
            .ok_or(NotAnApiKey)?;
        let id = Ulid::from_string(id).map_err(|_| NotAnApiKey)?;
        let mut bytes = [0; SECRET_BYTES];
        hex::decode_to_slice(secret, &mut bytes).map_err(|_| NotAnApiKey)?;
        Ok(Self { id: ApiKeyId::new(id), secret: bytes })
    }
}

impl fmt::Debug for ApiKeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKeyText({}, …)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::ApiKeyId;
    use ulid::Ulid;

    use super::ApiKeyText;

    #[test]
    fn a_key_round_trips_and_shows_no_more_than_its_end() {
        let key = ApiKeyText::generate(ApiKeyId::new(Ulid::from_parts(1, 2)));
        let text = key.expose();
        assert_eq!(text.parse(), Ok(key.clone()));
        assert!(text.ends_with(&key.last_four()) && key.last_four().len() == 4);
        assert!(!format!("{key:?}").contains(&key.last_four()));
        let other = ApiKeyText::generate(key.id());
        assert_ne!(other, key);
        for wrong in ["", "parcela_", "parcela_x.00", &text[8..], &text[..text.len() - 1]] {
            assert!(wrong.parse::<ApiKeyText>().is_err(), "{wrong}");
        }
    }
}
