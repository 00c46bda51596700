//! The clock of the connectors: each runs when its time has come, for as long as the node serves.

use super::run::Occasion;
use super::{CONNECTORS_MAX, Connectors};
use crate::Result;
use brain_connect::Control;
use brain_kernel::party::{Party, Role};
use brain_store::connector;
use std::sync::PoisonError;
use std::time::Duration;

/// How often it is looked whether a connector is due.
const EVERY: Duration = Duration::from_secs(15);
/// Scheduled runs under way at the same time; the others wait for the next look.
const AT_ONCE: usize = 4;
/// Longest wait at the end for runs that were asked to stop.
const DRAIN: Duration = Duration::from_secs(10);

impl Connectors {
    /// Run what is due, now and then, for as long as the node serves.
    pub async fn keep(&self) {
        loop {
            if let Err(error) = self.run_due().await {
                tracing::error!(%error, "connectors that are due could not be looked for");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Begin what is due; how many began.
    pub async fn run_due(&self) -> Result<usize> {
        let (inner, system) = (self.inner(), system());
        let mut began = 0;
        for row in connector::all(inner.store.db(), CONNECTORS_MAX).await? {
            let (id, name) = (row.id.clone(), row.name.clone());
            let due = self.card(row).await?.next_run_at.is_some_and(|due| due <= inner.store.now());
            if !due || self.is_under_way(&id) {
                continue;
            }
            if self.under_way() >= AT_ONCE {
                tracing::debug!("connectors that are due wait for others");
                break;
            }
            match self.begin(&system, &id, Occasion::Schedule, Control::default()).await {
                Ok(begun) => {
                    tokio::spawn(begun.finish_alone());
                    began += 1;
                }
                Err(error) => {
                    tracing::warn!(connector = name, %error, "a connector that is due did not begin")
                }
            }
        }
        Ok(began)
    }

    /// Ask every run to stop and wait a little: what does not stop is interrupted, and goes on at the next start.
    pub async fn close(&self) {
        for cancel in self.inner().connecting.lock().unwrap_or_else(PoisonError::into_inner).values() {
            cancel.cancel();
        }
        let emptied = async {
            while self.under_way() > 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(DRAIN, emptied).await.is_err() {
            tracing::warn!("runs of connectors were cut short; the next start tells them as interrupted");
        }
    }

    fn under_way(&self) -> usize {
        self.inner().connecting.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn is_under_way(&self, id: &str) -> bool {
        self.inner().connecting.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
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
