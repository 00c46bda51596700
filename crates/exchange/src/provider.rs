//! The provider's side: taking proposals, making deliveries ready, handing out batches, judging receipts.

use brain_kernel::hexadecimal;
use std::path::PathBuf;
use std::time::Duration;

use brain_kernel::language::Text;
use brain_kernel::party::Party;
use brain_store::exchange::{self as rows, DeliveryRow, SubscriptionRow};
use brain_trust::requests::purpose::required_forms;
use brain_trust::requests::state::State as RequestState;
use brain_trust::status::{KnownPeer, SignedDocument};
use brain_trust::{AccessOrigin, Channel};
use brain_warehouse::delivery::{DeliveryAsk, Had, Prepared};
use bytes::Bytes;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::document::{MANIFEST, Manifest, Offer, RECEIPT, Receipt, Verdict, opened};
use crate::exchange::{
    PROVIDER, SUBSCRIPTIONS_MAX, Turn, delivery_state, entry, fresh, natural, shown, state_of, terms_of,
    whole,
};
use crate::standing::{SourceStanding, Standing};
use crate::state::{DeliveryState, SubscriptionState};
use crate::terms::Proposal;
use crate::{Error, Exchange, Result};

/// How long a node that asks waits for a delivery to be made ready; then it asks again.
const PATIENCE: Duration = Duration::from_secs(8);

impl Exchange {
    /// Another node proposes a subscription: a request for access in its name, for whoever decides for the owner. The
    /// same proposal again is the same subscription.
    pub async fn proposed(&self, peer: &str, proposal: Proposal) -> Result<Standing> {
        let known = self.peer(peer).await?;
        proposal.terms.check(self.0.clock.now())?;
        if let Some(row) = rows::find(self.0.store.db(), &proposal.id).await? {
            // Somebody else's id is as unknown to the asker as one that nobody has.
            let same = row.peer == known.name && row.side == PROVIDER && row.dataset == proposal.dataset;
            return if same { self.standing_of(row).await } else { Err(taken(&proposal.id)) };
        }
        if uuid_like(&proposal.id).is_none() {
            return Err(Error::invalid("id", "订阅编号须为 UUID。", "The id of a subscription is a UUID."));
        }
        if rows::count(self.0.store.db()).await? >= SUBSCRIPTIONS_MAX {
            return Err(Error::Full);
        }
        let facts = self.0.warehouse.catalogue().facts(&proposal.dataset)?;
        self.check_forms(&proposal, &facts)?;
        let request = self.0.trust.requests().submit(&known.party, &facts, proposal.request()).await?;
        let now = self.0.clock.now();
        let of = (proposal.dataset, proposal.target, proposal.direction);
        let account = known.party.account.as_str();
        let made = fresh(proposal.id, PROVIDER, &known.name, of, &proposal.terms, (account, now))?;
        let row = SubscriptionRow {
            state: SubscriptionState::Requested.name().to_owned(),
            request: Some(request.id),
            ..made
        };
        let body = json!({
            "peer": row.peer, "dataset": row.dataset, "target": row.target, "direction": row.direction,
            "terms": row.terms, "request": row.request,
        });
        let transaction = self.0.store.transaction().await?;
        rows::insert(&transaction, row.clone()).await?;
        let told = entry("exchange.request", account, &row.id, body);
        self.0.trust.evidence().record_in(&transaction, told).await?;
        transaction.commit().await?;
        self.standing_of(row).await
    }

    /// Forms are filled before the owner is asked: nobody at the other node could fill them in later.
    fn check_forms(&self, proposal: &Proposal, facts: &brain_trust::DatasetFacts) -> Result<()> {
        let Some(purpose) = brain_trust::requests::purpose::of(&proposal.terms.purpose) else {
            return Ok(());
        };
        for form in required_forms(&purpose, facts.grade, proposal.sensitive_personal) {
            let filled = proposal.forms.get(&form).ok_or(brain_trust::Error::FormMissing { form })?;
            form.check(filled)?;
        }
        Ok(())
    }

