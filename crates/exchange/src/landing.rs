//! The consumer's side of one delivery: begun, taken in batch by batch, counted, and made a version.

use brain_kernel::progress::Cancel;
use brain_store::exchange::{self as rows, BatchRow, DeliveryRow, SubscriptionRow};
use brain_trust::status::{KnownPeer, SignedDocument};
use brain_warehouse::delivery::{DeliveryMode, DeliveryTarget, StagedBatch};
use bytes::Bytes;
use serde_json::json;

use crate::document::{MANIFEST, Manifest, RECEIPT, Receipt, Verdict, opened};
use crate::exchange::{CONSUMER, delivery_state, entry, natural, terms_of, whole};
use crate::provider::{begun, counted, digest, uuid_like};
use crate::state::DeliveryState;
use crate::{Error, Exchange, Result, Trouble};

/// A delivery at work here.
pub(crate) struct Landing {
    pub(crate) row: SubscriptionRow,
    pub(crate) delivery: DeliveryRow,
    pub(crate) manifest: Manifest,
    target: DeliveryTarget,
}

impl Exchange {
    /// Begin a delivery, or go on with it: its manifest is the peer's, about this subscription, and brings columns that
    /// the target has.
    pub(crate) async fn begin(
        &self,
        peer: &KnownPeer,
        row: SubscriptionRow,
        signed: &SignedDocument,
    ) -> Result<Landing> {
        let manifest: Manifest = opened(signed, MANIFEST, peer)?;
        let unsound = |what: &str| Error::unsound(&peer.name, what);
        let about = manifest.subscription == row.id
            && manifest.dataset == row.dataset
            && manifest.provider.to_lowercase() == peer.name
            && manifest.consumer.to_lowercase() == self.own_name().to_lowercase();
        if !about || uuid_like(&manifest.delivery).is_none() {
            return Err(unsound("a manifest of something else"));
        }
        manifest.check().map_err(unsound)?;
        let target = manifest.target(&row.target, terms_of(&row)?.grade);
        if let Some(found) = rows::find_delivery(self.0.store.db(), &manifest.delivery).await? {
            let known: SignedDocument = serde_json::from_value(found.manifest.clone())?;
            if found.subscription != row.id || known.document != signed.document {
                return Err(unsound("another manifest for a delivery that has one"));
            }
            let delivery = DeliveryRow { attempts: found.attempts + 1, failure: None, ..found };
            if !delivery_state(&delivery)?.is_final() {
                let state = delivery.state.clone();
                rows::update_delivery(self.0.store.db(), delivery.clone(), &state).await?;
            }
            return Ok(Landing { row, delivery, manifest, target });
        }
        if manifest.from != natural(row.delivered_version) {
            return Err(unsound("a delivery that does not begin where the last one ended"));
        }
        self.check_target(&row, &target).await?;
        let delivery = begun(&manifest, signed, None, self.0.clock.now())?;
        self.leave_others(&row).await?;
        let body = json!({
            "subscription": row.id, "peer": row.peer, "dataset": row.dataset, "target": row.target,
            "version": manifest.version, "mode": manifest.mode, "rows": manifest.rows,
            "content_hash": manifest.content_hash, "manifest": digest(signed)?,
        });
        let transaction = self.0.store.transaction().await?;
        rows::insert_delivery(&transaction, delivery.clone()).await?;
        let told = entry("exchange.begin", "system", &delivery.id, body);
        self.0.trust.evidence().record_in(&transaction, told).await?;
        transaction.commit().await?;
        Ok(Landing { row, delivery, manifest, target })
    }

    async fn check_target(&self, row: &SubscriptionRow, target: &DeliveryTarget) -> Result<()> {
        if row.delivered_version.is_none() {
            self.0.warehouse.check_delivery_target(&row.target)?;
        }
        Ok(self.0.warehouse.check_target_columns(target).await?)
    }

    /// Another delivery takes the place of one that was not finished: what it staged is thrown away.
    async fn leave_others(&self, row: &SubscriptionRow) -> Result<()> {
        let open = rows::newest_delivery(self.0.store.db(), &row.id, &["open", "verified"]).await?;
        let Some(delivery) = open else { return Ok(()) };
        self.throw_away(row, delivery, "another delivery took its place").await.map(drop)
    }

    /// The delivery at work, as another call of the same peer finds it.
    pub(crate) async fn landing(&self, peer: &str, delivery: &str) -> Result<Landing> {
        let (row, delivery) = self.delivery_with(peer, delivery, CONSUMER).await?;
        let signed: SignedDocument = serde_json::from_value(delivery.manifest.clone())?;
        let manifest: Manifest = serde_json::from_value(signed.document)?;
        let target = manifest.target(&row.target, terms_of(&row)?.grade);
        Ok(Landing { row, delivery, manifest, target })
    }

