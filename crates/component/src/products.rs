//! Data products as knowledge components (知识组件): made from what was published, while the node runs.

use crate::context::Context;
use crate::error::Error;
use crate::manifest::{Effect, Kind, Manifest};
use crate::records::decode;
use crate::registry::Component;
use async_trait::async_trait;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::side::Side;
use brain_warehouse::product::{Form, ProductAsk, ProductComponent};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Rows one run answers with at most; more are pages of the interface or a file.
const ROWS_MAX: u64 = 10_000;

struct OfProduct {
    manifest: Arc<Manifest>,
    product: String,
}

/// A published product as a component.
pub(crate) fn component(offered: ProductComponent) -> Arc<dyn Component> {
    let ProductComponent { product, id, version, title, description, parameters, result } = offered;
    let reads = vec![id.clone()];
    let manifest = Manifest {
        id,
        version,
        title,
        summary: description,
        kind: Kind::Knowledge,
        side: Side::Operation,
        effect: Effect::Read,
        audience: Role::WORKING.to_vec(),
        reads,
        formula: None,
        parameters,
        result,
        table: Some("/rows".to_owned()),
    };
    Arc::new(OfProduct { manifest: Arc::new(manifest), product })
}

#[async_trait]
impl Component for OfProduct {
    fn manifest(&self) -> &Arc<Manifest> {
        &self.manifest
    }

    fn runs_detached(&self, _: &Value) -> bool {
        false
    }

    async fn run(&self, context: Context, parameters: Value) -> Result<Value, Failure> {
        let parameters = match parameters {
            Value::Object(fields) => fields,
            other => {
                let en = format!("an object, not {other}");
                return Err(Error::Parameter { pointer: String::new(), zh: "须为对象".to_owned(), en }.into());
            }
        };
        let ask = ProductAsk { product: self.product.clone(), form: Form::Component, parameters };
        let (batches, has_more, version) = context.product(&ask, ROWS_MAX).await?;
        let rows: Vec<Map<String, Value>> = decode(&batches)?;
        Ok(json!({ "version": version, "has_more": has_more, "rows": rows }))
    }
}
