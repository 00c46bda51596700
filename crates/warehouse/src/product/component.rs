//! Products as capability components: what a registry needs to know of each.

use super::parameter::schema;
use super::{Form, Products, dataset_of};
use brain_kernel::language::Text;
use serde_json::{Value, json};

/// A product that is offered as a component.
#[derive(Debug, Clone)]
pub struct ProductComponent {
    /// Its id as a product; as a component it is `product.<id>`.
    pub product: String,
    /// Its id as a component, and the only thing it reads.
    pub id: String,
    /// Semantic version.
    pub version: String,
    /// Title.
    pub title: Text,
    /// What it holds.
    pub description: Text,
    /// JSON Schema of its parameters.
    pub parameters: Value,
    /// JSON Schema of its result.
    pub result: Value,
}

impl Products {
    /// Every product that is offered as a component now.
    pub fn components(&self) -> Vec<ProductComponent> {
        let products = self.inner.products.products.load();
        products.keys().filter_map(|id| self.component(id)).collect()
    }

    /// The product `id` as a component, where it is offered as one.
    pub fn component(&self, id: &str) -> Option<ProductComponent> {
        let products = self.inner.products.products.load();
        let product = products.get(id).filter(|product| product.state.is_offered())?;
        let version = product.current()?;
        if !version.definition.forms.contains(&Form::Component) {
            return None;
        }
        let row = &product.row;
        let fields = version.columns.iter().map(|column| {
            let described = format!("{} · {}", column.title.zh, column.title.en);
            (column.name.clone(), json!({ "description": described }))
        });
        let fields: serde_json::Map<String, Value> = fields.collect();
        let rows = json!({ "type": "array", "items": { "type": "object", "properties": fields } });
        Some(ProductComponent {
            product: row.id.clone(),
            id: dataset_of(&row.id),
            version: version.semver.to_string(),
            title: Text::new(&row.title_zh, &row.title_en),
            description: Text::new(&row.description_zh, &row.description_en),
            parameters: schema(version.definition.source.parameters()),
            result: json!({
                "type": "object",
                "required": ["rows", "has_more", "version"],
                "properties": { "version": { "type": "string" }, "has_more": { "type": "boolean" }, "rows": rows },
            }),
        })
    }
}
