use axum::extract::State;
use axum::response::Response;
use domain::crm::{Candidate, choose};
use domain::ids::{CustomerId, StaffId};
use garde::Validate;
use http::StatusCode;
use platform::Deps;
use platform::auth::permission::Allocate;
use platform::auth::{Allowed, Department};
use platform::http::{
    ApiError, ErrorBody, FieldError, IfMatch, MaybeIdempotent, Once, Path, RequestId, once,
};
use platform::store::{Author, Brand, Customers, Event, Retry, StaffLoad, StaffUser, StoreError};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{CustomerView, REASON_LIMIT_CHARS, not_erased, staff};

/// The most customers that one member of staff is given without being asked for by name.
const CAPACITY_LIMIT_CUSTOMERS: u32 = 500;

/// Who is to look after a customer: a member of staff by name, or whoever of a department has the
/// fewest customers.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct AllocateCustomer {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub staff_id: Option<StaffId>,
    /// Of this department, whoever is active and has the fewest customers, below 500; of several,
    /// who was given one longest ago.
    #[serde(default)]
    pub department: Option<Department>,
    /// Takes the customer from whoever has them.
    #[serde(default)]
    pub nobody: bool,
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    pub reason: Option<String>,
}

/// Give a customer to a member of staff
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/allocate",
    operation_id = "allocate_customer",
    tag = "customers",
    request_body = AllocateCustomer,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "names this intent"),
        ("If-Match" = Option<String>, Header, description = "the version that was seen"),
    ),
    responses(
        (status = 200, description = "the customer as it is now", body = CustomerView),
        (status = 409, description = "nobody of the department is free", body = ErrorBody),
    )
)]
pub(super) async fn allocate(
    allowed: Allowed<Allocate>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
    if_match: IfMatch,
    request_id: RequestId,
    request: MaybeIdempotent<AllocateCustomer>,
) -> Result<Response, ApiError> {
    let (brand, actor) = (&allowed.brand, &allowed.actor);
    once(&deps, brand.id, actor.id, request.intent.as_ref(), async |once| {
        let author = Author::of_request(actor, &request_id);
        let body = &request.body;
        let allocation =
            Allocation { deps: &deps, brand, whom: whom(body)?, reason: &body.reason, author };
        allocation.save(id, if_match, once).await
    })
    .await
}

/// Who is meant.
#[derive(Clone, Copy)]
enum Whom {
    Nobody,
    ByName(StaffId),
    Of(Department),
}

fn whom(body: &AllocateCustomer) -> Result<Whom, ApiError> {
    match (body.staff_id, body.department, body.nobody) {
        (Some(staff), None, false) => Ok(Whom::ByName(staff)),
        (None, Some(department), false) => Ok(Whom::Of(department)),
        (None, None, true) => Ok(Whom::Nobody),
        _ => {
            let fields = ["staffId", "department", "nobody"];
            let error = |field| FieldError::new(field, "give one of staffId, department, nobody");
            Err(ApiError::invalid(fields.map(error).to_vec()))
        }
    }
}

/// One allocation, made again where another change gets in between.
struct Allocation<'a> {
    deps: &'a Deps,
    brand: &'a Brand,
    whom: Whom,
    reason: &'a Option<String>,
    author: Author,
}

impl Allocation<'_> {
    async fn save(
        &self,
        id: CustomerId,
        if_match: IfMatch,
        once: &Once,
    ) -> Result<(StatusCode, CustomerView), ApiError> {
        let mut retry = Retry::default();
        loop {
            match self.try_save(id, &if_match, once).await? {
                Ok(view) => return Ok((StatusCode::OK, view)),
                Err(error) => retry.pause(error).await?,
            }
        }
    }

    async fn try_save(
        &self,
        id: CustomerId,
        if_match: &IfMatch,
        once: &Once,
    ) -> Result<Result<CustomerView, StoreError>, ApiError> {
        let (deps, brand) = (self.deps, self.brand);
        let customers = Customers::new(deps);
        let before = customers.get(brand.id, id).await?.ok_or_else(ApiError::not_found)?;
        not_erased(&before)?;
        if_match.check(before.version)?;
        let owner = self.owner().await?;
        let mut customer = before.clone();
        customer.owner = owner;
        let mut tx = deps.table.tx();
        if customer.owner != before.owner {
            let effect = self
                .author
                .effect("customers:allocate", id)
                .before("owner", name(before.owner))
                .after("owner", name(owner))
                .reason(self.reason.clone());
            tx = tx.create("event", &Event::new(deps, Some(brand.id), effect));
            if let Some(staff) = before.owner {
                tx = StaffLoad::take(tx, brand.id, staff);
            }
            if let Some(staff) = owner {
                tx = StaffLoad::give(tx, brand.id, staff, deps.now())?;
            }
            tx = customers.replace(tx, &before, &mut customer).await?;
        }
        let view = CustomerView::from(&customer);
        let tx = once.complete(tx, StatusCode::OK, &view)?;
        Ok(tx.commit().await.map(|()| view))
    }

    async fn owner(&self) -> Result<Option<StaffId>, ApiError> {
        match self.whom {
            Whom::Nobody => Ok(None),
            Whom::ByName(staff) => {
                let user = StaffUser::load(&self.deps.table, staff).await?;
                let is_colleague =
                    user.is_some_and(|user| user.brand == Some(self.brand.id) && user.active);
                let stranger = || {
                    ApiError::invalid_field("staffId", "is no active member of the brand's staff")
                };
                if is_colleague { Ok(Some(staff)) } else { Err(stranger()) }
            }
            Whom::Of(department) => {
                let candidates = self.candidates(department).await?;
                let chosen = choose(&candidates, CAPACITY_LIMIT_CUSTOMERS);
                let none = || ApiError::conflict("nobody of the department is free");
                chosen.map(Some).ok_or_else(none)
            }
        }
    }

    async fn candidates(&self, department: Department) -> Result<Vec<Candidate>, StoreError> {
        let loads = StaffLoad::all(&self.deps.table, self.brand.id).await?;
        let people = staff::of(self.deps, self.brand).await?;
        let candidate = |user: StaffUser| {
            let load = loads.iter().find(|load| load.is_of(user.id));
            Candidate {
                staff: user.id,
                is_available: user.active,
                load: load.map_or(0, StaffLoad::customers),
                last_given: load.and_then(|load| load.last_given),
            }
        };
        let of_department = people.into_iter().filter(|user| user.department == department);
        Ok(of_department.map(candidate).collect())
    }
}

fn name(owner: Option<StaffId>) -> String {
    owner.map_or_else(|| "nobody".to_owned(), String::from)
}
