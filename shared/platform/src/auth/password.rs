//! Passwords: argon2id with 19 MiB, two passes and one lane, as the OWASP password storage cheat
//! sheet recommends.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A longer password is refused before it costs work.
pub const PASSWORD_LIMIT_BYTES: usize = 256;

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

    use super::{hash, verify};

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

    /// From the test vectors of the reference implementation (github.com/P-H-C/phc-winner-argon2,
    /// src/test.c): Argon2id, t=2, m=65536, p=1, password "password", salt "somesalt".
    #[tokio::test]
    async fn a_hash_of_the_reference_implementation_is_accepted() {
        let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ\
                      $CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(verify(&SecretString::from("password"), Some(stored)).await);
    }
}
