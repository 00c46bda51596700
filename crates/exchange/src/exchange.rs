//! The handle everybody holds, and what both sides share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use brain_kernel::clock::Clock;
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::Cancel;
use brain_store::exchange::{self as rows, DeliveryRow, SubscriptionRow};
use brain_store::{Page, PageRequest, Store};
use brain_trust::requests::Approval;
use brain_trust::status::{KnownPeer, SignedDocument};
use brain_trust::{EvidenceEntry, Trust};
use brain_warehouse::Warehouse;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::card::{Delivery, Subscription};
use crate::link::Links;
use crate::state::{DeliveryState, SubscriptionState};
use crate::terms::{Direction, Terms};
use crate::{Error, ExchangeOptions, Result};

/// Who asks for subscriptions, runs and ends them.
pub const MANAGERS: [Role; 1] = [Role::SystemAdministrator];
/// Who sees what comes in and goes out.
pub const WATCHERS: [Role; 4] =
    [Role::SystemAdministrator, Role::SecurityAdministrator, Role::Auditor, Role::Government];
/// Most subscriptions of a node, both sides together.
pub(crate) const SUBSCRIPTIONS_MAX: u64 = 2_000;
/// This node gets the data.
pub(crate) const CONSUMER: &str = "consumer";
/// This node has the data.
pub(crate) const PROVIDER: &str = "provider";

/// Exchange with other nodes; cheap to clone.
#[derive(Clone)]
pub struct Exchange(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) trust: Trust,
    pub(crate) warehouse: Warehouse,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where batches lie that wait to leave.
    pub(crate) spool: PathBuf,
    pub(crate) links: Links,
    /// Rows of one batch.
    pub(crate) batch_rows: usize,
    /// Subscriptions at work: by a run of this node, or by a call of the other.
    under_way: Mutex<BTreeMap<String, Cancel>>,
}

/// The turn of one subscription; nobody else works on it meanwhile.
pub(crate) struct Turn {
    exchange: Exchange,
    id: String,
    pub(crate) cancel: Cancel,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.exchange.lock().remove(&self.id);
    }
}

