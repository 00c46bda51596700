//! What counts as good (可信基准值): versions, programs and configurations that the security administrator listed.

use brain_kernel::party::{Party, Role};
use brain_store::node_status::{self, KnownGoodRow};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Status;
use crate::identity::{require_administrator, require_role};
use crate::{Error, EvidenceEntry, Result};

/// Values listed at most; each is compared at every check.
const LISTED_MAX: usize = 1_000;

/// Of what a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "KnownGoodKind")]
pub enum Good {
    /// 版本.
    Version,
    /// 程序文件摘要.
    Program,
    /// 依赖清单摘要.
    Dependencies,
    /// 配置摘要.
    Configuration,
}

impl Good {
    /// Name in the store and in refusals.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Program => "program",
            Self::Dependencies => "dependencies",
            Self::Configuration => "configuration",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Version, Self::Program, Self::Dependencies, Self::Configuration]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A value to be held for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKnownGood {
    /// Of what.
    pub kind: Good,
    /// The value, as statements say it.
    pub value: String,
    /// Name of the one node it counts for; every node when left out.
    #[serde(default)]
    pub node: Option<String>,
    /// Where it comes from: release, change number.
    pub note: String,
}

/// A value that counts as good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownGood {
    /// Id, a UUID.
    pub id: String,
    /// Of what.
    pub kind: Good,
    /// The value.
    pub value: String,
    /// Name of the one node it counts for.
    pub node: Option<String>,
    /// Where it comes from.
    pub note: String,
    /// Who listed it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl Status {
    /// What counts as good, oldest first. The separated administrators only.
    pub async fn known_good(&self, actor: &Party) -> Result<Vec<KnownGood>> {
        require_administrator(actor)?;
        self.listed().await
    }

    pub(super) async fn listed(&self) -> Result<Vec<KnownGood>> {
        node_status::known_good(self.0.store.db()).await?.into_iter().map(card).collect()
    }

    /// Hold a value for good. Security administrators only.
    pub async fn add_known_good(&self, actor: &Party, new: NewKnownGood) -> Result<KnownGood> {
        require_role(actor, Role::SecurityAdministrator)?;
        let fits = |text: &str, most: usize| !text.trim().is_empty() && text.len() <= most;
        if !fits(&new.value, 200) || !fits(&new.note, 500) || !new.node.as_deref().is_none_or(|n| fits(n, 64))
        {
            return Err(Error::invalid(
                "known_good",
                "基准值为 1 至 200 字节，说明为 1 至 500 字节，节点名不超过 64 字节。",
                "A value has 1 to 200 bytes, its note 1 to 500 and the node's name at most 64.",
            ));
        }
        if self.listed().await?.len() >= LISTED_MAX {
            return Err(Error::invalid(
                "known_good",
                format!("基准值最多 {LISTED_MAX} 条，请先撤下旧的。"),
                format!("At most {LISTED_MAX} values are listed; withdraw old ones first."),
            ));
        }
        let row = KnownGoodRow {
            id: self.0.store.new_id(),
            kind: new.kind.name().to_owned(),
            value: new.value.trim().to_owned(),
            node: new.node.map(|node| node.trim().to_lowercase()),
            note: new.note.trim().to_owned(),
            created_by: actor.account.clone(),
            created_at: self.0.store.now(),
            withdrawn_by: None,
            withdrawn_at: None,
        };
        let transaction = self.0.store.transaction().await?;
        let row = node_status::add_known_good(&transaction, row).await?;
        let body = json!({ "kind": row.kind, "value": row.value, "node": row.node, "note": row.note });
        self.0.evidence.record_in(&transaction, entry("known_good.add", actor, &row.id, body)).await?;
        transaction.commit().await?;
        // What was accepted before is judged anew.
        self.0.accepted.lock().await.clear();
        card(row)
    }

    /// Take a value back. Security administrators only.
    pub async fn withdraw_known_good(&self, actor: &Party, id: &str) -> Result<()> {
        require_role(actor, Role::SecurityAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        node_status::withdraw_known_good(&transaction, id, &actor.account, self.0.store.now()).await?;
        self.0.evidence.record_in(&transaction, entry("known_good.withdraw", actor, id, json!({}))).await?;
        transaction.commit().await?;
        self.0.accepted.lock().await.clear();
        Ok(())
    }
}

fn entry(kind: &str, actor: &Party, subject: &str, body: serde_json::Value) -> EvidenceEntry {
    EvidenceEntry { kind: kind.to_owned(), actor: actor.account.clone(), subject: subject.to_owned(), body }
}

fn card(row: KnownGoodRow) -> Result<KnownGood> {
    Ok(KnownGood {
        id: row.id,
        kind: Good::from_name(&row.kind).ok_or(Error::Corrupt { field: "known_good.kind" })?,
        value: row.value,
        node: row.node,
        note: row.note,
        created_by: row.created_by,
        created_at: row.created_at,
    })
}
