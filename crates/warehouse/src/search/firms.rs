//! Firms: indexed from the table itself, shown only from what the caller's session reads.

use super::{FIRM, FIRMS_BESIDE, FirmHits, Found, Search, SearchRequest};
use crate::lake::read::TableAt;
use crate::query::{QueryLimits, Session};
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::progress::Cancel;
use brain_search::{Entry, Hit, Index, Kind, LIMIT_MAX};
use datafusion::arrow::array::{Array as _, AsArray as _, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::execute_stream;
use futures::StreamExt as _;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Where firms stand.
const DATASET: &str = "subject.enterprise";
/// What they are found by and shown with.
const COLUMNS: [&str; 8] =
    ["enterprise_id", "name", "short_name", "stock_code", "uscc", "province", "city", "industry_name"];
/// Batches read ahead of the index.
const BATCHES_AHEAD: usize = 4;

impl Search {
    /// Firms that match and that the session may see; `None` where it may read no firms.
    ///
    /// The index proposes; a row the session reads decides. A firm is dropped where that row differs from what the
    /// index knows: the caller sees other values than those it was found by, or the table has moved on.
    pub(super) async fn firms(
        &self,
        index: &Arc<Index>,
        session: &Session,
        request: &SearchRequest,
        alone: bool,
        cancel: Cancel,
    ) -> Result<Option<FirmHits>> {
        if !session.may_read(DATASET) {
            return Ok(None);
        }
        let wanted = if alone { request.limit.min(LIMIT_MAX) } else { FIRMS_BESIDE.min(request.limit) };
        let none = FirmHits { hits: Vec::new(), total: Some(0), has_more: false };
        // Beside other hits, firms are on the first page only, and a question without words is not about them.
        if wanted == 0 || (!alone && (request.offset > 0 || request.text.trim().is_empty())) {
            return Ok(None);
        }
        let mut question = self.question(request.clone(), FIRM);
        question.filters.kind = vec![Kind::Firm];
        // Who sees only some firms may have to look through more of them.
        question.limit = LIMIT_MAX;
        let asked = Arc::clone(index);
        let found = super::blocking(move || asked.search(&question)).await?;
        if found.hits.is_empty() {
            return Ok(Some(none));
        }
        let whole = session.reach(DATASET)?.whole;
        let mut hits = found.hits;
        if whole {
            hits.truncate(wanted);
        }
        let mut seen = read(session, &hits, cancel).await?;
        hits.retain(|hit| seen.remove(&hit.id) == Some(hit.print));
        let has_more = if whole {
            found.total > (request.offset + wanted) as u64
        } else {
            hits.len() > wanted || found.total > (request.offset + LIMIT_MAX) as u64
        };
        hits.truncate(wanted);
        let hits = hits.into_iter().map(|hit| Found { hit, readable: Some(true) }).collect();
        Ok(Some(FirmHits { hits, total: whole.then_some(found.total), has_more }))
    }

    /// Bring firms in line with the table; nothing is done where its version is the one indexed.
    pub(super) async fn refresh_firms(&self) -> Result<()> {
        let _turn = self.inner.search.turn.lock().await;
        let index = self.index().await?;
        let version = self.inner.catalogue.snapshot().get(DATASET).and_then(|entry| entry.version);
        let stamp = version.map_or_else(String::new, |version| format!("{DATASET}@{version}"));
        if index.stamp(DATASET).unwrap_or_default() == stamp {
            return Ok(());
        }
        let started = std::time::Instant::now();
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        let reading = self.send_firms(version, sender);
        let writing = super::blocking(move || index.refresh(DATASET, &stamp, Received::from(receiver)));
        let (read, written) = tokio::join!(reading, writing);
        // Why the reading broke off says more than that it did.
        read?;
        let done = written?;
        tracing::info!(?done, seconds = started.elapsed().as_secs_f64(), "firms indexed");
        Ok(())
    }

    async fn send_firms(&self, version: Option<u64>, sender: mpsc::Sender<Sent>) -> Result<()> {
        if let Some(version) = version {
            let table = self.inner.lake.open(DATASET, version).await?;
            let state = self.inner.engine.parser();
            let plan = table.provider.scan(state, Some(&projection(&table)), &[], None).await?;
            let mut batches = execute_stream(plan, state.task_ctx())?;
            while let Some(batch) = batches.next().await {
                if sender.send(Sent::Batch(batch?)).await.is_err() {
                    return Ok(());
                }
            }
        }
        // A receiver that is gone has failed, and says so itself.
        let _ = sender.send(Sent::End).await;
        Ok(())
    }
}

/// What the reader of the table tells the writer of the index.
enum Sent {
    Batch(RecordBatch),
    /// Everything was read. A channel that closes without it broke off.
    End,
}

/// Batches that arrive, as entries.
struct Received {
    receiver: mpsc::Receiver<Sent>,
    ready: std::vec::IntoIter<Entry>,
    ended: bool,
}

impl From<mpsc::Receiver<Sent>> for Received {
    fn from(receiver: mpsc::Receiver<Sent>) -> Self {
        Self { receiver, ready: Vec::new().into_iter(), ended: false }
    }
}

impl Iterator for Received {
    type Item = std::result::Result<Entry, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.ready.next() {
                return Some(Ok(entry));
            }
            if self.ended {
                return None;
            }
            match self.receiver.blocking_recv() {
                Some(Sent::Batch(batch)) => match firms_of(&batch) {
                    Ok(firms) => self.ready = firms.into_iter(),
                    Err(error) => return Some(Err(error.into())),
                },
                Some(Sent::End) => self.ended = true,
                None => return Some(Err(broken_off())),
            }
        }
    }
}

