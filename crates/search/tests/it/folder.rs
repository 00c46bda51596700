//! The index on disk: kept, brought in line, and made anew where it is damaged.

use crate::corpus::{EVERYBODY, names, question};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_search::{Entry, Index, Kind, Opened, Refreshed};
use std::path::Path;

fn entry(id: &str, title: &str) -> Entry {
    let mut entry = Entry::new(Kind::Dataset, id, Text::new(title, ""));
    entry.viewers = vec![EVERYBODY.to_owned()];
    entry
}

fn refresh(index: &Index, stamp: &str, entries: Vec<Entry>) -> Refreshed {
    index.refresh("catalogue", stamp, entries.into_iter().map(Ok::<_, Failure>)).unwrap()
}

fn found(index: &Index, text: &str) -> Vec<String> {
    names(&index.search(&question(text)).unwrap())
}

#[test]
fn a_refresh_writes_only_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (index, opened) = Index::open(folder.path()).unwrap();
    assert_eq!(opened, Opened::New);
    let first = vec![entry("raw.a", "企业登记"), entry("raw.b", "用电"), entry("raw.c", "发票")];
    assert_eq!(refresh(&index, "1", first.clone()), Refreshed { added: 3, ..Refreshed::default() });
    assert_eq!(refresh(&index, "2", first.clone()), Refreshed { kept: 3, ..Refreshed::default() });
    let mut next = first;
    next[0].title.zh = "市场主体登记".to_owned();
    next.remove(1);
    next.push(entry("raw.d", "专利"));
    // One thing named twice is one entry.
    next.push(entry("raw.d", "专利"));
    let done = refresh(&index, "3", next);
    assert_eq!(done, Refreshed { added: 1, changed: 1, removed: 1, kept: 1 });
    assert_eq!(index.len(), 3);
    assert_eq!(found(&index, "市场主体"), ["dataset:raw.a"]);
    assert!(found(&index, "用电").is_empty());
    assert_eq!(index.stamp("catalogue").as_deref(), Some("3"));
}

#[test]
fn an_index_is_kept_when_it_is_opened_again_and_sources_do_not_touch_each_other() {
    let folder = tempfile::tempdir().unwrap();
    {
        let (index, _) = Index::open(folder.path()).unwrap();
        refresh(&index, "1", vec![entry("raw.a", "企业登记")]);
        index.refresh("components", "7", [Ok(entry("chain.gap", "补链分析"))]).unwrap();
    }
    let (index, opened) = Index::open(folder.path()).unwrap();
    assert_eq!(opened, Opened::Kept);
    assert_eq!(
        (index.stamp("catalogue").as_deref(), index.stamp("components").as_deref()),
        (Some("1"), Some("7"))
    );
    refresh(&index, "2", Vec::new());
    assert_eq!((found(&index, "企业登记").len(), found(&index, "补链分析").len()), (0, 1));
}

#[test]
fn a_source_that_fails_half_way_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (index, _) = Index::open(folder.path()).unwrap();
    refresh(&index, "1", vec![entry("raw.a", "企业登记")]);
    let broken = Failure::new(ErrorKind::Unavailable, "test/broken", "断了", "broken off");
    let outcome = index.refresh("catalogue", "2", [Ok(entry("raw.b", "用电")), Err(broken)]);
    assert_eq!(Failure::from(outcome.unwrap_err()).code, "test/broken");
    assert_eq!((found(&index, "企业登记").len(), found(&index, "用电").len()), (1, 0));
    assert_eq!(index.stamp("catalogue").as_deref(), Some("1"));
    // The next one works.
    refresh(&index, "2", vec![entry("raw.b", "用电")]);
    assert_eq!(found(&index, "用电").len(), 1);
}

/// Files of the index that hold entries, largest first.
fn segments(folder: &Path) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|e| e != "json" && e != "lock")).collect();
    files.sort_by_key(|path| std::cmp::Reverse(path.metadata().unwrap().len()));
    files
}

#[test]
fn whatever_is_damaged_on_disk_ends_in_an_index_that_can_be_filled() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 7] = [
        ("a flipped bit", |folder| {
            let path = &segments(folder)[0];
            let mut bytes = std::fs::read(path).unwrap();
            let middle = bytes.len() / 3;
            bytes[middle] ^= 1;
            std::fs::write(path, bytes).unwrap();
        }),
        ("a file cut short", |folder| {
            let path = &segments(folder)[0];
            let bytes = std::fs::read(path).unwrap();
            std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("an empty file", |folder| std::fs::write(&segments(folder)[0], b"").unwrap()),
        ("a file that is gone", |folder| std::fs::remove_file(&segments(folder)[0]).unwrap()),
        ("half a list of segments", |folder| {
            let meta = folder.join("meta.json");
            let text = std::fs::read_to_string(&meta).unwrap();
            std::fs::write(meta, &text[..text.len() / 2]).unwrap();
        }),
        ("no list of segments", |folder| std::fs::remove_file(folder.join("meta.json")).unwrap()),
        ("another format", |folder| {
            let meta = folder.join("meta.json");
            let text = std::fs::read_to_string(&meta).unwrap();
            std::fs::write(meta, text.replace("\\\"format\\\":1", "\\\"format\\\":0")).unwrap();
        }),
    ];
    for (what, damage) in damages {
        let folder = tempfile::tempdir().unwrap();
        {
            let (index, _) = Index::open(folder.path()).unwrap();
            refresh(&index, "1", vec![entry("raw.a", "企业登记")]);
        }
        damage(folder.path());
        let (index, opened) = Index::open(folder.path()).unwrap();
        assert!(matches!(opened, Opened::Emptied(_)), "{what}: {opened:?}");
        assert_eq!(index.stamp("catalogue"), None, "{what}");
        refresh(&index, "1", vec![entry("raw.a", "企业登记")]);
        assert_eq!(found(&index, "企业登记").len(), 1, "{what}");
    }
}

#[test]
fn an_index_that_was_made_but_never_filled_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    drop(Index::open(folder.path()).unwrap());
    let (index, opened) = Index::open(folder.path()).unwrap();
    assert!(matches!(opened, Opened::Emptied(_)), "{opened:?}");
    assert!(index.is_empty());
}
