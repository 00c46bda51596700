//! Subscribing to a product (产品订阅): pulling what changed, receipts, and how far behind a subscriber is.
//!
//! A subscriber's position is a moment. What it is offered lies between that and a later moment; the same two moments
//! give the same changes, so whoever is interrupted asks again. Acknowledging moves the position, and only with the
//! number of rows and the digest that were offered.

use super::read::Pinned;
use super::tally::Tally;
use super::{OpenProduct, Products, dataset_of, is_own, refuse, wrong};
use crate::query::{QueryLimits, QueryStream};
use crate::{Error, Result};
use brain_kernel::error::ErrorKind;
use brain_kernel::party::Party;
use brain_kernel::progress::Cancel;
use brain_store::product_subscription::{self as rows, DeliveryRow, MomentRow, SubscriptionRow};
use brain_store::{Page, PageRequest};
use brain_trust::EvidenceEntry;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A subscription as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductSubscription")]
pub struct SubscriptionCard {
    /// Stable id.
    pub id: String,
    /// The product.
    pub product: String,
    /// Account that subscribed.
    pub account: String,
    /// Its organisation.
    pub organisation: Option<String>,
    /// Moment up to which it has acknowledged; 0 is nothing yet.
    pub position: i64,
    /// Newest moment.
    pub newest: i64,
    /// Since when it has not acknowledged what came after its position; none where nothing came.
    pub behind_since: Option<DateTime<Utc>>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it last acknowledged.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What a subscriber is offered: its two moments, and what lies between them.
#[derive(Debug)]
pub struct Offer {
    open: OpenProduct,
    subscription: SubscriptionRow,
    /// Moment before; 0 is nothing.
    pub since: i64,
    until: MomentRow,
    before: Option<Pinned>,
    after: Pinned,
    /// What a subscriber has of the moment before is void: take these rows as the whole.
    pub reset: bool,
}

/// A delivery that was offered, and whether it was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductDelivery")]
pub struct Delivery {
    /// Stable id.
    pub id: String,
    /// Moment before.
    pub since: i64,
    /// Moment after.
    pub until: i64,
    /// Rows and digest.
    pub tally: Tally,
    /// When it was first offered.
    pub offered_at: DateTime<Utc>,
    /// When it was acknowledged.
    pub acknowledged_at: Option<DateTime<Utc>>,
}

/// What a subscriber says it received (回执).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewDataProductReceipt")]
pub struct NewReceipt {
    /// The delivery.
    #[schemars(length(min = 1, max = 100))]
    pub delivery: String,
    /// Rows and digest, computed by the subscriber from what it received.
    pub tally: Tally,
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        let count = |rows: i64| u64::try_from(rows).unwrap_or_default();
        let tally = Tally { added: count(row.added), removed: count(row.removed), digest: row.digest };
        let (id, since, until) = (row.id, row.since, row.until);
        Self { id, since, until, tally, offered_at: row.offered_at, acknowledged_at: row.acknowledged_at }
    }
}

impl Offer {
    /// Moment after.
    #[must_use]
    pub fn until(&self) -> i64 {
        self.until.number
    }

    /// The product as it was opened.
    #[must_use]
    pub fn product(&self) -> &OpenProduct {
        &self.open
    }

    /// The changes, each row with the number of its copies behind it.
    pub async fn changes(&self, limits: QueryLimits, cancel: Cancel) -> Result<QueryStream> {
        self.open.changes(self.before.as_ref(), &self.after, limits, cancel).await
    }

    /// What was offered before between these moments.
    pub async fn offered(&self) -> Result<Option<Delivery>> {
        let store = &self.open.session.visit().inner.store;
        let key = (self.since, self.until.number);
        Ok(rows::offered(store.db(), &self.subscription.id, key).await?.map(Delivery::from))
    }

    /// Remember what is offered; the same again is the same delivery.
    pub async fn settle(&self, tally: Tally) -> Result<Delivery> {
        if let Some(before) = self.offered().await?.filter(|before| before.tally == tally) {
            return Ok(before);
        }
        let store = &self.open.session.visit().inner.store;
        let count = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
        let row = DeliveryRow {
            id: store.new_id(),
            subscription: self.subscription.id.clone(),
            since: self.since,
            until: self.until.number,
            added: count(tally.added),
            removed: count(tally.removed),
            digest: tally.digest,
            offered_at: store.now(),
            acknowledged_at: None,
        };
        rows::insert_delivery(store.db(), row.clone()).await?;
        Ok(row.into())
    }
}

