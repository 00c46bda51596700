//! What people type into the search box.

use brain_kernel::error::Failure;
use brain_kernel::language::Text;
use brain_search::{Entry, Filters, Index, Kind, LIMIT_MAX, Question};
use chrono::NaiveDate;
use std::sync::LazyLock;

const VIEWER: &str = "everybody";

/// A small index that lives as long as the process.
static INDEX: LazyLock<(tempfile::TempDir, Index)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let (index, _) = Index::open(folder.path()).expect("an index");
    let titles = ["谐波减速器", "企业登记", "Enterprise links", "重庆银行（CQ）", "諧波・減速器"];
    let entries = titles.into_iter().enumerate().map(|(at, title)| {
        let mut entry = Entry::new(Kind::Dataset, format!("raw.t{at}"), Text::new(title, title));
        entry.summary = Text::new("企业的用电量，按月。", "Electricity by month.");
        entry.viewers = vec![VIEWER.to_owned()];
        Ok::<_, Failure>(entry)
    });
    index.refresh("fuzz", "1", entries).expect("a refresh");
    (folder, index)
});

/// Any text is a question with an answer, and marking what matched changes no text.
pub fn question(data: &[u8]) {
    let question = Question {
        text: String::from_utf8_lossy(data).into_owned(),
        filters: Filters::default(),
        viewer: vec![VIEWER.to_owned()],
        today: NaiveDate::MIN,
        offset: 0,
        limit: usize::MAX,
    };
    let answer = INDEX.1.search(&question).expect("an answer");
    assert!(answer.hits.len() <= LIMIT_MAX && answer.hits.len() as u64 <= answer.total);
    for hit in answer.hits {
        let shown: String = hit.title_marked.zh.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(shown, hit.title.zh);
    }
}
