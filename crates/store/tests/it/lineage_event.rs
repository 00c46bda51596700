//! What other systems say of their jobs.

use brain_store::lineage_event::{self, LineageEventRow};
use brain_store::{PageRequest, Store};

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(what_is_said_later_of_a_job_replaces_what_was_said_before,);

fn said(store: &Store, key: &str, run: &str, events: i64) -> LineageEventRow {
    LineageEventRow {
        key: key.to_owned(),
        run_id: Some(run.to_owned()),
        event: format!("{{\"run\":\"{run}\"}}"),
        events,
        account: "a".to_owned(),
        received_at: store.now(),
    }
}

async fn what_is_said_later_of_a_job_replaces_what_was_said_before(database: &TestDatabase) {
    let store = database.open().await;
    let db = store.db();
    for (key, run, events) in [("job:b", "1", 1), ("job:a", "2", 1), ("job:b", "3", 2)] {
        lineage_event::put(db, said(&store, key, run, events)).await.unwrap();
    }
    assert_eq!(lineage_event::count(db).await.unwrap(), 2);
    let kept = lineage_event::find(db, "job:b").await.unwrap().unwrap();
    assert_eq!((kept.run_id.as_deref(), kept.events), (Some("3"), 2));
    assert!(lineage_event::find(db, "job:c").await.unwrap().is_none());
    let page = lineage_event::list(db, PageRequest::new(1, 1)).await.unwrap();
    assert_eq!((page.total, page.items[0].key.as_str()), (2, "job:a"));
}
