//! Which files of a path belong to which table of a mapping.

use crate::ingest::IngestError;
use crate::mapping::{Mapping, TableMapping};
use std::path::{Path, PathBuf};

/// How deep a folder is searched.
const DEPTH_MAX: usize = 4;
/// Most files one ingest reads.
const FILES_MAX: usize = 10_000;

/// The files of one table, in name order.
#[derive(Debug, Clone)]
pub(crate) struct TableFiles<'a> {
    pub(crate) table: &'a TableMapping,
    pub(crate) files: Vec<PathBuf>,
}

/// Files for each table of the mapping. A single file goes to the table whose pattern matches its name, or to the only
/// table there is; in a folder every table that is not optional must find at least one file.
pub(crate) fn find<'a>(mapping: &'a Mapping, path: &Path) -> Result<Vec<TableFiles<'a>>, IngestError> {
    let metadata = std::fs::metadata(path).map_err(|error| IngestError::read(path, &error))?;
    if !metadata.is_dir() {
        if !metadata.is_file() {
            return Err(IngestError::NotAFile { path: path.display().to_string() });
        }
        let table = table_of_file(mapping, path)?;
        return Ok(vec![TableFiles { table, files: vec![path.to_owned()] }]);
    }
    let mut all = Vec::new();
    walk(path, path, 0, &mut all)?;
    all.sort();
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for table in &mapping.tables {
        let files: Vec<PathBuf> = all
            .iter()
            .filter(|relative| matches_any(table, relative))
            .map(|relative| path.join(relative))
            .collect();
        if !files.is_empty() {
            found.push(TableFiles { table, files });
        } else if !table.optional {
            missing.push(format!("{} ({})", table.dataset, table.files.join(", ")));
        }
    }
    if missing.is_empty() && !found.is_empty() {
        return Ok(found);
    }
    Err(IngestError::NoFile { path: path.display().to_string(), mapping: mapping.name.clone(), missing })
}

fn table_of_file<'a>(mapping: &'a Mapping, path: &Path) -> Result<&'a TableMapping, IngestError> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if let [only] = mapping.tables.as_slice() {
        return Ok(only);
    }
    mapping.tables.iter().find(|table| matches_any(table, &name)).ok_or_else(|| IngestError::NoFile {
        path: path.display().to_string(),
        mapping: mapping.name.clone(),
        missing: mapping.tables.iter().map(|t| format!("{} ({})", t.dataset, t.files.join(", "))).collect(),
    })
}

fn walk(root: &Path, folder: &Path, depth: usize, into: &mut Vec<String>) -> Result<(), IngestError> {
    let entries = std::fs::read_dir(folder).map_err(|error| IngestError::read(folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| IngestError::read(folder, &error))?;
        let path = entry.path();
        // Of the entry itself: a link may lead anywhere, and reading a pipe or a device may never end.
        let kind = entry.file_type().map_err(|error| IngestError::read(&path, &error))?;
        if kind.is_dir() {
            if depth < DEPTH_MAX {
                walk(root, &path, depth + 1, into)?;
            }
        } else if !kind.is_file() {
            return Err(IngestError::NotAFile { path: path.display().to_string() });
        } else if let Ok(relative) = path.strip_prefix(root) {
            into.push(relative.to_string_lossy().replace('\\', "/"));
        }
        if into.len() > FILES_MAX {
            return Err(IngestError::TooManyFiles { path: root.display().to_string(), limit: FILES_MAX });
        }
    }
    Ok(())
}

/// A pattern without `/` is matched against the file name, one with `/` against the path inside the folder.
fn matches_any(table: &TableMapping, relative: &str) -> bool {
    let name = relative.rsplit('/').next().unwrap_or(relative);
    table.files.iter().any(|pattern| {
        let subject = if pattern.contains('/') { relative } else { name };
        wildcard(pattern.as_bytes(), subject.as_bytes())
    })
}

/// `*` is any run of bytes, `?` one byte; everything else is itself.
fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                t += 1;
            }
            Some(expected) if expected == byte => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((star_p, star_t)) => {
                    star = Some((star_p, star_t + 1));
                    p = star_p + 1;
                    t = star_t + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::{IngestError, walk, wildcard};

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_is_not_followed() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(outside.path().join("secret.csv"), "a").unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("sub/x.csv"), "a").unwrap();
        let mut found = Vec::new();
        walk(folder.path(), folder.path(), 0, &mut found).unwrap();
        assert_eq!(found, ["sub/x.csv"]);
        for target in [outside.path().join("secret.csv"), outside.path().to_owned(), "nowhere".into()] {
            let link = folder.path().join("sub/link.csv");
            std::os::unix::fs::symlink(&target, &link).unwrap();
            let refused = walk(folder.path(), folder.path(), 0, &mut Vec::new()).unwrap_err();
            assert_eq!(refused, IngestError::NotAFile { path: link.display().to_string() });
            std::fs::remove_file(link).unwrap();
        }
    }

    #[test]
    fn a_star_matches_any_run_and_nothing_else_does() {
        let check = |p: &str, t: &str| wildcard(p.as_bytes(), t.as_bytes());
        assert!(check("*.csv", "浙江.csv"));
        assert!(check("*_input_invoice.csv*", "no_credit_history_input_invoice.csv.gz"));
        assert!(check("product.jsonl", "product.jsonl"));
        assert!(!check("product.jsonl", "product_product.jsonl"));
        assert!(!check("*.csv", "a.csv.gz"));
        assert!(check("a?c*", "abcdef"));
        assert!(!check("a?c", "ac"));
        assert!(check("*", ""));
    }
}
