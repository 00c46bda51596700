//! Versions as people read them: counts of every step, reasons, splits, tokens, card, report, lineage.

use super::journal::{Facts, InputUsed};
use super::stale::{Stale, inputs};
use super::{Corpora, corrupt, documents_of, refuse, rejected_of, rows_of};
use crate::query::Session;
use crate::{Error, Result};
use brain_corpus::{Manifest, Rule, Split, Tokens};
use brain_kernel::error::ErrorKind;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_store::corpus::{CorpusRow, VersionRow};
use brain_store::{Page, PageRequest};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A version of a corpus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusVersion")]
pub struct VersionCard {
    /// Id.
    pub id: String,
    /// Number, from 1.
    pub number: i64,
    /// Beginning of the SHA-256 of its manifest.
    pub digest: String,
    /// Documents.
    pub documents: i64,
    /// Dataset of its documents, and the version of it.
    pub dataset: String,
    /// Version of that dataset.
    pub dataset_version: Option<i64>,
    /// Dataset of the documents that did not stay.
    pub rejected_dataset: String,
    /// Version of that dataset.
    pub rejected_version: Option<i64>,
    /// Whether its documents were deleted after their time.
    pub deleted: bool,
    /// Run that made it.
    pub run: String,
    /// Revision of the corpus it was made with.
    pub corpus_revision: i64,
    /// Account that made it.
    pub made_by: String,
    /// When.
    pub made_at: DateTime<Utc>,
    /// What changed or went since.
    pub stale: Vec<Stale>,
}

/// A number with its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusCount")]
pub struct Counted {
    /// Stable word.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// Why documents did not stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusReason")]
pub struct Reason {
    /// `extract`, `quality` or `duplicates`.
    pub step: String,
    /// Stable word.
    pub rule: String,
    /// In words, where the word is one of a rule.
    pub said: Option<Text>,
    /// Documents.
    pub count: u64,
}

/// What a split holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusSplitSize")]
pub struct SplitCard {
    /// Split.
    pub split: Split,
    /// Documents.
    pub documents: u64,
    /// Passages.
    pub passages: u64,
    /// Characters.
    pub characters: u64,
    /// Words.
    pub words: u64,
}

/// A version with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusVersionDetail")]
pub struct VersionDetail {
    /// The version.
    pub card: VersionCard,
    /// Name of the corpus.
    pub corpus: String,
    /// Title of the corpus.
    pub title: String,
    /// Licence it was made under.
    pub licence: Option<String>,
    /// Grade of its documents now.
    pub grade: Option<Grade>,
    /// What was counted at each step, in the order of the steps: files, documents, extracted, accepted, unique, kept.
    pub steps: Vec<Counted>,
    /// Why documents did not stay, most frequent first.
    pub reasons: Vec<Reason>,
    /// What each split holds.
    pub splits: Vec<SplitCard>,
    /// Tokens.
    pub tokens: Tokens,
    /// Characters of a document: least, a tenth, half, nine tenths, greatest.
    pub lengths: [u64; 5],
    /// Languages of what stayed.
    pub languages: Vec<Counted>,
    /// Formats of what stayed.
    pub formats: Vec<Counted>,
    /// Personal identifiers replaced, by kind.
    pub personal: Vec<Counted>,
    /// Pages read by character recognition.
    pub recognised_pages: u64,
    /// Version of the program that recognised characters.
    pub recognition: Option<String>,
    /// Program and version that built it.
    pub program: String,
    /// What it was made of.
    pub inputs: Vec<InputUsed>,
    /// The card of the data set, Markdown.
    pub readme: String,
    /// The quality report, Markdown.
    pub report: Text,
}

impl Corpora {
    /// Versions of a corpus, newest first.
    pub async fn versions(
        &self,
        session: &Session,
        corpus: &str,
        page: PageRequest,
    ) -> Result<Page<VersionCard>> {
        let (row, _) = self.seen(session, corpus).await?;
        let Page { items, total, page, page_size } =
            rows_of::versions(self.inner.store.db(), corpus, page).await?;
        let mut cards = Vec::new();
        for version in items {
            cards.push(self.version_card(&row, version).await?);
        }
        Ok(Page { items: cards, total, page, page_size })
    }

