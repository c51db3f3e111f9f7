use axum::Json;
use axum::extract::State;
use domain::identity::{Email, PersonName};
use domain::ids::{BrandId, StaffId};
use domain::money::Currency;
use platform::Deps;
use platform::auth::{Actor, ActorId, Department, Permission, Staff};
use platform::http::ApiError;
use platform::store::{Brand, StaffUser};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The signed-in user.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    #[schema(value_type = String)]
    pub id: StaffId,
    #[schema(value_type = String)]
    pub email: Email,
    #[schema(value_type = String)]
    pub name: PersonName,
    pub department: Department,
    /// The department's permissions and the user's own.
    pub permissions: Vec<Permission>,
    /// Null for an administrator of the platform.
    pub brand: Option<MyBrand>,
}

/// What a page needs to know of the user's brand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MyBrand {
    #[schema(value_type = String)]
    pub id: BrandId,
    pub name: String,
    /// ISO 4217.
    #[schema(value_type = String, example = "BRL")]
    pub currency: Currency,
    /// BCP 47.
    #[schema(example = "pt-BR")]
    pub locale: String,
    /// An IANA timezone.
    #[schema(example = "America/Sao_Paulo")]
    pub timezone: String,
}

impl MyBrand {
    fn of(brand: &Brand) -> Self {
        Self {
            id: brand.id,
            name: brand.name.clone(),
            currency: brand.currency,
            locale: brand.locale.clone(),
            timezone: brand.timezone.iana_name().unwrap_or("UTC").to_owned(),
        }
    }
}

/// Who is signed in, as stored now.
#[utoipa::path(
    get,
    path = "/api/v1/partner/auth/me",
    tag = "partner-auth",
    responses((status = 200, description = "the user", body = Me))
)]
pub(super) async fn me(
    Staff(actor): Staff,
    State(deps): State<Deps>,
) -> Result<Json<Me>, ApiError> {
    let user = user_of(&deps, &actor).await?;
    let brand = match user.brand {
        Some(id) => deps.brands.get(id).await?.map(|brand| MyBrand::of(&brand)),
        None => None,
    };
    Ok(Json(Me {
        id: user.id,
        permissions: user.all_permissions(),
        email: user.email,
        name: user.name,
        department: user.department,
        brand,
    }))
}

/// The active user behind a token; 401 where there is none (any more).
pub(super) async fn user_of(deps: &Deps, actor: &Actor) -> Result<StaffUser, ApiError> {
    let ActorId::Staff(id) = actor.id else {
        return Err(ApiError::forbidden("this is for people who signed in"));
    };
    let user = StaffUser::load(&deps.table, id).await?;
    user.filter(|user| user.active)
        .ok_or_else(|| ApiError::unauthenticated().log("the user is not active"))
}
