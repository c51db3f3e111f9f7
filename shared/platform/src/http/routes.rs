//! A function's routes.

use std::convert::Infallible;
use std::fmt;

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, Route};
use tower::{Layer, Service};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::Deps;

/// Describes one route.
type Describe = fn() -> UtoipaMethodRouter<Deps>;

/// A function's routes; what a `router()` returns. The API's description is made of them only where
/// it is asked for: a function that starts to answer requests spends nothing on it.
#[derive(Clone, Default)]
pub struct Routes {
    router: Router<Deps>,
    descriptions: Vec<Describe>,
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one route: see [`routes!`](crate::routes).
    #[doc(hidden)]
    pub fn route(
        mut self,
        path: &str,
        methods: MethodRouter<Deps>,
        description: fn() -> UtoipaMethodRouter<Deps>,
    ) -> Self {
        self.descriptions.push(description);
        Self { router: self.router.route(path, methods), descriptions: self.descriptions }
    }

    /// Both functions' routes.
    pub fn merge(mut self, other: Self) -> Self {
        self.descriptions.extend(other.descriptions);
        Self { router: self.router.merge(other.router), descriptions: self.descriptions }
    }

    /// Puts a layer around every route.
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        Self { router: self.router.layer(layer), ..self }
    }

    /// The description of all of them.
    pub fn get_openapi(&self) -> OpenApi {
        let described = self.descriptions.iter();
        described.fold(OpenApiRouter::new(), |all, one| all.routes(one())).into_openapi()
    }

    /// As [`Self::get_openapi`].
    pub fn into_openapi(self) -> OpenApi {
        self.get_openapi()
    }
}

impl From<Routes> for Router<Deps> {
    fn from(routes: Routes) -> Self {
        routes.router
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").field("count", &self.descriptions.len()).finish_non_exhaustive()
    }
}

/// A function's routes from its handlers, each with its `#[utoipa::path]` and, as first argument,
/// who may call it: `platform::routes![approve::approve, reject::reject]`.
#[macro_export]
macro_rules! routes {
    ($($($part:ident)::+),+ $(,)?) => {
        $crate::http::Routes::new()
            $(.route(
                &<$crate::described!([] $($part)::+) as ::utoipa::Path>::path(),
                $crate::http::routes::on(
                    &<$crate::described!([] $($part)::+) as ::utoipa::Path>::methods(),
                    $($part)::+,
                ),
                || {
                    let (mut schemas, mut paths, methods) = ::utoipa_axum::routes!($($part)::+);
                    $crate::http::declare::declare(&mut schemas, &mut paths, &$($part)::+);
                    (schemas, paths, methods)
                },
            ))+
    };
}

/// The type that `#[utoipa::path]` makes beside a handler.
#[doc(hidden)]
#[macro_export]
macro_rules! described {
    ([$($before:ident)*] $handler:ident) => {
        ::utoipa_axum::paste! { $($before ::)* [<__path_ $handler>] }
    };
    ([$($before:ident)*] $next:ident :: $($rest:ident)::+) => {
        $crate::described!([$($before)* $next] $($rest)::+)
    };
}

/// A handler for these methods.
#[doc(hidden)]
pub fn on<H, T>(methods: &[utoipa::openapi::HttpMethod], handler: H) -> MethodRouter<Deps>
where
    H: axum::handler::Handler<T, Deps>,
    T: 'static,
{
    use utoipa_axum::PathItemExt as _;
    methods.iter().fold(MethodRouter::new(), |router, method| {
        router.on(method.to_method_filter(), handler.clone())
    })
}