    /// Take in the batch that comes next. It is acknowledged when it is on disk and in the books; one that was taken in
    /// before is acknowledged again, one that is too early is not.
    pub(crate) async fn land(&self, landing: Landing, sequence: u64, bytes: Bytes) -> Result<Landing> {
        let done = natural(Some(landing.delivery.batches_done)).unwrap_or_default();
        if sequence <= done {
            return Ok(landing);
        }
        let place = usize::try_from(sequence).unwrap_or(usize::MAX);
        let fact = landing.manifest.batches.get(place.saturating_sub(1));
        let (Some(fact), true, DeliveryState::Open) =
            (fact, sequence == done + 1, delivery_state(&landing.delivery)?)
        else {
            return Err(Error::Step { step: "batch" });
        };
        let (target, id) = (&landing.target, landing.delivery.id.as_str());
        let staged = self.0.warehouse.stage_batch(target, id, place, fact, bytes).await?;
        let rows_in = fact.rows;
        let batches = whole(Some(sequence)).unwrap_or(i64::MAX);
        let delivery = counted(landing.delivery, &landing.manifest, batches);
        let batch = BatchRow {
            delivery: delivery.id.clone(),
            sequence: batches,
            file: serde_json::to_value(&staged)?,
        };
        let transaction = self.0.store.transaction().await?;
        rows::insert_batch(&transaction, batch).await?;
        rows::update_delivery(&transaction, delivery.clone(), "open").await?;
        transaction.commit().await?;
        metrics::counter!("brain_exchange_rows_total", "peer" => landing.row.peer.clone(), "way" => "in")
            .increment(rows_in);
        Ok(Landing { delivery, ..landing })
    }

    /// Read again what was landed, count it, and sign a receipt. What does not make up the manifest is thrown away.
    pub(crate) async fn count(&self, landing: Landing, cancel: &Cancel) -> Result<(Landing, SignedDocument)> {
        if let Some(receipt) = &landing.delivery.receipt
            && delivery_state(&landing.delivery)? != DeliveryState::Refused
        {
            let receipt = serde_json::from_value(receipt.clone())?;
            return Ok((landing, receipt));
        }
        if landing.delivery.batches_done != landing.delivery.batches
            || delivery_state(&landing.delivery)? != DeliveryState::Open
        {
            return Err(Error::Step { step: "finish" });
        }
        let staged = self.staged(&landing.delivery).await?;
        let found = self.0.warehouse.read_staged(&landing.target, &staged, cancel).await?;
        let there = match landing.manifest.mode {
            DeliveryMode::Full => 0,
            DeliveryMode::Changes => self.0.warehouse.target_rows(&landing.row.target).await?,
        };
        let receipt = Receipt {
            delivery: landing.delivery.id.clone(),
            subscription: landing.row.id.clone(),
            provider: landing.manifest.provider.clone(),
            consumer: self.own_name(),
            dataset: landing.row.dataset.clone(),
            target: landing.row.target.clone(),
            version: landing.manifest.version,
            mode: landing.manifest.mode,
            batches: staged.len() as u64,
            rows: found.rows(),
            content_hash: found.hash(),
            table_rows: there + found.rows(),
            counted_at: self.0.clock.now(),
        };
        let signed = self.0.trust.status().sign_document(RECEIPT, &receipt)?;
        if let Some(differs) = landing.manifest.differs(&receipt) {
            let error = Error::Mismatch(differs);
            let delivery = self.troubled(landing.delivery, &error)?;
            let receipt = Some(serde_json::to_value(&signed)?);
            let delivery = DeliveryRow { receipt, ..delivery };
            let delivery = self.throw_away(&landing.row, delivery, &error.to_string()).await?;
            // The receipt is handed out all the same: the provider is told what was counted.
            return Ok((Landing { delivery, ..landing }, signed));
        }
        let delivery = DeliveryRow { receipt: Some(serde_json::to_value(&signed)?), ..landing.delivery };
        let body = json!({
            "subscription": landing.row.id, "rows": receipt.rows, "content_hash": receipt.content_hash,
            "receipt": digest(&signed)?,
        });
        let delivery = self.step(delivery, DeliveryState::Verified, ("exchange.verify", body)).await?;
        Ok((Landing { delivery, ..landing }, signed))
    }

    async fn staged(&self, delivery: &DeliveryRow) -> Result<Vec<StagedBatch>> {
        let batches = rows::batches(self.0.store.db(), &delivery.id).await?;
        let staged = batches.into_iter().map(|batch| serde_json::from_value(batch.file));
        Ok(staged.collect::<std::result::Result<_, _>>()?)
    }

