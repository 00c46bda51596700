//! Messages of logical replication, as a server that is not to be trusted writes them.

use brain_connect::pgoutput::{Message, Value};

/// A message, or a reason and where it stands; what was read is no longer than what it was read from.
pub fn message(data: &[u8]) {
    let read = match Message::read(data) {
        Ok(read) => read,
        Err(wrong) => {
            assert!(wrong.offset <= data.len() && !wrong.says.is_empty());
            return;
        }
    };
    let rows = match &read {
        Message::Insert { new, .. } => vec![new],
        Message::Update { old, new, .. } => old.iter().map(|old| &old.row).chain([new]).collect(),
        Message::Delete { old, .. } => vec![&old.row],
        Message::Truncate { relations } => {
            assert!(relations.len() * 4 <= data.len());
            Vec::new()
        }
        _ => Vec::new(),
    };
    let bytes: usize = rows
        .into_iter()
        .flatten()
        .map(|value| match value {
            Value::Text(text) => text.len() + 5,
            Value::Null | Value::Unchanged => 1,
        })
        .sum();
    assert!(bytes <= data.len(), "a value is no longer than the message");
}
