//! Room for planning: DataFusion walks a plan by calling itself.

use brain_lineage::sql::Nesting;
use std::pin::pin;

/// Stack a statement is planned on, bytes. What may come is bounded (`brain_lineage::sql::is_too_nested`); in a
/// development build it needs an eighth of this. It is address space, of which only what is used becomes memory.
const STACK_BYTES: usize = 64 << 20;

/// What must be left of a stack to plan on it; less asks for a new one.
const LEFT_BYTES: usize = STACK_BYTES / 2;

/// Do this on a stack that holds the deepest statement that is let in; a thread of the node has 2 MiB. Within such a
/// stack it takes no other.
pub(crate) async fn deep<T>(work: impl Future<Output = T>) -> T {
    with_room(Nesting::Deep, work).await
}

/// Do this where there is room for a statement so deep. Most are shallow, and a stack of its own costs a millisecond of
/// the whole process: it is given back after every step, and each time all processors forget where its pages were.
pub(crate) async fn with_room<T>(nesting: Nesting, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    std::future::poll_fn(|context| with_room_now(nesting, || work.as_mut().poll(context))).await
}

/// [`with_room`] for what waits for nothing.
pub(crate) fn with_room_now<T>(nesting: Nesting, work: impl FnOnce() -> T) -> T {
    match nesting {
        Nesting::Shallow => work(),
        Nesting::Deep | Nesting::TooDeep => stacker::maybe_grow(LEFT_BYTES, STACK_BYTES, work),
    }
}
