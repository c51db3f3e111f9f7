//! Reads a request's fields into a type and names every field that is wrong, not only the first.
//!
//! serde stops at the first field it cannot read. The fields are therefore offered again with the
//! failing one moved to the end, until the only failures left are known ones; fields that are
//! missing are read from the type's published schema. A request that is right is read once.

use garde::Validate;
use serde::de::DeserializeOwned;
use utoipa::PartialSchema;
use utoipa::openapi::{RefOr, Schema};

use super::error::{ApiError, FieldError};

/// No more fields than this are named in one answer.
const FIELD_ERRORS_ITEMS: usize = 50;
/// What is said of a field whose name is the client's invention.
pub(super) const UNKNOWN_FIELD: &str = "is not a known field";

/// One failure of reading: where and why.
pub(super) struct Failure {
    /// Empty for the value as a whole.
    pub path: String,
    pub message: String,
}

impl Failure {
    pub(super) fn of<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> Self {
        let path = match error.path().to_string() {
            path if path == "." => String::new(),
            path => path,
        };
        let message = error.inner().to_string();
        if let Some(rest) = message.strip_prefix("missing field `") {
            let name = rest.split('`').next().unwrap_or_default();
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            return Self { path, message: "is required".to_owned() };
        }
        Self { path, message: plain(&message) }
    }

    fn top_level(&self) -> &str {
        self.path.split(['.', '[']).next().unwrap_or_default()
    }
}

/// The path as it may be answered and logged. A field that is not ours has the name that the client
/// gave it, which may be somebody's name or number: what does not look like a field's is left out.
fn shown(path: &str) -> String {
    let parts = path.split('.').map(|part| {
        let name = part.split('[').next().unwrap_or_default();
        let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if is_name { part } else { "…" }
    });
    parts.collect::<Vec<_>>().join(".")
}

/// Says in plain words what serde says to a programmer.
fn plain(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    if message.starts_with("unknown field `") {
        return UNKNOWN_FIELD.to_owned();
    }
    if message.starts_with("duplicate field `") {
        return "is given twice".to_owned();
    }
    if let Some((_, expected)) = message.split_once(", expected ") {
        if message.starts_with("unknown variant `") {
            return format!("must be {}", expected.replace('`', ""));
        }
        if message.starts_with("invalid ") {
            return format!("must be {expected}");
        }
    }
    message.to_owned()
}

/// Every field that is wrong in `fields`. `read` reads a `T` from the fields in the given order.
///
/// Returns the failure as a whole (no field to blame) as the error.
pub(super) fn all_failures<T, V: Clone>(
    mut fields: Vec<(String, V)>,
    required: &[String],
    read: impl Fn(&[(String, V)]) -> Result<T, Failure>,
) -> Result<Vec<FieldError>, String> {
    let mut errors: Vec<FieldError> = required
        .iter()
        .filter(|name| !fields.iter().any(|(field, _)| field == *name))
        .map(|name| FieldError::new(name.as_str(), "is required"))
        .collect();
    let mut seen: Vec<String> = errors.iter().map(|error| error.field.clone()).collect();
    while let Err(failure) = read(&fields) {
        let name = failure.top_level().to_owned();
        if name.is_empty() {
            return if errors.is_empty() { Err(failure.message) } else { Ok(errors) };
        }
        if seen.contains(&name) || errors.len() >= FIELD_ERRORS_ITEMS {
            break;
        }
        errors.push(FieldError::new(shown(&failure.path), failure.message));
        seen.push(name.clone());
        let (failing, rest): (Vec<_>, Vec<_>) =
            fields.into_iter().partition(|(field, _)| *field == name);
        fields = rest.into_iter().chain(failing).collect();
    }
    Ok(errors)
}

/// The names of the fields a client must send, by the type's schema.
pub(super) fn required_fields<T: PartialSchema>() -> Vec<String> {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object.required,
        _ => Vec::new(),
    }
}

/// Checks the limits declared on the type; all fields at once, named as the client names them.
pub(super) fn validate<T>(value: &T) -> Result<(), ApiError>
where
    T: Validate,
    T::Context: Default,
{
    value.validate().map_err(|report| {
        let errors = report.iter().take(FIELD_ERRORS_ITEMS);
        ApiError::invalid(
            errors
                .map(|(path, error)| {
                    FieldError::new(camel_case(&path.to_string()), error.message())
                })
                .collect(),
        )
    })
}

/// `fees[0].paid_to` → `fees[0].paidTo`.
fn camel_case(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut after_underscore = false;
    for character in path.chars() {
        if character == '_' {
            after_underscore = true;
        } else if after_underscore {
            text.extend(character.to_uppercase());
            after_underscore = false;
        } else {
            text.push(character);
        }
    }
    text
}

/// A type that a request's fields are read into: serde's shape, garde's limits, a schema.
pub trait RequestType: DeserializeOwned + Validate<Context: Default> + PartialSchema {}

impl<T: DeserializeOwned + Validate<Context: Default> + PartialSchema> RequestType for T {}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn only_names_of_fields_are_shown() {
        for path in ["principal", "fees[0].paidTo", "first_due", "terms.frequency.every"] {
            assert_eq!(shown(path), path);
        }
        assert_eq!(shown("Ana Exemplo"), "…");
        assert_eq!(shown("terms.11144477735"), "terms.…");
        assert_eq!(shown("ana@example"), "…");
    }
}
