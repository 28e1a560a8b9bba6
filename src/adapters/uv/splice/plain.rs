//! What a TOML text means, without its form.

use std::collections::BTreeMap;

use toml_edit::{Document, Item, Table, Value};

/// A value without its form, for comparing what a text means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::adapters::uv) enum Plain {
    /// A table of any form.
    Table(BTreeMap<String, Plain>),
    /// An array of any form.
    List(Vec<Plain>),
    /// A string.
    Text(String),
    /// Any other scalar, as it prints.
    Other(String),
}

impl Plain {
    pub(super) fn of(item: &Item) -> Self {
        match item {
            Item::None => Self::Other(String::new()),
            Item::Value(v) => Self::of_value(v),
            Item::Table(t) => Self::of_table(t),
            Item::ArrayOfTables(a) => Self::List(a.iter().map(Self::of_table).collect()),
        }
    }

    pub(super) fn of_table(table: &Table) -> Self {
        Self::Table(table.iter().map(|(k, v)| (k.to_owned(), Self::of(v))).collect())
    }

    fn of_value(value: &Value) -> Self {
        match value {
            Value::String(s) => Self::Text(s.value().clone()),
            Value::Array(a) => Self::List(a.iter().map(Self::of_value).collect()),
            Value::InlineTable(t) => {
                Self::Table(t.iter().map(|(k, v)| (k.to_owned(), Self::of_value(v))).collect())
            }
            Value::Integer(v) => Self::Other(v.value().to_string()),
            Value::Float(v) => Self::Other(v.value().to_string()),
            Value::Boolean(v) => Self::Other(v.value().to_string()),
            Value::Datetime(v) => Self::Other(v.value().to_string()),
        }
    }

    /// What the text of one value means.
    pub(in crate::adapters::uv) fn parse(text: &str) -> Option<Self> {
        let doc = Document::parse(format!("v = {text}")).ok()?;
        doc.as_table().get("v").map(Self::of)
    }

    /// What is at a path.
    pub(in crate::adapters::uv) fn get(&self, path: &[String]) -> Option<&Self> {
        let mut at = self;
        for key in path {
            let Self::Table(t) = at else { return None };
            at = t.get(key)?;
        }
        Some(at)
    }

    /// The table at a path, made where there is none.
    pub(in crate::adapters::uv) fn table_mut(
        &mut self,
        path: &[String],
    ) -> Option<&mut BTreeMap<String, Plain>> {
        let Self::Table(table) = self else { return None };
        match path.split_first() {
            None => Some(table),
            Some((key, rest)) => {
                table.entry(key.clone()).or_insert_with(|| Self::Table(BTreeMap::default())).table_mut(rest)
            }
        }
    }
}
