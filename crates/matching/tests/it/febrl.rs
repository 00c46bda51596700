//! The four FEBRL sets (Christen 2005), at the fixed threshold of one half.

use crate::data::{Score, column, shared, table, text};
use brain_kernel::progress::{Cancel, Progress};
use brain_matching::specification::preset;
use brain_matching::{Clustering, Records, clusters, dedupe, link};
use std::collections::HashSet;
use std::path::Path;

fn read(folder: &Path, name: &str) -> (Records, Vec<String>) {
    let table = table(&text(&folder.join("febrl").join(format!("{name}.csv.gz"))));
    let mut records = Records::new(table.0.iter().skip(1)).unwrap();
    table.1.iter().for_each(|row| records.push(row.iter().skip(1)).unwrap());
    (records, column(&table, "rec_id"))
}

/// `rec-12-dup-0` and `rec-12-org` are one person.
fn person(id: &str) -> &str {
    id.split('-').nth(1).unwrap()
}

/// Dataset 4: the score of linking its two files.
pub(crate) fn linked(folder: &Path) -> Score {
    let ((left, left_ids), (right, right_ids)) = (read(folder, "dataset4a"), read(folder, "dataset4b"));
    let found = link(&left, &right, &preset("person").unwrap(), &Progress::new(), &Cancel::new()).unwrap();
    let same = |left: &str, right: &str| person(left) == person(right);
    let right_pairs =
        found.pairs.iter().filter(|p| same(&left_ids[p.left as usize], &right_ids[p.right as usize]));
    Score { right: right_pairs.count(), found: found.pairs.len(), expected: left.len() }
}

/// Datasets 1 to 3: the scores of the pairs and of the pairs inside clusters.
pub(crate) fn deduped(folder: &Path, name: &str) -> [Score; 2] {
    let (records, ids) = read(folder, name);
    let found = dedupe(&records, &preset("person").unwrap(), &Progress::new(), &Cancel::new()).unwrap();
    let all = (0..ids.len()).flat_map(|a| (a + 1..ids.len()).map(move |b| (a, b)));
    let truth: HashSet<(usize, usize)> =
        all.clone().filter(|(a, b)| person(&ids[*a]) == person(&ids[*b])).collect();
    let pairs = found.pairs.iter().map(|p| (p.left as usize, p.right as usize)).collect();
    let of = clusters(&found.pairs, records.len(), Clustering::default()).of;
    let joined = all.filter(|(a, b)| of[*a] == of[*b]).collect();
    [Score::of(&pairs, &truth), Score::of(&joined, &truth)]
}

#[test]
fn two_files_of_persons_are_linked() {
    let Some(folder) = shared("febrl/dataset4a.csv.gz") else { return };
    let score = linked(&folder);
    println!("febrl4: {score:?} F1 {:.5}", score.f1());
    assert!(score.f1() >= 0.9994, "{score:?}");
}

#[test]
fn files_of_persons_with_duplicates_are_clustered() {
    let Some(folder) = shared("febrl/dataset1.csv.gz") else { return };
    for name in ["dataset1", "dataset2", "dataset3"] {
        let [pairs, joined] = deduped(&folder, name);
        println!("{name}: pairs F1 {:.5}, clusters F1 {:.5}", pairs.f1(), joined.f1());
        assert!(pairs.f1() >= 0.999 && joined.f1() >= 0.999, "{name}: {pairs:?} {joined:?}");
    }
}
