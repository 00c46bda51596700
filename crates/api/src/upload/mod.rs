//! A file on its way to disk: streamed, bounded, under a name that cannot leave its folder; looked at by its first bytes
//! and by the operator's scanner before anything else reads it.

mod clamd;
mod kind;
mod scan;

pub(crate) use kind::Accepted;
pub(crate) use scan::Scanner;
pub use scan::{Infected, ScanOptions};

use crate::call::{Call, Upload};
use crate::error::Error;
use crate::limits::Limits;
use axum::body::Body;
use brain_kernel::error::{ErrorKind, Failure};
use multer::{Field, Multipart};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

/// Time in which a caller's first bytes need not come at any rate.
const START: Duration = Duration::from_secs(20);
/// Longest name kept, characters.
const NAME_CHARACTERS_MAX: usize = 120;
/// Parts looked at before `file` must have come.
const PARTS_MAX: usize = 16;

/// A folder that is removed with everything in it when dropped.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new folder that only this program may enter.
    async fn create(parent: &Path, name: &str) -> std::io::Result<Self> {
        let path = parent.join(name);
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        builder.mode(0o700);
        builder.create(&path).await?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "could not remove an upload");
        }
    }
}

/// Remove what a crash left behind: folders named like a run, in a process that has no run yet.
pub(crate) fn sweep(uploads: &Path) {
    let entries = std::fs::read_dir(uploads).into_iter().flatten().flatten();
    for entry in entries {
        let ours = entry.file_name().to_str().is_some_and(|name| uuid::Uuid::try_parse(name).is_ok());
        if ours && let Err(error) = std::fs::remove_dir_all(entry.path()) {
            tracing::warn!(folder = %entry.path().display(), %error, "could not remove an old upload");
        }
    }
}

/// A file that arrived.
#[derive(Debug)]
pub(crate) struct Stored {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// The name its sender gave it, made safe.
    pub(crate) name: String,
    /// Removes it when dropped.
    pub(crate) folder: Folder,
}

/// How a file may come.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// Most bytes.
    pub(crate) bytes_max: u64,
    /// Longest silence.
    pub(crate) silence: Duration,
    /// Least bytes a second on average: who sends one byte before each silence ends would hold a place for ever.
    pub(crate) bytes_per_s_min: u64,
}

impl Pace {
    /// The pace these limits set, for a file of at most so many bytes.
    pub(crate) fn new(limits: &Limits, bytes_max: u64) -> Self {
        let silence = Duration::from_secs(limits.body_silence_s.into());
        Self { bytes_max, silence, bytes_per_s_min: u64::from(limits.upload_kib_per_s_min) * 1024 }
    }

    fn is_too_slow(&self, written: u64, took: Duration) -> bool {
        took > START && written < self.bytes_per_s_min.saturating_mul(took.as_secs())
    }
}

/// Receive a file, look at it, and have it scanned; what does not pass is gone when this returns.
pub(crate) async fn receive<Q>(
    call: &Call<Q, ()>,
    upload: Upload,
    id: &str,
    bytes_max: u64,
    accepted: Accepted,
) -> Result<Stored, Failure> {
    let (app, party) = (&call.app, call.party()?);
    let pace = Pace::new(&app.options.limits, bytes_max);
    let stored = store(&upload.content_type, upload.body, &app.options.uploads, id, pace).await?;
    kind::check(&stored.path, &stored.name, accepted).await?;
    app.scanner.pass(app, &party.account, id, &stored).await?;
    Ok(stored)
}

/// Write the part called `file` of a multipart body into a folder of its own.
pub(crate) async fn store(
    content_type: &str,
    body: Body,
    uploads: &Path,
    id: &str,
    pace: Pace,
) -> Result<Stored, Failure> {
    let boundary = multer::parse_boundary(content_type).map_err(|error| malformed(error.to_string()))?;
    let mut form = Multipart::new(body.into_data_stream(), boundary);
    for _ in 0..PARTS_MAX {
        let Some(field) = heard(form.next_field(), pace.silence).await? else { break };
        if field.name() == Some("file") {
            let name = safe_name(field.file_name().unwrap_or_default());
            return write(field, uploads, id, name, pace).await;
        }
    }
    Err(malformed("no part named \"file\"".to_owned()).into())
}

