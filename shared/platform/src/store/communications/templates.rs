use domain::dunning::{Statement, TemplateKind, TemplateText};
use domain::ids::{BrandId, TemplateId};
use domain::jurisdiction::Locale;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::{Brand, Consistency, Entity, Key, Range, StoreError, Table, Versioned};

/// The most templates that a brand has.
pub const TEMPLATES_LIMIT: usize = 100;
/// The most days overdue that a step begins at.
pub const STEP_LIMIT_DAYS: u16 = 3_650;
/// An OVERDUE template that names no step holds from the first day on.
const FIRST_STEP_DAYS: u16 = 1;

/// A brand's own text for its messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    pub brand: BrandId,
    pub id: TemplateId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub kind: TemplateKind,
    /// Of an OVERDUE text: the days overdue from which it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u16>,
    pub locale: Locale,
    /// What staff choose it by.
    pub name: String,
    pub text: TemplateText,
    /// The provider's id of the same text, without which it cannot leave as a text message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<String>,
    pub updated_at: Timestamp,
}

impl Template {
    fn partition(brand: BrandId) -> String {
        format!("B#{}#TPL", brand.ulid())
    }

    /// The days overdue from which the text is used.
    pub fn from_days(&self) -> u16 {
        self.step.unwrap_or(FIRST_STEP_DAYS)
    }
}

impl Entity for Template {
    const NAME: &'static str = "template";

    fn key(&self) -> Key {
        let kind = self.kind.text();
        let sort = match (self.kind, self.from_days()) {
            (TemplateKind::Manual, _) => format!("{kind}#{}", self.id.ulid()),
            (TemplateKind::Overdue, days) if days > FIRST_STEP_DAYS => {
                format!("{kind}#{}#{days:04}", self.locale.tag())
            }
            _ => format!("{kind}#{}", self.locale.tag()),
        };
        Key::new(Self::partition(self.brand), sort)
    }
}

impl Versioned for Template {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

/// The text of a message, and the provider's id of it where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub text: TemplateText,
    pub registered: Option<String>,
}

/// A brand's own texts of one kind in its language, by the days overdue they begin at.
#[derive(Debug, Clone)]
pub struct Steps {
    kind: TemplateKind,
    locale: Locale,
    own: Vec<Template>,
}

impl Steps {
    /// The last step that has begun, or the built-in text where the brand has none that has.
    pub fn at(&self, days_overdue: i64) -> Chosen {
        let begun =
            self.own.iter().filter(|template| i64::from(template.from_days()) <= days_overdue);
        let chosen = if self.kind == TemplateKind::Overdue {
            begun.max_by_key(|template| template.from_days())
        } else {
            self.own.first()
        };
        chosen.map_or_else(
            || Chosen { text: TemplateText::default_of(self.kind, self.locale), registered: None },
            |own| Chosen { text: own.text.clone(), registered: own.registered.clone() },
        )
    }
}

/// The templates of the table.
#[derive(Debug, Clone, Copy)]
pub struct Templates<'t> {
    table: &'t Table,
}

impl<'t> Templates<'t> {
    pub const fn new(table: &'t Table) -> Self {
        Self { table }
    }

    /// All of a brand's templates, by kind.
    pub async fn all(&self, brand: BrandId) -> Result<Vec<Template>, StoreError> {
        let range = Range::partition(Template::partition(brand)).consistency(Consistency::Strong);
        // Two that are created at the same moment may together pass the limit.
        self.table.query_all(&range, 2 * TEMPLATES_LIMIT).await
    }

    pub async fn get(
        &self,
        brand: BrandId,
        id: TemplateId,
    ) -> Result<Option<Template>, StoreError> {
        Ok(self.all(brand).await?.into_iter().find(|template| template.id == id))
    }

    /// The texts of a kind of message that jobs write.
    pub async fn steps(&self, brand: &Brand, kind: TemplateKind) -> Result<Steps, StoreError> {
        let locale = brand.message_locale();
        let range = Range::partition(Template::partition(brand.id)).prefix(format!(
            "{}#{}",
            kind.text(),
            locale.tag()
        ));
        let own = self.table.query_all(&range, 2 * TEMPLATES_LIMIT).await?;
        Ok(Steps { kind, locale, own })
    }

    /// The text for what a statement says.
    pub async fn of(&self, brand: &Brand, statement: &Statement) -> Result<Chosen, StoreError> {
        let steps = self.steps(brand, TemplateKind::of(statement)).await?;
        Ok(steps.at(statement.days_overdue))
    }
}
