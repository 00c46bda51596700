//! The owner's word: rejected, or deleted with a certificate.
//!
//! What goes is written down before the first file is removed, so that a deletion cut short is finished at the next
//! start and its certificate names every file all the same.

use super::rule::What;
use super::{Retention, refuse};
use crate::catalogue::quality;
use crate::grading::decide::may_confirm;
use crate::lake::commit::{Change, Note};
use crate::lake::prune::VERSIONS_MAX;
use crate::lake::read::plain;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_store::dataset::{self, NewVersion};
use brain_store::retention::{self, DecisionRow, DeletionProposalRow, RemovedVersionRow};
use brain_store::{Page, PageRequest};
use brain_trust::EvidenceEntry;
use brain_trust::evidence::InclusionProof;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Longest reason, characters.
const REASON_CHARACTERS_MAX: usize = 500;

/// Something due for deletion, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeletionProposal {
    /// Id, a UUID.
    pub id: String,
    /// The dataset.
    pub dataset: String,
    /// Name of the rule.
    pub rule: String,
    /// Law, contract or policy behind the rule.
    pub basis: String,
    /// Whether the present content goes too.
    pub whole: bool,
    /// Versions that go.
    pub versions: u64,
    /// Oldest version that stays.
    pub first_kept: u64,
    /// Bytes of the files that go.
    pub bytes: u64,
    /// `proposed`, `deleting`, `rejected` or `done`.
    pub state: String,
    /// When it was proposed.
    pub proposed_at: DateTime<Utc>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why.
    pub reason: Option<String>,
    /// The certificate of what was deleted.
    pub certificate: Option<DeletionCertificate>,
}

/// What proves that data was deleted (删除证明): which files, by which rule, on whose word, and the evidence entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeletionCertificate {
    /// The proposal.
    pub proposal: String,
    /// The dataset.
    pub dataset: String,
    /// The rule.
    pub rule: String,
    /// Law, contract or policy behind it.
    pub basis: String,
    /// Whether everything went.
    pub whole: bool,
    /// First version that went.
    pub first_version: u64,
    /// Last version that went.
    pub last_version: u64,
    /// Files that were removed.
    pub files: Vec<DeletedFile>,
    /// Data keys that were destroyed.
    pub keys: Vec<String>,
    /// Who approved it.
    pub approved_by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub deleted_at: DateTime<Utc>,
    /// Proof that the entry is in the evidence log.
    pub proof: Option<InclusionProof>,
}

/// A file that was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeletedFile {
    /// Name in the table's folder.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
}

impl Retention {
    /// Proposals, newest first: for who watches over all of them, for owners their own.
    pub async fn proposals(&self, party: &Party, page: PageRequest) -> Result<Page<DeletionProposal>> {
        let rows = retention::list(self.inner.store.db(), None, page).await?;
        let snapshot = self.inner.catalogue.snapshot();
        let sees = |row: &DeletionProposalRow| {
            party.role.is_administrator()
                || party.role == Role::Government
                || snapshot.get(&row.dataset).is_some_and(|entry| may_confirm(party, &entry.owner))
        };
        let Page { items, total, page, page_size } = rows;
        let items = items.into_iter().filter(|row| sees(row)).map(card).collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
    }

    /// Reject a proposal. The owner only; the sweep proposes again when the rule still stands at its next look.
    pub async fn reject(&self, actor: &Party, id: &str, reason: &str) -> Result<DeletionProposal> {
        let row = self.open(actor, id, reason).await?;
        let at = self.inner.store.now();
        let transaction = self.inner.store.transaction().await?;
        let decision = DecisionRow { state: "rejected", by: &actor.account, at, reason: reason.trim() };
        retention::decide(&transaction, id, &decision).await?;
        let entry = EvidenceEntry {
            kind: "retention.reject".to_owned(),
            actor: actor.account.clone(),
            subject: row.dataset.clone(),
            body: json!({ "dataset": row.dataset, "proposal": id, "reason": reason.trim() }),
        };
        self.inner.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        card(self.found(id).await?)
    }

    /// Approve a proposal and delete. The owner only; nothing is taken in meanwhile.
    pub async fn approve(&self, actor: &Party, id: &str, reason: &str) -> Result<DeletionProposal> {
        let _ingests = self.inner.ingest_turn.lock().await;
        let _models = self.inner.models.lock().await;
        let row = self.open(actor, id, reason).await?;
        self.still_due(&row)?;
        let mut certificate = self.written_down(actor, &row, reason).await?;
        let transaction = self.inner.store.transaction().await?;
        let decision = DecisionRow {
            state: "deleting",
            by: &actor.account,
            at: certificate.deleted_at,
            reason: reason.trim(),
        };
        retention::decide(&transaction, id, &decision).await?;
        retention::certify(&transaction, id, &text_of(&certificate)?).await?;
        let removed =
            (certificate.first_version..=certificate.last_version).map(|version| RemovedVersionRow {
                dataset: row.dataset.clone(),
                version: version as i64,
                proposal_id: id.to_owned(),
                removed_at: certificate.deleted_at,
            });
        retention::remove_versions(&transaction, removed.collect()).await?;
        // What the deleted versions looked like goes with them.
        let first_kept = certificate.last_version as i64 + 1;
        brain_store::quality::forget_profiles(&transaction, &row.dataset, first_kept).await?;
        transaction.commit().await?;
        self.inner.reload_catalogue().await?;
        self.finish(&row, &mut certificate).await?;
        card(self.found(id).await?)
    }

