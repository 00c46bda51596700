//! A hash over rows that does not depend on their order (与顺序无关的内容哈希), so that two nodes can compare what they
//! hold however their files are cut.
//!
//! Each row, spelled column by column, is expanded to 1,024 lanes of 16 bits, and lanes are added modulo 2^16: LtHash16,
//! Bellare and Micciancio 1997, parameters of Lewi et al. 2019 (over 200 bits of security). Adding numbers modulo 2^256
//! instead would be cheaper and easy to forge with many rows (Wagner 2002).

use super::field::FieldKind;
use brain_kernel::hexadecimal;
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType, ToByteSlice as _,
};
use datafusion::arrow::error::ArrowError;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

/// Lanes of the sum.
const LANES: usize = 1_024;
/// Rows one thread takes at a time.
const CHUNK_ROWS: usize = 1_024;
/// Stands before everything that is hashed.
const DOMAIN: &[u8] = b"brain/rows/v1";

/// A multiset of rows, as its number and its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct RowSet {
    rows: u64,
    lanes: Box<[u16; LANES]>,
}

impl Default for RowSet {
    fn default() -> Self {
        Self { rows: 0, lanes: Box::new([0; LANES]) }
    }
}

impl std::fmt::Debug for RowSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowSet").field("rows", &self.rows).field("hash", &self.hash()).finish()
    }
}

impl RowSet {
    /// How many rows it holds.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The hash, hexadecimal, with the name of the method before it.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(DOMAIN);
        hasher.update(self.rows.to_le_bytes());
        for lane in self.lanes.iter() {
            hasher.update(lane.to_le_bytes());
        }
        format!("lthash16:{}", hexadecimal::encode(&hasher.finalize()))
    }

    /// Put all rows of a batch in. Columns of types no delivery has are an error.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let columns = batch
            .columns()
            .iter()
            .zip(batch.schema().fields())
            .map(|(column, field)| Spelled::new(field.name(), column))
            .collect::<Result<Vec<_>, _>>()?;
        let rows = batch.num_rows();
        let chunks: Vec<usize> = (0..rows).step_by(CHUNK_ROWS).collect();
        let sum = chunks
            .into_par_iter()
            .map(|from| {
                let mut lanes = Box::new([0_u16; LANES]);
                let mut spelled = Vec::new();
                for row in from..rows.min(from + CHUNK_ROWS) {
                    spelled.clear();
                    for column in &columns {
                        column.spell(row, &mut spelled);
                    }
                    absorb(&mut lanes, &spelled);
                }
                lanes
            })
            .reduce(
                || Box::new([0; LANES]),
                |mut left, right| {
                    join(&mut left, &right);
                    left
                },
            );
        join(&mut self.lanes, &sum);
        self.rows += rows as u64;
        Ok(())
    }

    /// Put all rows of another one in.
    pub fn join(&mut self, other: &Self) {
        join(&mut self.lanes, &other.lanes);
        self.rows += other.rows;
    }
}

fn join(lanes: &mut [u16; LANES], other: &[u16; LANES]) {
    for (lane, more) in lanes.iter_mut().zip(other) {
        *lane = lane.wrapping_add(*more);
    }
}

fn absorb(lanes: &mut [u16; LANES], row: &[u8]) {
    let mut bytes = [0_u8; 2 * LANES];
    blake3::Hasher::new().update(DOMAIN).update(row).finalize_xof().fill(&mut bytes);
    let (pairs, _) = bytes.as_chunks::<2>();
    for (lane, pair) in lanes.iter_mut().zip(pairs) {
        *lane = lane.wrapping_add(u16::from_le_bytes(*pair));
    }
}

/// A column in the one spelling rows are hashed in.
struct Spelled {
    name: Vec<u8>,
    column: datafusion::arrow::array::ArrayRef,
}

impl Spelled {
    fn new(name: &str, column: &datafusion::arrow::array::ArrayRef) -> Result<Self, ArrowError> {
        let kind = FieldKind::of(column.data_type())
            .ok_or_else(|| ArrowError::NotYetImplemented(format!("{} in a delivery", column.data_type())))?;
        let column = cast(column, &kind.arrow())?;
        // Name and type are part of every row: a value under another heading is another row.
        let mut spelled = (name.len() as u32).to_le_bytes().to_vec();
        spelled.extend_from_slice(name.as_bytes());
        spelled.extend_from_slice(format!("{kind:?}\0").as_bytes());
        Ok(Self { name: spelled, column })
    }

