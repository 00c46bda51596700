//! Entity resolution (实体归一) as rows: match sets, runs, pairs, decisions, clusters, golden values. What they mean, and who
//! may see which record, is `warehouse`'s business.

mod cluster;
mod golden;
mod pair;
mod set;

pub use cluster::{
    ClusterFilter, ClusterRow, EventRow, MemberRow, cluster, clusters, clusters_of, events, insert_clusters,
    insert_events, member, members_after, members_of, put_members, remove_members, resize_cluster,
};
pub use golden::{GoldenRow, end_golden, golden, golden_now, insert_golden, lookup};
pub use pair::{
    DecisionRow, Known, PairFilter, PairRow, Verdict, add_decision, close_pairs, count_pairs, decisions,
    free_pairs, insert_pairs, known_after, pair, pairs, pairs_among, release, replace_pair, take, taken,
    verdicts,
};
pub use set::{
    RUNNING, RunRow, SetRow, insert_run, insert_set, newest_run, replace_set, run, runs, set, set_named,
    sets, unfinished_runs, update_run,
};

use crate::{Result, Transaction};
use sea_orm::sea_query::LikeExpr;
use sea_orm::{EntityTrait, IntoActiveModel};

/// Rows one statement inserts; 21 values each stay below what both engines take.
const ROWS_AT_ONCE: usize = 500;

/// Insert rows, some hundreds at a time.
async fn insert_all<E>(transaction: &Transaction, rows: Vec<E::Model>) -> Result<()>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: Send,
{
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        let batch: Vec<E::ActiveModel> = rows.by_ref().take(ROWS_AT_ONCE).collect();
        E::insert_many(batch).exec_without_returning(transaction).await?;
    }
    Ok(())
}

/// `word%` or `%word%` with the word's own wildcards taken literally.
fn like(word: &str, anywhere: bool) -> LikeExpr {
    let mut pattern = String::from(if anywhere { "%" } else { "" });
    for character in word.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('\\')
}