fn broken_off() -> Failure {
    Failure::new(
        ErrorKind::Cancelled,
        "warehouse/search-broken-off",
        "企业索引中断，下次刷新时重做。",
        "Indexing firms broke off; the next refresh does it again.",
    )
}

/// Places of [`COLUMNS`] that this version of the table has.
fn projection(table: &TableAt) -> Vec<usize> {
    COLUMNS.iter().filter_map(|column| table.schema.index_of(column).ok()).collect()
}

/// Read the firms of these hits in the caller's session: id and print of each as the caller sees it.
async fn read(session: &Session, hits: &[Hit], cancel: Cancel) -> Result<FxHashMap<String, u64>> {
    let columns = session.columns(DATASET);
    let columns: Vec<&str> =
        COLUMNS.into_iter().filter(|column| columns.iter().any(|known| known == column)).collect();
    let places: Vec<String> = (1..=hits.len()).map(|place| format!("${place}")).collect();
    let sql = format!(
        "SELECT {} FROM {DATASET} WHERE enterprise_id IN ({})",
        columns.join(", "),
        places.join(", ")
    );
    let values = hits.iter().map(|hit| ScalarValue::Utf8(Some(hit.id.clone()))).collect();
    let stream = session.query(&sql, values, QueryLimits::default(), cancel).await?;
    let (batches, _) = stream.collect().await?;
    let mut seen = FxHashMap::default();
    for batch in batches {
        seen.extend(firms_of(&batch)?.into_iter().map(|firm| (firm.id.clone(), firm.print())));
    }
    Ok(seen)
}

/// The firms of a batch; columns it does not have are empty.
fn firms_of(batch: &RecordBatch) -> Result<Vec<Entry>> {
    let texts = COLUMNS.map(|name| match batch.column_by_name(name) {
        Some(column) => {
            let text = cast(column, &DataType::Utf8).map_err(DataFusionError::from)?;
            Ok::<_, Error>(Some(text.as_string::<i32>().clone()))
        }
        None => Ok(None),
    });
    let texts = texts.into_iter().collect::<Result<Vec<Option<StringArray>>>>()?;
    Ok((0..batch.num_rows()).filter_map(|row| firm(&texts, row)).collect())
}

fn firm(texts: &[Option<StringArray>], row: usize) -> Option<Entry> {
    let text = |at: usize| -> &str {
        let column = texts.get(at).and_then(Option::as_ref).filter(|column| column.is_valid(row));
        column.map_or("", |column| column.value(row)).trim()
    };
    let (id, name) = (text(0), text(1));
    if id.is_empty() || name.is_empty() {
        return None;
    }
    let several = |places: std::ops::Range<usize>| places.map(text).filter(|text| !text.is_empty());
    let mut entry = Entry::new(Kind::Firm, id, Text::new(name, ""));
    entry.other_names = several(2..5).map(str::to_owned).collect();
    entry.summary = Text::new(several(5..8).collect::<Vec<_>>().join(" · "), "");
    entry.viewers = vec![FIRM.to_owned()];
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::ArrayRef;

    fn batch(ids: &[&str], names: &[Option<&str>]) -> RecordBatch {
        let columns: [(&str, ArrayRef); 2] = [
            ("enterprise_id", Arc::new(StringArray::from(ids.to_vec()))),
            ("name", Arc::new(StringArray::from(names.to_vec()))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    async fn received(sent: Vec<Sent>) -> Vec<std::result::Result<Entry, Failure>> {
        let (sender, receiver) = mpsc::channel(8);
        for one in sent {
            sender.send(one).await.ok().unwrap();
        }
        drop(sender);
        tokio::task::spawn_blocking(move || {
            // As the index reads: up to the first failure.
            let mut all = Vec::new();
            for one in Received::from(receiver) {
                let failed = one.is_err();
                all.push(one);
                if failed {
                    break;
                }
            }
            all
        })
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn firms_without_id_or_name_are_left_out_and_absent_columns_are_empty() {
        let all = received(vec![
            Sent::Batch(batch(&["1", "2", ""], &[Some("甲厂"), None, Some("乙厂")])),
            Sent::End,
        ])
        .await;
        let firms: Vec<Entry> = all.into_iter().map(|one| one.unwrap()).collect();
        assert_eq!(firms.len(), 1);
        assert_eq!((firms[0].title.zh.as_str(), firms[0].summary.zh.as_str()), ("甲厂", ""));
        assert_eq!(firms[0].viewers, [FIRM], "no caller carries the label of firms");
    }

    #[tokio::test]
    async fn a_table_that_was_not_read_to_its_end_is_a_failure_and_not_a_short_table() {
        let all = received(vec![Sent::Batch(batch(&["1"], &[Some("甲厂")]))]).await;
        assert_eq!(all.last().unwrap().as_ref().unwrap_err().code, "warehouse/search-broken-off");
    }
}
