//! Being a witness (见证方) of other nodes' logs, by C2SP tlog-witness: remember the last head of each log, ask for proof
//! that the next one continues it, counter-sign it, and keep what contradicts it as evidence against the log.
//!
//! A counter-signature is not itself an entry: two nodes that witness each other would make each other grow for ever.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use brain_store::evidence::witnessed::{self, AlarmRow, WitnessedRow};
use brain_store::{Page, PageRequest, Transaction};
use brain_verifier::merkle::{Frontier, verify_consistency};
use brain_verifier::{Checkpoint, Hash, HashAlgorithm, SignedCheckpoint};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::options::KnownLog;
use super::{Evidence, EvidenceEntry};
use crate::{Error, Result};

/// Most lines of a consistency proof the specification allows.
const PROOF_LINES_MAX: usize = 63;

/// What a witness answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WitnessAnswer {
    /// 200: signature lines.
    Cosigned(String),
    /// 400: the request is not understood.
    Malformed(&'static str),
    /// 403: no good signature of a key known for this log.
    NotSigned,
    /// 404: not a log we are a witness of.
    UnknownLog,
    /// 409: the last size we signed, which the old size must be.
    Conflict(u64),
    /// 422: the log does not continue what we signed.
    Inconsistent,
}

/// A log as we last signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WitnessedLog {
    /// Identity of the log.
    pub origin: String,
    /// Entries in it; absent before its first request.
    pub size: Option<u64>,
    /// When we signed last, UTC.
    pub signed_at: Option<DateTime<Utc>>,
}

/// A proof that a log misbehaved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlarmCard {
    /// Number of the finding.
    pub id: String,
    /// Identity of the log.
    pub origin: String,
    /// `fork`, `rewritten` or `rolled_back`.
    pub problem: String,
    /// Size of the contradicting checkpoint.
    pub size: u64,
    /// The contradicting checkpoint, signed by the log.
    pub note: String,
    /// When it was found, UTC.
    pub found_at: DateTime<Utc>,
}

struct Request {
    old: u64,
    proof: Vec<Hash>,
    note: SignedCheckpoint,
}

impl Request {
    fn parse(body: &str) -> std::result::Result<Self, &'static str> {
        let (head, note) = body.split_once("\n\n").ok_or("there is no empty line before the checkpoint")?;
        let mut lines = head.split('\n');
        let old =
            lines.next().and_then(|line| line.strip_prefix("old ")).ok_or("the first line is not `old N`")?;
        let old =
            old.parse::<u64>().ok().filter(|n| n.to_string() == old).ok_or("the old size is no number")?;
        let hash = |line: &str| Hash::from_slice(&BASE64.decode(line).ok()?);
        let proof: Option<Vec<Hash>> = lines.map(hash).collect();
        let proof = proof.filter(|proof| proof.len() <= PROOF_LINES_MAX).ok_or("a proof line is no hash")?;
        let note = SignedCheckpoint::parse(note).ok_or("the checkpoint is not a signed note")?;
        Ok(Self { old, proof, note })
    }
}

