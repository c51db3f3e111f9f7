use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::dunning::{TemplateKind, TemplateText};
use domain::ids::TemplateId;
use domain::jurisdiction::Locale;
use garde::Validate;
use http::{StatusCode, header};
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::{ManageTemplates, ReadCommunications};
use platform::http::{ApiError, Body, ErrorBody, IfMatch, Page, Path, RequestId};
use platform::store::{
    Brand, Condition, Effect, Entity, StoreError, TEMPLATES_LIMIT, Template, Templates,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event;

const NAME_LIMIT_CHARS: usize = 80;

/// A text for the brand's messages.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Template)]
pub struct TemplateView {
    /// Null for a built-in text, which is in force while the brand has none of its own.
    #[schema(value_type = Option<String>, example = "tpl_01JZ0000000000000000000000")]
    pub id: Option<TemplateId>,
    /// DUE_TODAY and OVERDUE are the daily messages; MANUAL is for people to choose from.
    #[schema(value_type = String, example = "OVERDUE")]
    pub kind: TemplateKind,
    #[schema(value_type = String, example = "pt-BR")]
    pub locale: Locale,
    pub name: String,
    #[schema(value_type = String, example = "Olá, {name}! Vence hoje {amountDue}.")]
    pub text: TemplateText,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
}

impl From<&Template> for TemplateView {
    fn from(template: &Template) -> Self {
        Self {
            id: Some(template.id),
            kind: template.kind,
            locale: template.locale,
            name: template.name.clone(),
            text: template.text.clone(),
            updated_at: Some(template.updated_at),
        }
    }
}

/// A template to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateTemplate {
    #[schema(value_type = String, example = "OVERDUE")]
    pub kind: TemplateKind,
    /// The brand's where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "pt-BR")]
    pub locale: Option<Locale>,
    #[garde(length(chars, min = 1, max = NAME_LIMIT_CHARS))]
    pub name: String,
    /// Placeholders: {name}, {brand}, {amountDue}, {amountOverdue}, {amountTotal}, {dueDate},
    /// {daysOverdue}, {invoices}.
    #[schema(value_type = String, example = "Olá, {name}! Em atraso: {amountOverdue}.")]
    pub text: TemplateText,
}

/// What is to become of a template.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct UpdateTemplate {
    #[garde(length(chars, min = 1, max = NAME_LIMIT_CHARS))]
    pub name: String,
    #[schema(value_type = String)]
    pub text: TemplateText,
}

/// List templates
///
/// All of the brand's, and the built-in texts that are in force.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/communications/templates",
    operation_id = "list_templates",
    tag = "communications",
    responses((status = 200, description = "the templates", body = Page<TemplateView>))
)]
pub(super) async fn list(
    allowed: Allowed<ReadCommunications>,
    State(deps): State<Deps>,
) -> Result<Json<Page<TemplateView>>, ApiError> {
    let brand = &allowed.brand;
    let stored = Templates::new(&deps.table).all(brand.id).await?;
    let locale = brand.message_locale();
    let built_in = [TemplateKind::DueToday, TemplateKind::Overdue]
        .into_iter()
        .filter(|kind| !stored.iter().any(|own| own.kind == *kind && own.locale == locale));
    let built_in = built_in.map(|kind| TemplateView {
        id: None,
        kind,
        locale,
        name: kind.text().to_owned(),
        text: TemplateText::default_of(kind, locale),
        updated_at: None,
    });
    let items = stored.iter().map(TemplateView::from).chain(built_in).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Create a template
///
/// A brand has one DUE_TODAY and one OVERDUE text in each language.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/communications/templates",
    operation_id = "create_template",
    tag = "communications",
    request_body = CreateTemplate,
    responses(
        (status = 201, description = "the template", body = TemplateView),
        (status = 409, description = "there is one, or there are too many", body = ErrorBody),
    )
)]
pub(super) async fn create(
    allowed: Allowed<ManageTemplates>,
    State(deps): State<Deps>,
    request_id: RequestId,
    Body(body): Body<CreateTemplate>,
) -> Result<impl IntoResponse, ApiError> {
    let brand = &allowed.brand;
    if Templates::new(&deps.table).all(brand.id).await?.len() >= TEMPLATES_LIMIT {
        let message = format!("a brand has at most {TEMPLATES_LIMIT} templates");
        return Err(ApiError::conflict(message));
    }
    let mut template = Template {
        brand: brand.id,
        id: TemplateId::new(deps.ulid()),
        version: 0,
        kind: body.kind,
        locale: body.locale.unwrap_or_else(|| brand.message_locale()),
        name: body.name,
        text: body.text,
        updated_at: deps.now(),
    };
    let effect = effect(&allowed.actor.id.to_string(), "templates:create", &template);
    save(&deps, brand, &mut template, effect, &request_id).await.map_err(|error| {
        if error.is_conflict_on("template") {
            let (kind, locale) = (template.kind.text(), template.locale.tag());
            ApiError::conflict(format!("the brand has its {kind} template in {locale}"))
        } else {
            error.into()
        }
    })?;
    Ok((StatusCode::CREATED, etag(&template), Json(TemplateView::from(&template))))
}