impl OpenProduct {
    /// What the caller's subscription is offered: from its position (or from `since`) to the newest moment (or `until`).
    pub async fn offer(self, since: Option<i64>, until: Option<i64>) -> Result<Offer> {
        let inner = self.session.visit().inner.clone();
        let (id, account) = (self.product.row.id.clone(), self.session.visit().party.account.clone());
        let subscription =
            rows::running(inner.store.db(), &id, &account).await?.ok_or_else(|| not_subscribed(&id))?;
        let newest = inner.moment(&self.product, &self.version, &self.pinned).await?;
        let since = since.unwrap_or(subscription.position);
        let until = match until {
            None => newest,
            Some(number) => self.moment(number).await?,
        };
        if since > until.number {
            return Err(wrong("/since", "since 不得晚于 until。", "since must not lie after until."));
        }
        let after = inner.is_kept(&until, &self.version)?.ok_or_else(|| {
            refuse(
                ErrorKind::Precondition,
                "warehouse/product-moment",
                format!("时点 {} 属于较早的版本或其数据已按留存规则删除，请不带 until 重新拉取。", until.number),
                format!("Moment {} belongs to an earlier version or its data was deleted; pull again without until.", until.number),
            )
        })?;
        let (before, reset) = match since {
            0 => (None, false),
            number => {
                let before = inner.is_kept(&self.moment(number).await?, &self.version)?;
                let reset = before.is_none();
                (before, reset)
            }
        };
        Ok(Offer { open: self, subscription, since, until, before, after, reset })
    }

    async fn moment(&self, number: i64) -> Result<MomentRow> {
        let store = &self.session.visit().inner.store;
        let found = rows::moment(store.db(), &self.product.row.id, number).await?;
        found.ok_or_else(|| {
            wrong("/since", format!("没有时点 {number}。"), format!("There is no moment {number}."))
        })
    }

    /// Subscribe; whoever has subscribed has the same subscription.
    pub async fn subscribe(self) -> Result<SubscriptionCard> {
        let inner = self.session.visit().inner.clone();
        let (id, party) = (self.product.row.id.clone(), self.session.visit().party.clone());
        let newest = inner.moment(&self.product, &self.version, &self.pinned).await?;
        let transaction = inner.store.transaction().await?;
        if let Some(running) = rows::running(&transaction, &id, &party.account).await? {
            transaction.rollback().await?;
            return Products { inner }.subscription_card(running, newest.number).await;
        }
        let row = SubscriptionRow {
            id: inner.store.new_id(),
            product: id.clone(),
            account: party.account.clone(),
            organisation: party.organisation.as_ref().map(|code| code.as_str().to_owned()),
            position: 0,
            created_at: inner.store.now(),
            acknowledged_at: None,
            ended_at: None,
        };
        rows::insert(&transaction, row.clone()).await?;
        let body = json!({ "subscription": row.id, "version": self.semver() });
        let entry = entry(&party, "data_product.subscribe", &id, body);
        inner.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Products { inner }.subscription_card(row, newest.number).await
    }
}

impl Products {
    /// Subscriptions to a product: everybody's for its owner, otherwise one's own.
    pub async fn subscriptions(
        &self,
        party: &Party,
        id: &str,
        page: PageRequest,
    ) -> Result<Page<SubscriptionCard>> {
        let product = self.visible(party, id)?;
        let account = (!is_own(party, &product.row.owner)).then_some(party.account.as_str());
        let found = rows::list(self.inner.store.db(), id, account, page).await?;
        let newest = match product.current().filter(|_| product.state.is_offered() && found.total > 0) {
            Some(version) => {
                let pinned = self.inner.newest_inputs(&version.inputs)?;
                self.inner.moment(&product, version, &pinned).await?.number
            }
            None => rows::newest_moment(self.inner.store.db(), id).await?.map_or(0, |moment| moment.number),
        };
        let Page { items, total, page, page_size } = found;
        let mut cards = Vec::with_capacity(items.len());
        for row in items {
            cards.push(self.subscription_card(row, newest).await?);
        }
        Ok(Page { items: cards, total, page, page_size })
    }

