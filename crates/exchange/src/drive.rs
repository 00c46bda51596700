//! One run: the side that sets deliveries going works until the consumer has the newest version.

use std::time::Duration;

use brain_egress::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Party;
use brain_store::exchange::{self as rows, SubscriptionRow};
use brain_trust::status::{KnownPeer, SignedDocument};
use serde_json::json;

use crate::card::{Subscription, Trouble};
use crate::document::{MANIFEST, Manifest, Offer, Progress, Verdict};
use crate::exchange::{CONSUMER, Turn, drives, may_manage, natural, terms_of};
use crate::standing::Standing;
use crate::{Error, Exchange, Result};

/// Wait before a provider that makes a delivery ready is asked again.
const READY_EVERY: Duration = Duration::from_secs(2);

impl Exchange {
    /// Run a subscription now and wait for what comes of it; a failure is in the subscription that is returned.
    pub async fn run(&self, actor: &Party, id: &str) -> Result<Subscription> {
        let (turn, row) = self.begin_run(actor, id).await?;
        let row = Box::pin(self.finish_run(turn, row)).await?;
        self.card(row).await
    }

    /// Begin a run and let it go on by itself.
    pub async fn start(&self, actor: &Party, id: &str) -> Result<Subscription> {
        let (turn, row) = self.begin_run(actor, id).await?;
        let (exchange, begun) = (self.clone(), row.clone());
        tokio::spawn(async move {
            if let Err(error) = Box::pin(exchange.finish_run(turn, begun)).await {
                tracing::error!(%error, "a run of an exchange could not be written down");
            }
        });
        self.card(row).await
    }

    pub(crate) async fn begin_run(&self, actor: &Party, id: &str) -> Result<(Turn, SubscriptionRow)> {
        may_manage(actor)?;
        let row = self.row(id).await?;
        if !drives(&row) {
            return Err(Error::Step { step: "run: 由对方节点发起 · the other node sets it going" });
        }
        let turn = self.turn(id)?;
        // Read again: whoever had the turn before may have changed it.
        let row = self.row(id).await?;
        let now = self.0.clock.now();
        let row = self.note(SubscriptionRow { began_at: Some(now), ..row }).await?;
        Ok((turn, row))
    }

    pub(crate) async fn finish_run(&self, turn: Turn, row: SubscriptionRow) -> Result<SubscriptionRow> {
        let id = row.id.clone();
        let outcome = if row.side == CONSUMER {
            Box::pin(self.pull(&turn, row)).await
        } else {
            Box::pin(self.push(&turn, row)).await
        };
        let failure = match outcome {
            Ok(()) => None,
            Err(error) => {
                tracing::warn!(subscription = id, %error, "an exchange did not succeed");
                metrics::counter!("brain_exchange_failures_total", "code" => error.code()).increment(1);
                Some(Trouble::new(&Failure::from(error), self.0.clock.now()))
            }
        };
        if let Some(trouble) = &failure {
            self.blame(&id, trouble).await?;
        }
        let row = self.row(&id).await?;
        let failure = failure.map(serde_json::to_value).transpose()?;
        self.note(SubscriptionRow { failure, ..row }).await
    }

    /// A delivery that was not finished says why, too.
    async fn blame(&self, id: &str, trouble: &Trouble) -> Result<()> {
        let open = rows::newest_delivery(self.0.store.db(), id, &["open", "verified"]).await?;
        let Some(mut delivery) = open else { return Ok(()) };
        delivery.failure = Some(serde_json::to_value(trouble)?);
        let state = delivery.state.clone();
        Ok(rows::update_delivery(self.0.store.db(), delivery, &state).await?)
    }

    /// The consumer fetches.
    async fn pull(&self, turn: &Turn, row: SubscriptionRow) -> Result<()> {
        self.0.trust.status().verify_peer(&row.peer).await?;
        let peer = self.peer(&row.peer).await?;
        let row = self.refreshed(self.recovered(row).await?).await?;
        self.require_active(&row)?;
        let offer = self.ready(turn, &peer, &row).await?;
        let row = self.told(row, &offer.standing).await?;
        let Some(signed) = offer.manifest else { return Ok(()) };
        let landing = self.begin(&peer, row, &signed).await?;
        if landing.delivery.version.is_some() {
            return Ok(());
        }
        let landing = self.fetch_all(&peer, landing, &turn.cancel).await?;
        let (landing, receipt) = self.count(landing, &turn.cancel).await?;
        let path = format!("/deliveries/{}/receipt", landing.delivery.id);
        let verdict: Verdict = self.ask(&peer, Method::POST, &path, Some(&receipt)).await?;
        let refused = landing.delivery.failure.is_some();
        let landing = if refused { landing } else { self.conclude(landing, &verdict).await? };
        match landing.delivery.version {
            Some(_) => Ok(()),
            None => Err(Error::Mismatch(landing.manifest.delivery)),
        }
    }

