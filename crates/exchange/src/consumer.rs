//! The consumer's side: asking for subscriptions, ending them, and what a provider that pushes may call.

use brain_egress::Method;
use brain_kernel::party::Party;
use brain_kernel::progress::Cancel;
use brain_store::exchange::{self as rows, SubscriptionRow};
use brain_trust::requests::state::State as RequestState;
use brain_trust::status::SignedDocument;
use bytes::Bytes;
use serde_json::json;

use crate::card::Subscription;
use crate::document::{Progress, Verdict};
use crate::exchange::{
    CONSUMER, PROVIDER, SUBSCRIPTIONS_MAX, entry, fresh, may_manage, natural, shown, state_of, terms_of,
    whole,
};
use crate::landing::Landing;
use crate::standing::Standing;
use crate::state::SubscriptionState;
use crate::terms::{NewSubscription, Proposal};
use crate::{Error, Exchange, Result};

impl Exchange {
    /// Ask another node for a subscription. It is kept here and proposed there; one that the other node does not take
    /// is kept as refused, with the reason.
    pub async fn subscribe(&self, actor: &Party, new: NewSubscription) -> Result<Subscription> {
        may_manage(actor)?;
        let now = self.0.clock.now();
        new.terms.check(now)?;
        let peer = self.peer(&new.peer).await?;
        self.0.warehouse.check_delivery_target(&new.target)?;
        self.check_free(&new.target).await?;
        let of = (new.dataset.clone(), new.target.clone(), new.direction);
        let id = self.0.store.new_id();
        let row = fresh(id, CONSUMER, &peer.name, of, &new.terms, (&actor.account, now))?;
        let body = json!({
            "peer": row.peer, "dataset": row.dataset, "target": row.target, "direction": row.direction,
            "terms": row.terms,
        });
        let transaction = self.0.store.transaction().await?;
        rows::insert(&transaction, row.clone()).await?;
        let told = entry("exchange.subscribe", &actor.account, &row.id, body);
        self.0.trust.evidence().record_in(&transaction, told).await?;
        transaction.commit().await?;
        let proposal = Proposal {
            id: row.id.clone(),
            dataset: new.dataset,
            target: new.target,
            direction: new.direction,
            terms: new.terms,
            sensitive_personal: new.sensitive_personal,
            forms: new.forms,
        };
        let row = match self.propose(&row, &proposal).await {
            Ok(standing) => self.told(row, &standing).await?,
            // What the provider cannot take, it will not take later either: whoever asked mends it and asks again.
            Err(error) => {
                let reason = Some(error.to_string());
                self.enter(row, SubscriptionState::Refused, reason, "system").await?;
                return Err(error);
            }
        };
        self.card(row).await
    }

    async fn check_free(&self, target: &str) -> Result<()> {
        let all = rows::all(self.0.store.db(), SUBSCRIPTIONS_MAX).await?;
        if all.len() as u64 >= SUBSCRIPTIONS_MAX {
            return Err(Error::Full);
        }
        for row in all.iter().filter(|row| row.side == CONSUMER && row.target == target) {
            if !state_of(row)?.is_final() {
                return Err(Error::invalid(
                    "target",
                    format!("已有订阅使用目标数据集 {target}。"),
                    format!("Another subscription has the target {target}."),
                ));
            }
        }
        Ok(())
    }

    async fn propose(&self, row: &SubscriptionRow, proposal: &Proposal) -> Result<Standing> {
        let peer = self.peer(&row.peer).await?;
        self.0.trust.status().verify_peer(&row.peer).await?;
        self.ask(&peer, Method::POST, "/subscriptions", Some(proposal)).await
    }

    /// Take over what the provider says of a subscription.
    pub(crate) async fn told(&self, row: SubscriptionRow, standing: &Standing) -> Result<SubscriptionRow> {
        let row = SubscriptionRow { request: standing.request.clone().or(row.request), ..row };
        let reason = standing.reason.as_ref().map(|text| text.chars().take(500).collect());
        let row = self.enter(row, standing.state, reason, "system").await?;
        let Some(source) = &standing.source else { return Ok(row) };
        let behind_since = source.behind_since.filter(|_| natural(row.delivered_version) < source.version);
        let now = self.0.clock.now();
        self.note(SubscriptionRow {
            source_version: whole(source.version),
            source_at: source.committed_at,
            behind_since,
            asked_at: Some(now),
            ..row
        })
        .await
    }

    /// Ask the provider how a subscription stands.
    pub(crate) async fn refreshed(&self, row: SubscriptionRow) -> Result<SubscriptionRow> {
        let peer = self.peer(&row.peer).await?;
        let path = format!("/subscriptions/{}", row.id);
        let standing: Standing = self.ask(&peer, Method::GET, &path, None::<&()>).await?;
        self.told(row, &standing).await
    }