    /// Finish deletions that a crash cut short.
    pub(crate) async fn recover(&self) -> Result<u64> {
        let mut finished = 0;
        loop {
            let left =
                retention::list(self.inner.store.db(), Some("deleting"), PageRequest::new(1, 100)).await?;
            if left.items.is_empty() {
                return Ok(finished);
            }
            for row in left.items {
                let draft = row.certificate.as_deref().and_then(|text| serde_json::from_str(text).ok());
                let mut certificate: DeletionCertificate =
                    draft.ok_or_else(|| Error::Failure(Failure::internal("warehouse/retention-state")))?;
                self.finish(&row, &mut certificate).await?;
                tracing::warn!(dataset = row.dataset, "finished a deletion that was cut short");
                finished += 1;
            }
        }
    }

    /// Remove what is written down, then record that it is gone.
    async fn finish(&self, row: &DeletionProposalRow, certificate: &mut DeletionCertificate) -> Result<()> {
        if row.whole {
            self.empty(row).await?;
        }
        let names = certificate.files.iter().map(|file| file.name.as_str());
        self.inner.lake.delete_files(&row.dataset, names).await?;
        self.inner.lake.forget(&row.dataset, certificate.last_version);
        if row.whole {
            certificate.keys = self.destroy_keys(row, &certificate.approved_by).await?;
        }
        let body = serde_json::to_value(&*certificate)?;
        // What an entry may hold is bounded; a long list of files is named by its length and bytes.
        let body = if certificate.files.len() <= 200 {
            body
        } else {
            json!({
                "proposal": certificate.proposal, "dataset": certificate.dataset, "rule": certificate.rule,
                "basis": certificate.basis, "whole": certificate.whole, "approved_by": certificate.approved_by,
                "reason": certificate.reason, "keys": certificate.keys, "first_version": certificate.first_version, "last_version": certificate.last_version,
                "files": certificate.files.len(), "bytes": certificate.files.iter().map(|f| f.bytes).sum::<u64>(),
            })
        };
        let entry = EvidenceEntry {
            kind: "data.delete".to_owned(),
            actor: certificate.approved_by.clone(),
            subject: row.dataset.clone(),
            body,
        };
        let transaction = self.inner.store.transaction().await?;
        let seq = self.inner.trust.evidence().record_in(&transaction, entry).await?;
        retention::done(&transaction, &row.id, &text_of(certificate)?).await?;
        transaction.commit().await?;
        certificate.proof = Some(self.inner.trust.evidence().prove(seq).await?);
        retention::certify(self.inner.store.db(), &row.id, &text_of(certificate)?).await?;
        Ok(())
    }

    /// The list of what will go, before anything goes.
    async fn written_down(
        &self,
        actor: &Party,
        row: &DeletionProposalRow,
        reason: &str,
    ) -> Result<DeletionCertificate> {
        let snapshot = self.inner.catalogue.snapshot();
        let entry = snapshot.get(&row.dataset);
        let latest = entry.and_then(|entry| entry.version).unwrap_or_default();
        let oldest = self.inner.catalogue.first_kept(&row.dataset);
        let first_kept = u64::try_from(row.first_kept).unwrap_or_default();
        if first_kept <= oldest || first_kept > latest + 1 || first_kept - oldest > VERSIONS_MAX {
            return Err(changed());
        }
        let files = self.inner.lake.files_only_before(&row.dataset, oldest, first_kept, latest).await?;
        Ok(DeletionCertificate {
            proposal: row.id.clone(),
            dataset: row.dataset.clone(),
            rule: row.rule.clone(),
            basis: row.basis.clone(),
            whole: row.whole,
            first_version: oldest,
            last_version: first_kept - 1,
            files: files.into_iter().map(|(name, bytes)| DeletedFile { name, bytes }).collect(),
            keys: Vec::new(),
            approved_by: actor.account.clone(),
            reason: reason.trim().to_owned(),
            deleted_at: self.inner.store.now(),
            proof: None,
        })
    }

