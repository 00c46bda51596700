//! Business terms (业务术语): what people call things, what is meant, who answers for it, and which datasets and columns
//! hold it. Search finds data by them.
//!
//! Invariants: no two terms share a Chinese name; a term names only datasets and columns that exist when it is written;
//! each change shares one transaction with its evidence. Start reading at [`Terms`].

mod check;

pub use check::NewTerm;

use crate::handle::Inner;
use crate::search::{EVERYBODY, Entry, Kind};
use crate::{Error, Result, Warehouse};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_store::term::{self, TermRow};
use brain_store::{Page, PageRequest};
use brain_trust::EvidenceEntry;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// Most terms of a node.
pub const TERMS_MAX: u64 = 20_000;
/// Longest text looked for, characters.
const QUERY_CHARACTERS_MAX: usize = 200;
/// Roles that write terms; those that take data in.
pub const WRITERS: [Role; 3] = [Role::SystemAdministrator, Role::Government, Role::IndustryBody];

/// A term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Term {
    /// Id, a UUID.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// What is meant.
    pub definition: Text,
    /// Other names.
    pub synonyms: Vec<String>,
    /// Datasets (`zone.table`) and columns (`zone.table#column`) that hold it.
    pub links: Vec<String>,
    /// Who answers for the definition.
    pub owner: String,
    /// Counts changes; sent back with the next one.
    pub revision: i64,
    /// Account that changed it last.
    pub updated_by: String,
    /// When.
    pub updated_at: DateTime<Utc>,
}

/// Which terms to list. Everything given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TermQuery {
    /// 名称、别名或定义中的文字 · Text in name, other names or definition.
    #[schemars(length(max = 200))]
    pub text: Option<String>,
    /// 含该数据集或其字段的术语 · Terms that this dataset or one of its columns holds.
    #[schemars(length(max = 200))]
    pub dataset: Option<String>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    pub page: Option<u64>,
    /// 每页条数，至多 1000 · Terms per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub page_size: Option<u64>,
}

/// The terms of a node; cheap to make.
#[derive(Clone)]
pub struct Terms {
    inner: Arc<Inner>,
}

impl Warehouse {
    /// Business terms.
    pub fn terms(&self) -> Terms {
        Terms { inner: Arc::clone(&self.inner) }
    }
}

impl Terms {
    /// Terms by name.
    pub async fn list(&self, query: &TermQuery) -> Result<Page<Term>> {
        for (place, asked) in [("text", &query.text), ("dataset", &query.dataset)] {
            if let Some(asked) = asked {
                check::text(place, asked, 0, QUERY_CHARACTERS_MAX)?;
            }
        }
        let rows = term::all(self.inner.store.db(), TERMS_MAX).await?;
        let terms = rows.into_iter().map(read).collect::<Result<Vec<Term>>>()?;
        let found: Vec<Term> = terms.into_iter().filter(|term| query.takes(term)).collect();
        let request = PageRequest::new(
            query.page.unwrap_or(1),
            query.page_size.unwrap_or(brain_store::page::PAGE_SIZE_DEFAULT),
        );
        let skip = usize::try_from(request.offset()).unwrap_or(usize::MAX);
        let take = usize::try_from(request.page_size).unwrap_or(usize::MAX);
        Ok(Page {
            total: found.len() as u64,
            items: found.into_iter().skip(skip).take(take).collect(),
            page: request.page,
            page_size: request.page_size,
        })
    }

    /// One term.
    pub async fn get(&self, id: &str) -> Result<Term> {
        let row = term::find(self.inner.store.db(), id).await?;
        read(row.ok_or_else(|| unknown(id))?)
    }

    /// Write a new term.
    pub async fn create(&self, actor: &Party, new: NewTerm) -> Result<Term> {
        let new = self.checked(actor, new)?;
        if term::count(self.inner.store.db()).await? >= TERMS_MAX {
            return Err(Error::Failure(Failure::new(
                ErrorKind::Exhausted,
                "warehouse/terms-full",
                format!("术语已达上限 {TERMS_MAX} 条。"),
                format!("There are {TERMS_MAX} terms, and no room for more."),
            )));
        }
        let row = self.row(actor, self.inner.store.new_id(), 1, new)?;
        let transaction = self.inner.store.transaction().await?;
        term::insert(&transaction, row.clone()).await.map_err(|error| taken(error, &row.name_zh))?;
        self.commit(transaction, actor, "term.create", &row).await
    }

    /// Change a term that is still at this revision.
    pub async fn change(&self, actor: &Party, id: &str, revision: i64, new: NewTerm) -> Result<Term> {
        let new = self.checked(actor, new)?;
        self.get(id).await?;
        let row = self.row(actor, id.to_owned(), revision.saturating_add(1), new)?;
        let transaction = self.inner.store.transaction().await?;
        term::update(&transaction, row.clone(), revision)
            .await
            .map_err(|error| taken(error, &row.name_zh))?;
        self.commit(transaction, actor, "term.change", &row).await
    }