    /// One version with its card, its report and its counts.
    pub async fn version(&self, session: &Session, corpus: &str, number: i64) -> Result<VersionDetail> {
        let (row, version) = self.version_row(session, corpus, number).await?;
        let (facts, manifest) = facts(&version)?;
        let tally = manifest.tally;
        let named = |counts: std::collections::BTreeMap<String, u64>| {
            counts.into_iter().map(|(name, count)| Counted { name, count }).collect::<Vec<_>>()
        };
        let (refused, rejected): (u64, u64) = (tally.refused.values().sum(), tally.rejected.values().sum());
        let whole = tally.whole();
        let extracted = tally.documents - refused;
        let unique = extracted - rejected - tally.exact_duplicates;
        let steps = [
            ("files", tally.files),
            ("documents", tally.documents),
            ("extracted", extracted),
            ("accepted", extracted - rejected),
            ("unique", unique),
            ("kept", whole.documents),
        ];
        let splits = tally.splits.iter().map(|(split, size)| SplitCard {
            split: *split,
            documents: size.documents,
            passages: size.passages,
            characters: size.characters,
            words: size.words,
        });
        let grade = self.inner.catalogue.snapshot().get(&documents_of(&row.name)).map(|entry| entry.grade);
        Ok(VersionDetail {
            corpus: row.name.clone(),
            title: manifest.options.title,
            licence: manifest.options.licence.map(|licence| licence.as_str().to_owned()),
            grade,
            steps: steps.map(|(name, count)| Counted { name: name.to_owned(), count }).into(),
            splits: splits.collect(),
            reasons: reasons(&tally.refused, &tally.rejected, tally.exact_duplicates, tally.near_duplicates),
            tokens: tally.tokens,
            lengths: tally.lengths,
            languages: named(tally.languages),
            formats: named(tally.formats),
            personal: named(tally.personal),
            recognised_pages: tally.recognised_pages,
            recognition: manifest.recognition,
            program: manifest.program,
            inputs: inputs(&version)?,
            readme: facts.card,
            report: facts.report,
            card: self.version_card(&row, version).await?,
        })
    }

    pub(super) async fn version_row(
        &self,
        session: &Session,
        corpus: &str,
        number: i64,
    ) -> Result<(CorpusRow, VersionRow)> {
        let (row, _) = self.seen(session, corpus).await?;
        let version = rows_of::version(self.inner.store.db(), corpus, number).await?;
        Ok((row, version.ok_or_else(|| unknown(number))?))
    }

    async fn version_card(&self, corpus: &CorpusRow, version: VersionRow) -> Result<VersionCard> {
        let stale = self.inner.stale(&version).await?;
        let dataset = documents_of(&corpus.name);
        let first_kept = self.inner.catalogue.first_kept(&dataset);
        let deleted =
            version.dataset_version.is_none_or(|at| u64::try_from(at).is_ok_and(|at| at < first_kept));
        Ok(VersionCard {
            id: version.id,
            number: version.number,
            digest: version.digest,
            documents: version.documents,
            dataset,
            dataset_version: version.dataset_version,
            rejected_dataset: rejected_of(&corpus.name),
            rejected_version: version.rejected_version,
            deleted,
            run: version.run,
            corpus_revision: version.corpus_revision,
            made_by: version.made_by,
            made_at: version.made_at,
            stale,
        })
    }
}

/// What is kept of a build.
pub(super) fn facts(version: &VersionRow) -> Result<(Facts, Manifest)> {
    let broken = |_| corrupt("corpus_version.facts", &version.id);
    let facts: Facts = serde_json::from_value(version.facts.clone()).map_err(broken)?;
    let manifest = serde_json::from_value(facts.manifest.clone()).map_err(broken)?;
    Ok((facts, manifest))
}

/// Reasons with their counts, most frequent first.
fn reasons(
    refused: &std::collections::BTreeMap<String, u64>,
    rejected: &std::collections::BTreeMap<String, u64>,
    exact: u64,
    near: u64,
) -> Vec<Reason> {
    let reason = |step: &str, rule: &str, said: Option<Text>, count: u64| Reason {
        step: step.to_owned(),
        rule: rule.to_owned(),
        said,
        count,
    };
    let of_rule = |name: &str| Rule::ALL.into_iter().find(|rule| rule.name() == name).map(Rule::words);
    let mut reasons: Vec<Reason> =
        refused.iter().map(|(rule, count)| reason("extract", rule, None, *count)).collect();
    reasons.extend(rejected.iter().map(|(rule, count)| reason("quality", rule, of_rule(rule), *count)));
    let duplicates = [
        ("exact", Text::new("与更早的文档完全相同", "equal to an earlier document"), exact),
        ("near", Text::new("与更早的文档近似重复", "nearly equal to an earlier document"), near),
    ];
    for (rule, said, count) in duplicates {
        if count > 0 {
            reasons.push(reason("duplicates", rule, Some(said), count));
        }
    }
    reasons.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.rule.cmp(&other.rule)));
    reasons
}

/// The version of a dataset that holds the documents, or those that did not stay.
pub(super) fn dataset_version(version: Option<i64>) -> Result<i64> {
    version.ok_or_else(|| {
        refuse(
            ErrorKind::NotFound,
            "warehouse/corpus-rows-absent",
            "该版本没有文档数据集。",
            "The version has no dataset of documents.",
        )
    })
}

fn unknown(number: i64) -> Error {
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-corpus-version",
        format!("该语料库没有第 {number} 版。"),
        format!("The corpus has no version {number}."),
    )
}
