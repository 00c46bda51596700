//! Running queries by id, so that their owner can stop them.

use crate::error::Error;
use brain_kernel::progress::Cancel;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Longest id a caller may choose, bytes.
const ID_BYTES_MAX: usize = 64;

type Key = (String, String);

/// Running queries by account and id; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Queries(Arc<Mutex<HashMap<Key, Cancel>>>);

/// A running query. Dropping it — the caller went away, or the last row was sent — stops and forgets the query.
pub(crate) struct Running {
    queries: Queries,
    key: Key,
    cancel: Cancel,
}

impl Queries {
    /// Begin a query of `account` under the id it asked for, or a new one.
    pub(crate) fn begin(&self, account: &str, asked: Option<&str>) -> Result<Running, Error> {
        let id = match asked {
            Some(id) => checked(id)?.to_owned(),
            None => Uuid::now_v7().to_string(),
        };
        let key = (account.to_owned(), id);
        let cancel = Cancel::new();
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if running.contains_key(&key) {
            return Err(Error::QueryIdTaken);
        }
        running.insert(key.clone(), cancel.clone());
        drop(running);
        Ok(Running { queries: self.clone(), key, cancel })
    }

    /// Stop a query of `account`. Another account's query is as unknown as one that never was.
    pub(crate) fn cancel(&self, account: &str, id: &str) -> Result<(), Error> {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match running.get(&(account.to_owned(), id.to_owned())) {
            Some(cancel) => {
                cancel.cancel();
                Ok(())
            }
            None => {
                Err(Error::NotFound { what: ("正在运行的查询", "running query"), id: shortened(id) })
            }
        }
    }
}

impl Running {
    pub(crate) fn id(&self) -> &str {
        &self.key.1
    }

    pub(crate) fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.queries.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

fn checked(id: &str) -> Result<&str, Error> {
    let fine = !id.is_empty()
        && id.len() <= ID_BYTES_MAX
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if fine {
        return Ok(id);
    }
    Err(Error::Malformed {
        place: "query",
        pointer: String::new(),
        reason: format!("x-query-id: [A-Za-z0-9_-]{{1,{ID_BYTES_MAX}}}"),
    })
}

/// An id as repeated in a message: never longer than a line.
pub(crate) fn shortened(id: &str) -> String {
    id.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_can_stop_a_query_and_a_finished_one_is_unknown() {
        let queries = Queries::default();
        let running = queries.begin("ann", Some("q-1")).unwrap();
        assert!(matches!(queries.cancel("bob", "q-1"), Err(Error::NotFound { .. })));
        assert!(!running.cancel().is_cancelled());
        assert!(queries.cancel("ann", "q-1").is_ok());
        assert!(running.cancel().is_cancelled());
        drop(running);
        assert!(matches!(queries.cancel("ann", "q-1"), Err(Error::NotFound { .. })));
    }

    #[test]
    fn dropping_a_query_stops_it_and_frees_its_id() {
        let queries = Queries::default();
        let running = queries.begin("ann", Some("q")).unwrap();
        assert!(matches!(queries.begin("ann", Some("q")), Err(Error::QueryIdTaken)));
        assert!(queries.begin("bob", Some("q")).is_ok());
        let cancel = running.cancel();
        drop(running);
        assert!(cancel.is_cancelled());
        assert!(queries.begin("ann", Some("q")).is_ok());
    }

    #[test]
    fn an_id_that_would_need_escaping_is_refused() {
        let queries = Queries::default();
        let long = "x".repeat(65);
        for bad in ["", "a b", "a/b", "查询", long.as_str()] {
            assert!(queries.begin("ann", Some(bad)).is_err(), "{bad}");
        }
    }
}
