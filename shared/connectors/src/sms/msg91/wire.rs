//! What travels: field names and shapes as MSG91's API v5 has them. Unknown fields are ignored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `POST /api/v5/flow`
#[derive(Serialize)]
pub(super) struct Flow<'a> {
    pub template_id: &'a str,
    /// `0`: addresses in the text are left as they are.
    pub short_url: &'a str,
    pub recipients: [Recipient<'a>; 1],
}

#[derive(Serialize)]
pub(super) struct Recipient<'a> {
    /// Digits with the country code, without a plus sign.
    pub mobiles: &'a str,
    /// `var1`, `var2`…
    #[serde(flatten)]
    pub values: BTreeMap<String, &'a str>,
}

/// The answer, of success and of failure alike; a refusal may come with status 200.
#[derive(Deserialize)]
pub(super) struct FlowReply {
    #[serde(rename = "type")]
    pub kind: String,
    /// The id of the request, or what is wrong with it.
    #[serde(default)]
    pub message: String,
}
