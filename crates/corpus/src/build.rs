//! The build: read, judge and sign in batches on all threads; cluster; write in the order of the paths.

use crate::duplicates::{Clusters, Signatures, cluster};
use crate::error::{Error, Result};
use crate::options::Options;
use crate::passage::passages;
use crate::process::{Document, Done, Kept, Outcome, Process};
use crate::source::{Feed, Source, find};
use crate::split::split_of;
use crate::tally::Tally;
use crate::tokens::{Vocabulary, tokens};
use crate::version::{Built, Draft, Gone};
use brain_kernel::hexadecimal;
use brain_kernel::progress::{Cancel, Progress};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rustc_hash::FxHashSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, Write as _};
use std::path::Path;

/// Documents cut into tokens at once.
const WRITTEN_AT_ONCE: usize = 64;

/// Build a version of a corpus from a file or a folder, below `to`. Nothing is left where it fails or is cancelled.
pub fn build(
    from: &Path,
    to: &Path,
    options: &Options,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Built> {
    options.check()?;
    progress.begin("查找文件", "Finding files", 0);
    let sources = find(from, options.files_max)?;
    std::fs::create_dir_all(to).map_err(|error| Error::write(to, error))?;
    let real = |path: &Path| path.canonicalize().map_err(|error| Error::read(path, error));
    if from.is_dir() && real(to)?.starts_with(real(from)?) {
        return Err(Error::Inside { from: from.to_owned(), to: to.to_owned() });
    }
    let mut draft = Draft::create(to, options)?;
    let gathered = gather(&sources, &mut draft, to, options, progress, cancel)?;
    let clusters = if options.duplicates.near {
        cluster(&gathered.signatures, &options.duplicates, progress, cancel)?
    } else {
        let alone: Vec<u32> = (0..gathered.contents.len() as u32).collect();
        Clusters { duplicate_of: alone.clone(), family_of: alone, compared: 0 }
    };
    let tally = write(gathered, &clusters, &mut draft, options, progress, cancel)?;
    if tally.whole().documents == 0 {
        return Err(Error::Empty {
            files: tally.files,
            documents: tally.documents,
            reasons: tally.reasons(),
        });
    }
    if !tally.is_whole() {
        return Err(Error::Internal("documents were lost on the way".to_owned()));
    }
    progress.begin("写出版本", "Writing the version", 0);
    draft.finish(options, tally)
}

/// What the first pass leaves: texts on disk in a file without a name, the rest in memory.
struct Gathered {
    spool: File,
    tally: Tally,
    contents: Vec<[u8; 16]>,
    signatures: Signatures,
}

fn gather(
    sources: &[Source],
    draft: &mut Draft,
    to: &Path,
    options: &Options,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Gathered> {
    let process = Process::new(options, sources);
    let mut feed = Feed::new(sources, options);
    let spool = tempfile::tempfile_in(to).map_err(|error| Error::write(to, error))?;
    let mut spool = BufWriter::new(spool);
    let mut seen: FxHashSet<[u8; 16]> = FxHashSet::default();
    let mut tally = Tally { files: sources.len() as u64, ..Tally::default() };
    let (mut contents, mut signatures) = (Vec::new(), Signatures::new(&options.duplicates));
    progress.begin("抽取与过滤", "Extracting and filtering", sources.len() as u64);
    loop {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let batch = feed.batch()?;
        if batch.is_empty() {
            break;
        }
        let done: Vec<Done> = batch.into_par_iter().map(|work| process.run(work)).collect();
        for Done { source, line, read, outcome } in done {
            let shown = sources.get(source).map_or("", |source| source.shown.as_str());
            if let Some(read) = &read {
                tally.bytes += read.bytes;
                draft.input(shown, read)?;
            }
            if line.is_none() {
                progress.add(1);
            }
            let Some(outcome) = outcome else { continue };
            tally.documents += 1;
            match outcome {
                Outcome::Refused(refused) => {
                    tally.refuse(&refused);
                    draft.gone(shown, line, &Gone::Refused(&refused))?;
                }
                Outcome::Rejected(verdict) => {
                    tally.reject(verdict.rule);
                    draft.gone(shown, line, &Gone::Rejected(&verdict))?;
                }
                Outcome::Kept(kept) => {
                    let Kept { document, content, signature, personal } = *kept;
                    tally.recognised_pages += document.ocr_pages;
                    for (kind, count) in personal {
                        *tally.personal.entry(kind.to_owned()).or_default() += count;
                    }
                    if !seen.insert(content) {
                        tally.exact_duplicates += 1;
                        draft.gone(shown, line, &Gone::Exact(&document.id))?;
                        continue;
                    }
                    if contents.len() as u64 >= u64::from(options.documents_max) {
                        return Err(Error::TooMany {
                            what: "documents",
                            limit: u64::from(options.documents_max),
                        });
                    }
                    contents.push(content);
                    signatures.push(&signature);
                    let line = serde_json::to_string(&document)
                        .map_err(|error| Error::Internal(error.to_string()))?;
                    writeln!(spool, "{line}").map_err(|error| Error::write(to, error))?;
                }
            }
        }
    }
    let spool = spool.into_inner().map_err(|error| Error::write(to, error.into_error()))?;
    Ok(Gathered { spool, tally, contents, signatures })
}

fn write(
    gathered: Gathered,
    clusters: &Clusters,
    draft: &mut Draft,
    options: &Options,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Tally> {
    let Gathered { mut spool, mut tally, contents, signatures } = gathered;
    let place = draft.place().to_owned();
    let failed = |error| Error::read(&place, error);
    spool.rewind().map_err(failed)?;
    progress.begin("切分与写出", "Cutting and writing", contents.len() as u64);
    tally.compared = clusters.compared;
    let name =
        |at: u32| contents.get(at as usize).map(|content| hexadecimal::encode(content)).unwrap_or_default();
    let (mut lengths, mut vocabulary) = (Vec::new(), Vocabulary::default());
    let mut both = clusters.duplicate_of.iter().zip(&clusters.family_of).zip(0_u32..);
    let mut lines = BufReader::new(spool).lines();
    loop {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let some: Vec<String> =
            lines.by_ref().take(WRITTEN_AT_ONCE).collect::<std::io::Result<_>>().map_err(failed)?;
        if some.is_empty() {
            break;
        }
        // Cutting into tokens is most of the work, and does not depend on the order.
        let cut = some.into_par_iter().map(|line| {
            let document: Document = serde_json::from_str(&line)
                .map_err(|error| Error::Internal(format!("the spool: {error}")))?;
            let tokens = tokens(&document.text);
            Ok((document, tokens))
        });
        for (document, tokens) in cut.collect::<Result<Vec<_>>>()? {
            let Some(((duplicate_of, family_of), at)) = both.next() else { break };
            progress.add(1);
            if *duplicate_of != at {
                tally.near_duplicates += 1;
                let gone = Gone::Near(&name(*duplicate_of), signatures.similarity(*duplicate_of, at));
                draft.gone(&document.source, document.line, &gone)?;
                continue;
            }
            tally.relatives += u64::from(*family_of != at);
            let family = name(*family_of);
            let split = split_of(&family, &options.splits);
            let cut = options.passages.enabled;
            let pieces = if cut { passages(&document.text, &options.passages) } else { Vec::new() };
            tally.keep(&document, split, pieces.len() as u64);
            vocabulary.add(&document.text, &tokens);
            lengths.push(document.characters);
            draft.document(&document, &family, split)?;
            draft.passages(&document, &pieces, split)?;
        }
    }
    tally.tokens = vocabulary.told();
    tally.measure(lengths);
    Ok(tally)
}
