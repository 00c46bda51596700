//! The clock of exchange: deliveries begin when their time has come, lag is watched, alarms are raised.

use std::time::Duration;

use brain_kernel::party::{Party, Role};
use brain_kernel::progress::Cancel;
use brain_store::exchange::{self as rows, SubscriptionRow};
use chrono::TimeDelta;
use serde_json::json;

use crate::card::{completeness, lag_seconds};
use crate::exchange::{CONSUMER, SUBSCRIPTIONS_MAX, entry, state_of, terms_of};
use crate::state::SubscriptionState;
use crate::{Exchange, Result};

/// How often it is looked whether a delivery is due.
const EVERY: Duration = Duration::from_secs(15);
/// Seconds after which a source is asked again how it stands.
const ASK_AGAIN_S: i64 = 60;
/// Runs under way at the same time; the others wait for the next look.
const AT_ONCE: usize = 4;
/// Longest wait at the end for runs that were asked to stop.
const DRAIN: Duration = Duration::from_secs(10);

impl Exchange {
    /// Run what is due and watch over lag, for as long as the node serves.
    pub async fn keep(&self) {
        if let Err(error) = self.sweep().await {
            tracing::warn!(%error, "batches of no delivery were not swept");
        }
        loop {
            if let Err(error) = self.look().await {
                tracing::error!(%error, "exchange subscriptions could not be looked after");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Remove batches that a crash left while a delivery was made ready, and those of deliveries that are over.
    async fn sweep(&self) -> Result<()> {
        let mut folders = match tokio::fs::read_dir(&self.0.spool).await {
            Ok(folders) => folders,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        while let Some(folder) = folders.next_entry().await? {
            let name = folder.file_name().to_string_lossy().into_owned();
            let wanted = rows::find_delivery(self.0.store.db(), &name).await?;
            if wanted.is_none_or(|delivery| !matches!(delivery.state.as_str(), "open" | "verified")) {
                self.forget_spool(&name).await?;
            }
        }
        Ok(())
    }

    /// One look at every subscription; how many runs began.
    pub async fn look(&self) -> Result<usize> {
        let mut began = 0;
        for row in rows::all(self.0.store.db(), SUBSCRIPTIONS_MAX).await? {
            let id = row.id.clone();
            if state_of(&row)?.is_final() || self.lock().contains_key(&id) {
                continue;
            }
            match self.look_at(row).await {
                Ok(true) if self.lock().len() < AT_ONCE => match self.start(&system(), &id).await {
                    Ok(_) => began += 1,
                    Err(error) => tracing::warn!(subscription = id, %error, "a run did not begin"),
                },
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(subscription = id, %error, "a subscription was not looked after")
                }
            }
        }
        Ok(began)
    }

    /// Bring a subscription up to date; whether a run of it is due.
    async fn look_at(&self, row: SubscriptionRow) -> Result<bool> {
        let now = self.0.clock.now();
        let stale = row.asked_at.is_none_or(|at| now - at >= TimeDelta::seconds(ASK_AGAIN_S));
        let row = if row.side == CONSUMER && stale {
            match self.refreshed(row.clone()).await {
                Ok(row) => row,
                // Whatever keeps it from being asked shows as lag, in time.
                Err(error) => {
                    tracing::debug!(subscription = row.id, %error, "the provider was not asked");
                    row
                }
            }
        } else if row.side == CONSUMER {
            row
        } else {
            let row = self.settled(row).await?;
            let active = state_of(&row)? == SubscriptionState::Active;
            if active { self.looked(row).await? } else { row }
        };
        if state_of(&row)? != SubscriptionState::Active {
            return Ok(false);
        }
        if terms_of(&row)?.until < now {
            self.enter(row, SubscriptionState::Ended, None, "system").await?;
            return Ok(false);
        }
        let row = self.watch(row).await?;
        let card = self.card(row).await?;
        Ok(card.next_run_at.is_some_and(|due| due <= now))
    }

    /// Measure, and raise the alarm once when a subscription is later than agreed on, and say once that it is not.
    async fn watch(&self, row: SubscriptionRow) -> Result<SubscriptionRow> {
        let now = self.0.clock.now();
        let labels = [("subscription", row.id.clone()), ("side", row.side.clone())];
        let lag = lag_seconds(&row, now).unwrap_or_default();
        // A source that cannot be asked may be further ahead than is known.
        let unheard = (now - row.asked_at.unwrap_or(row.created_at)).num_seconds();
        let lag = if unheard > 2 * ASK_AGAIN_S { lag.max(unheard) } else { lag };
        metrics::gauge!("brain_exchange_lag_seconds", &labels).set(lag as f64);
        if let Some(share) = completeness(&row) {
            metrics::gauge!("brain_exchange_completeness", &labels).set(share);
        }
        let Some(agreed) = terms_of(&row)?.lag_minutes else { return Ok(row) };
        let late = lag > i64::from(agreed) * 60;
        let (kind, late_since) = match (late, row.late_since) {
            (true, None) => ("exchange.late", Some(now)),
            (false, Some(_)) => ("exchange.caught_up", None),
            _ => return Ok(row),
        };
        let body = json!({
            "peer": row.peer, "dataset": row.dataset, "side": row.side, "lag_seconds": lag,
            "agreed_seconds": i64::from(agreed) * 60, "delivered_version": row.delivered_version,
            "source_version": row.source_version,
        });
        let told = entry(kind, "system", &row.id, body);
        let state = row.state.clone();
        let row = SubscriptionRow { late_since, ..row };
        let transaction = self.0.store.transaction().await?;
        rows::update(&transaction, row.clone(), &state).await?;
        self.0.trust.evidence().record_in(&transaction, told).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Ask every run to stop and wait a little; what does not stop goes on at the next start.
    pub async fn close(&self) {
        self.lock().values().for_each(Cancel::cancel);
        let emptied = async {
            while !self.lock().is_empty() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(DRAIN, emptied).await.is_err() {
            tracing::warn!("runs of exchange were cut short; the next start goes on from the last batch");
        }
    }
}

/// Who runs what nobody asks for.
fn system() -> Party {
    Party {
        account: "system".to_owned(),
        display_name: "系统".to_owned(),
        role: Role::SystemAdministrator,
        organisation: None,
        region: None,
    }
}