    fn spell(&self, row: usize, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.name);
        if self.column.is_null(row) {
            into.push(0);
            return;
        }
        into.push(1);
        let column = &self.column;
        match column.data_type() {
            DataType::Utf8 => text(column.as_string::<i32>().value(row).as_bytes(), into),
            DataType::Binary => text(column.as_binary::<i32>().value(row), into),
            DataType::Boolean => into.push(u8::from(column.as_boolean().value(row))),
            DataType::Int8 => number::<Int8Type>(column, row, into),
            DataType::Int16 => number::<Int16Type>(column, row, into),
            DataType::Int32 => number::<Int32Type>(column, row, into),
            DataType::Int64 => number::<Int64Type>(column, row, into),
            DataType::Float32 => number::<Float32Type>(column, row, into),
            DataType::Float64 => number::<Float64Type>(column, row, into),
            DataType::Date32 => number::<Date32Type>(column, row, into),
            DataType::Timestamp(..) => number::<TimestampMicrosecondType>(column, row, into),
            DataType::Decimal128(..) => number::<Decimal128Type>(column, row, into),
            // `new` has cast every column to one of the types above.
            _ => {}
        }
    }
}

/// Length before content: no two rows of texts are spelled alike.
fn text(bytes: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    into.extend_from_slice(bytes);
}

fn number<T: ArrowPrimitiveType>(column: &dyn Array, row: usize, into: &mut Vec<u8>) {
    let value = column.as_primitive::<T>().value(row);
    into.extend_from_slice(value.to_byte_slice());
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
    use proptest::prelude::*;
    use std::sync::Arc;

    type Row = (Option<String>, Option<i64>, Option<f64>);

    fn batch(rows: &[Row]) -> RecordBatch {
        let names: StringArray = rows.iter().map(|row| row.0.clone()).collect();
        let counts: Int64Array = rows.iter().map(|row| row.1).collect();
        let shares: Float64Array = rows.iter().map(|row| row.2).collect();
        RecordBatch::try_from_iter([
            ("name", Arc::new(names) as ArrayRef),
            ("count", Arc::new(counts) as ArrayRef),
            ("share", Arc::new(shares) as ArrayRef),
        ])
        .unwrap()
    }

    fn of(rows: &[Row]) -> RowSet {
        let mut set = RowSet::default();
        set.add(&batch(rows)).unwrap();
        set
    }

    fn row() -> impl Strategy<Value = Row> {
        (
            proptest::option::of("[a-c中文]{0,3}"),
            proptest::option::of(-3_i64..3),
            proptest::option::of(-1.0_f64..1.0),
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn order_and_cut_do_not_matter_and_content_does(
            rows in proptest::collection::vec(row(), 1..40), cut in any::<proptest::sample::Index>(),
            turn in any::<proptest::sample::Index>(), which in any::<proptest::sample::Index>(), other in row(),
        ) {
            let whole = of(&rows);
            let mut turned = rows.clone();
            turned.rotate_left(turn.index(rows.len()));
            turned.reverse();
            let (left, right) = turned.split_at(cut.index(rows.len()));
            let mut pieces = RowSet::default();
            pieces.add(&batch(right)).unwrap();
            pieces.join(&of(left));
            prop_assert_eq!(&pieces, &whole);
            prop_assert_eq!(pieces.hash(), whole.hash());
            let at = which.index(rows.len());
            let mut changed = rows.clone();
            changed[at] = other.clone();
            let same = format!("{:?}", rows[at]) == format!("{other:?}");
            prop_assert_eq!(of(&changed).hash() == whole.hash(), same);
            let mut twice = rows.clone();
            twice.push(rows[at].clone());
            prop_assert_ne!(of(&twice).hash(), whole.hash());
            let mut fewer = rows;
            fewer.remove(at);
            prop_assert_ne!(of(&fewer).hash(), whole.hash());
        }
    }

    #[test]
    fn neighbours_cannot_trade_characters_and_missing_is_not_empty() {
        let texts = |left: Option<&str>, right: Option<&str>| {
            let column = |text: Option<&str>| Arc::new(StringArray::from(vec![text])) as ArrayRef;
            let batch = RecordBatch::try_from_iter([("a", column(left)), ("b", column(right))]).unwrap();
            let mut set = RowSet::default();
            set.add(&batch).unwrap();
            set.hash()
        };
        assert_ne!(texts(Some("ab"), Some("c")), texts(Some("a"), Some("bc")));
        assert_ne!(texts(Some(""), Some("x")), texts(None, Some("x")));
        assert_ne!(texts(Some("x"), None), texts(None, Some("x")));
    }
}
