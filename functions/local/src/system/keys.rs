use std::fmt;
use std::io;
use std::path::Path;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::private;

const KEYS_FILE: &str = "keys.json";
const KEY_BYTES: usize = 32;
/// Groups of four of the demo password, 20 bits each.
const PASSWORD_GROUPS: usize = 4;
const PASSWORD_GROUP_CHARS: usize = 4;
/// Letters and digits that are not taken for one another.
const PASSWORD_ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The secrets of one data folder: made at its first start, never sent anywhere.
#[derive(Clone, Serialize, Deserialize)]
pub struct Keys {
    token: String,
    cursor: String,
    lookup: String,
    whatsapp: String,
    whatsapp_webhook: String,
    /// Empty in a folder that is older than the sealing of personal data.
    #[serde(default)]
    data: String,
    demo_password: String,
}

impl Keys {
    /// The folder's keys, new ones where it has none.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn open(data_dir: &Path) -> io::Result<Self> {
        let file = data_dir.join(KEYS_FILE);
        if let Some(mut keys) = private::read_json::<Self>(&file)? {
            if keys.data.is_empty() {
                keys.data = random_key();
                private::write_json(&file, &keys)?;
            }
            return Ok(keys);
        }
        let keys = Self {
            token: random_key(),
            cursor: random_key(),
            lookup: random_key(),
            whatsapp: random_key(),
            whatsapp_webhook: random_key(),
            data: random_key(),
            demo_password: random_password(),
        };
        private::write_json(&file, &keys)?;
        Ok(keys)
    }

    /// The settings of [`platform::config::Config`] that are keys.
    pub(super) fn variables(&self) -> [(&'static str, String); 6] {
        [
            ("TOKEN_KEY", self.token.clone()),
            ("CURSOR_KEY", self.cursor.clone()),
            ("LOOKUP_KEY", self.lookup.clone()),
            ("WHATSAPP_KEY", self.whatsapp.clone()),
            ("WHATSAPP_WEBHOOK_KEY", self.whatsapp_webhook.clone()),
            ("DATA_KEY", self.data.clone()),
        ]
    }

    /// What the sandbox asks of its callers.
    pub(super) fn whatsapp(&self) -> SecretString {
        SecretString::from(self.whatsapp.as_str())
    }

    /// Signs the sandbox's webhooks.
    pub(super) fn whatsapp_webhook(&self) -> SecretString {
        SecretString::from(self.whatsapp_webhook.as_str())
    }

    /// The password of every demo login of this folder.
    pub fn demo_password(&self) -> &str {
        &self.demo_password
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// 256 random bits in hexadecimal digits.
pub(super) fn random_key() -> String {
    hex::encode(rand::random::<[u8; KEY_BYTES]>())
}

fn random_password() -> String {
    let bytes: [u8; PASSWORD_GROUPS * PASSWORD_GROUP_CHARS] = rand::random();
    let letters: Vec<char> = bytes
        .iter()
        .filter_map(|byte| PASSWORD_ALPHABET.get(usize::from(byte % 32)))
        .map(|letter| char::from(*letter))
        .collect();
    let groups: Vec<String> =
        letters.chunks(PASSWORD_GROUP_CHARS).map(|group| group.iter().collect()).collect();
    groups.join("-")
}
