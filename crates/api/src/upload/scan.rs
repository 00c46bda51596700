//! The operator's scanner for malicious code (恶意代码, GB/T 22239-2019 8.1.4.5): a program of theirs, or a ClamAV daemon.
//!
//! Fails closed: where a scanner is configured, nothing is taken that it did not call clean.

use super::{Stored, clamd};
use crate::error::Error;
use crate::services::App;
use brain_egress::Egress;
use brain_kernel::error::Failure;
use brain_warehouse::{Checksum, checksum};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

/// Output of a scanner that is looked at, bytes.
const OUTPUT_BYTES_MAX: u64 = 4_096;
/// Longest name of a finding, characters.
const SIGNATURE_CHARACTERS_MAX: usize = 120;
/// What stands for the file among a program's arguments.
const FILE: &str = "{file}";

/// `[upload]`: how uploads are scanned; nothing set scans nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScanOptions {
    /// A program and its arguments, run without a shell; `{file}` is the upload, at the end when left out. It ends with 0
    /// for a clean file and with 1 for an infected one, as `clamscan` does; anything else is a failure.
    pub scan_command: Vec<String>,
    /// A ClamAV daemon instead: `tcp://host:port` or `unix:/path/of/socket`.
    pub clamd: String,
    /// Longest time of one scan, seconds.
    pub scan_timeout_s: u64,
    /// What becomes of an infected file.
    pub infected: Infected,
}

/// What becomes of an infected file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Infected {
    /// It is deleted.
    Delete,
    /// It is kept in the folder `quarantine`, where nothing reads it.
    Keep,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            scan_command: Vec::new(),
            clamd: String::new(),
            scan_timeout_s: 120,
            infected: Infected::Delete,
        }
    }
}

/// What a scanner says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Clean,
    Infected {
        signature: String,
    },
    /// It did not come to a verdict; why, for the log.
    Failed {
        why: String,
    },
}

/// Scans uploads.
pub(crate) struct Scanner {
    options: ScanOptions,
    egress: Egress,
}

impl Scanner {
    pub(crate) fn new(options: ScanOptions, egress: Egress) -> Self {
        if options.clamd.starts_with("tcp://")
            && let Err(error) = egress.permit(&options.clamd)
        {
            // Refused again at the first upload, which then fails closed.
            tracing::error!(%error, "upload.clamd cannot be called");
        }
        Self { options, egress }
    }

    /// Let a file pass that is clean or that nobody scans; anything else leaves evidence and is refused.
    pub(crate) async fn pass(
        &self,
        app: &App,
        account: &str,
        id: &str,
        stored: &Stored,
    ) -> Result<(), Failure> {
        let verdict = match self.verdict(&stored.path).await {
            None | Some(Verdict::Clean) => return Ok(()),
            Some(verdict) => verdict,
        };
        let Checksum { sha256, bytes } =
            digest(&stored.path).await.map_err(|error| Error::Internal(error.to_string()))?;
        let mut body = json!({ "name": stored.name, "bytes": bytes, "sha256": sha256 });
        let mut say = |key: &str, value: Value| {
            if let Some(fields) = body.as_object_mut() {
                fields.insert(key.to_owned(), value);
            }
        };
        let (kind, error) = match verdict {
            Verdict::Infected { signature } => {
                let kept = self.keep(&app.options.quarantine, id, &stored.path).await?;
                say("signature", signature.as_str().into());
                say("kept", kept.into());
                ("upload.infected", Error::UploadInfected { signature })
            }
            Verdict::Failed { why } => {
                tracing::error!(why, "an upload could not be scanned and is refused");
                ("upload.unscanned", Error::ScanFailed)
            }
            Verdict::Clean => return Ok(()),
        };
        metrics::counter!("brain_uploads_refused_total", "kind" => kind).increment(1);
        let entry = brain_trust::EvidenceEntry {
            kind: kind.to_owned(),
            actor: account.to_owned(),
            subject: id.to_owned(),
            body,
        };
        // With the refusal: a file that was found and not recorded was not found.
        app.trust.evidence().record(entry).await?;
        Err(error.into())
    }

    async fn verdict(&self, path: &Path) -> Option<Verdict> {
        let limit = Duration::from_secs(self.options.scan_timeout_s.max(1));
        let work = async {
            match self.options.scan_command.split_first() {
                Some((program, arguments)) => run(program, arguments, path).await,
                None => clamd::scan(&self.egress, &self.options.clamd, path).await,
            }
        };
        if self.options.scan_command.is_empty() && self.options.clamd.is_empty() {
            return None;
        }
        let outcome = tokio::time::timeout(limit, work).await;
        Some(
            outcome.unwrap_or_else(|_| Verdict::Failed { why: format!("longer than {} s", limit.as_secs()) }),
        )
    }

