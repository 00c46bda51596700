//! Personal values: shown while they may be, and erased by destroying the salt of the person.

use std::collections::HashMap;

use brain_store::evidence::personal;

use super::entry::PersonalValue;
use super::{Evidence, EvidenceEntry, RecordedEntry};
use crate::{Error, Result};

impl Evidence {
    /// Erase what the log says of a person (`account:<id>`): the salt and every value are destroyed, the digests that
    /// stay in the log say nothing any more, and every proof goes on to hold. How many values there were.
    pub async fn erase(&self, actor: &str, subject: &str, reason: &str) -> Result<u64> {
        let transaction = self.0.store.transaction().await?;
        let values = personal::erase(&transaction, subject)
            .await?
            .ok_or_else(|| Error::not_found("person with evidence", subject))?;
        let entry = EvidenceEntry {
            kind: "evidence.erase".to_owned(),
            actor: actor.to_owned(),
            subject: subject.to_owned(),
            body: serde_json::json!({ "values": values, "reason": reason }),
        };
        self.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(values)
    }

    pub(crate) async fn add_personal(&self, entries: &mut [RecordedEntry]) -> Result<()> {
        let positions: Vec<i64> =
            entries.iter().filter(|e| e.body.get("personal").is_some()).map(|e| e.seq as i64).collect();
        if positions.is_empty() {
            return Ok(());
        }
        let mut found: HashMap<i64, Vec<PersonalValue>> = HashMap::new();
        for row in personal::of_entries(self.0.store.db(), positions).await? {
            let value = PersonalValue { field: row.field, of: row.subject, value: row.value };
            found.entry(row.seq).or_default().push(value);
        }
        for entry in entries {
            entry.personal = found.remove(&(entry.seq as i64)).unwrap_or_default();
        }
        Ok(())
    }
}