async fn write(
    mut field: Field<'_>,
    uploads: &Path,
    id: &str,
    name: String,
    pace: Pace,
) -> Result<Stored, Failure> {
    let folder = Folder::create(uploads, id).await.map_err(|error| disk(&error))?;
    let path = folder.0.join(&name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(&path).await.map_err(|error| disk(&error))?;
    let (mut written, started) = (0_u64, Instant::now());
    while let Some(chunk) = heard(field.chunk(), pace.silence).await? {
        written += chunk.len() as u64;
        if written > pace.bytes_max {
            return Err(Error::TooLarge { limit_bytes: pace.bytes_max }.into());
        }
        if pace.is_too_slow(written, started.elapsed()) {
            return Err(Error::BodyBroken.into());
        }
        file.write_all(&chunk).await.map_err(|error| disk(&error))?;
    }
    file.flush().await.map_err(|error| disk(&error))?;
    Ok(Stored { path, name, folder })
}

/// Wait for the sender, but not for ever.
async fn heard<T>(
    work: impl Future<Output = Result<T, multer::Error>>,
    silence: Duration,
) -> Result<T, Error> {
    match tokio::time::timeout(silence, work).await {
        Err(_) => Err(Error::BodyBroken),
        Ok(Ok(value)) => Ok(value),
        Ok(Err(multer::Error::StreamReadFailed(_) | multer::Error::IncompleteStream)) => {
            Err(Error::BodyBroken)
        }
        Ok(Err(error)) => Err(malformed(error.to_string())),
    }
}

fn malformed(reason: String) -> Error {
    Error::Malformed { place: "body", pointer: String::new(), reason }
}

fn disk(error: &std::io::Error) -> Failure {
    tracing::error!(%error, "an upload could not be written");
    if brain_durable::is_full(error) {
        return Failure::new(
            ErrorKind::Exhausted,
            "api/disk-full",
            "节点磁盘已满，未接收上传文件。",
            "The node's disk is full; the upload was not taken.",
        )
        .with_hint("请管理员腾出空间后重试。", "Ask the administrator to make room, then try again.");
    }
    Failure::new(
        ErrorKind::Unavailable,
        "api/upload-disk",
        "节点无法写入上传文件。",
        "The node cannot write the upload.",
    )
    .with_hint("请检查磁盘空间与目录权限。", "Check the disk's room and the folder's permissions.")
}

/// The last part of the name its sender gave, without anything a path or a shell could read as more than a name.
/// The ending stays, for it may say what kind of file it is.
fn safe_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ' | '(' | ')');
    let name: String = last.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let name = name.trim().trim_start_matches('.').trim();
    let length = name.chars().count();
    let name: String = name.chars().skip(length.saturating_sub(NAME_CHARACTERS_MAX)).collect();
    if name.trim_matches('.').is_empty() { "upload".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_its_folder() {
        let cases = [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\企业 名录.csv.gz", "企业 名录.csv.gz"),
            ("..", "upload"),
            ("", "upload"),
            (".bashrc", "bashrc"),
            ("a\0b;rm -rf.csv", "a_b_rm -rf.csv"),
            ("..\\..\\windows\\win.ini", "win.ini"),
            ("/etc/passwd/", "upload"),
            ("....//....//x.csv", "x.csv"),
            ("%2e%2e%2fx.csv", "_2e_2e_2fx.csv"),
            ("-rf.csv", "-rf.csv"),
            ("..．/x", "x"),
            ("x\u{202e}vsc.exe", "x_vsc.exe"),
            ("CON:", "CON_"),
        ];
        for (given, safe) in cases {
            assert_eq!(safe_name(given), safe, "{given:?}");
        }
        let long = safe_name(&format!("{}.csv", "长".repeat(500)));
        assert_eq!((long.chars().count(), long.rsplit('.').next()), (NAME_CHARACTERS_MAX, Some("csv")));
    }

    fn body(name: &str, content: &str) -> (String, Body) {
        let text = format!(
            "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; \
             name=\"{name}\"; filename=\"../x.csv\"\r\n\r\n{content}\r\n--b--\r\n"
        );
        ("multipart/form-data; boundary=b".to_owned(), Body::from(text))
    }

    fn scratch() -> PathBuf {
        std::env::temp_dir().join(format!("brain-upload-{}", uuid::Uuid::now_v7()))
    }

    fn pace(bytes_max: u64) -> Pace {
        Pace::new(&Limits::default(), bytes_max)
    }

    #[test]
    fn who_sends_a_byte_now_and_then_is_not_waited_for() {
        let pace = pace(1 << 30);
        assert!(!pace.is_too_slow(0, START), "a slow start is forgiven");
        assert!(pace.is_too_slow(60, Duration::from_secs(60)));
        assert!(!pace.is_too_slow(60 * pace.bytes_per_s_min, Duration::from_secs(60)));
        let unlimited = Pace { bytes_per_s_min: 0, ..pace };
        assert!(!unlimited.is_too_slow(0, Duration::from_hours(9)));
    }

    #[tokio::test]
    async fn a_file_lands_in_its_own_folder_which_goes_with_it() {
        let uploads = scratch();
        let (kind, content) = body("file", "a,b\n1,2\n");
        let stored = store(&kind, content, &uploads, "run", pace(100)).await.unwrap();
        assert_eq!((stored.name.as_str(), stored.path.clone()), ("x.csv", uploads.join("run").join("x.csv")));
        assert_eq!(std::fs::read_to_string(&stored.path).unwrap(), "a,b\n1,2\n");
        drop(stored);
        assert!(!uploads.join("run").exists());
        std::fs::remove_dir_all(uploads).unwrap();
    }

    #[test]
    fn what_a_crash_left_is_swept_and_nothing_else() {
        let uploads = scratch();
        let left = uploads.join(uuid::Uuid::now_v7().to_string());
        for folder in [&left, &uploads.join("other")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        sweep(&uploads);
        assert!(!left.exists() && uploads.join("other").exists());
        std::fs::remove_dir_all(uploads).unwrap();
    }

    #[tokio::test]
    async fn too_much_or_nothing_at_all_leaves_no_file_behind() {
        let uploads = scratch();
        let (kind, content) = body("file", &"x".repeat(1000));
        let large = store(&kind, content, &uploads, "run", pace(100)).await.unwrap_err();
        assert_eq!(large.code, "api/too-large");
        assert!(!uploads.join("run").exists());
        let (kind, content) = body("other", "x");
        assert_eq!(
            store(&kind, content, &uploads, "run", pace(100)).await.unwrap_err().code,
            "api/malformed"
        );
        std::fs::remove_dir_all(uploads).unwrap();
    }
}