    /// Publish what both sides counted alike, throw away what they did not. Done before, it is as it was.
    pub(crate) async fn conclude(&self, landing: Landing, verdict: &Verdict) -> Result<Landing> {
        match (delivery_state(&landing.delivery)?, verdict.accepted) {
            (DeliveryState::Published, _) => Ok(landing),
            (DeliveryState::Verified, true) => self.publish(landing).await,
            (DeliveryState::Verified | DeliveryState::Open, false) => {
                let reason = verdict.reason.as_ref().map(|reason| reason.en.clone()).unwrap_or_default();
                let reason: String = reason.chars().take(500).collect();
                let delivery = self.troubled(landing.delivery, &Error::Mismatch(reason.clone()))?;
                let delivery = self.throw_away(&landing.row, delivery, &reason).await?;
                Ok(Landing { delivery, ..landing })
            }
            (DeliveryState::Open | DeliveryState::Refused, _) => Err(Error::Step { step: "publish" }),
        }
    }

    async fn publish(&self, landing: Landing) -> Result<Landing> {
        let Landing { row, delivery, manifest, target } = landing;
        let staged = self.staged(&delivery).await?;
        let (mode, hash) = (manifest.mode, manifest.content_hash.as_str());
        let version = self.0.warehouse.publish_delivery(&target, &delivery.id, &staged, mode, hash).await?;
        let there = self.0.warehouse.target_rows(&row.target).await?;
        let body = json!({
            "subscription": row.id, "target": row.target, "source_version": manifest.version,
            "version": version, "rows": there, "content_hash": hash,
        });
        let delivery = DeliveryRow { version: whole(Some(version)), failure: None, ..delivery };
        let now = self.0.clock.now();
        let caught_up =
            row.source_version.is_none_or(|newest| natural(Some(newest)) <= Some(manifest.version));
        let row = SubscriptionRow {
            delivered_version: whole(Some(manifest.version)),
            delivered_rows: whole(Some(there)),
            delivered_at: Some(now),
            source_rows: whole(Some(manifest.table_rows)),
            source_version: row.source_version.max(whole(Some(manifest.version))),
            behind_since: row.behind_since.filter(|_| !caught_up),
            failure: None,
            updated_at: now,
            ..row
        };
        // Together: a crash before it finds the delivery verified, and publishes it again as the version it is.
        let told = ("exchange.publish", body);
        let delivery = self.step_with(delivery, DeliveryState::Published, told, Some(row.clone())).await?;
        Ok(Landing { row, delivery, manifest, target })
    }

    /// Finish what a crash left: the files of a delivery that was refused go, and one whose commit was made before it
    /// could be written down is published.
    pub(crate) async fn recovered(&self, row: SubscriptionRow) -> Result<SubscriptionRow> {
        let refused = rows::newest_delivery(self.0.store.db(), &row.id, &["refused"]).await?;
        if let Some(delivery) = refused {
            self.0.warehouse.discard_delivery(&row.target, &delivery.id).await?;
        }
        let verified = rows::newest_delivery(self.0.store.db(), &row.id, &["verified"]).await?;
        let Some(delivery) = verified else { return Ok(row) };
        if !self.0.warehouse.is_delivered(&row.target, &delivery.id).await? {
            return Ok(row);
        }
        let landing = self.landing(&row.peer, &delivery.id).await?;
        Ok(self.publish(landing).await?.row)
    }

    async fn throw_away(
        &self,
        row: &SubscriptionRow,
        delivery: DeliveryRow,
        why: &str,
    ) -> Result<DeliveryRow> {
        // What is part of a version is never taken away again; the next run finds it published.
        if self.0.warehouse.is_delivered(&row.target, &delivery.id).await? {
            return Err(Error::Step { step: "refuse" });
        }
        let body = json!({ "subscription": row.id, "reason": why });
        let delivery = self.step(delivery, DeliveryState::Refused, ("exchange.refuse", body)).await?;
        self.0.warehouse.discard_delivery(&row.target, &delivery.id).await?;
        Ok(delivery)
    }

    pub(crate) fn troubled(&self, delivery: DeliveryRow, error: &Error) -> Result<DeliveryRow> {
        let failure = brain_kernel::error::Failure::new(
            brain_kernel::error::ErrorKind::Precondition,
            error.code(),
            error.to_string(),
            error.to_string(),
        );
        let trouble = Trouble::new(&failure, self.0.clock.now());
        Ok(DeliveryRow { failure: Some(serde_json::to_value(trouble)?), ..delivery })
    }
}
