//! Files brought for a corpus: kept in the data folder, out of everybody's reach but a run's.

use super::card::FileCard;
use super::definition::unknown_file;
use super::{Corpora, blocking, refuse, rows_of};
use crate::query::Session;
use crate::{Error, Result};
use brain_corpus::extract::Format;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::hexadecimal;
use brain_store::corpus::FileRow;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

/// Most files of a corpus.
const FILES_MAX: usize = 10_000;
/// Longest name, characters.
const NAME_CHARACTERS_MAX: usize = 200;
/// Bytes copied at once.
const PIECE_BYTES: usize = 256 << 10;

impl Corpora {
    /// Take a file in: it is copied, on disk and known when this returns.
    pub async fn bring(&self, session: &Session, corpus: &str, path: &Path, name: &str) -> Result<FileCard> {
        let (row, _) = self.own(session, corpus).await?;
        named(name)?;
        let db = self.inner.store.db();
        let present = rows_of::files(db, corpus, false).await?;
        if present.len() >= FILES_MAX {
            return Err(wrong(
                ErrorKind::Exhausted,
                format!("一个语料库至多 {FILES_MAX} 个文件。"),
                format!("A corpus has up to {FILES_MAX} files."),
            ));
        }
        if present.iter().any(|file| file.name == name) {
            return Err(wrong(
                ErrorKind::AlreadyExists,
                format!("已有文件 {name}；请先移除它。"),
                format!("There is a file {name} already; remove it first."),
            ));
        }
        let id = self.inner.store.new_id();
        let folder = self.inner.corpus_files(corpus);
        let place = folder.join(&id);
        let (from, to) = (path.to_owned(), place.clone());
        let copied = blocking(move || copy(&from, &folder, &to)).await;
        let (bytes, sha256) = copied.inspect_err(|_| discard(&place))?;
        let file = FileRow {
            id,
            corpus: corpus.to_owned(),
            name: name.to_owned(),
            bytes: bytes as i64,
            sha256,
            brought_by: session.party().account.clone(),
            brought_at: self.inner.store.now(),
            removed_at: None,
        };
        let known = async {
            let transaction = self.inner.store.transaction().await?;
            rows_of::insert_file(&transaction, file.clone()).await?;
            let body = json!({
                "corpus": row.name, "file": file.id, "name": file.name, "bytes": file.bytes, "sha256": file.sha256,
            });
            self.inner.record_act(&transaction, session.party(), ("corpus.file", corpus), body).await?;
            transaction.commit().await?;
            Ok::<_, Error>(())
        };
        known.await.inspect_err(|_| discard(&place))?;
        Ok(file.into())
    }

    /// Remove a file: it is gone from disk when this returns; versions made of it are stale from now on.
    pub async fn remove_file(&self, session: &Session, corpus: &str, id: &str) -> Result<()> {
        let (row, _) = self.own(session, corpus).await?;
        let now = self.inner.store.now();
        let transaction = self.inner.store.transaction().await?;
        rows_of::remove_file(&transaction, corpus, id, now).await.map_err(|error| match error {
            brain_store::Error::NotFound { .. } => unknown_file(),
            other => other.into(),
        })?;
        let body = json!({ "corpus": row.name, "file": id });
        self.inner.record_act(&transaction, session.party(), ("corpus.file_remove", corpus), body).await?;
        transaction.commit().await?;
        let place = self.inner.corpus_files(corpus).join(id);
        blocking(move || match std::fs::remove_file(&place) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        })
        .await
    }
}

/// A name that is one, of a format that is read.
fn named(name: &str) -> Result<()> {
    let length = name.chars().count();
    let plain =
        !name.contains(['/', '\\', '\0']) && !name.starts_with('.') && !name.chars().any(char::is_control);
    if !(1..=NAME_CHARACTERS_MAX).contains(&length) || !plain {
        return Err(wrong(
            ErrorKind::InvalidArgument,
            format!("文件名须为 1 至 {NAME_CHARACTERS_MAX} 个字符，不含路径。"),
            format!("A file has a name of 1 to {NAME_CHARACTERS_MAX} characters without a path."),
        ));
    }
    if Format::of(Path::new(name)).is_none() {
        return Err(wrong(
            ErrorKind::InvalidArgument,
            format!("不支持 {name}；可用 txt、md、html、docx、xlsx、pptx、pdf、jsonl、png、jpg、tif。"),
            format!("{name} is not read; txt, md, html, docx, xlsx, pptx, pdf, jsonl, png, jpg and tif are."),
        ));
    }
    Ok(())
}

fn wrong(kind: ErrorKind, zh: String, en: String) -> Error {
    Error::Failure(Failure::new(kind, "warehouse/corpus-file", zh, en))
}

/// Copy a file into a folder that only this program enters; its size and SHA-256.
fn copy(from: &Path, folder: &Path, to: &Path) -> Result<(u64, String)> {
    private_folder(folder)?;
    let (mut source, mut target) = (File::open(from)?, File::create_new(to)?);
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
    loop {
        let read = source.read(&mut piece)?;
        let Some(part) = piece.get(..read).filter(|part| !part.is_empty()) else { break };
        target.write_all(part)?;
        hash.update(part);
        bytes += read as u64;
    }
    brain_durable::sync_file(&target, to)?;
    brain_durable::sync_folder(folder)?;
    Ok((bytes, hexadecimal::encode(&hash.finalize())))
}

/// Create a folder, and those above it, that only this program enters.
pub(super) fn private_folder(path: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    Ok(())
}

/// A file that no row names: what cannot be removed now goes at the next start.
fn discard(place: &Path) {
    if let Err(error) = std::fs::remove_file(place)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(file = %place.display(), %error, "a file of a corpus is left for the next start to remove");
    }
}

/// A run was asked for while there is nothing to read.
pub(super) fn nothing_to_read() -> Error {
    refuse(
        ErrorKind::Precondition,
        "warehouse/corpus-empty",
        "该语料库既没有数据集也没有文件；请先补充来源。",
        "The corpus has neither datasets nor files; give it sources first.",
    )
}
