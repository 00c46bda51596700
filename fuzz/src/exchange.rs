//! What another node delivers: manifests and batches.

use brain_exchange::{Manifest, Proposal};
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_warehouse::delivery::{BATCH_ROWS_MAX, DeliveryField, FieldKind, RowSet, read_back};

fn fields() -> Vec<DeliveryField> {
    let kinds = [("number", FieldKind::Int64), ("region", FieldKind::Text), ("amount", FieldKind::Float64)];
    let field = |(name, kind): (&str, FieldKind)| DeliveryField {
        name: name.to_owned(),
        kind,
        title: Text::new(name, name),
        unit: None,
        grade: Grade::General1,
    };
    kinds.map(field).into()
}

/// A batch is read as the columns its manifest names or refused, with words in both languages; a manifest or a proposal
/// is understood or not.
pub fn delivery(data: &[u8]) {
    let fields = match serde_json::from_slice::<Manifest>(data) {
        Ok(manifest) => manifest.fields,
        Err(_) => fields(),
    };
    // Understood or not, nothing falls over.
    drop(serde_json::from_slice::<Proposal>(data));
    match read_back(&fields, data.to_vec().into()) {
        Ok(batches) => {
            let mut set = RowSet::default();
            for batch in &batches {
                assert_eq!(batch.num_columns(), fields.len(), "other columns than were told");
                set.add(batch).expect("columns of a delivery are spelled");
            }
            assert!(set.rows() <= BATCH_ROWS_MAX as u64, "more rows than a batch has");
        }
        Err(error) => {
            let failure = brain_kernel::error::Failure::from(error);
            assert!(!failure.detail.zh.is_empty() && !failure.detail.en.is_empty());
        }
    }
}
