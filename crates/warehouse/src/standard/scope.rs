//! Business scope as SQL functions: which products, which industry class.

use super::context::Standards;
use super::functions::{text, text_function};
use crate::extract::ProductHit;
use datafusion::arrow::array::{ArrayRef, Float64Builder, ListArray, StringViewBuilder, StructArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::logical_expr::ScalarUDF;
use std::sync::Arc;

pub(super) fn functions(standards: &Arc<Standards>) -> Vec<Arc<ScalarUDF>> {
    vec![scope_products(Arc::clone(standards)), scope_industry(Arc::clone(standards))]
}

fn product_fields() -> Fields {
    Fields::from(vec![
        Field::new("product", DataType::Utf8View, true),
        Field::new("role", DataType::Utf8View, true),
        Field::new("evidence", DataType::Utf8View, true),
        Field::new("confidence", DataType::Float64, true),
    ])
}

/// `scope_products(scope)`: every product the scope names, with role, matched words and confidence.
fn scope_products(standards: Arc<Standards>) -> Arc<ScalarUDF> {
    let item = Arc::new(Field::new_list_field(DataType::Struct(product_fields()), true));
    let result = DataType::List(Arc::clone(&item));
    text_function("scope_products", 1, result, move |columns, rows| {
        let extractor = standards.extractor();
        let mut products = StringViewBuilder::new();
        let mut roles = StringViewBuilder::new();
        let mut evidence = StringViewBuilder::new();
        let mut confidence = Float64Builder::new();
        let mut lengths = Vec::with_capacity(rows);
        let mut hits: Vec<ProductHit> = Vec::new();
        for row in 0..rows {
            let before = confidence_len(&confidence);
            if let Some(scope) = text(columns, 0, row) {
                hits.clear();
                extractor.products(scope, &mut hits);
                for hit in &hits {
                    let Some(product) = extractor.product(hit.product) else { continue };
                    products.append_value(product.id);
                    roles.append_value(hit.role.as_str());
                    evidence.append_value(hit.evidence(scope));
                    confidence.append_value(f64::from(hit.confidence));
                }
            }
            lengths.push(confidence_len(&confidence) - before);
        }
        let values = StructArray::new(
            product_fields(),
            vec![
                Arc::new(products.finish()) as ArrayRef,
                Arc::new(roles.finish()),
                Arc::new(evidence.finish()),
                Arc::new(confidence.finish()),
            ],
            None,
        );
        let offsets = OffsetBuffer::from_lengths(lengths);
        Ok(Arc::new(ListArray::new(Arc::clone(&item), offsets, Arc::new(values), None)))
    })
}

fn confidence_len(builder: &Float64Builder) -> usize {
    datafusion::arrow::array::ArrayBuilder::len(builder)
}

/// `scope_industry(scope, name)`: the GB/T 4754 class the words point to, with confidence; nulls where none.
fn scope_industry(standards: Arc<Standards>) -> Arc<ScalarUDF> {
    let fields = Fields::from(vec![
        Field::new("code", DataType::Utf8View, true),
        Field::new("confidence", DataType::Float64, true),
    ]);
    text_function("scope_industry", 2, DataType::Struct(fields.clone()), move |columns, rows| {
        let extractor = standards.extractor();
        let mut codes = StringViewBuilder::with_capacity(rows);
        let mut confidence = Float64Builder::with_capacity(rows);
        for row in 0..rows {
            let scope = text(columns, 0, row).unwrap_or_default();
            let hit = extractor.industry(scope, text(columns, 1, row).unwrap_or_default());
            codes.append_option(hit.as_ref().map(crate::extract::IndustryHit::code_text));
            confidence.append_option(hit.map(|hit| f64::from(hit.confidence)));
        }
        let columns: Vec<ArrayRef> = vec![Arc::new(codes.finish()), Arc::new(confidence.finish())];
        Ok(Arc::new(StructArray::new(fields.clone(), columns, None)))
    })
}
