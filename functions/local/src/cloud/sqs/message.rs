use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use s3s::crypto::{Checksum, Md5};
use serde::{Deserialize, Serialize};

/// A message as sent, with what is counted about it.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, Attribute>,
    /// Wall time, milliseconds since 1970.
    pub(super) sent_at_ms: i64,
    pub(super) first_received_at_ms: Option<i64>,
    pub(super) receive_count: u32,
    pub(super) dead_letter_source: Option<String>,
}

/// One message attribute on the wire.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attribute {
    pub(super) data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) string_value: Option<String>,
    /// Base64, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) binary_value: Option<String>,
}

impl Message {
    /// Bytes that count against the size limit: body, attribute names, types and values.
    pub(super) fn size_bytes(&self) -> usize {
        let attributes: usize = self
            .attributes
            .iter()
            .map(|(name, a)| {
                let value = a.string_value.as_ref().or(a.binary_value.as_ref());
                name.len() + a.data_type.len() + value.map_or(0, String::len)
            })
            .sum();
        self.body.len() + attributes
    }

    pub(super) fn body_md5(&self) -> String {
        hex::encode(Md5::checksum(self.body.as_bytes()))
    }
}

/// The digest SDKs check attributes with: per name in order, length-prefixed name, type and value,
/// with a byte between type and value that says whether the value is text (1) or binary (2).
/// Source: Amazon SQS developer guide, "Calculating the MD5 message digest for message attributes".
pub(super) fn attributes_md5(attributes: &BTreeMap<String, Attribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    for (name, attribute) in attributes {
        prefixed(&mut digest, name.as_bytes());
        prefixed(&mut digest, attribute.data_type.as_bytes());
        if let Some(text) = &attribute.string_value {
            digest.update(&[1]);
            prefixed(&mut digest, text.as_bytes());
        } else if let Some(encoded) = &attribute.binary_value {
            digest.update(&[2]);
            // Checked when the message came in.
            prefixed(&mut digest, &BASE64_STANDARD.decode(encoded).unwrap_or_default());
        }
    }
    Some(hex::encode(digest.finalize()))
}

fn prefixed(digest: &mut Md5, bytes: &[u8]) {
    digest.update(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    digest.update(bytes);
}
