//! A route's permission, written once, as its handler's first argument, and read from there into
//! the API's description.

use std::borrow::Borrow;

use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder};

use utoipa::{PartialSchema, ToSchema};

use super::error::ErrorBody;
use crate::auth::allowed::{Access, Principal};
use crate::auth::api_key::API_KEY_HEADER;
use crate::auth::cookie::Cookie;
use crate::auth::permission::Department;

/// The extension with a route's permission.
const PERMISSION_EXTENSION: &str = "x-permission";
const SCHEME_BEARER: &str = "bearer";
const SCHEME_COOKIE: &str = "cookie";
const SCHEME_KEY: &str = "apiKey";

/// A handler whose first argument says who may call it.
#[diagnostic::on_unimplemented(
    message = "a handler's first argument must say who may call it",
    label = "begin with `Allowed<…>`, `Staff`, `SuperAdmin` or `Public`"
)]
pub trait Declared<Arguments> {
    const ACCESS: Access;
}

macro_rules! declared {
    ($($argument:ident)*) => {
        impl<F, Answer, P, $($argument),*> Declared<(P, $($argument,)*)> for F
        where
            F: Fn(P, $($argument),*) -> Answer,
            P: Principal,
        {
            const ACCESS: Access = P::ACCESS;
        }
    };
}

declared!();
declared!(A);
declared!(A B);
declared!(A B C);
declared!(A B C D);
declared!(A B C D E);
declared!(A B C D E G);
declared!(A B C D E G H);

/// Completes the description of a handler's route: who may call it, path parameters that it does
/// not describe itself, the errors that every such route has.
pub fn declare<H: Declared<Arguments>, Arguments>(
    schemas: &mut Vec<(String, RefOr<Schema>)>,
    paths: &mut Paths,
    _handler: &H,
) {
    schemas.push((ErrorBody::name().into_owned(), ErrorBody::schema()));
    ErrorBody::schemas(schemas);
    for (path, item) in &mut paths.paths {
        for (_, operation) in operations_mut(item) {
            complete(path, operation, H::ACCESS);
        }
    }
}

fn complete(path: &str, operation: &mut Operation, access: Access) {
    let permission = match access {
        Access::Public => None,
        Access::SignedIn => Some(None),
        Access::Brand(permission) | Access::Platform(permission) => Some(Some(permission.text())),
    };
    let mut statuses = vec!["400", "404", "500", "503"];
    if let Some(permission) = permission {
        let takes_keys = matches!(access, Access::Brand(permission) if permission.is_for_keys());
        let schemes = [SCHEME_BEARER, SCHEME_COOKIE].into_iter();
        let schemes = schemes.chain(takes_keys.then_some(SCHEME_KEY));
        let requirement = |scheme| SecurityRequirement::new(scheme, permission);
        operation.security = Some(schemes.map(requirement).collect());
        if let Some(permission) = permission {
            let extension = (PERMISSION_EXTENSION, serde_json::Value::from(permission));
            operation.extensions.get_or_insert_default().merge(Extensions::from_iter([extension]));
        }
        statuses.extend(["401", "403", "429"]);
    }
    for status in statuses {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(error_response);
    }
    let parameters = operation.parameters.get_or_insert_default();
    for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        let described = parameters.iter().any(|parameter| {
            matches!(parameter, RefOr::T(parameter)
                if parameter.name == name && parameter.parameter_in == ParameterIn::Path)
        });
        if !described {
            let text = ObjectBuilder::new().schema_type(Type::String).build();
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(text))
                .build();
            parameters.push(RefOr::T(parameter));
        }
    }
}

fn error_response() -> RefOr<utoipa::openapi::Response> {
    let content =
        ContentBuilder::new().schema(Some(Ref::from_schema_name(ErrorBody::name()))).build();
    let response = ResponseBuilder::new()
        .description("what went wrong")
        .content("application/json", content)
        .build();
    RefOr::T(response)
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", &mut item.get),
        ("POST", &mut item.post),
        ("PUT", &mut item.put),
        ("PATCH", &mut item.patch),
        ("DELETE", &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Adds the ways to prove who one is to a whole API's description.
pub fn add_security_schemes(api: &mut OpenApi) {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let cookie = ApiKeyValue::with_description(
        Cookie::Access.name(false),
        "requests that change something also send the header x-csrf-token",
    );
    let key = ApiKeyValue::with_description(
        API_KEY_HEADER,
        "for other systems: a key of the brand, with permissions of its own",
    );
    let components = api.components.get_or_insert_default();
    components.add_security_scheme(SCHEME_KEY, SecurityScheme::ApiKey(ApiKey::Header(key)));
    components.add_security_scheme(SCHEME_BEARER, SecurityScheme::Http(bearer));
    components.add_security_scheme(SCHEME_COOKIE, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
}

/// One route and who may call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteAccess {
    pub method: &'static str,
    pub path: String,
    /// `None` where being signed in is enough, or nothing is asked.
    pub permission: Option<String>,
    pub signed_in: bool,
}

impl RouteAccess {
    /// The departments that may call.
    pub fn departments(&self) -> Vec<Department> {
        let Some(permission) = &self.permission else {
            return if self.signed_in { Department::ALL.to_vec() } else { Vec::new() };
        };
        let granted = |department: &Department| {
            crate::auth::Permission::ALL
                .iter()
                .any(|known| known.text() == permission && department.grants(*known))
        };
        Department::ALL.into_iter().filter(granted).collect()
    }
}

/// Every route of a description with who may call it, in the order of the paths.
pub fn access_table(api: impl Borrow<OpenApi>) -> Vec<RouteAccess> {
    let mut api = api.borrow().clone();
    let mut table = Vec::new();
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations_mut(item) {
            let permission = operation
                .extensions
                .as_ref()
                .and_then(|extensions| extensions.get(PERMISSION_EXTENSION)?.as_str());
            table.push(RouteAccess {
                method,
                path: path.clone(),
                permission: permission.map(str::to_owned),
                signed_in: operation.security.is_some(),
            });
        }
    }
    table
}
