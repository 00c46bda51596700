//! Making, changing, removing and trying out a connector.

use super::{CONNECTORS_MAX, Connector, Connectors, may, refuse};
use crate::mapping::AUTO;
use crate::{Error, Result};
use brain_connect::{Backoff, Control, Finding, Schedule, Secret, Settings, forget};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::Party;
use brain_store::Transaction;
use brain_store::connector::{self, ConnectorRow};
use brain_trust::{EvidenceEntry, Secret as Password};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Longest name, characters.
const NAME_CHARACTERS_MAX: usize = 100;
/// Longest secret, bytes.
const SECRET_BYTES_MAX: usize = 4_096;
/// Longest name of a table after `raw.`, bytes.
const TABLE_BYTES_MAX: usize = 60;

/// Somebody waits while a source is told to forget.
const FORGETTING: Backoff =
    Backoff { attempts_max: 3, first: Duration::from_secs(1), longest: Duration::from_secs(4) };

/// What a connector shall be.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConnector {
    /// 名称 · What people call it.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// 数据源 · Its source.
    pub settings: Settings,
    /// 口令或密钥；修改时不填则保留原有的 · Password or key; where absent in a change, the present one stays.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 4_096), extend("writeOnly" = true))]
    pub secret: Option<Password>,
    /// 映射名称，或 auto · Name of a mapping, or `auto`.
    #[schemars(length(min = 1, max = 100))]
    pub mapping: String,
    /// auto 的目标数据集，如 raw.orders · Target of `auto`, as in raw.orders.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub dataset: Option<String>,
    /// 运行计划 · When it runs by itself.
    #[serde(default)]
    pub schedule: Schedule,
    /// 是否启用 · Whether it may run.
    #[serde(default = "yes")]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

/// A source to try out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorTest {
    /// 数据源 · The source.
    pub settings: Settings,
    /// 口令或密钥 · Password or key.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 4_096), extend("writeOnly" = true))]
    pub secret: Option<Password>,
    /// 沿用这个数据连接器已存的密钥 · Use the secret kept for this connector.
    #[serde(default)]
    pub connector: Option<String>,
}

impl Connectors {
    /// Make a connector.
    pub async fn create(&self, actor: &Party, mut new: NewConnector) -> Result<Connector> {
        may(actor)?;
        self.check(&new)?;
        let inner = self.inner();
        if connector::count(inner.store.db()).await? >= CONNECTORS_MAX {
            return Err(refuse(
                ErrorKind::Exhausted,
                "warehouse/connectors-full",
                format!("数据连接器已达上限 {CONNECTORS_MAX} 个。"),
                format!("There are {CONNECTORS_MAX} connectors, and no room for more."),
            ));
        }
        let secret = new.secret.take().filter(|secret| !secret.expose().is_empty());
        if secret.is_none() && new.settings.needs_secret() {
            return Err(missing_secret());
        }
        let id = inner.store.new_id();
        let name = secret.as_ref().map(|_| secret_name(&id));
        let row = self.written(actor, id, name, 1, new)?;
        let transaction = inner.store.transaction().await?;
        connector::insert(&transaction, row.clone()).await.map_err(|error| taken(error, &row.name))?;
        self.commit(transaction, actor, "connector.create", row, secret).await
    }

    /// Change a connector that is still at this revision. `from_the_beginning` forgets how far it has read.
    pub async fn change(
        &self,
        actor: &Party,
        id: &str,
        revision: i64,
        mut new: NewConnector,
        from_the_beginning: bool,
    ) -> Result<Connector> {
        may(actor)?;
        self.check(&new)?;
        let old = self.row(id).await?;
        let before: Settings = serde_json::from_value(old.settings)?;
        if before.kind() != new.settings.kind() {
            return Err(refuse(
                ErrorKind::InvalidArgument,
                "warehouse/connector",
                "数据源的类型不能改变，请另建一个。",
                "The kind of a source cannot change; make another connector.",
            ));
        }
        let secret = new.secret.take().filter(|secret| !secret.expose().is_empty());
        // A kept secret goes where it was meant to: whoever changes the destination gives it again.
        let elsewhere = before.destination() != new.settings.destination();
        let had = old.secret.is_some();
        let kept = old.secret.filter(|_| !elsewhere);
        if secret.is_none() && kept.is_none() && (had || new.settings.needs_secret()) {
            return Err(missing_secret());
        }
        let name = secret.as_ref().map(|_| secret_name(id)).or(kept);
        let row = self.written(actor, id.to_owned(), name, revision.saturating_add(1), new)?;
        let row = ConnectorRow { created_at: old.created_at, ..row };
        let transaction = self.inner().store.transaction().await?;
        connector::update(&transaction, row.clone(), revision)
            .await
            .map_err(|error| taken(error, &row.name))?;
        if row.secret.is_none() {
            self.inner().trust.vault().forget_in(&transaction, &secret_name(id)).await?;
        }
        if from_the_beginning {
            connector::forget_position(&transaction, id).await?;
        }
        self.commit(transaction, actor, "connector.change", row, secret).await
    }