    /// How a subscription stands here, for the node it is with.
    pub async fn standing(&self, peer: &str, id: &str) -> Result<Standing> {
        let row = self.with_peer(peer, id).await?;
        let row = if row.side == PROVIDER { row } else { self.recovered(row).await? };
        self.standing_of(row).await
    }

    /// The other node ends a subscription: a request that is undecided is withdrawn, a grant is given back.
    pub async fn ended(&self, peer: &str, id: &str) -> Result<Standing> {
        let row = self.with_peer(peer, id).await?;
        let known = self.peer(peer).await?;
        if let Some(request) = row.request.clone().filter(|_| row.side == PROVIDER) {
            let requests = self.0.trust.requests();
            let card = requests.get(&known.party, &request).await?;
            match card.state {
                RequestState::Pending => {
                    requests.withdraw(&known.party, &request, card.revision).await?;
                }
                RequestState::Granted => {
                    requests.revoke(&known.party, &request, card.revision).await?;
                }
                _ => {}
            }
        }
        let reason = Some("对方节点终止 · ended by the other node".to_owned());
        let row = self.enter(row, SubscriptionState::Revoked, reason, &known.party.account).await?;
        self.standing_of(row).await
    }

    /// Make ready what the consumer lacks, or go on with what lies ready. Takes as long as reading the dataset; a node
    /// that waited long enough is told to ask again, while the work goes on.
    pub async fn prepared(&self, peer: &str, id: &str, have: Option<u64>) -> Result<Offer> {
        let row = self.of_side_with(peer, id).await?;
        let turn = self.turn(&row.id)?;
        let (exchange, peer) = (self.clone(), peer.to_owned());
        let work = tokio::spawn(async move { Box::pin(exchange.offer(&turn, &peer, row, have)).await });
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(offer)) => offer,
            Ok(Err(_)) => Err(Error::Failure(brain_kernel::error::Failure::internal("exchange/panicked"))),
            Err(_) => Err(Error::Busy),
        }
    }

    async fn of_side_with(&self, peer: &str, id: &str) -> Result<SubscriptionRow> {
        let row = self.with_peer(peer, id).await?;
        if row.side == PROVIDER { Ok(row) } else { Err(Error::UnknownSubscription(shown(id))) }
    }

    /// The same for a run of this node that pushes.
    pub(crate) async fn offer(
        &self,
        turn: &Turn,
        peer: &str,
        row: SubscriptionRow,
        have: Option<u64>,
    ) -> Result<Offer> {
        // Data moves to nodes that prove themselves, and only there.
        self.0.trust.status().verify_peer(peer).await?;
        let known = self.peer(peer).await?;
        let row = self.settled(row).await?;
        self.require_active(&row)?;
        let row = self.heard(row, have).await?;
        let ask = self.ask_of(&known, &row).await?;
        if let Some(ready) = self.lying_ready(&row, &ask, have).await? {
            let manifest = serde_json::from_value(ready.manifest)?;
            return Ok(Offer { manifest: Some(manifest), standing: self.standing_of(row).await? });
        }
        let made = self.make(turn, &known, &row, ask, have).await?;
        Ok(Offer { manifest: made, standing: self.standing_of(row).await? })
    }

    /// What the consumer says it has settles the delivery that brought it.
    async fn heard(&self, row: SubscriptionRow, have: Option<u64>) -> Result<SubscriptionRow> {
        let newest = rows::newest_delivery(self.0.store.db(), &row.id, &["verified"]).await?;
        if let Some(delivery) = newest.filter(|delivery| natural(Some(delivery.to_version)) == have) {
            self.arrived(delivery).await?;
        }
        Ok(row)
    }

    /// A verified delivery is a version at the consumer: its batches are of no use any more.
    pub(crate) async fn arrived(&self, delivery: DeliveryRow) -> Result<()> {
        let body = json!({ "subscription": delivery.subscription, "version": delivery.to_version });
        let done = self.step(delivery, DeliveryState::Published, ("exchange.delivered", body)).await?;
        self.forget_spool(&done.id).await
    }

    /// The delivery that was begun and still fits what the consumer has and what it may see.
    async fn lying_ready(
        &self,
        row: &SubscriptionRow,
        ask: &DeliveryAsk,
        have: Option<u64>,
    ) -> Result<Option<DeliveryRow>> {
        let open = rows::newest_delivery(self.0.store.db(), &row.id, &["open", "verified"]).await?;
        let Some(delivery) = open else { return Ok(None) };
        let fits = natural(delivery.from_version) == have;
        let view = delivery.view.clone().unwrap_or_default();
        let unchanged = self.0.warehouse.check_delivery(ask, &view).await;
        let whole = self.is_spooled(&delivery).await?;
        match unchanged {
            Ok(()) if fits && whole => Ok(Some(delivery)),
            outcome => {
                let why = match outcome {
                    Err(error) => error.code(),
                    Ok(()) if whole => "the consumer has another version",
                    Ok(()) => "exchange/spool-lost",
                };
                self.void(delivery, why).await?;
                Ok(None)
            }
        }
    }

    async fn is_spooled(&self, delivery: &DeliveryRow) -> Result<bool> {
        let last = usize::try_from(delivery.batches).unwrap_or_default();
        let folder = self.folder(&delivery.id);
        for sequence in 1..=last {
            if tokio::fs::metadata(Prepared::place(&folder, sequence)).await.is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(crate) async fn void(&self, delivery: DeliveryRow, why: &str) -> Result<()> {
        let body = json!({ "subscription": delivery.subscription, "reason": why });
        let done = self.step(delivery, DeliveryState::Refused, ("exchange.refuse", body)).await?;
        self.forget_spool(&done.id).await
    }

    async fn make(
        &self,
        turn: &Turn,
        known: &KnownPeer,
        row: &SubscriptionRow,
        ask: DeliveryAsk,
        have: Option<u64>,
    ) -> Result<Option<SignedDocument>> {
        let view = self.view_of(row, have).await?;
        let had = have.map(|version| Had { version, view });
        let id = self.0.store.new_id();
        let folder = self.folder(&id);
        let ask = DeliveryAsk { had, ..ask };
        let prepared = self.0.warehouse.prepare_delivery(&ask, &folder, &turn.cancel).await;
        let prepared = match prepared {
            Ok(Some(prepared)) => prepared,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.forget_spool(&id).await?;
                return Err(error.into());
            }
        };
        let view = prepared.view.clone();
        let manifest = self.manifest(&id, known, row, prepared);
        let signed = self.0.trust.status().sign_document(MANIFEST, &manifest)?;
        let delivery = begun(&manifest, &signed, Some(view), self.0.clock.now())?;
        let body = json!({
            "subscription": row.id, "peer": row.peer, "dataset": row.dataset, "version": manifest.version,
            "mode": manifest.mode, "rows": manifest.rows, "content_hash": manifest.content_hash,
            "manifest": digest(&signed)?,
        });
        let transaction = self.0.store.transaction().await?;
        rows::insert_delivery(&transaction, delivery).await?;
        let told = entry("exchange.deliver", "system", &id, body);
        self.0.trust.evidence().record_in(&transaction, told).await?;
        transaction.commit().await?;
        Ok(Some(signed))
    }

    /// The view of the delivery that brought what the consumer has; nothing fits where there is none.
    async fn view_of(&self, row: &SubscriptionRow, have: Option<u64>) -> Result<String> {
        let last = rows::newest_delivery(self.0.store.db(), &row.id, &["published"]).await?;
        let last = last.filter(|delivery| natural(Some(delivery.to_version)) == have);
        Ok(last.and_then(|delivery| delivery.view).unwrap_or_default())
    }

    fn manifest(&self, id: &str, known: &KnownPeer, row: &SubscriptionRow, made: Prepared) -> Manifest {
        Manifest {
            delivery: id.to_owned(),
            subscription: row.id.clone(),
            provider: self.own_name(),
            consumer: known.name.clone(),
            dataset: row.dataset.clone(),
            from: made.from,
            version: made.to,
            mode: made.mode,
            why_full: made.why_full,
            fields: made.fields,
            withheld: made.withheld,
            rows: made.rows.rows(),
            content_hash: made.rows.hash(),
            batches: made.batches,
            table_rows: made.table_rows,
            title: made.title,
            description: made.description,
            grade: made.grade,
            side: made.side,
            restricted_by: made.restricted_by,
            licence: made.licence,
            made_at: self.0.clock.now(),
        }
    }

    /// One batch, counted from 1, where the grant still holds.
    pub async fn batch(&self, peer: &str, delivery: &str, sequence: u64) -> Result<Bytes> {
        let (row, delivery) = self.delivery_with(peer, delivery, PROVIDER).await?;
        let known = self.peer(peer).await?;
        let bytes = self.batch_of(&known, &row, &delivery, sequence).await?;
        self.pace(&row, &terms_of(&row)?, bytes.len() as u64).await;
        let acknowledged = i64::try_from(sequence.saturating_sub(1)).unwrap_or_default();
        // Asking for a batch says that those before it arrived.
        self.moved(delivery, acknowledged).await?;
        Ok(bytes)
    }

    pub(crate) async fn batch_of(
        &self,
        known: &KnownPeer,
        row: &SubscriptionRow,
        delivery: &DeliveryRow,
        sequence: u64,
    ) -> Result<Bytes> {
        let row = self.settled(row.clone()).await?;
        self.require_active(&row)?;
        if delivery_state(delivery)? != DeliveryState::Open {
            return Err(Error::Step { step: "batch" });
        }
        let ask = self.ask_of(known, &row).await?;
        let view = delivery.view.clone().unwrap_or_default();
        self.0.warehouse.check_delivery(&ask, &view).await?;
        let lost = || Error::SpoolLost(delivery.id.clone());
        let signed: SignedDocument = serde_json::from_value(delivery.manifest.clone())?;
        let manifest: Manifest = serde_json::from_value(signed.document)?;
        let place = usize::try_from(sequence).ok().filter(|place| *place > 0);
        let fact = place.and_then(|place| manifest.batches.get(place - 1));
        let (Some(place), Some(fact)) = (place, fact) else {
            return Err(Error::UnknownDelivery(format!("{} {sequence}", delivery.id)));
        };
        let path = Prepared::place(&self.folder(&delivery.id), place);
        let bytes = tokio::fs::read(path).await.map_err(|_| lost())?;
        if hexadecimal::encode(&Sha256::digest(&bytes)) != fact.sha256 {
            return Err(lost());
        }
        Ok(bytes.into())
    }

    /// Remember how many batches arrived, with their rows and bytes.
    pub(crate) async fn moved(&self, delivery: DeliveryRow, batches: i64) -> Result<DeliveryRow> {
        if batches <= delivery.batches_done {
            return Ok(delivery);
        }
        let signed: SignedDocument = serde_json::from_value(delivery.manifest.clone())?;
        let manifest: Manifest = serde_json::from_value(signed.document)?;
        let delivery = counted(delivery, &manifest, batches);
        rows::update_delivery(self.0.store.db(), delivery.clone(), "open").await?;
        Ok(delivery)
    }

    /// Judge a receipt by this node's own numbers; the same receipt again gets the same verdict.
    pub async fn receipt(&self, peer: &str, delivery: &str, signed: SignedDocument) -> Result<Verdict> {
        let (row, delivery) = self.delivery_with(peer, delivery, PROVIDER).await?;
        let known = self.peer(peer).await?;
        let row = self.settled(row).await?;
        self.require_active(&row)?;
        self.judge(&known, row, delivery, signed).await
    }

    pub(crate) async fn judge(
        &self,
        known: &KnownPeer,
        row: SubscriptionRow,
        delivery: DeliveryRow,
        signed: SignedDocument,
    ) -> Result<Verdict> {
        let receipt: Receipt = opened(&signed, RECEIPT, known)?;
        let document: SignedDocument = serde_json::from_value(delivery.manifest.clone())?;
        let manifest: Manifest = serde_json::from_value(document.document)?;
        if let Some(differs) = manifest.differs(&receipt) {
            if delivery_state(&delivery)? == DeliveryState::Open {
                let trouble =
                    crate::Trouble::new(&Error::Mismatch(differs.clone()).into(), self.0.clock.now());
                let failure = Some(serde_json::to_value(trouble)?);
                let receipt = Some(serde_json::to_value(&signed)?);
                self.void(DeliveryRow { failure, receipt, ..delivery }, &differs).await?;
            }
            let reason = Text::new(
                format!("回执与提供方的数字不一致：{differs}"),
                format!("the receipt differs from the provider's numbers: {differs}"),
            );
            return Ok(Verdict { accepted: false, reason: Some(reason) });
        }
        if delivery_state(&delivery)? == DeliveryState::Open {
            let body = json!({
                "subscription": row.id, "rows": receipt.rows, "content_hash": receipt.content_hash,
                "receipt": digest(&signed)?,
            });
            let delivery = counted(delivery, &manifest, manifest.batches.len() as i64);
            let receipt = Some(serde_json::to_value(&signed)?);
            let delivery = DeliveryRow { receipt, failure: None, ..delivery };
            let now = self.0.clock.now();
            let row = SubscriptionRow {
                delivered_version: whole(Some(manifest.version)),
                delivered_rows: whole(Some(manifest.table_rows)),
                delivered_at: Some(now),
                source_rows: whole(Some(manifest.table_rows)),
                failure: None,
                updated_at: now,
                ..row
            };
            let told = ("exchange.receipt", body);
            self.step_with(delivery, DeliveryState::Verified, told, Some(row.clone())).await?;
            self.looked(row).await?;
        } else if delivery_state(&delivery)? == DeliveryState::Refused {
            return Ok(Verdict {
                accepted: false,
                reason: Some(Text::new("交付已作废。", "the delivery is void")),
            });
        }
        Ok(Verdict { accepted: true, reason: None })
    }

    /// The state of a subscription as the request behind it has it now.
    pub(crate) async fn settled(&self, row: SubscriptionRow) -> Result<SubscriptionRow> {
        let (Some(request), false) = (row.request.clone(), state_of(&row)?.is_final()) else {
            return Ok(row);
        };
        if row.side != PROVIDER {
            return Ok(row);
        }
        let known = party_of(&row);
        let card = self.0.trust.requests().get(&known, &request).await?;
        let next = match card.state {
            RequestState::Pending => return Ok(row),
            RequestState::Granted if card.until < self.0.clock.now() => SubscriptionState::Ended,
            RequestState::Granted => SubscriptionState::Active,
            RequestState::Rejected | RequestState::Expired => SubscriptionState::Refused,
            RequestState::Withdrawn | RequestState::Revoked => SubscriptionState::Revoked,
            RequestState::Ended => SubscriptionState::Ended,
        };
        let reason = card.note.filter(|note| !note.is_empty());
        let actor = card.decided_by.unwrap_or_else(|| "system".to_owned());
        self.enter(row, next, reason, &actor).await
    }

    pub(crate) fn require_active(&self, row: &SubscriptionRow) -> Result<()> {
        let state = state_of(row)?;
        if state == SubscriptionState::Active && terms_of(row)?.until >= self.0.clock.now() {
            return Ok(());
        }
        Err(Error::NotActive { state: state.name() })
    }

    async fn ask_of(&self, known: &KnownPeer, row: &SubscriptionRow) -> Result<DeliveryAsk> {
        let terms = terms_of(row)?;
        let request = row.request.clone().unwrap_or_default();
        let card = self.0.trust.requests().get(&known.party, &request).await?;
        let grant = card.grant.ok_or(Error::NotActive { state: "requested" })?;
        Ok(DeliveryAsk {
            party: known.party.clone(),
            purpose: terms.purpose,
            grant,
            dataset: row.dataset.clone(),
            columns: terms.columns.into_iter().collect(),
            rows: terms.rows,
            mode: terms.mode,
            batch_rows: self.0.batch_rows,
            had: None,
            origin: AccessOrigin {
                channel: Channel::Rest,
                operation: "exchange".to_owned(),
                credential: Some(format!("node:{}", known.name)),
                address: None,
                trace_id: None,
            },
        })
    }

    pub(crate) async fn standing_of(&self, row: SubscriptionRow) -> Result<Standing> {
        let row = self.settled(row).await?;
        let provider = row.side == PROVIDER;
        let active = state_of(&row)? == SubscriptionState::Active;
        let row = if provider && active { self.looked(row).await? } else { row };
        let source = (provider && active).then(|| SourceStanding {
            version: natural(row.source_version),
            committed_at: row.source_at,
            behind_since: row.behind_since,
        });
        Ok(Standing {
            state: state_of(&row)?,
            have: natural(row.delivered_version).filter(|_| !provider),
            id: row.id,
            reason: row.reason,
            request: row.request,
            source,
        })
    }

    /// Look how the own source stands.
    pub(crate) async fn looked(&self, row: SubscriptionRow) -> Result<SubscriptionRow> {
        let had = natural(row.delivered_version);
        let state = self.0.warehouse.source_state(&row.dataset, had).await?;
        let now = self.0.clock.now();
        self.note(SubscriptionRow {
            source_version: whole(state.version),
            source_at: state.committed_at,
            behind_since: state.behind_since,
            asked_at: Some(now),
            ..row
        })
        .await
    }

    pub(crate) fn folder(&self, delivery: &str) -> PathBuf {
        self.0.spool.join(delivery)
    }

    pub(crate) async fn forget_spool(&self, delivery: &str) -> Result<()> {
        match tokio::fs::remove_dir_all(self.folder(delivery)).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// The node's account, also where the node itself may speak no more.
fn party_of(row: &SubscriptionRow) -> Party {
    Party {
        account: row.created_by.clone(),
        display_name: row.peer.clone(),
        role: brain_kernel::party::Role::ComponentAuthor,
        organisation: None,
        region: None,
    }
}

/// The row of a delivery that begins.
pub(crate) fn begun(
    manifest: &Manifest,
    signed: &SignedDocument,
    view: Option<String>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<DeliveryRow> {
    Ok(DeliveryRow {
        id: manifest.delivery.clone(),
        subscription: manifest.subscription.clone(),
        state: DeliveryState::Open.name().to_owned(),
        mode: manifest.mode.name().to_owned(),
        from_version: whole(manifest.from),
        to_version: whole(Some(manifest.version)).unwrap_or_default(),
        batches: manifest.batches.len() as i64,
        batches_done: 0,
        rows: whole(Some(manifest.rows)).unwrap_or(i64::MAX),
        rows_done: 0,
        bytes: whole(Some(manifest.bytes())).unwrap_or(i64::MAX),
        bytes_done: 0,
        content_hash: manifest.content_hash.clone(),
        manifest: serde_json::to_value(signed)?,
        receipt: None,
        view,
        version: None,
        failure: None,
        attempts: 1,
        started_at: now,
        ended_at: None,
    })
}

/// The row after so many batches.
pub(crate) fn counted(delivery: DeliveryRow, manifest: &Manifest, batches: i64) -> DeliveryRow {
    let first = usize::try_from(batches).unwrap_or_default();
    let done = manifest.batches.iter().take(first);
    let sum = done.fold((0_u64, 0_u64), |(rows, bytes), batch| (rows + batch.rows, bytes + batch.bytes));
    DeliveryRow {
        batches_done: batches,
        rows_done: whole(Some(sum.0)).unwrap_or(i64::MAX),
        bytes_done: whole(Some(sum.1)).unwrap_or(i64::MAX),
        ..delivery
    }
}

/// SHA-256 over a signed document, for evidence.
pub(crate) fn digest(signed: &SignedDocument) -> Result<String> {
    Ok(hexadecimal::encode(&Sha256::digest(serde_json::to_vec(signed)?)))
}

fn taken(id: &str) -> Error {
    let id = shown(id);
    Error::invalid("id", format!("订阅编号 {id} 已被使用。"), format!("The id {id} is taken."))
}

/// Whether a text is a UUID in its usual spelling; it becomes the name of a folder.
pub(crate) fn uuid_like(text: &str) -> Option<()> {
    let digits = text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        });
    digits.then_some(())
}
