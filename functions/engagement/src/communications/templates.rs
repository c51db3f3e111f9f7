use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::dunning::{Style, TemplateKind, TemplateText, sample};
use domain::ids::TemplateId;
use domain::invoices::ServicingTerms;
use domain::jurisdiction::Locale;
use garde::Validate;
use http::{StatusCode, header};
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::{ManageTemplates, ReadCommunications};
use platform::http::{ApiError, Body, ErrorBody, IfMatch, Page, Path, RequestId};
use platform::store::{
    Brand, Charges, Condition, Effect, Entity, STEP_LIMIT_DAYS, StoreError, TEMPLATES_LIMIT,
    Template, Templates,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event;

const NAME_LIMIT_CHARS: usize = 80;
const REGISTERED_LIMIT_CHARS: usize = 64;
const FIRST_STEP_DAYS: u16 = 1;
/// The borrower of previews.
const SAMPLE_NAME: &str = "Ana";

/// A text for the brand's messages.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Template)]
pub struct TemplateView {
    /// Null for a built-in text, which is in force while the brand has none of its own.
    #[schema(value_type = Option<String>, example = "tpl_01JZ0000000000000000000000")]
    pub id: Option<TemplateId>,
    /// BEFORE_DUE, DUE_TODAY and OVERDUE are the messages of jobs; MANUAL is for people to choose
    /// from.
    #[schema(value_type = String, example = "OVERDUE")]
    pub kind: TemplateKind,
    /// Of an OVERDUE text: the days overdue from which it is used, until the next one begins.
    pub from_days_overdue: Option<u16>,
    #[schema(value_type = String, example = "pt-BR")]
    pub locale: Locale,
    pub name: String,
    #[schema(value_type = String, example = "Olá, {name}! Vence hoje {amountDue}.")]
    pub text: TemplateText,
    /// The text with invented figures.
    #[schema(example = "Olá, Ana! Vence hoje R$ 500,00.")]
    pub preview: String,
    /// The provider's id of the text, without which it cannot leave as a text message.
    pub sms_template_id: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
}

impl TemplateView {
    fn of(deps: &Deps, brand: &Brand, template: &Template) -> Result<Self, ApiError> {
        let (kind, step) = (template.kind, template.from_days());
        Ok(Self {
            id: Some(template.id),
            kind,
            from_days_overdue: (kind == TemplateKind::Overdue).then_some(step),
            locale: template.locale,
            name: template.name.clone(),
            text: template.text.clone(),
            preview: preview_of(deps, brand, kind, step, template.locale, &template.text)?,
            sms_template_id: template.registered.clone(),
            updated_at: Some(template.updated_at),
        })
    }

    fn built_in(deps: &Deps, brand: &Brand, kind: TemplateKind) -> Result<Self, ApiError> {
        let locale = brand.message_locale();
        let text = TemplateText::default_of(kind, locale);
        Ok(Self {
            id: None,
            kind,
            from_days_overdue: (kind == TemplateKind::Overdue).then_some(FIRST_STEP_DAYS),
            locale,
            name: kind.text().to_owned(),
            preview: preview_of(deps, brand, kind, FIRST_STEP_DAYS, locale, &text)?,
            text,
            sms_template_id: None,
            updated_at: None,
        })
    }
}

/// The text with the figures of an invented loan under the brand's charges.
fn preview_of(
    deps: &Deps,
    brand: &Brand,
    kind: TemplateKind,
    step: u16,
    locale: Locale,
    text: &TemplateText,
) -> Result<String, ApiError> {
    let Charges { late_fee, mora_monthly } = brand.charges;
    let terms = ServicingTerms::new(brand.currency, late_fee, mora_monthly);
    let statement = sample(kind, step, &terms, deps.today(brand));
    let style = Style { locale, ..brand.message_style() };
    let body = text.render(style, Some(&statement));
    let body = body.map_err(|error| ApiError::internal_from(&error))?;
    Ok(body.to_person(SAMPLE_NAME))
}

/// A template to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateTemplate {
    #[schema(value_type = String, example = "OVERDUE")]
    pub kind: TemplateKind,
    /// Of an OVERDUE text: the days overdue from which it is used; the first where it is left out.
    #[serde(default)]
    #[garde(range(min = 1, max = STEP_LIMIT_DAYS))]
    #[schema(example = 10)]
    pub from_days_overdue: Option<u16>,
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
    /// The provider's id of the same text, its placeholders in the same order.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REGISTERED_LIMIT_CHARS))]
    pub sms_template_id: Option<String>,
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
    /// The provider's id of the same text; none where it is left out.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REGISTERED_LIMIT_CHARS))]
    pub sms_template_id: Option<String>,
}

