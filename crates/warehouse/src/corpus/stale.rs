//! Whether a version still says what its sources say: they change, are deleted and are removed.

use super::{InputUsed, corrupt, rows_of};
use crate::Result;
use crate::handle::Inner;
use brain_kernel::language::Text;
use brain_store::corpus::VersionRow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Why a version is stale (来源已变).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusStale")]
pub struct Stale {
    /// Dataset or file.
    pub input: String,
    /// `removed`: the source is gone, and so should be what was made of it; `changed`: there is a newer version.
    pub kind: String,
    /// In words.
    pub said: Text,
}

impl Stale {
    fn new(input: &str, kind: &str, zh: String, en: String) -> Self {
        Self { input: input.to_owned(), kind: kind.to_owned(), said: Text::new(zh, en) }
    }
}

impl Inner {
    /// What changed or went since a version was made; nothing where it still stands.
    pub(super) async fn stale(&self, version: &VersionRow) -> Result<Vec<Stale>> {
        let inputs = inputs(version)?;
        let files = rows_of::files(self.store.db(), &version.corpus, false).await?;
        let present: BTreeSet<&str> = files.iter().map(|file| file.id.as_str()).collect();
        let snapshot = self.catalogue.snapshot();
        let mut stale = Vec::new();
        for input in &inputs {
            match input {
                InputUsed::File { file, name, .. } if !present.contains(file.as_str()) => {
                    stale.push(Stale::new(
                        name,
                        "removed",
                        format!("文件 {name} 已移除；请重新构建，并删除旧版本。"),
                        format!("The file {name} was removed; build anew, and delete the old version."),
                    ))
                }
                InputUsed::File { .. } => {}
                InputUsed::Dataset { dataset, version, .. } => {
                    let kept = self.catalogue.first_kept(dataset);
                    let newest = snapshot.get(dataset).and_then(|entry| entry.version);
                    match newest {
                        Some(newest) if newest == *version => {}
                        Some(newest) if *version >= kept => stale.push(Stale::new(
                            dataset,
                            "changed",
                            format!("{dataset} 已有第 {newest} 版，构建时为第 {version} 版。"),
                            format!("{dataset} is at version {newest}; version {version} was read."),
                        )),
                        _ => stale.push(Stale::new(
                            dataset,
                            "removed",
                            format!("{dataset} 第 {version} 版已删除；请重新构建，并删除旧版本。"),
                            format!("Version {version} of {dataset} was deleted; build anew, and delete the old version."),
                        )),
                    }
                }
            }
        }
        Ok(stale)
    }
}

/// What a version was made of.
pub(super) fn inputs(version: &VersionRow) -> Result<Vec<InputUsed>> {
    serde_json::from_value(version.inputs.clone()).map_err(|_| corrupt("corpus_version.inputs", &version.id))
}