    /// Remove a term that is still at this revision.
    pub async fn remove(&self, actor: &Party, id: &str, revision: i64) -> Result<()> {
        may_write(actor)?;
        let row = term::find(self.inner.store.db(), id).await?.ok_or_else(|| unknown(id))?;
        let transaction = self.inner.store.transaction().await?;
        term::delete(&transaction, id, revision).await?;
        self.commit(transaction, actor, "term.remove", &row).await.map(drop)
    }

    fn checked(&self, actor: &Party, new: NewTerm) -> Result<NewTerm> {
        may_write(actor)?;
        new.checked(&self.inner.catalogue.snapshot())
    }

    fn row(&self, actor: &Party, id: String, revision: i64, new: NewTerm) -> Result<TermRow> {
        let list = |values: &[String]| {
            serde_json::to_string(values).map_err(|error| Error::Io(std::io::Error::other(error)))
        };
        Ok(TermRow {
            id,
            synonyms: list(&new.synonyms)?,
            links: list(&new.links)?,
            name_zh: new.name.zh,
            name_en: new.name.en,
            definition_zh: new.definition.zh,
            definition_en: new.definition.en,
            owner: new.owner,
            revision,
            updated_by: actor.account.clone(),
            updated_at: self.inner.store.now(),
        })
    }

    /// The change and its evidence together; then search knows it.
    async fn commit(
        &self,
        transaction: brain_store::Transaction,
        actor: &Party,
        kind: &str,
        row: &TermRow,
    ) -> Result<Term> {
        let entry = EvidenceEntry {
            kind: kind.to_owned(),
            actor: actor.account.clone(),
            subject: row.name_zh.clone(),
            body: json!({ "id": row.id, "revision": row.revision, "owner": row.owner }),
        };
        self.inner.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        self.inner.search.look_again();
        read(row.clone())
    }
}

impl Inner {
    /// What terms have to be found by. A term leads to the datasets it names, and they to it.
    pub(crate) async fn term_entries(&self) -> Result<Vec<Entry>> {
        let rows = term::all(self.store.db(), TERMS_MAX).await?;
        let terms = rows.into_iter().map(read).collect::<Result<Vec<Term>>>()?;
        let entry = |term: Term| {
            let mut entry = Entry::new(Kind::Term, term.id, term.name);
            entry.other_names = term.synonyms;
            entry.summary = term.definition;
            entry.words = term.links;
            entry.owner = Some(term.owner);
            entry.changed_on = Some(term.updated_at.date_naive());
            entry.viewers = vec![EVERYBODY.to_owned()];
            entry
        };
        Ok(terms.into_iter().map(entry).collect())
    }
}

impl TermQuery {
    fn takes(&self, term: &Term) -> bool {
        let held = self.dataset.as_ref().is_none_or(|dataset| {
            term.links.iter().any(|link| link.split('#').next() == Some(dataset.as_str()))
        });
        let texts = [&term.name.zh, &term.name.en, &term.definition.zh, &term.definition.en];
        let mentions = |text: &String| {
            let text = text.to_lowercase();
            texts.into_iter().chain(&term.synonyms).any(|held| held.to_lowercase().contains(&text))
        };
        held && self.text.as_ref().is_none_or(mentions)
    }
}

fn read(row: TermRow) -> Result<Term> {
    let list =
        |text: &str| serde_json::from_str(text).map_err(|error| Error::Io(std::io::Error::other(error)));
    Ok(Term {
        synonyms: list(&row.synonyms)?,
        links: list(&row.links)?,
        id: row.id,
        name: Text::new(row.name_zh, row.name_en),
        definition: Text::new(row.definition_zh, row.definition_en),
        owner: row.owner,
        revision: row.revision,
        updated_by: row.updated_by,
        updated_at: row.updated_at,
    })
}

fn may_write(actor: &Party) -> Result<()> {
    if WRITERS.contains(&actor.role) {
        return Ok(());
    }
    Err(Error::Failure(Failure::new(
        ErrorKind::Forbidden,
        "warehouse/terms-not-allowed",
        "只有系统管理员、政府用户和行业组织可以编写术语。",
        "Only system administrators, government users and industry bodies may write terms.",
    )))
}

fn unknown(id: &str) -> Error {
    let id: String = id.chars().take(80).collect();
    Error::Failure(Failure::new(
        ErrorKind::NotFound,
        "warehouse/unknown-term",
        format!("没有术语 {id}。"),
        format!("There is no term {id}."),
    ))
}

fn taken(error: brain_store::Error, name: &str) -> Error {
    match error {
        brain_store::Error::AlreadyExists(_) => Error::Failure(
            Failure::new(
                ErrorKind::AlreadyExists,
                "warehouse/term-exists",
                format!("术语“{name}”已存在。"),
                format!("There is a term “{name}” already."),
            )
            .with_pointer("/name/zh")
            .with_hint(
                "请修改原有术语，或把新名称作为别名。",
                "Change that one, or make the new name another name of it.",
            ),
        ),
        other => other.into(),
    }
}
