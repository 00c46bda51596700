//! What has run out: compared with the rules, proposed once, never deleted here.

use super::Retention;
use super::rule::{self, Rule, What};
use crate::Result;
use crate::catalogue::entry::Entry;
use crate::lake::prune::VERSIONS_MAX;
use brain_store::retention::{self, DeletionProposalRow};
use brain_store::{PageRequest, dataset};
use brain_trust::EvidenceEntry;
use chrono::TimeDelta;
use serde_json::json;

/// What a rule finds due.
struct Due<'a> {
    rule: &'a Rule,
    whole: bool,
    oldest: u64,
    first_kept: u64,
    latest: u64,
}

impl Retention {
    /// Propose what has run out; how many proposals were made. A dataset has one open proposal at a time.
    pub async fn sweep(&self) -> Result<u64> {
        let rules = self.rules()?;
        let mut proposed = 0;
        for entry in self.inner.catalogue.snapshot().values() {
            if retention::open_of(self.inner.store.db(), &entry.name).await?.is_some() {
                continue;
            }
            if let Some(due) = self.due(&rules, entry).await? {
                proposed += u64::from(self.propose(entry, &due).await?);
            }
        }
        Ok(proposed)
    }

    async fn due<'a>(&self, rules: &'a [Rule], entry: &Entry) -> Result<Option<Due<'a>>> {
        let Some(latest) = entry.version else { return Ok(None) };
        let oldest = self.inner.catalogue.first_kept(&entry.name);
        let now = self.inner.store.now();
        if let Some(rule) = rule::of(rules, entry, What::Everything)
            && entry.rows > 0
            && entry.updated_at + TimeDelta::days(rule.keep_days.into()) <= now
        {
            return Ok(Some(Due { rule, whole: true, oldest, first_kept: latest + 1, latest }));
        }
        let Some(rule) = rule::of(rules, entry, What::PastVersions) else { return Ok(None) };
        let cutoff = now - TimeDelta::days(rule.keep_days.into());
        let mut first_kept = latest;
        let mut newer = None;
        'pages: for page in 1.. {
            let request = PageRequest::new(page, brain_store::page::PAGE_SIZE_MAX);
            let found = dataset::versions(self.inner.store.db(), &entry.name, request).await?;
            if found.items.is_empty() {
                break;
            }
            for row in found.items {
                // A version is past since the next one was committed.
                if newer.is_some_and(|superseded| superseded <= cutoff) {
                    break 'pages;
                }
                first_kept = u64::try_from(row.version).unwrap_or_default();
                newer = Some(row.committed_at);
            }
        }
        let first_kept = first_kept.max(oldest).min(oldest + VERSIONS_MAX);
        Ok((first_kept > oldest).then_some(Due { rule, whole: false, oldest, first_kept, latest }))
    }

    async fn propose(&self, entry: &Entry, due: &Due<'_>) -> Result<bool> {
        let lake = &self.inner.lake;
        let files = lake.files_only_before(&entry.name, due.oldest, due.first_kept, due.latest).await?;
        let row = DeletionProposalRow {
            id: self.inner.store.new_id(),
            dataset: entry.name.clone(),
            rule: due.rule.name.clone(),
            basis: due.rule.basis.clone(),
            whole: due.whole,
            first_kept: due.first_kept as i64,
            versions: (due.first_kept - due.oldest) as i64,
            bytes: files.values().sum::<u64>() as i64,
            state: "proposed".to_owned(),
            proposed_at: self.inner.store.now(),
            decided_by: None,
            decided_at: None,
            reason: None,
            certificate: None,
        };
        let transaction = self.inner.store.transaction().await?;
        let row = retention::insert(&transaction, row).await?;
        let record = EvidenceEntry {
            kind: "retention.propose".to_owned(),
            actor: "system".to_owned(),
            subject: row.dataset.clone(),
            body: json!({
                "dataset": row.dataset, "proposal": row.id, "rule": row.rule, "basis": row.basis, "whole": row.whole,
                "versions": row.versions, "bytes": row.bytes,
            }),
        };
        self.inner.trust.evidence().record_in(&transaction, record).await?;
        transaction.commit().await?;
        Ok(true)
    }
}
