//! The events of `events/`, with credentials that are good today.

use std::path::Path;

use domain::ids::{SessionId, StaffId};
use platform::auth::access::{self, Actor, ActorId, Kind};
use platform::auth::permission::Department;
use platform::clock::{Clock as _, SystemClock};
use secrecy::SecretString;
use serde_json::{Value, json};
use ulid::Ulid;

use crate::bench::stage::StageError;
use crate::sandbox::whatsapp::report_token;
use crate::system::functions::{Function, Trigger};

/// The brand of the events.
pub(super) const BRAND: &str = "brand_01JGZ3B5C7D9E1F3G5H7J9K1M3";
const WEBHOOK: &str = "webhook-evolution";

/// A function's event, as it stands in its file; requests that need it get a token that is good.
pub(super) fn prepare<'v>(
    function: Function,
    folder: &Path,
    variable: &dyn Fn(&str) -> &'v str,
) -> Result<Value, StageError> {
    let file = folder.join(format!("{}.json", function.name));
    let text = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut event: Value = serde_json::from_slice(&text)?;
    if matches!(function.trigger, Trigger::Http(_)) {
        let headers = event.get_mut("headers").and_then(Value::as_object_mut);
        let headers = headers.ok_or("the event has no headers")?;
        let token = if function.name == WEBHOOK {
            let now_s = SystemClock.wall().as_second();
            Some(report_token(variable("WHATSAPP_WEBHOOK_KEY"), now_s).ok_or("no token")?)
        } else if headers.contains_key("authorization") {
            Some(administrator(variable("TOKEN_KEY"))?)
        } else {
            None
        };
        if let Some(token) = token {
            headers.insert("authorization".to_owned(), json!(format!("Bearer {token}")));
        }
    }
    Ok(event)
}

/// An administrator of the platform, who may do everything in every brand.
fn administrator(key: &str) -> Result<String, StageError> {
    let actor = Actor {
        kind: Kind::Admin,
        id: ActorId::Staff(StaffId::new(Ulid::from_parts(1, 1))),
        department: Some(Department::SuperAdmin),
        permissions: Vec::new(),
        brand: None,
        session: SessionId::new(Ulid::from_parts(1, 2)),
    };
    Ok(access::sign(&SecretString::from(key), &actor, SystemClock.wall())?)
}

/// The event of the function for Node.js: the item that it reads.
pub(super) fn node() -> Value {
    json!({ "brandId": BRAND })
}
