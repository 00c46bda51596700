//! What a check of a bundle found, in words of both languages.

use serde::Serialize;

use crate::hash::Hash;

/// Result of [`crate::Bundle::check`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether nothing was found wrong.
    pub ok: bool,
    /// The log.
    pub origin: String,
    /// Entries of the log at the checkpoint.
    pub size: u64,
    /// Root at the checkpoint.
    pub root: Option<Hash>,
    /// Entries of the bundle whose proof is good.
    pub entries: u64,
    /// Size of the older checkpoint the log was proved to continue.
    pub earlier: Option<u64>,
    /// Whether the keys are only the bundle's own word: then the report says that the bundle is sound, not whose it is.
    pub keys_unverified: bool,
    /// Keys of the log that signed well.
    pub log_keys: Vec<String>,
    /// Witnesses that signed well.
    pub witnesses: Vec<Witnessed>,
    /// Checkpoints from elsewhere that agree.
    pub compared: u64,
    /// Checkpoints from elsewhere of sizes the bundle has no root for.
    pub not_compared: u64,
    /// Everything found wrong.
    pub findings: Vec<Finding>,
}

/// A witness that signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Witnessed {
    /// Name of the witness.
    pub name: String,
    /// Algorithm of the signature.
    pub algorithm: String,
    /// When, in seconds since 1970.
    pub time: u64,
}

/// One thing found wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub problem: Problem,
    /// Where in the bundle.
    pub place: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// Ways in which a bundle can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Not a bundle of this version.
    Format,
    /// A checkpoint is not a signed note.
    CheckpointUnreadable,
    /// The checkpoint is of another log or digest than the bundle says.
    OtherLog,
    /// A checkpoint is not signed by the log's keys, or one signature is false.
    Signature,
    /// A witness's signature is false.
    Cosignature,
    /// Too few witnesses signed.
    Quorum,
    /// The log does not continue its older checkpoint.
    Rewritten,
    /// Two signed checkpoints of one size have different roots.
    Fork,
    /// A signed checkpoint from elsewhere is of a longer log: this one was put back or is out of date.
    Behind,
    /// The entry is not in the log at this place.
    NotIncluded,
    /// The entry is not written canonically or says another position.
    NotCanonical,
    /// A personal value is not the one that was recorded.
    Opening,
}

impl Problem {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Format => ("不是本版本的证明包", "not a bundle of this version"),
            Self::CheckpointUnreadable => ("检查点格式有误", "the checkpoint is not a signed note"),
            Self::OtherLog => {
                ("检查点属于另一日志或另一摘要算法", "the checkpoint is of another log or digest")
            }
            Self::Signature => {
                ("检查点没有日志的有效签名", "the checkpoint carries no valid signature of the log")
            }
            Self::Cosignature => ("见证签名无效", "a witness's signature is false"),
            Self::Quorum => ("见证方数量不足", "too few witnesses signed"),
            Self::Rewritten => (
                "日志不是较早检查点的延续，历史被改写",
                "the log does not continue its older checkpoint: it was rewritten",
            ),
            Self::Fork => (
                "同一长度有两个不同的签名根，日志分叉",
                "two signed checkpoints of one size differ: the log was forked",
            ),
            Self::Behind => (
                "别处有更长的签名检查点，此日志被回滚或证明包已过时",
                "a longer signed checkpoint exists elsewhere: the log was rolled back, or the bundle is out of date",
            ),
            Self::NotIncluded => ("存证不在日志的这一位置", "the entry is not in the log at this place"),
            Self::NotCanonical => {
                ("存证不是规范写法或位置不符", "the entry is not canonical or says another position")
            }
            Self::Opening => {
                ("个人信息与存证中的加盐摘要不符", "the personal value is not the one that was recorded")
            }
        }
    }
}

impl Finding {
    pub(crate) fn of(problem: Problem, place: &str) -> Self {
        let (zh, en) = problem.words();
        Self {
            problem,
            place: place.to_owned(),
            zh: format!("{place}：{zh}。"),
            en: format!("{place}: {en}."),
        }
    }
}

impl Report {
    pub(crate) fn new(origin: String, keys_unverified: bool) -> Self {
        Self {
            ok: true,
            origin,
            size: 0,
            root: None,
            entries: 0,
            earlier: None,
            keys_unverified,
            log_keys: Vec::new(),
            witnesses: Vec::new(),
            compared: 0,
            not_compared: 0,
            findings: Vec::new(),
        }
    }

    pub(crate) fn find(&mut self, finding: Finding) {
        self.ok = false;
        self.findings.push(finding);
    }

    /// Lines for a terminal, Chinese and English.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let verdict = if self.ok { "通过 · good" } else { "未通过 · NOT good" };
        let mut lines = vec![
            verdict.to_owned(),
            format!("日志 · log        {}", self.origin),
            format!("长度 · size       {}", self.size),
        ];
        lines.extend(self.root.map(|root| format!("树根 · root       {root}")));
        lines.push(format!("存证 · entries    {}", self.entries));
        lines.extend(self.earlier.map(|size| format!("延续 · continues  {size}")));
        lines.extend(self.log_keys.iter().map(|key| format!("签名 · signed     {key}")));
        let witness = |w: &Witnessed| format!("见证 · witness    {} {} @{}", w.name, w.algorithm, w.time);
        lines.extend(self.witnesses.iter().map(witness));
        if self.keys_unverified {
            lines.push(
                "注意：公钥来自证明包自身，请用 --key 给出另行取得的公钥。 \
                 Note: the keys are the bundle's own; give keys got elsewhere with --key."
                    .to_owned(),
            );
        }
        lines.extend(self.findings.iter().map(|finding| format!("✗ {} {}", finding.zh, finding.en)));
        lines
    }
}
