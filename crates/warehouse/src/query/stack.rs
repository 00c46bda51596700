//! Room for planning: DataFusion walks a plan by calling itself.

use std::pin::pin;

/// Stack a statement is planned on, bytes. What may come is bounded (`brain_lineage::sql::is_too_nested`); in a
/// development build it needs an eighth of this. It is address space, of which only what is used becomes memory.
const STACK_BYTES: usize = 64 << 20;

/// Do this on a stack that holds the deepest statement that is let in; a thread of the node has 2 MiB.
pub(crate) async fn deep<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    std::future::poll_fn(|context| stacker::grow(STACK_BYTES, || work.as_mut().poll(context))).await
}