impl Exchange {
    /// Exchange of a node; `folder` is its data folder.
    pub fn open(
        warehouse: Warehouse,
        trust: Trust,
        store: Store,
        clock: Arc<dyn Clock>,
        folder: &std::path::Path,
        options: &ExchangeOptions,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            trust,
            warehouse,
            clock,
            spool: folder.join("exchange"),
            links: Links::new(options.link_bytes_per_second),
            batch_rows: options.batch_rows(),
            under_way: Mutex::default(),
        }))
    }

    /// All subscriptions, newest first.
    pub async fn list(&self, actor: &Party) -> Result<Vec<Subscription>> {
        may_watch(actor)?;
        let found = rows::all(self.0.store.db(), SUBSCRIPTIONS_MAX).await?;
        let mut cards = Vec::with_capacity(found.len());
        for row in found {
            cards.push(self.card(row).await?);
        }
        Ok(cards)
    }

    /// One of them.
    pub async fn get(&self, actor: &Party, id: &str) -> Result<Subscription> {
        may_watch(actor)?;
        self.card(self.row(id).await?).await
    }

    /// Deliveries of a subscription, newest first.
    pub async fn deliveries(&self, actor: &Party, id: &str, page: PageRequest) -> Result<Page<Delivery>> {
        may_watch(actor)?;
        self.row(id).await?;
        let found = rows::deliveries(self.0.store.db(), id, page).await?;
        Ok(found.map(Delivery::of))
    }

    /// The signed manifest of a delivery, and its signed receipt where it has one.
    pub async fn documents(
        &self,
        actor: &Party,
        delivery: &str,
    ) -> Result<(SignedDocument, Option<SignedDocument>)> {
        may_watch(actor)?;
        let row = self.delivery(delivery).await?;
        let receipt = row.receipt.map(serde_json::from_value).transpose()?;
        Ok((serde_json::from_value(row.manifest)?, receipt))
    }

    /// Approve the request behind a subscription of another node, as whoever decides for the dataset's owner.
    pub async fn approve(&self, actor: &Party, id: &str, approval: Approval) -> Result<Subscription> {
        let row = self.of_side(id, PROVIDER).await?;
        let request = row.request.clone().ok_or_else(|| Error::UnknownSubscription(id.to_owned()))?;
        let requests = self.0.trust.requests();
        let card = requests.get(actor, &request).await?;
        let facts = self.0.warehouse.catalogue().facts(&row.dataset)?;
        requests.approve(actor, &request, card.revision, &facts, approval).await?;
        let row = self.settled(row).await?;
        self.card(row).await
    }

    /// Ask a run under way to stop; it goes on after the last batch that was acknowledged.
    pub fn stop(&self, id: &str) -> bool {
        let under_way = self.lock();
        under_way.get(id).map(Cancel::cancel).is_some()
    }

    pub(crate) async fn row(&self, id: &str) -> Result<SubscriptionRow> {
        let found = rows::find(self.0.store.db(), id).await?;
        found.ok_or_else(|| Error::UnknownSubscription(shown(id)))
    }

    pub(crate) async fn of_side(&self, id: &str, side: &str) -> Result<SubscriptionRow> {
        let row = self.row(id).await?;
        if row.side == side { Ok(row) } else { Err(Error::UnknownSubscription(shown(id))) }
    }

    /// A subscription that this node has with `peer`; another node's is not known to it.
    pub(crate) async fn with_peer(&self, peer: &str, id: &str) -> Result<SubscriptionRow> {
        let row = self.row(id).await?;
        if row.peer == peer.to_lowercase() { Ok(row) } else { Err(Error::UnknownSubscription(shown(id))) }
    }

    pub(crate) async fn delivery(&self, id: &str) -> Result<DeliveryRow> {
        let found = rows::find_delivery(self.0.store.db(), id).await?;
        found.ok_or_else(|| Error::UnknownDelivery(shown(id)))
    }

    /// A delivery of a subscription that this node has with `peer`, on this side.
    pub(crate) async fn delivery_with(
        &self,
        peer: &str,
        id: &str,
        side: &str,
    ) -> Result<(SubscriptionRow, DeliveryRow)> {
        let unknown = || Error::UnknownDelivery(shown(id));
        let delivery = self.delivery(id).await?;
        let row = self.with_peer(peer, &delivery.subscription).await.map_err(|_| unknown())?;
        if row.side == side { Ok((row, delivery)) } else { Err(unknown()) }
    }

    pub(crate) async fn card(&self, row: SubscriptionRow) -> Result<Subscription> {
        let last = rows::newest_delivery(self.0.store.db(), &row.id, &[]).await?;
        Subscription::of(row, last, self.0.clock.now())
    }

    pub(crate) async fn peer(&self, name: &str) -> Result<KnownPeer> {
        Ok(self.0.trust.status().known_peer(name).await?)
    }

    /// Take the turn of a subscription, or say that somebody else has it.
    pub(crate) fn turn(&self, id: &str) -> Result<Turn> {
        let cancel = Cancel::new();
        let mut under_way = self.lock();
        if under_way.contains_key(id) {
            return Err(Error::Busy);
        }
        under_way.insert(id.to_owned(), cancel.clone());
        drop(under_way);
        Ok(Turn { exchange: self.clone(), id: id.to_owned(), cancel })
    }

    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Cancel>> {
        // The map is whole after any panic: every change is one insert or remove.
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn own_name(&self) -> String {
        self.0.trust.status().name().to_owned()
    }

    /// Put a subscription into another state, with its evidence; a step that is not possible leaves it as it is.
    pub(crate) async fn enter(
        &self,
        row: SubscriptionRow,
        next: SubscriptionState,
        reason: Option<String>,
        actor: &str,
    ) -> Result<SubscriptionRow> {
        let state = state_of(&row)?;
        if !state.leads_to(next) {
            return Ok(row);
        }
        let body = json!({
            "from": state, "to": next, "peer": row.peer, "side": row.side, "dataset": row.dataset,
            "request": row.request, "reason": reason,
        });
        let entry = entry("exchange.state", actor, &row.id, body);
        let row =
            SubscriptionRow { state: next.name().to_owned(), reason, updated_at: self.0.clock.now(), ..row };
        let transaction = self.0.store.transaction().await?;
        rows::update(&transaction, row.clone(), state.name()).await?;
        self.0.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Remember facts about a subscription whose state stays as it is.
    pub(crate) async fn note(&self, row: SubscriptionRow) -> Result<SubscriptionRow> {
        let state = row.state.clone();
        rows::update(self.0.store.db(), row.clone(), &state).await?;
        Ok(row)
    }

    /// Put a delivery into another state, with its evidence.
    pub(crate) async fn step(
        &self,
        delivery: DeliveryRow,
        next: DeliveryState,
        told: (&str, Value),
    ) -> Result<DeliveryRow> {
        self.step_with(delivery, next, told, None).await
    }

    /// The same together with what the subscription has since; its state stays as it is.
    pub(crate) async fn step_with(
        &self,
        delivery: DeliveryRow,
        next: DeliveryState,
        (kind, body): (&str, Value),
        row: Option<SubscriptionRow>,
    ) -> Result<DeliveryRow> {
        let state = delivery_state(&delivery)?;
        if !state.leads_to(next) {
            return Err(Error::Step { step: next.name() });
        }
        let ended_at = next.is_final().then(|| self.0.clock.now());
        let delivery = DeliveryRow { state: next.name().to_owned(), ended_at, ..delivery };
        let entry = entry(kind, "system", &delivery.id, body);
        let transaction = self.0.store.transaction().await?;
        rows::update_delivery(&transaction, delivery.clone(), state.name()).await?;
        if next.is_final() {
            rows::forget_batches(&transaction, &delivery.id).await?;
        }
        if let Some(row) = row {
            let state = row.state.clone();
            rows::update(&transaction, row, &state).await?;
        }
        self.0.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        metrics::counter!("brain_exchange_deliveries_total", "state" => next.name()).increment(1);
        Ok(delivery)
    }

    /// Bytes that may pass a link in a second: the operator's limit, or the subscription's where it is lower.
    pub(crate) async fn pace(&self, row: &SubscriptionRow, terms: &Terms, bytes: u64) {
        let way = if row.side == CONSUMER { "in" } else { "out" };
        let labels = [("peer", row.peer.clone()), ("way", way.to_owned())];
        metrics::counter!("brain_exchange_bytes_total", &labels).increment(bytes);
        self.0.links.pace(&row.peer, bytes, terms.bytes_per_second).await;
    }
}

pub(crate) fn entry(kind: &str, actor: &str, subject: &str, body: Value) -> EvidenceEntry {
    EvidenceEntry { kind: kind.to_owned(), actor: actor.to_owned(), subject: subject.to_owned(), body }
}

pub(crate) fn state_of(row: &SubscriptionRow) -> Result<SubscriptionState> {
    SubscriptionState::from_name(&row.state)
        .ok_or(Error::from(brain_trust::Error::Corrupt { field: "exchange_subscription.state" }))
}

pub(crate) fn delivery_state(row: &DeliveryRow) -> Result<DeliveryState> {
    DeliveryState::from_name(&row.state)
        .ok_or(Error::from(brain_trust::Error::Corrupt { field: "exchange_delivery.state" }))
}

pub(crate) fn terms_of(row: &SubscriptionRow) -> Result<Terms> {
    Ok(serde_json::from_value(row.terms.clone())?)
}

/// Whether this node sets deliveries of the subscription going.
pub(crate) fn drives(row: &SubscriptionRow) -> bool {
    match Direction::from_name(&row.direction) {
        Some(Direction::Pull) => row.side == CONSUMER,
        Some(Direction::Push) => row.side == PROVIDER,
        None => false,
    }
}

/// The first entry where nothing happened yet.
pub(crate) fn fresh(
    id: String,
    side: &str,
    peer: &str,
    (dataset, target, direction): (String, String, Direction),
    terms: &Terms,
    (actor, now): (&str, DateTime<Utc>),
) -> Result<SubscriptionRow> {
    Ok(SubscriptionRow {
        id,
        side: side.to_owned(),
        peer: peer.to_lowercase(),
        dataset,
        target,
        direction: direction.name().to_owned(),
        terms: serde_json::to_value(terms)?,
        state: SubscriptionState::Proposed.name().to_owned(),
        reason: None,
        request: None,
        delivered_version: None,
        delivered_rows: None,
        delivered_at: None,
        source_version: None,
        source_rows: None,
        source_at: None,
        behind_since: None,
        asked_at: None,
        late_since: None,
        began_at: None,
        failure: None,
        created_by: actor.to_owned(),
        created_at: now,
        updated_at: now,
    })
}

pub(crate) fn may_manage(actor: &Party) -> Result<()> {
    if MANAGERS.contains(&actor.role) { Ok(()) } else { Err(Error::NotAllowed) }
}

fn may_watch(actor: &Party) -> Result<()> {
    if WATCHERS.contains(&actor.role) { Ok(()) } else { Err(Error::NotAllowed) }
}

/// An id as it may stand in a message.
pub(crate) fn shown(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_graphic()).take(64).collect()
}

pub(crate) fn whole(number: Option<u64>) -> Option<i64> {
    number.and_then(|number| i64::try_from(number).ok())
}

pub(crate) fn natural(number: Option<i64>) -> Option<u64> {
    number.and_then(|number| u64::try_from(number).ok())
}