    /// Ask until the provider has the delivery ready, however long it takes.
    async fn ready(&self, turn: &Turn, peer: &KnownPeer, row: &SubscriptionRow) -> Result<Offer> {
        let path = format!("/subscriptions/{}/delivery", row.id);
        let have = json!({ "have": natural(row.delivered_version) });
        loop {
            if turn.cancel.is_cancelled() {
                return Err(Error::from(brain_warehouse::Error::Cancelled));
            }
            match self.ask(peer, Method::POST, &path, Some(&have)).await {
                Err(Error::PeerRefused { code, .. }) if code == "exchange/busy" => {
                    tokio::time::sleep(READY_EVERY).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// The provider sends.
    async fn push(&self, turn: &Turn, row: SubscriptionRow) -> Result<()> {
        let row = self.settled(row).await?;
        self.require_active(&row)?;
        let peer = self.peer(&row.peer).await?;
        let path = format!("/subscriptions/{}", row.id);
        let standing: Standing = self.ask(&peer, Method::GET, &path, None::<&()>).await?;
        let name = row.peer.clone();
        let offer = self.offer(turn, &name, row, standing.have).await?;
        let Some(signed) = offer.manifest else { return Ok(()) };
        self.push_delivery(turn, &peer, signed).await
    }

    async fn push_delivery(&self, turn: &Turn, peer: &KnownPeer, signed: SignedDocument) -> Result<()> {
        debug_assert_eq!(signed.format, MANIFEST);
        let manifest: Manifest = serde_json::from_value(signed.document.clone())?;
        let (row, mut delivery) =
            self.delivery_with(&peer.name, &manifest.delivery, crate::exchange::PROVIDER).await?;
        let terms = terms_of(&row)?;
        let path = format!("/subscriptions/{}/offer", row.id);
        let mut reached: Progress = self.ask(peer, Method::POST, &path, Some(&signed)).await?;
        let of = |what: &str| format!("/deliveries/{}/{what}", manifest.delivery);
        if !reached.published {
            for sequence in reached.batches + 1..=manifest.batches.len() as u64 {
                if turn.cancel.is_cancelled() {
                    return Err(Error::from(brain_warehouse::Error::Cancelled));
                }
                let batch = self.batch_of(peer, &row, &delivery, sequence).await?;
                self.pace(&row, &terms, batch.len() as u64).await;
                reached = self.send(peer, &of(&format!("batches/{sequence}")), batch).await?;
                delivery = self.moved(delivery, natural_batches(&reached)).await?;
            }
            let receipt: SignedDocument =
                self.ask(peer, Method::POST, &of("finish"), Some(&json!({}))).await?;
            let verdict = self.judge(peer, self.row(&row.id).await?, delivery, receipt).await?;
            if !verdict.accepted {
                let reason = verdict.reason.clone().map(|reason| reason.en).unwrap_or_default();
                // It threw everything away when it counted; where only this side saw a difference, it does so now.
                let told = self.ask::<Progress>(peer, Method::POST, &of("verdict"), Some(&verdict)).await;
                if let Err(error) = told {
                    tracing::debug!(%error, "the consumer had refused the delivery already");
                }
                return Err(Error::Mismatch(reason));
            }
            reached = self.ask(peer, Method::POST, &of("verdict"), Some(&verdict)).await?;
        }
        if !reached.published {
            return Err(Error::unsound(&peer.name, "an answer that it has not published what it accepted"));
        }
        let delivery = self.delivery(&manifest.delivery).await?;
        if delivery.state == "verified" { self.arrived(delivery).await } else { Ok(()) }
    }
}

fn natural_batches(progress: &Progress) -> i64 {
    i64::try_from(progress.batches).unwrap_or(i64::MAX)
}
