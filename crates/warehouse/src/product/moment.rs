//! Moments (数据时点): the versions of a product's inputs, numbered as they are seen, and what changed between two.

use super::read::{Pinned, column, names};
use super::{OpenProduct, Product, Published};
use crate::catalogue::Snapshot;
use crate::handle::Inner;
use crate::query::session::within;
use crate::query::{QueryLimits, QueryStream};
use crate::{Error, Result};
use brain_kernel::progress::Cancel;
use brain_store::product_subscription::{self as rows, MomentRow};
use datafusion::catalog::TableProvider;
use datafusion::datasource::provider_as_source;
use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, lit};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Name of the column that says how many copies of a row came or went; columns of a product never begin so.
const TIMES: &str = "__times";

impl Inner {
    /// The moment of these versions, numbered when it is new.
    pub(super) async fn moment(
        &self,
        product: &Product,
        version: &Published,
        pinned: &Pinned,
    ) -> Result<MomentRow> {
        let inputs = serde_json::to_value(pinned)?;
        let snapshot = self.catalogue.snapshot();
        let _turn = self.products.numbering.lock().await;
        let newest = rows::newest_moment(self.store.db(), &product.row.id).await?;
        if let Some(newest) = &newest
            && newest.version == version.number
            && same_rows(&newest.inputs, pinned, &snapshot)
        {
            return Ok(newest.clone());
        }
        let now = self.store.now();
        let row = MomentRow {
            product: product.row.id.clone(),
            number: newest.map_or(1, |newest| newest.number + 1),
            version: version.number,
            inputs,
            as_of: self.as_of(&version.inputs).await?.unwrap_or(now),
            seen_at: now,
        };
        rows::insert_moment(self.store.db(), row.clone()).await?;
        Ok(row)
    }

    /// Whether what a moment names can still be read as this version of the product.
    pub(super) fn is_kept(&self, moment: &MomentRow, version: &Published) -> Result<Option<Pinned>> {
        let pinned: Pinned = serde_json::from_value(moment.inputs.clone())?;
        let kept = moment.version == version.number
            && pinned.iter().all(|(name, number)| *number >= self.catalogue.first_kept(name));
        Ok(kept.then_some(pinned))
    }
}

/// Whether the versions of a moment hold the same rows as those pinned now, in whichever files.
fn same_rows(moment: &serde_json::Value, now: &Pinned, snapshot: &Snapshot) -> bool {
    let Ok(then) = serde_json::from_value::<Pinned>(moment.clone()) else { return false };
    then.len() == now.len()
        && then.iter().zip(now).all(|((name, before), (same, version))| {
            let moved = || {
                snapshot.get(name).is_some_and(|entry| entry.is_as_now(*before) && entry.is_as_now(*version))
            };
            name == same && (before == version || moved())
        })
}

impl OpenProduct {
    /// Rows that came and went between the versions `before` (nothing where it is `None`) and `after`: the columns, and
    /// last the number of copies. Ordered, so that pages fit together.
    pub(super) async fn changes(
        &self,
        before: Option<&Pinned>,
        after: &Pinned,
        limits: QueryLimits,
        cancel: Cancel,
    ) -> Result<QueryStream> {
        let bounds = self.session.bounds(limits);
        let work = async {
            let (state, new) = self.view(after, bounds.memory_mib).await?;
            let names = names(&new);
            let mut both = counted("after", new, &names, 1)?;
            if let Some(before) = before {
                let (_, old) = self.view(before, bounds.memory_mib).await?;
                both = both.union(counted("before", old, &names, -1)?.build()?)?;
            }
            let keys: Vec<Expr> = names.iter().map(|name| column(name)).collect();
            let order: Vec<_> = names.iter().map(|name| column(name).sort(true, true)).collect();
            let plan = both
                .aggregate(keys, [sum(column(TIMES)).alias("__copies")])?
                .filter(column("__copies").not_eq(lit(0_i64)))?
                .sort(order)?
                .build()?;
            let batches = self.session.execute(&state, plan, &bounds).await?;
            self.session.stream(batches, BTreeSet::from([self.input()]), &bounds, cancel.clone()).await
        };
        self.session.told(within(&bounds, &cancel, work).await)
    }
}

fn counted(
    side: &str,
    provider: Arc<dyn TableProvider>,
    names: &[String],
    sign: i64,
) -> Result<LogicalPlanBuilder, Error> {
    let cells = names.iter().map(|name| column(name).alias(name.as_str()));
    let plan = LogicalPlanBuilder::scan(side, provider_as_source(provider), None)?;
    Ok(plan.project(cells.chain([lit(sign).alias(TIMES)]))?)
}