    /// Let a connector run, or not.
    pub async fn enable(&self, actor: &Party, id: &str, enabled: bool) -> Result<Connector> {
        may(actor)?;
        let old = self.row(id).await?;
        let (seen, now) = (old.revision, self.inner().store.now());
        let row = ConnectorRow {
            enabled,
            revision: seen + 1,
            updated_by: actor.account.clone(),
            updated_at: now,
            ..old
        };
        let transaction = self.inner().store.transaction().await?;
        connector::update(&transaction, row.clone(), seen).await?;
        self.commit(transaction, actor, "connector.change", row, None).await
    }

    /// Remove a connector that is still at this revision, with its position, its runs, its secret and what it made at its
    /// source. What landed stays.
    pub async fn remove(&self, actor: &Party, id: &str, revision: i64) -> Result<()> {
        may(actor)?;
        let row = self.row(id).await?;
        if row.revision == revision {
            self.forget_at_source(&row).await?;
        }
        let transaction = self.inner().store.transaction().await?;
        connector::delete(&transaction, id, revision).await?;
        self.inner().trust.vault().forget_in(&transaction, &secret_name(id)).await?;
        self.inner().trust.evidence().record_in(&transaction, entry(actor, "connector.remove", &row)).await?;
        transaction.commit().await?;
        self.stop_quietly(id);
        match tokio::fs::remove_dir_all(self.spools().join(&row.id)).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(connector = row.id, %error, "what a source kept is left for the next start to sweep");
            }
            _ => {}
        }
        Ok(())
    }

    /// Take away what the connector made at its source: a replication slot would hold back the server's log for ever.
    /// A source that is gone must not keep a connector alive: one that is disabled is removed all the same.
    async fn forget_at_source(&self, row: &ConnectorRow) -> Result<()> {
        let settings: Settings = serde_json::from_value(row.settings.clone())?;
        if !settings.leaves_behind() {
            return Ok(());
        }
        self.stop_quietly(&row.id);
        let secret = self.secret(row).await?;
        let forgotten = match settings.open(secret, self.surroundings.clone()) {
            Ok(source) => forget(source.as_ref(), &Control::default(), &FORGETTING).await,
            Err(error) => Err(error),
        };
        match forgotten {
            Ok(()) => Ok(()),
            Err(error) if row.enabled => {
                let failure = Failure::from(error).with_hint(
                    "未能清除数据源上的发布与复制槽。请稍后再删；若数据源已不存在，先停用该数据连接器再删除。",
                    "Publication and slot at the source could not be dropped. Remove it later; where the source is gone, disable the connector first.",
                );
                Err(Error::Failure(failure))
            }
            Err(error) => {
                tracing::warn!(connector = row.name, %error, "publication and slot may be left at the source of a connector that was removed");
                Ok(())
            }
        }
    }

    /// Reach a source, stored or not yet, and say what is there.
    pub async fn test(&self, actor: &Party, test: ConnectorTest) -> Result<Finding> {
        may(actor)?;
        let given = test.secret.filter(|secret| !secret.expose().is_empty());
        let secret = match (given, &test.connector) {
            (Some(secret), _) => Some(checked_secret(&secret)?),
            (None, None) => None,
            (None, Some(id)) => {
                let row = self.row(id).await?;
                let stored: Settings = serde_json::from_value(row.settings.clone())?;
                if stored.destination() == test.settings.destination() {
                    self.secret(&row).await?
                } else {
                    None
                }
            }
        };
        let source = test.settings.open(secret, self.surroundings.clone()).map_err(Error::passed)?;
        source.test(&Control::default()).await.map_err(Error::passed)
    }

    /// The secret kept for a connector.
    pub(super) async fn secret(&self, row: &ConnectorRow) -> Result<Option<Secret>> {
        let Some(name) = &row.secret else { return Ok(None) };
        let bytes = self.inner().trust.vault().open(name).await?;
        let text = bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        Ok(text.map(Secret::new))
    }

    fn check(&self, new: &NewConnector) -> Result<()> {
        let characters = new.name.chars().count();
        let plain = new.name.trim() == new.name && !new.name.chars().any(char::is_control);
        if !(1..=NAME_CHARACTERS_MAX).contains(&characters) || !plain {
            return Err(wrong(
                "/name",
                format!("名称为 1 到 {NAME_CHARACTERS_MAX} 个字符，前后无空格。"),
                format!("A name has 1 to {NAME_CHARACTERS_MAX} characters, without spaces around it."),
            ));
        }
        new.settings.check().map_err(Error::passed)?;
        new.schedule.check().map_err(Error::passed)?;
        if let Some(secret) = &new.secret {
            checked_secret(secret)?;
        }
        if new.mapping == AUTO {
            let table = new.dataset.as_deref().and_then(|dataset| dataset.strip_prefix("raw."));
            let fits = table.is_some_and(|table| {
                table.len() <= TABLE_BYTES_MAX
                    && table.starts_with(|letter: char| letter.is_ascii_lowercase())
                    && table.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            });
            return if fits {
                Ok(())
            } else {
                Err(wrong(
                    "/dataset",
                    "auto 须有目标数据集，形如 raw.orders（小写字母、数字、下划线）。",
                    "auto needs a target such as raw.orders (lower-case letters, digits, underscores).",
                ))
            };
        }
        if new.dataset.is_some() {
            return Err(wrong(
                "/dataset",
                "目标数据集由映射决定；只有 auto 才填写。",
                "The mapping says where rows go; only auto takes a target.",
            ));
        }
        if self.warehouse.mappings()?.iter().any(|mapping| mapping.name == new.mapping) {
            return Ok(());
        }
        Err(wrong(
            "/mapping",
            "没有这个映射；请用 auto，或先写好映射文件。",
            "There is no such mapping; use auto, or write the mapping first.",
        ))
    }

    fn written(
        &self,
        actor: &Party,
        id: String,
        secret: Option<String>,
        revision: i64,
        new: NewConnector,
    ) -> Result<ConnectorRow> {
        let now = self.inner().store.now();
        Ok(ConnectorRow {
            id,
            name: new.name,
            kind: new.settings.kind().name().to_owned(),
            settings: serde_json::to_value(&new.settings)?,
            secret,
            mapping: new.mapping,
            dataset: new.dataset,
            schedule: serde_json::to_value(&new.schedule)?,
            enabled: new.enabled,
            revision,
            updated_by: actor.account.clone(),
            created_at: now,
            updated_at: now,
        })
    }

    /// The change, its secret and its evidence together.
    async fn commit(
        &self,
        transaction: Transaction,
        actor: &Party,
        kind: &str,
        row: ConnectorRow,
        secret: Option<Password>,
    ) -> Result<Connector> {
        let trust = &self.inner().trust;
        if let Some(secret) = secret {
            trust.vault().seal_in(&transaction, &secret_name(&row.id), secret.expose().as_bytes()).await?;
        }
        trust.evidence().record_in(&transaction, entry(actor, kind, &row)).await?;
        transaction.commit().await?;
        self.card(row).await
    }
}