    /// Whether the file was kept.
    async fn keep(&self, quarantine: &Path, id: &str, path: &Path) -> Result<bool, Error> {
        if self.options.infected == Infected::Delete {
            return Ok(false);
        }
        let moved = async {
            let mut folder = tokio::fs::DirBuilder::new();
            folder.recursive(true);
            #[cfg(unix)]
            folder.mode(0o700);
            folder.create(quarantine).await?;
            // Named by the upload, not by its sender, and not by any ending that something might open.
            tokio::fs::rename(path, quarantine.join(id)).await
        };
        moved.await.map_err(|error| Error::Internal(error.to_string()))?;
        Ok(true)
    }
}

/// Run a scanner program. Its environment is empty but for the search path and a plain locale, so that nothing of ours
/// leaks into it.
async fn run(program: &str, arguments: &[String], path: &Path) -> Verdict {
    let failed = |why: String| Verdict::Failed { why };
    let shown = path.display().to_string();
    let mut words: Vec<String> = arguments.iter().map(|word| word.replace(FILE, &shown)).collect();
    if !arguments.iter().any(|word| word.contains(FILE)) {
        words.push(shown);
    }
    let child = Command::new(program)
        .args(words)
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return failed(format!("{program}: {error}")),
    };
    let mut output = Vec::new();
    if let Some(mut stdout) = child.stdout.take() {
        let heard = (&mut stdout).take(OUTPUT_BYTES_MAX).read_to_end(&mut output).await;
        if let Err(error) = heard {
            return failed(error.to_string());
        }
        // Whoever says more is not listened to, but must be able to say it.
        if let Err(error) = tokio::io::copy(&mut stdout, &mut tokio::io::sink()).await {
            return failed(error.to_string());
        }
    }
    match child.wait().await.map(|status| status.code()) {
        Ok(Some(0)) => Verdict::Clean,
        Ok(Some(1)) => Verdict::Infected { signature: signature(&output) },
        Ok(code) => failed(format!("{program} ended with {code:?}")),
        Err(error) => failed(error.to_string()),
    }
}

/// `/path: Eicar-Signature FOUND` → `Eicar-Signature`; what says it in other words is taken by its first line.
fn signature(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let found = text.lines().find_map(|line| line.trim().strip_suffix(" FOUND"));
    let named = found.map(|line| line.rsplit_once(": ").map_or(line, |(_, name)| name));
    let named = named.or_else(|| text.lines().map(str::trim).find(|line| !line.is_empty())).unwrap_or("?");
    clean(named)
}

/// A name as it may be shown: without control characters, not too long.
pub(super) fn clean(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(SIGNATURE_CHARACTERS_MAX).collect()
}

/// What identifies a file, read beside the threads that answer callers.
async fn digest(path: &Path) -> std::io::Result<Checksum> {
    let path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || checksum(&mut std::fs::File::open(path)?));
    reading.await.map_err(std::io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_s_exit_code_is_its_verdict_and_no_shell_reads_the_name() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("brain-scan-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let script = folder.join("scanner.sh");
        let text = "#!/bin/sh\n[ -n \"$HOME$BRAIN_SECRET\" ] && exit 7\n\
                    if grep -q EICAR-STANDARD-ANTIVIRUS-TEST-FILE \"$1\"; then echo \"$1: Eicar-Test FOUND\"; exit 1; fi\n\
                    grep -q BREAK \"$1\" && exit 2\nexit 0\n";
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
        let program = script.display().to_string();
        let file = folder.join("$(touch pwned) ; x.csv");
        let verdict = async |content: &str, arguments: &[&str]| {
            std::fs::write(&file, content).unwrap();
            let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
            run(&program, &arguments, &file).await
        };
        // Written apart, so that a scanner on a developer's machine lets this source file be.
        let eicar = format!("X5O!P%@AP[4\\PZX54(P^)7CC)7}}$EICAR-STANDARD-{}-TEST-FILE!$H+H*", "ANTIVIRUS");
        assert_eq!(verdict("a,b\n", &[]).await, Verdict::Clean);
        assert_eq!(verdict(&eicar, &["{file}"]).await, Verdict::Infected { signature: "Eicar-Test".into() });
        assert!(matches!(verdict("BREAK", &[]).await, Verdict::Failed { .. }));
        assert!(matches!(run("/no/such/scanner", &[], &file).await, Verdict::Failed { .. }));
        assert!(!folder.join("pwned").exists() && !Path::new("pwned").exists());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_finding_is_named_as_scanners_name_it() {
        assert_eq!(signature(b"/tmp/x y: Win.Test.EICAR_HDB-1 FOUND\n"), "Win.Test.EICAR_HDB-1");
        assert_eq!(signature(b"\nthreat: something\x1b[31m bad\n"), "threat: something[31m bad");
        assert_eq!(signature(b""), "?");
        assert_eq!(signature(&[b'x'; 500]).len(), SIGNATURE_CHARACTERS_MAX);
    }
}