/// Change a template's name and text
#[utoipa::path(
    put,
    path = "/api/v1/partner/brand/{brandId}/communications/templates/{templateId}",
    operation_id = "update_template",
    tag = "communications",
    request_body = UpdateTemplate,
    params(("If-Match" = Option<String>, Header, description = "the version that was read")),
    responses(
        (status = 200, description = "the template", body = TemplateView),
        (status = 409, description = "it was changed meanwhile", body = ErrorBody),
    )
)]
pub(super) async fn update(
    allowed: Allowed<ManageTemplates>,
    State(deps): State<Deps>,
    Path(id): Path<TemplateId>,
    if_match: IfMatch,
    request_id: RequestId,
    Body(body): Body<UpdateTemplate>,
) -> Result<impl IntoResponse, ApiError> {
    let brand = &allowed.brand;
    let mut template = load(&deps, brand, id).await?;
    if_match.check(template.version)?;
    template.name = body.name;
    template.text = body.text;
    template.updated_at = deps.now();
    let effect = effect(&allowed.actor.id.to_string(), "templates:update", &template);
    save(&deps, brand, &mut template, effect, &request_id).await?;
    Ok((etag(&template), Json(TemplateView::from(&template))))
}

/// Remove a template
///
/// Without a daily text of its own, the brand's messages use the built-in one.
#[utoipa::path(
    delete,
    path = "/api/v1/partner/brand/{brandId}/communications/templates/{templateId}",
    operation_id = "delete_template",
    tag = "communications",
    responses((status = 204, description = "it is removed"))
)]
pub(super) async fn delete(
    allowed: Allowed<ManageTemplates>,
    State(deps): State<Deps>,
    Path(id): Path<TemplateId>,
    request_id: RequestId,
) -> Result<StatusCode, ApiError> {
    let brand = &allowed.brand;
    let template = load(&deps, brand, id).await?;
    let unchanged = Condition::equals("v", template.version)?;
    let effect = effect(&allowed.actor.id.to_string(), "templates:delete", &template);
    deps.table
        .tx()
        .delete("template", &template.key(), &unchanged)
        .create("event", &event(&deps, brand, effect, &request_id))
        .commit()
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn load(deps: &Deps, brand: &Brand, id: TemplateId) -> Result<Template, ApiError> {
    let stored = Templates::new(&deps.table).get(brand.id, id).await?;
    stored.ok_or_else(ApiError::not_found)
}

async fn save(
    deps: &Deps,
    brand: &Brand,
    template: &mut Template,
    effect: Effect,
    request_id: &RequestId,
) -> Result<(), StoreError> {
    let event = event(deps, brand, effect, request_id);
    deps.table.tx().replace("template", template).create("event", &event).commit().await
}

fn effect(actor: &str, action: &str, template: &Template) -> Effect {
    Effect::new(actor, action, template.id)
        .after("kind", template.kind.text())
        .after("locale", template.locale.tag())
}

fn etag(template: &Template) -> [(header::HeaderName, String); 1] {
    [(header::ETAG, format!("\"{}\"", template.version))]
}