/// A text to try out.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct PreviewTemplate {
    #[schema(value_type = String, example = "OVERDUE")]
    pub kind: TemplateKind,
    #[serde(default)]
    #[garde(range(min = 1, max = STEP_LIMIT_DAYS))]
    #[schema(example = 10)]
    pub from_days_overdue: Option<u16>,
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "pt-BR")]
    pub locale: Option<Locale>,
    #[schema(value_type = String, example = "Olá, {name}! Em atraso: {amountOverdue}.")]
    pub text: TemplateText,
}

/// A text as a borrower would get it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplatePreview {
    #[schema(example = "Olá, Ana! Em atraso: R$ 511,67.")]
    pub preview: String,
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
    let is_first = |own: &Template| own.locale == locale && own.from_days() == FIRST_STEP_DAYS;
    let built_in = TemplateKind::ALL
        .into_iter()
        .filter(|kind| kind.is_automatic())
        .filter(|kind| !stored.iter().any(|own| own.kind == *kind && is_first(own)))
        .map(|kind| TemplateView::built_in(&deps, brand, kind));
    let own = stored.iter().map(|template| TemplateView::of(&deps, brand, template));
    let items = own.chain(built_in).collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next_cursor: None }))
}

/// Create a template
///
/// A brand has one BEFORE_DUE, one DUE_TODAY and for each step one OVERDUE text in each language.
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
    if body.kind != TemplateKind::Overdue && body.from_days_overdue.is_some() {
        return Err(ApiError::invalid_field("fromDaysOverdue", "is for OVERDUE texts only"));
    }
    let mut template = Template {
        brand: brand.id,
        id: TemplateId::new(deps.ulid()),
        version: 0,
        kind: body.kind,
        step: body.from_days_overdue,
        locale: body.locale.unwrap_or_else(|| brand.message_locale()),
        name: body.name,
        text: body.text,
        registered: body.sms_template_id,
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
    let view = TemplateView::of(&deps, brand, &template)?;
    Ok((StatusCode::CREATED, etag(&template), Json(view)))
}

/// Try a template out
///
/// Answers the text with invented figures, and stores nothing.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/communications/templates/preview",
    operation_id = "preview_template",
    tag = "communications",
    request_body = PreviewTemplate,
    responses((status = 200, description = "the text as a borrower would get it",
        body = TemplatePreview))
)]
pub(super) async fn preview(
    allowed: Allowed<ReadCommunications>,
    State(deps): State<Deps>,
    Body(body): Body<PreviewTemplate>,
) -> Result<Json<TemplatePreview>, ApiError> {
    let brand = &allowed.brand;
    let step = body.from_days_overdue.unwrap_or(FIRST_STEP_DAYS);
    let locale = body.locale.unwrap_or_else(|| brand.message_locale());
    let preview = preview_of(&deps, brand, body.kind, step, locale, &body.text)?;
    Ok(Json(TemplatePreview { preview }))
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
    template.registered = body.sms_template_id;
    template.updated_at = deps.now();
    let effect = effect(&allowed.actor.id.to_string(), "templates:update", &template);
    save(&deps, brand, &mut template, effect, &request_id).await?;
    Ok((etag(&template), Json(TemplateView::of(&deps, brand, &template)?)))
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
