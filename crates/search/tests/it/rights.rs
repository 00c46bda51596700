use crate::corpus::{EVERYBODY, names, question, today};
use brain_kernel::error::Failure;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_search::{Entry, Index, Kind};

fn entry(id: &str, zone: &str, viewers: &[&str]) -> Entry {
    let mut entry = Entry::new(Kind::Dataset, id, Text::new("企业用电", "Electricity"));
    entry.viewers = viewers.iter().map(|label| (*label).to_owned()).collect();
    entry.zone = Some(zone.to_owned());
    entry.grade = Some(Grade::General3);
    entry.changed_on = Some(today());
    entry
}

fn index(entries: Vec<Entry>) -> (tempfile::TempDir, Index) {
    let folder = tempfile::tempdir().unwrap();
    let (index, _) = Index::open(folder.path()).unwrap();
    index.refresh("test", "1", entries.into_iter().map(Ok::<_, Failure>)).unwrap();
    (folder, index)
}

#[test]
fn nobody_finds_or_counts_what_he_may_not_know_of() {
    let (_folder, index) = index(vec![
        entry("raw.open", "raw", &[EVERYBODY]),
        entry("raw.inside", "raw", &["role:auditor"]),
        entry("raw.nobody", "raw", &[]),
    ]);
    let mut asked = question("企业用电");
    let answer = index.search(&asked).unwrap();
    assert_eq!(names(&answer), ["dataset:raw.open"]);
    assert_eq!((answer.total, answer.facets.zone[0].count), (1, 1));
    asked.viewer.push("role:auditor".to_owned());
    assert_eq!(index.search(&asked).unwrap().total, 2);
    asked.viewer.clear();
    assert_eq!(index.search(&asked).unwrap().total, 0);
    // Nor by its name, by filters alone, or by excluding something else.
    for text in ["raw.nobody", "zone:raw", "-发票", "rawnobody"] {
        let answer = index.search(&question(text)).unwrap();
        assert!(!names(&answer).contains(&"dataset:raw.nobody".to_owned()), "{text}");
    }
}

#[test]
fn filters_narrow_the_hits_and_leave_the_other_values_countable() {
    let (_folder, index) = index(vec![
        entry("raw.a", "raw", &[EVERYBODY]),
        entry("raw.b", "raw", &[EVERYBODY]),
        entry("subject.c", "subject", &[EVERYBODY]),
    ]);
    let answer = index.search(&question("用电 zone:subject")).unwrap();
    assert_eq!(names(&answer), ["dataset:subject.c"]);
    let zones: Vec<(&str, u64)> =
        answer.facets.zone.iter().map(|counted| (counted.value.as_str(), counted.count)).collect();
    assert_eq!(zones, [("raw", 2), ("subject", 1)]);
    assert_eq!(answer.facets.grade[0].value, "general3");
    assert_eq!(answer.facets.kind[0].count, 1);
    let mut both = question("用电 zone:subject");
    both.filters.zone = vec!["raw".to_owned()];
    assert_eq!(index.search(&both).unwrap().total, 3, "values of one filter are alternatives");
    let mut none = question("用电 zone:subject");
    none.filters.owner = vec!["某局".to_owned()];
    assert_eq!(index.search(&none).unwrap().total, 0, "all filters must hold");
}

#[test]
fn use_and_freshness_order_what_matches_alike() {
    let mut used = entry("raw.used", "raw", &[EVERYBODY]);
    used.uses = 500;
    let mut old = entry("raw.old", "raw", &[EVERYBODY]);
    old.changed_on = Some(today() - chrono::Days::new(900));
    let (_folder, index) = index(vec![old, entry("raw.plain", "raw", &[EVERYBODY]), used]);
    assert_eq!(
        names(&index.search(&question("用电")).unwrap()),
        ["dataset:raw.used", "dataset:raw.plain", "dataset:raw.old"]
    );
    let mut second = question("用电");
    (second.offset, second.limit) = (1, 1);
    assert_eq!(names(&index.search(&second).unwrap()), ["dataset:raw.plain"]);
}