    /// Deliveries to one's own subscription, or to any of one's own product.
    pub async fn deliveries(
        &self,
        party: &Party,
        id: &str,
        subscription: &str,
        page: PageRequest,
    ) -> Result<Page<Delivery>> {
        self.subscription(party, id, subscription, true).await?;
        let found = rows::deliveries(self.inner.store.db(), subscription, page).await?;
        Ok(found.map(Delivery::from))
    }

    /// End one's own subscription.
    pub async fn unsubscribe(&self, party: &Party, id: &str, subscription: &str) -> Result<()> {
        self.subscription(party, id, subscription, false).await?;
        let transaction = self.inner.store.transaction().await?;
        rows::end(&transaction, subscription, self.inner.store.now()).await?;
        let body = json!({ "subscription": subscription });
        let entry = entry(party, "data_product.unsubscribe", id, body);
        self.inner.trust.evidence().record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Acknowledge a delivery: the position moves, and the receipt is evidence on both sides. A second time changes
    /// nothing. What was received may be acknowledged after the access ended.
    pub async fn acknowledge(&self, party: &Party, id: &str, receipt: &NewReceipt) -> Result<Delivery> {
        let db = self.inner.store.db();
        let missing = || unknown_delivery(&receipt.delivery);
        let row = rows::delivery(db, &receipt.delivery).await?.ok_or_else(missing)?;
        let subscription =
            self.subscription(party, id, &row.subscription, false).await.map_err(|_| missing())?;
        let delivery = Delivery::from(row.clone());
        if delivery.tally != receipt.tally {
            return Err(refuse(
                ErrorKind::Precondition,
                "warehouse/product-receipt",
                "行数或摘要与交付不符，位置未移动；请重新拉取。",
                "The number of rows or the digest is not that of the delivery; the position stays. Pull again.",
            ));
        }
        if delivery.acknowledged_at.is_some() {
            return Ok(delivery);
        }
        let now = self.inner.store.now();
        let transaction = self.inner.store.transaction().await?;
        rows::acknowledge(&transaction, &row, now).await?;
        let body = json!({
            "subscription": subscription.id, "delivery": row.id, "since": row.since, "until": row.until,
            "added": row.added, "removed": row.removed, "sha256": row.digest,
        });
        let entry = entry(party, "data_product.receipt", id, body);
        self.inner.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(Delivery { acknowledged_at: Some(now), ..delivery })
    }

    /// A subscription of the caller, or where the owner may look, of its product.
    async fn subscription(
        &self,
        party: &Party,
        id: &str,
        subscription: &str,
        owner_too: bool,
    ) -> Result<SubscriptionRow> {
        let owns = owner_too && is_own(party, &self.visible(party, id)?.row.owner);
        let found = rows::find(self.inner.store.db(), subscription).await?;
        found
            .filter(|row| row.product == id && (row.account == party.account || owns))
            .ok_or_else(|| not_subscribed(id))
    }

    async fn subscription_card(&self, row: SubscriptionRow, newest: i64) -> Result<SubscriptionCard> {
        let next = rows::moment(self.inner.store.db(), &row.product, row.position + 1).await?;
        Ok(SubscriptionCard {
            behind_since: next.filter(|_| row.ended_at.is_none()).map(|moment| moment.seen_at),
            id: row.id,
            product: row.product,
            account: row.account,
            organisation: row.organisation,
            position: row.position,
            newest,
            created_at: row.created_at,
            acknowledged_at: row.acknowledged_at,
            ended_at: row.ended_at,
        })
    }
}

fn entry(party: &Party, kind: &str, id: &str, body: Value) -> EvidenceEntry {
    EvidenceEntry { kind: kind.to_owned(), actor: party.account.clone(), subject: dataset_of(id), body }
}

fn not_subscribed(id: &str) -> Error {
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-subscription",
        format!("没有对产品 {id} 的这个订阅，请先订阅。"),
        format!("There is no such subscription to product {id}; subscribe first."),
    )
}

fn unknown_delivery(id: &str) -> Error {
    let id: String = id.chars().take(80).collect();
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-delivery",
        format!("没有交付 {id}。"),
        format!("There is no delivery {id}."),
    )
}