/// Name of a connector's secret in the vault.
fn secret_name(id: &str) -> String {
    format!("connector/{id}")
}

fn entry(actor: &Party, kind: &str, row: &ConnectorRow) -> EvidenceEntry {
    EvidenceEntry {
        kind: kind.to_owned(),
        actor: actor.account.clone(),
        subject: row.name.clone(),
        body: json!({
            "id": row.id, "source": row.kind, "mapping": row.mapping, "dataset": row.dataset,
            "enabled": row.enabled, "secret": row.secret.is_some(), "revision": row.revision,
        }),
    }
}

fn checked_secret(secret: &Password) -> Result<Secret> {
    let text = secret.expose();
    if text.len() <= SECRET_BYTES_MAX && !text.chars().any(char::is_control) {
        return Ok(Secret::new(text.to_owned()));
    }
    Err(wrong(
        "/secret",
        format!("密钥不超过 {SECRET_BYTES_MAX} 字节，不含换行。"),
        format!("A secret has at most {SECRET_BYTES_MAX} bytes, without line breaks."),
    ))
}

fn missing_secret() -> Error {
    wrong(
        "/secret",
        "请提供口令或密钥；更改了去向时须重新提供。",
        "Give the password or key; where it goes has changed, or there was none.",
    )
}

fn wrong(pointer: &str, zh: impl Into<String>, en: impl Into<String>) -> Error {
    let failure = Failure::new(ErrorKind::InvalidArgument, "warehouse/connector", zh, en);
    Error::Failure(failure.with_pointer(pointer))
}

fn taken(error: brain_store::Error, name: &str) -> Error {
    match error {
        brain_store::Error::AlreadyExists(_) => Error::Failure(
            Failure::new(
                ErrorKind::AlreadyExists,
                "warehouse/connector-exists",
                format!("数据连接器“{name}”已存在。"),
                format!("There is a connector “{name}” already."),
            )
            .with_pointer("/name"),
        ),
        other => other.into(),
    }
}
