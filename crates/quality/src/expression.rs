//! Conditions written as an SQL expression (表达式): who reads the table makes them ready, the pass judges by them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use arrow_array::{Array as _, BooleanArray, RecordBatch};
use brain_kernel::language::Text;

use crate::mask::Mask;
use crate::test::Judged;

/// One expression, ready for the batches of a table.
pub trait Expression: Debug + Send + Sync {
    /// Columns of the table it reads.
    fn columns(&self) -> &[String];

    /// Whether it holds for each row; unknown where a value it needs is missing. The error says why these rows cannot
    /// be judged, for example a division by zero, and no value of them: it is kept with the outcome.
    fn holds(&self, batch: &RecordBatch) -> Result<BooleanArray, Text>;
}

/// Expressions by the id of their rule; one that does not fit the table says why.
pub type Expressions = BTreeMap<String, Result<Arc<dyn Expression>, Text>>;

/// Rows of `among` for which it is known, and those for which it holds.
pub(crate) fn judge(expression: &dyn Expression, batch: &RecordBatch, among: &Mask) -> Result<Judged, Text> {
    let holds = expression.holds(batch)?;
    if holds.len() != batch.num_rows() {
        let (answers, rows) = (holds.len(), batch.num_rows());
        return Err(Text::new(
            format!("{rows} 行得到 {answers} 个结果"),
            format!("{answers} answers for {rows} rows"),
        ));
    }
    let checked = among.and(&Mask::present(holds.nulls(), holds.len()));
    let passed = checked.kept(|at| holds.value(at));
    Ok(Judged { checked, passed })
}