    /// Commit an empty version in the place of the content; done once however often it is asked.
    async fn empty(&self, row: &DeletionProposalRow) -> Result<()> {
        let inner = &self.inner;
        let (dataset, next) = (row.dataset.as_str(), u64::try_from(row.first_kept).unwrap_or_default());
        let latest = inner.lake.latest(dataset).await?.unwrap_or_default();
        if latest < next {
            let table = inner.lake.open(dataset, latest).await?;
            let note = Note { run_id: row.id.clone(), content_hash: String::new(), sources: Vec::new() };
            inner.lake.commit(dataset, &plain(&table.schema), &[], Change::Replace, &note).await?;
        }
        if dataset::find_version(inner.store.db(), dataset, row.first_kept).await?.is_none() {
            let table = inner.lake.open(dataset, next).await?;
            // What was measured of the content told of it.
            let measured = quality::measure(&table, inner.engine.parser(), 0, None).await?;
            let new = NewVersion {
                dataset: dataset.to_owned(),
                version: row.first_kept,
                rows: 0,
                bytes: 0,
                committed_at: inner.store.now(),
                run_id: None,
                content_hash: None,
                inputs: Vec::new(),
            };
            let transaction = inner.store.transaction().await?;
            dataset::add_version(&transaction, &new).await?;
            dataset::set_quality(&transaction, dataset, serde_json::to_value(measured)?).await?;
            transaction.commit().await?;
            inner.reload_catalogue().await?;
        }
        Ok(())
    }

    async fn destroy_keys(&self, row: &DeletionProposalRow, actor: &str) -> Result<Vec<String>> {
        let purpose = format!("dataset:{}", row.dataset);
        match self.inner.trust.vault().erase(actor, &purpose, &row.basis).await {
            Ok(certificate) => Ok(certificate.keys),
            // Most datasets have no key of their own.
            Err(brain_trust::Error::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// A proposal that waits, and an actor who may decide it.
    async fn open(&self, actor: &Party, id: &str, reason: &str) -> Result<DeletionProposalRow> {
        if reason.trim().is_empty() || reason.chars().count() > REASON_CHARACTERS_MAX {
            return Err(refuse(
                ErrorKind::InvalidArgument,
                "warehouse/retention-reason",
                "须写明理由，且不超过 500 个字符。",
                "A reason is required, up to 500 characters.",
            ));
        }
        let row = self.found(id).await?;
        let snapshot = self.inner.catalogue.snapshot();
        let owner = snapshot.get(&row.dataset).map(|entry| entry.owner.clone()).unwrap_or_default();
        if !may_confirm(actor, &owner) {
            return Err(refuse(
                ErrorKind::Forbidden,
                "warehouse/retention-not-owner",
                "只有数据所有者可以决定删除。",
                "Only the owner of the data decides on its deletion.",
            ));
        }
        if row.state != "proposed" {
            return Err(refuse(
                ErrorKind::Precondition,
                "warehouse/retention-state",
                "该删除已有决定。",
                "This deletion was decided before.",
            ));
        }
        Ok(row)
    }

    /// The rule still stands, and no newer content came.
    fn still_due(&self, row: &DeletionProposalRow) -> Result<()> {
        let snapshot = self.inner.catalogue.snapshot();
        let entry = snapshot.get(&row.dataset).ok_or_else(changed)?;
        let what = if row.whole { What::Everything } else { What::PastVersions };
        let rules = self.rules()?;
        let rule = super::rule::of(&rules, entry, what).filter(|rule| rule.name == row.rule);
        let same = !row.whole || entry.version == u64::try_from(row.first_kept - 1).ok();
        if rule.is_some() && same { Ok(()) } else { Err(changed()) }
    }

    async fn found(&self, id: &str) -> Result<DeletionProposalRow> {
        let row = retention::find(self.inner.store.db(), id).await?;
        row.ok_or_else(|| {
            refuse(
                ErrorKind::NotFound,
                "warehouse/unknown-proposal",
                "没有这项待删除数据。",
                "There is no such deletion.",
            )
        })
    }
}

fn changed() -> Error {
    refuse(
        ErrorKind::Precondition,
        "warehouse/retention-state",
        "规则或数据已变化，请驳回后等待重新提出。",
        "The rule or the data has changed since; reject it and wait for the next proposal.",
    )
}

fn text_of(certificate: &DeletionCertificate) -> Result<String> {
    Ok(serde_json::to_string(certificate)?)
}

fn card(row: DeletionProposalRow) -> Result<DeletionProposal> {
    let certificate = match (&row.certificate, row.state.as_str()) {
        (Some(text), "done") => Some(
            serde_json::from_str(text)
                .map_err(|_| Error::Failure(Failure::internal("warehouse/retention-state")))?,
        ),
        _ => None,
    };
    let unsigned = |number: i64| u64::try_from(number).unwrap_or_default();
    Ok(DeletionProposal {
        id: row.id,
        dataset: row.dataset,
        rule: row.rule,
        basis: row.basis,
        whole: row.whole,
        versions: unsigned(row.versions),
        first_kept: unsigned(row.first_kept),
        bytes: unsigned(row.bytes),
        state: row.state,
        proposed_at: row.proposed_at,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        reason: row.reason,
        certificate,
    })
}
