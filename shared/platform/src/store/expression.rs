use std::borrow::Cow;
use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use super::StoreError;

/// A condition on the stored item, with its placeholders.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
enum Term {
    Absent(Cow<'static, str>),
    Present(&'static str),
    Compare(Cow<'static, str>, &'static str, AttributeValue),
    SetLacks(&'static str, String),
}

impl Condition {
    /// The item does not exist.
    pub fn absent() -> Self {
        Self { terms: vec![Term::Absent(Cow::Borrowed("pk"))] }
    }

    /// The item exists.
    pub fn present() -> Self {
        Self { terms: vec![Term::Present("pk")] }
    }

    pub fn equals(attribute: &'static str, value: impl Serialize) -> Result<Self, StoreError> {
        Self::default().and_equals(attribute, value)
    }

    pub fn and_equals(
        self,
        attribute: &'static str,
        value: impl Serialize,
    ) -> Result<Self, StoreError> {
        self.compare(attribute, "=", value)
    }

    pub fn and_less(
        self,
        attribute: &'static str,
        value: impl Serialize,
    ) -> Result<Self, StoreError> {
        self.compare(attribute, "<", value)
    }

    pub fn and_absent(mut self, attribute: impl Into<Cow<'static, str>>) -> Self {
        self.terms.push(Term::Absent(attribute.into()));
        self
    }

    /// The attribute is this number.
    pub fn and_number(mut self, attribute: &str, number: &impl ToString) -> Self {
        let number = AttributeValue::N(number.to_string());
        self.terms.push(Term::Compare(attribute.to_owned().into(), "=", number));
        self
    }

    /// The set of texts does not have this member, or does not exist.
    pub fn and_set_lacks(mut self, attribute: &'static str, member: &str) -> Self {
        self.terms.push(Term::SetLacks(attribute, member.to_owned()));
        self
    }

    fn compare(
        mut self,
        attribute: &'static str,
        operator: &'static str,
        value: impl Serialize,
    ) -> Result<Self, StoreError> {
        self.terms.push(Term::Compare(attribute.into(), operator, attribute_value(value)?));
        Ok(self)
    }

    pub(super) fn render(&self, placeholders: &mut Placeholders) -> Option<String> {
        let terms: Vec<String> = self
            .terms
            .iter()
            .map(|term| match term {
                Term::Absent(name) => format!("attribute_not_exists({})", placeholders.name(name)),
                Term::Present(name) => format!("attribute_exists({})", placeholders.name(name)),
                Term::SetLacks(name, member) => {
                    let member = placeholders.value(AttributeValue::S(member.clone()));
                    format!("NOT contains({}, {member})", placeholders.name(name))
                }
                Term::Compare(name, operator, value) => {
                    let name = placeholders.name(name);
                    format!("{name} {operator} {}", placeholders.value(value.clone()))
                }
            })
            .collect();
        (!terms.is_empty()).then(|| terms.join(" AND "))
    }
}

/// Changes to single attributes of an item.
#[derive(Debug, Clone, Default)]
pub struct Update {
    set: Vec<(String, AttributeValue)>,
    add: Vec<(String, AttributeValue)>,
    remove: Vec<String>,
}

impl Update {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn set(
        mut self,
        attribute: impl Into<String>,
        value: impl Serialize,
    ) -> Result<Self, StoreError> {
        self.set.push((attribute.into(), attribute_value(value)?));
        Ok(self)
    }

    /// Adds a number to an attribute; an absent attribute counts as zero.
    pub fn add(mut self, attribute: impl Into<String>, number: &impl ToString) -> Self {
        self.add.push((attribute.into(), AttributeValue::N(number.to_string())));
        self
    }

    /// Adds a member to a set of texts.
    pub fn add_to_set(mut self, attribute: impl Into<String>, member: &str) -> Self {
        self.add.push((attribute.into(), AttributeValue::Ss(vec![member.to_owned()])));
        self
    }

    pub fn remove(mut self, attribute: impl Into<String>) -> Self {
        self.remove.push(attribute.into());
        self
    }

    pub(super) fn render(&self, placeholders: &mut Placeholders) -> String {
        let mut clauses = Vec::new();
        let mut clause = |keyword: &str, parts: Vec<String>| {
            if !parts.is_empty() {
                clauses.push(format!("{keyword} {}", parts.join(", ")));
            }
        };
        let set = self.set.iter().map(|(name, value)| {
            format!("{} = {}", placeholders.name(name), placeholders.value(value.clone()))
        });
        clause("SET", set.collect());
        let add = self.add.iter().map(|(name, value)| {
            format!("{} {}", placeholders.name(name), placeholders.value(value.clone()))
        });
        clause("ADD", add.collect());
        clause("REMOVE", self.remove.iter().map(|name| placeholders.name(name)).collect());
        clauses.join(" ")
    }
}

type Names = HashMap<String, String>;
type Values = HashMap<String, AttributeValue>;

/// The names and values that stand behind the `#n` and `:v` of an expression.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Placeholders {
    fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    pub(super) fn into_parts(self) -> (Option<Names>, Option<Values>) {
        (
            (!self.names.is_empty()).then_some(self.names),
            (!self.values.is_empty()).then_some(self.values),
        )
    }
}

pub(super) fn attribute_value(value: impl Serialize) -> Result<AttributeValue, StoreError> {
    Ok(serde_dynamo::to_attribute_value(value)?)
}
