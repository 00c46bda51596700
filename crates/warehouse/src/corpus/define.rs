//! Corpora: defined, changed, listed.

use super::card::{CorpusCard, CorpusDetail, FileCard};
use super::definition::{self, Definition, NewCorpus};
use super::{CORPORA_MAX, Corpora, documents_of, may, owner_of, refuse, rejected_of, rows_of};
use crate::query::Session;
use crate::{Error, Result};
use brain_kernel::error::ErrorKind;
use brain_store::PageRequest;
use brain_store::corpus::CorpusRow;
use brain_trust::Action;
use serde_json::json;

impl Corpora {
    /// Corpora the caller may know of, by name; with `text`, those whose name, title or purpose has it.
    pub async fn list(&self, session: &Session, text: Option<&str>) -> Result<Vec<CorpusCard>> {
        may(session.party())?;
        let wanted = text.unwrap_or_default().trim().to_lowercase();
        let mut cards = Vec::new();
        for row in rows_of::all(self.inner.store.db(), CORPORA_MAX).await? {
            let definition = definition::stored(&row)?;
            let said = format!("{}\n{}\n{}", row.name, row.title, definition.purpose).to_lowercase();
            if said.contains(&wanted) && self.is_seen(session, &row, &definition) {
                cards.push(self.card(row, &definition).await?);
            }
        }
        Ok(cards)
    }

    /// One corpus with its definition and the files brought for it.
    pub async fn get(&self, session: &Session, id: &str) -> Result<CorpusDetail> {
        let (row, definition) = self.seen(session, id).await?;
        let files = rows_of::files(self.inner.store.db(), id, false).await?;
        let own = owner_of(session.party()) == row.owner || row.created_by == session.party().account;
        let card = self.card(row, &definition).await?;
        Ok(CorpusDetail { card, definition, files: files.into_iter().map(FileCard::from).collect(), own })
    }

    /// Define a corpus.
    pub async fn define(&self, session: &Session, new: NewCorpus) -> Result<CorpusDetail> {
        may(session.party())?;
        new.check()?;
        let definition = self.readable(session, new.definition).await?;
        let db = self.inner.store.db();
        if rows_of::all(db, CORPORA_MAX).await?.len() as u64 >= CORPORA_MAX {
            return Err(refuse(
                ErrorKind::Exhausted,
                "warehouse/corpora-full",
                format!("语料库至多 {CORPORA_MAX} 个。"),
                format!("A node has up to {CORPORA_MAX} corpora."),
            ));
        }
        let snapshot = self.inner.catalogue.snapshot();
        if [documents_of(&new.name), rejected_of(&new.name)].iter().any(|name| snapshot.contains_key(name)) {
            return Err(taken());
        }
        let (now, actor) = (self.inner.store.now(), session.party());
        let row = CorpusRow {
            id: self.inner.store.new_id(),
            name: new.name,
            title: definition.title.trim().to_owned(),
            owner: owner_of(actor),
            definition: serde_json::to_value(&definition)?,
            created_by: actor.account.clone(),
            changed_by: actor.account.clone(),
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        let transaction = self.inner.store.transaction().await?;
        rows_of::insert(&transaction, row.clone()).await.map_err(exists)?;
        let body =
            json!({ "name": row.name, "revision": 1, "definition": row.definition, "reason": new.reason });
        self.inner.record_act(&transaction, actor, ("corpus.define", &row.id), body).await?;
        transaction.commit().await?;
        self.get(session, &row.id).await
    }

    /// Change a corpus of which a revision was seen; the next version is made by what it says then.
    pub async fn change(
        &self,
        session: &Session,
        id: &str,
        seen: i64,
        definition: Definition,
        reason: &str,
    ) -> Result<CorpusDetail> {
        let (row, _) = self.own(session, id).await?;
        definition::reason(reason)?;
        definition.check()?;
        let definition = self.readable(session, definition).await?;
        let actor = session.party();
        let next = CorpusRow {
            title: definition.title.trim().to_owned(),
            definition: serde_json::to_value(&definition)?,
            changed_by: actor.account.clone(),
            revision: seen + 1,
            updated_at: self.inner.store.now(),
            ..row
        };
        let transaction = self.inner.store.transaction().await?;
        rows_of::replace(&transaction, next.clone(), seen).await?;
        let body = json!({
            "name": next.name, "revision": next.revision, "definition": next.definition, "reason": reason,
        });
        self.inner.record_act(&transaction, actor, ("corpus.change", id), body).await?;
        transaction.commit().await?;
        self.get(session, id).await
    }

    /// The definition, every column of which the caller may take along: who may not learns it now, not when it runs.
    async fn readable(&self, session: &Session, definition: Definition) -> Result<Definition> {
        let taking = session.acting(Action::Export).held();
        for source in &definition.sources {
            super::gather::admitted(&taking, source)?;
        }
        if !definition.sources.is_empty() {
            taking.finish().await?;
        }
        Ok(definition)
    }

    async fn card(&self, row: CorpusRow, definition: &Definition) -> Result<CorpusCard> {
        let db = self.inner.store.db();
        let newest = rows_of::newest_version(db, &row.id).await?;
        let last_run = rows_of::runs(db, &row.id, PageRequest::new(1, 1)).await?.items.into_iter().next();
        let dataset = documents_of(&row.name);
        let grade = self.inner.catalogue.snapshot().get(&dataset).map(|entry| entry.grade);
        let stale = match &newest {
            Some(version) => !self.inner.stale(version).await?.is_empty(),
            None => false,
        };
        Ok(CorpusCard {
            dataset,
            grade: grade.unwrap_or(definition.grade),
            purpose: definition.purpose.clone(),
            licence: definition.licence.clone(),
            languages: definition.parameters.language.keep.clone(),
            version: newest.as_ref().map(|version| version.number),
            documents: newest.as_ref().map(|version| version.documents),
            stale,
            last_run: last_run.map(|run| self.run_card(run)),
            id: row.id,
            name: row.name,
            title: row.title,
            owner: row.owner,
            revision: row.revision,
            changed_by: row.changed_by,
            updated_at: row.updated_at,
        })
    }
}

fn exists(error: brain_store::Error) -> Error {
    let brain_store::Error::AlreadyExists(_) = error else { return error.into() };
    taken()
}

fn taken() -> Error {
    refuse(
        ErrorKind::AlreadyExists,
        "warehouse/corpus-exists",
        "已有同名的语料库或数据集。",
        "There is a corpus or a dataset of this name already.",
    )
}
