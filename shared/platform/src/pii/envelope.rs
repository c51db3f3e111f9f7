use std::fmt;

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use serde::{Deserialize, Serialize};

use super::PiiError;
use super::keys::DataKey;

/// The only form so far: AES-256-GCM with a random nonce.
const FORM: u8 = 1;
const HEAD_BYTES: usize = 2;

/// A sealed value: its form, the place of its key in the subject's ring, the nonce, the ciphertext
/// with its tag.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(#[serde(with = "serde_bytes")] Vec<u8>);

impl Sealed {
    /// As it is stored outside the table.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Which of the subject's keys opens it.
    pub(super) fn generation(&self) -> Result<u8, PiiError> {
        match self.0.as_slice() {
            [FORM, generation, ..] => Ok(*generation),
            [form, ..] => Err(PiiError::Form(*form)),
            [] => Err(PiiError::Foreign),
        }
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Seals a value, bound to its form, its key's place and the caller's `context`.
pub(super) fn seal(
    key: &DataKey,
    generation: u8,
    context: &[u8],
    value: &[u8],
) -> Result<Sealed, PiiError> {
    let head = [FORM, generation];
    let mut text = value.to_vec();
    let nonce = key
        .cipher()
        .seal_in_place_append_tag(bound(head, context), &mut text)
        .map_err(|_| PiiError::Foreign)?;
    let mut sealed = head.to_vec();
    sealed.extend(nonce.as_ref());
    sealed.append(&mut text);
    Ok(Sealed(sealed))
}

pub(super) fn open(key: &DataKey, context: &[u8], sealed: &Sealed) -> Result<Vec<u8>, PiiError> {
    let (head, rest) = sealed.0.split_first_chunk::<HEAD_BYTES>().ok_or(PiiError::Foreign)?;
    let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(PiiError::Foreign)?;
    let mut text = text.to_vec();
    let opened = key
        .cipher()
        .open_in_place(Nonce::from(nonce), bound(*head, context), &mut text)
        .map_err(|_| PiiError::Foreign)?;
    Ok(opened.to_vec())
}

fn bound(head: [u8; HEAD_BYTES], context: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([&head, context].concat())
}
