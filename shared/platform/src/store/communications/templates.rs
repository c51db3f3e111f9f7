use domain::dunning::{TemplateKind, TemplateText};
use domain::ids::{BrandId, TemplateId};
use domain::jurisdiction::Locale;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::{Brand, Consistency, Entity, Key, Range, StoreError, Table, Versioned};

/// The most templates that a brand has.
pub const TEMPLATES_LIMIT: usize = 100;

/// A brand's own text for its messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    pub brand: BrandId,
    pub id: TemplateId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub kind: TemplateKind,
    pub locale: Locale,
    /// What staff choose it by.
    pub name: String,
    pub text: TemplateText,
    pub updated_at: Timestamp,
}

impl Template {
    fn partition(brand: BrandId) -> String {
        format!("B#{}#TPL", brand.ulid())
    }

    /// Where the text of a daily message is: one in each language.
    fn single_key(brand: BrandId, kind: TemplateKind, locale: Locale) -> Key {
        Key::new(Self::partition(brand), format!("{}#{}", kind.text(), locale.tag()))
    }
}

impl Entity for Template {
    const NAME: &'static str = "template";

    fn key(&self) -> Key {
        if self.kind.is_single() {
            return Self::single_key(self.brand, self.kind, self.locale);
        }
        let sort = format!("{}#{}", self.kind.text(), self.id.ulid());
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

    /// The text of a kind of daily message: the brand's own, or the built-in one.
    pub async fn daily(
        &self,
        brand: &Brand,
        kind: TemplateKind,
    ) -> Result<TemplateText, StoreError> {
        let locale = brand.message_locale();
        let key = Template::single_key(brand.id, kind, locale);
        let own = self.table.get::<Template>(&key, Consistency::Eventual).await?;
        Ok(own.map_or_else(|| TemplateText::default_of(kind, locale), |template| template.text))
    }
}