    /// End a subscription. At the provider the grant is taken back, by whoever may decide for the owner; at the consumer
    /// the provider is told, and gives the grant back. What arrived stays.
    pub async fn revoke(&self, actor: &Party, id: &str) -> Result<Subscription> {
        let row = self.row(id).await?;
        self.stop(id);
        let row = if row.side == PROVIDER {
            self.revoke_request(actor, row).await?
        } else {
            may_manage(actor)?;
            let row = self.enter(row, SubscriptionState::Revoked, None, &actor.account).await?;
            if let Err(error) = self.tell_ended(&row).await {
                tracing::warn!(subscription = row.id, %error, "the provider was not told; its grant runs out by itself");
            }
            row
        };
        self.card(row).await
    }

    async fn revoke_request(&self, actor: &Party, row: SubscriptionRow) -> Result<SubscriptionRow> {
        if may_manage(actor).is_ok() {
            // Who runs the node decides nothing for owners of data.
            return Err(Error::Step {
                step: "revoke: 由数据所有方在“数据申请”中收回 · its owner takes the grant back under requests",
            });
        }
        let request = row.request.clone().ok_or_else(|| Error::UnknownSubscription(shown(&row.id)))?;
        let requests = self.0.trust.requests();
        let card = requests.get(actor, &request).await?;
        match card.state {
            RequestState::Pending => {
                let note = "交换订阅被拒绝 · the subscription is refused".to_owned();
                requests.reject(actor, &request, card.revision, note).await?;
            }
            RequestState::Granted => {
                requests.revoke(actor, &request, card.revision).await?;
            }
            _ => {}
        }
        self.settled(row).await
    }

    async fn tell_ended(&self, row: &SubscriptionRow) -> Result<()> {
        let peer = self.peer(&row.peer).await?;
        let path = format!("/subscriptions/{}/end", row.id);
        self.ask::<Standing>(&peer, Method::POST, &path, Some(&json!({}))).await.map(drop)
    }

    /// A provider that pushes begins a delivery, or asks how far it is.
    pub async fn offered(&self, peer: &str, id: &str, signed: SignedDocument) -> Result<Progress> {
        let row = self.with_peer(peer, id).await?;
        if row.side != CONSUMER || crate::exchange::drives(&row) {
            return Err(Error::UnknownSubscription(shown(id)));
        }
        let _turn = self.turn(id)?;
        // Data is taken from nodes that prove themselves, and only from them.
        self.0.trust.status().verify_peer(peer).await?;
        let known = self.peer(peer).await?;
        let row = self.refreshed(row).await?;
        self.require_active(&row)?;
        Ok(progress(&self.begin(&known, row, &signed).await?))
    }

    /// A provider that pushes sends a batch.
    pub async fn pushed(&self, peer: &str, delivery: &str, sequence: u64, batch: Bytes) -> Result<Progress> {
        let landing = self.pushed_to(peer, delivery).await?;
        let _turn = self.turn(&landing.row.id)?;
        self.require_active(&landing.row)?;
        self.pace(&landing.row, &terms_of(&landing.row)?, batch.len() as u64).await;
        Ok(progress(&self.land(landing, sequence, batch).await?))
    }

    /// A provider that pushes has sent everything; the receipt.
    pub async fn pushed_all(&self, peer: &str, delivery: &str) -> Result<SignedDocument> {
        let landing = self.pushed_to(peer, delivery).await?;
        let turn = self.turn(&landing.row.id)?;
        let (_, receipt) = self.count(landing, &turn.cancel).await?;
        Ok(receipt)
    }

    /// A provider that pushes says what it holds of the receipt.
    pub async fn judged(&self, peer: &str, delivery: &str, verdict: Verdict) -> Result<Progress> {
        let landing = self.pushed_to(peer, delivery).await?;
        let _turn = self.turn(&landing.row.id)?;
        Ok(progress(&self.conclude(landing, &verdict).await?))
    }

    async fn pushed_to(&self, peer: &str, delivery: &str) -> Result<Landing> {
        let landing = self.landing(peer, delivery).await?;
        if crate::exchange::drives(&landing.row) {
            return Err(Error::UnknownDelivery(shown(delivery)));
        }
        Ok(landing)
    }

    /// Ask for everything that is not in yet; how many batches that is.
    pub(crate) async fn fetch_all(
        &self,
        peer: &brain_trust::status::KnownPeer,
        mut landing: Landing,
        cancel: &Cancel,
    ) -> Result<Landing> {
        let terms = terms_of(&landing.row)?;
        let last = landing.manifest.batches.len() as u64;
        let first = natural(Some(landing.delivery.batches_done)).unwrap_or_default() + 1;
        for sequence in first..=last {
            if cancel.is_cancelled() {
                return Err(Error::from(brain_warehouse::Error::Cancelled));
            }
            let path = format!("/deliveries/{}/batches/{sequence}", landing.delivery.id);
            let batch = self.fetch(peer, &path).await?;
            self.pace(&landing.row, &terms, batch.len() as u64).await;
            landing = self.land(landing, sequence, batch).await?;
        }
        Ok(landing)
    }
}

/// How far a delivery is.
pub(crate) fn progress(landing: &Landing) -> Progress {
    Progress {
        batches: natural(Some(landing.delivery.batches_done)).unwrap_or_default(),
        published: landing.delivery.version.is_some(),
    }
}