impl Evidence {
    /// Answer `add-checkpoint`.
    pub async fn add_checkpoint(&self, body: &str) -> Result<WitnessAnswer> {
        let request = match Request::parse(body) {
            Ok(request) => request,
            Err(reason) => return Ok(WitnessAnswer::Malformed(reason)),
        };
        let offered = &request.note.checkpoint;
        let Some(log) = self.0.options.logs.iter().find(|log| log.origin == offered.origin) else {
            return Ok(WitnessAnswer::UnknownLog);
        };
        if !request.note.is_signed_by(&log.keys) {
            return Ok(WitnessAnswer::NotSigned);
        }
        if request.old > offered.size {
            return Ok(WitnessAnswer::Malformed("the old size exceeds the checkpoint's"));
        }
        // Checking and remembering are one step, or an older checkpoint could overtake a newer one.
        let _turn = self.0.peers.witnessing().await;
        let transaction = self.0.store.transaction().await?;
        let kept = witnessed::lock(&transaction, &log.origin).await?;
        let kept = kept.map(|row| SignedCheckpoint::parse(&row.note).ok_or(KEPT_DAMAGED)).transpose()?;
        let answer = self.judge(&transaction, log, &request, kept.as_ref()).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    async fn judge(
        &self,
        transaction: &Transaction,
        log: &KnownLog,
        request: &Request,
        kept: Option<&SignedCheckpoint>,
    ) -> Result<WitnessAnswer> {
        let offered = &request.note.checkpoint;
        if let Some(kept) = kept
            && let Some(problem) = contradiction(&kept.checkpoint, offered)
        {
            self.raise(transaction, problem, &request.note, Some(kept)).await?;
            return Ok(match problem {
                "rolled_back" => WitnessAnswer::Conflict(kept.checkpoint.size),
                _ => WitnessAnswer::Inconsistent,
            });
        }
        let kept_size = kept.map_or(0, |kept| kept.checkpoint.size);
        if request.old != kept_size {
            return Ok(WitnessAnswer::Conflict(kept_size));
        }
        let kept_root = kept.map_or_else(|| empty(offered.algorithm), |kept| kept.checkpoint.root);
        let continues = verify_consistency(
            offered.algorithm,
            request.old,
            offered.size,
            &request.proof,
            &kept_root,
            &offered.root,
        );
        let sound = continues && (offered.size > 0 || offered.root == empty(offered.algorithm));
        if !sound {
            if kept.is_some() {
                self.raise(transaction, "rewritten", &request.note, kept).await?;
            }
            return Ok(WitnessAnswer::Inconsistent);
        }
        let now = self.0.store.now();
        let time = u64::try_from(now.timestamp()).map_err(|_| Error::Corrupt { field: "clock" })?;
        let lines = self.0.keys.cosign(&request.note.text, time)?;
        let mut note = request.note.clone();
        note.lines.retain(|line| log.keys.iter().any(|key| line.is_good(key, &note.text)));
        note.lines.extend(lines.iter().cloned());
        let row = WitnessedRow {
            origin: log.origin.clone(),
            size: i64::try_from(offered.size).map_err(|_| Error::Corrupt { field: "size" })?,
            root: offered.root.to_string(),
            note: note.note(),
            updated_at: now,
        };
        witnessed::put(transaction, row).await?;
        Ok(WitnessAnswer::Cosigned(lines.iter().map(|line| line.text() + "\n").collect()))
    }

    /// Keep a contradicting checkpoint and record that it was found; the same one is recorded once.
    pub(crate) async fn raise(
        &self,
        transaction: &Transaction,
        problem: &'static str,
        found: &SignedCheckpoint,
        kept: Option<&SignedCheckpoint>,
    ) -> Result<bool> {
        let said = &found.checkpoint;
        let identity = format!("{}\n{problem}\n{}\n{}", said.origin, said.size, said.root);
        let alarm = AlarmRow {
            id: HashAlgorithm::Sha256.digest(&[identity.as_bytes()]).to_string(),
            origin: said.origin.clone(),
            problem: problem.to_owned(),
            size: i64::try_from(said.size).unwrap_or(i64::MAX),
            root: said.root.to_string(),
            note: found.note(),
            found_at: self.0.store.now(),
        };
        if !witnessed::raise(transaction, alarm).await? {
            return Ok(false);
        }
        tracing::error!(
            origin = said.origin,
            problem,
            size = said.size,
            "an evidence log contradicts itself"
        );
        let entry = EvidenceEntry {
            kind: "evidence.alarm".to_owned(),
            actor: "system".to_owned(),
            subject: said.origin.clone(),
            body: serde_json::json!({
                "problem": problem, "found": found.note(), "kept": kept.map(SignedCheckpoint::note),
            }),
        };
        self.record_in(transaction, entry.about(format!("log:{}", said.origin))).await?;
        Ok(true)
    }

    /// The last checkpoint we signed of the log whose origin has this SHA-256, with our signature.
    pub async fn witnessed_checkpoint(&self, origin_hash: &str) -> Result<Option<String>> {
        let known = self.0.options.logs.iter().find(|log| origin_digest(&log.origin) == origin_hash);
        let Some(log) = known else { return Ok(None) };
        Ok(witnessed::find(self.0.store.db(), &log.origin).await?.map(|row| row.note))
    }

    /// Logs we are a witness of.
    pub async fn witnessed_logs(&self) -> Result<Vec<WitnessedLog>> {
        let seen = witnessed::all(self.0.store.db()).await?;
        let card = |log: &KnownLog| {
            let row = seen.iter().find(|row| row.origin == log.origin);
            WitnessedLog {
                origin: log.origin.clone(),
                size: row.map(|row| row.size as u64),
                signed_at: row.map(|row| row.updated_at),
            }
        };
        Ok(self.0.options.logs.iter().map(card).collect())
    }

    /// What logs did wrong, newest first.
    pub async fn alarms(&self, page: PageRequest) -> Result<Page<AlarmCard>> {
        let Page { items, total, page, page_size } = witnessed::alarms(self.0.store.db(), page).await?;
        let card = |row: AlarmRow| AlarmCard {
            id: row.id,
            origin: row.origin,
            problem: row.problem,
            size: row.size as u64,
            note: row.note,
            found_at: row.found_at,
        };
        Ok(Page { items: items.into_iter().map(card).collect(), total, page, page_size })
    }

    /// Compare our view of a log with what another of its witnesses signed; whether they contradict each other.
    pub(crate) async fn compare_views(&self, log: &KnownLog, theirs: &SignedCheckpoint) -> Result<bool> {
        let ours = witnessed::find(self.0.store.db(), &log.origin).await?;
        let Some(ours) = ours.and_then(|row| SignedCheckpoint::parse(&row.note)) else { return Ok(false) };
        let signed = theirs.is_signed_by(&log.keys) && theirs.checkpoint.origin == log.origin;
        let same_size = ours.checkpoint.size == theirs.checkpoint.size;
        if !signed || !same_size || ours.checkpoint.root == theirs.checkpoint.root {
            return Ok(false);
        }
        let transaction = self.0.store.transaction().await?;
        self.raise(&transaction, "fork", theirs, Some(&ours)).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// What the log says of itself cannot both be true.
fn contradiction(kept: &Checkpoint, offered: &Checkpoint) -> Option<&'static str> {
    if kept.algorithm != offered.algorithm {
        return Some("rewritten");
    }
    if kept.size == offered.size {
        return (kept.root != offered.root).then_some("fork");
    }
    // An old checkpoint shown again is older in time too; a smaller one signed later is of a log that was put back.
    let later = kept.time.zip(offered.time).is_some_and(|(kept, offered)| offered > kept);
    (offered.size < kept.size && later).then_some("rolled_back")
}

const KEPT_DAMAGED: Error = Error::Corrupt { field: "evidence_witnessed.note" };

fn empty(algorithm: HashAlgorithm) -> Hash {
    Frontier::new(algorithm).root()
}

/// SHA-256 of an origin, hexadecimal: its name in monitoring addresses.
pub(crate) fn origin_digest(origin: &str) -> String {
    HashAlgorithm::Sha256.digest(&[origin.as_bytes()]).to_string()
}
