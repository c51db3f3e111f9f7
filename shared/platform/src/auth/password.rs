//! Passwords: argon2id with 19 MiB, two passes and one lane, as the OWASP password storage cheat
//! sheet recommends.

use std::fmt;
use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::identity::Email;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A longer password is refused before it costs work.
pub const PASSWORD_LIMIT_BYTES: usize = 256;
const PASSWORD_MIN_CHARACTERS: usize = 12;
const UNKNOWN_BYTES: usize = 32;

/// A password in a request; masked in `Debug`.
#[derive(Clone, ToSchema)]
#[schema(value_type = String, format = Password, max_length = 256)]
pub struct Password(SecretString);

impl Password {
    pub const fn secret(&self) -> &SecretString {
        &self.0
    }

    /// A password that nobody knows.
    pub fn unknown() -> Self {
        Self(SecretString::from(hex::encode(rand::random::<[u8; UNKNOWN_BYTES]>())))
    }

    /// Whether somebody with this e-mail address may choose the password.
    pub fn check(&self, email: &Email) -> Result<(), WeakPassword> {
        let password = self.0.expose_secret();
        if password.len() > PASSWORD_LIMIT_BYTES {
            Err(WeakPassword::TooLong)
        } else if password.chars().count() < PASSWORD_MIN_CHARACTERS {
            Err(WeakPassword::TooShort)
        } else if password.trim().eq_ignore_ascii_case(email.expose()) {
            Err(WeakPassword::IsEmail)
        } else {
            Ok(())
        }
    }
}

impl From<SecretString> for Password {
    fn from(secret: SecretString) -> Self {
        Self(secret)
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(SecretString::from(text)))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Why a password cannot be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("must have at least {PASSWORD_MIN_CHARACTERS} characters")]
    TooShort,
    #[error("must have at most {PASSWORD_LIMIT_BYTES} bytes")]
    TooLong,
    #[error("must not be the e-mail address")]
    IsEmail,
}

/// A hash that no password has, so that an unknown user costs the time of a known one.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| {
    let random: [u8; 32] = rand::random();
    hash_now(&hex::encode(random)).ok()
});

/// The hash could not be made; never holds the password.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed: {0}")]
pub struct PasswordError(String);

/// The hash to store, as a PHC string with its own random salt.
pub async fn hash(password: &SecretString) -> Result<String, PasswordError> {
    let password = password.clone();
    tokio::task::spawn_blocking(move || hash_now(password.expose_secret()))
        .await
        .map_err(|error| PasswordError(error.to_string()))?
}

/// Whether `password` is the one behind `stored`. Without a stored hash (an unknown user) the
/// answer is no, after the same work.
pub async fn verify(password: &SecretString, stored: Option<&str>) -> bool {
    let password = password.clone();
    let stored = stored.map(str::to_owned);
    tokio::task::spawn_blocking(move || match stored {
        Some(stored) => verify_now(password.expose_secret(), &stored),
        None => {
            let same_work =
                NOBODY.as_deref().map(|nobody| verify_now(password.expose_secret(), nobody));
            tracing::debug!(checked = same_work.is_some(), "no such user");
            false
        }
    })
    .await
    .unwrap_or(false)
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| PasswordError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &str) -> Result<String, PasswordError> {
    if password.len() > PASSWORD_LIMIT_BYTES {
        return Err(PasswordError(format!("longer than {PASSWORD_LIMIT_BYTES} bytes")));
    }
    let hash: PasswordHash = argon2()?
        .hash_password(password.as_bytes())
        .map_err(|error| PasswordError(error.to_string()))?;
    Ok(hash.to_string())
}

/// Uses the parameters written in the stored hash, so that older ones stay valid.
fn verify_now(password: &str, stored: &str) -> bool {
    let (Ok(argon2), Ok(stored)) = (argon2(), PasswordHash::new(stored)) else { return false };
    password.len() <= PASSWORD_LIMIT_BYTES
        && argon2.verify_password(password.as_bytes(), &stored).is_ok()
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::{Password, WeakPassword, hash, verify};

    #[tokio::test]
    async fn only_the_right_password_is_accepted() {
        let password = SecretString::from("correct horse battery staple");
        let stored = hash(&password).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify(&password, Some(&stored)).await);
        assert!(!verify(&SecretString::from("correct horse"), Some(&stored)).await);
        assert!(!verify(&password, None).await);
        assert!(!verify(&password, Some("not a hash")).await);
        assert_ne!(stored, hash(&password).await.unwrap(), "the salt must be random");
        assert!(hash(&SecretString::from("x".repeat(257))).await.is_err());
    }

    #[test]
    fn a_chosen_password_is_long_and_not_the_address() {
        let email = "ana.souza@lender.example".parse().unwrap();
        let check = |text: &str| Password::from(SecretString::from(text)).check(&email);
        assert_eq!(check("twelve chars"), Ok(()));
        assert_eq!(check("não é curta!"), Ok(()));
        assert_eq!(check("eleven char"), Err(WeakPassword::TooShort));
        assert_eq!(check("Ana.Souza@lender.example"), Err(WeakPassword::IsEmail));
        assert_eq!(check(&"x".repeat(257)), Err(WeakPassword::TooLong));
        assert_eq!(format!("{:?}", Password::from(SecretString::from("hidden"))), "Password(…)");
    }

    /// From the test vectors of the reference implementation (github.com/P-H-C/phc-winner-argon2,
    /// src/test.c): Argon2id, t=2, m=65536, p=1, password "password", salt "somesalt".
    #[tokio::test]
    async fn a_hash_of_the_reference_implementation_is_accepted() {
        let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ\
                      $CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(verify(&SecretString::from("password"), Some(stored)).await);
    }
}
