//! Generated lists of Chinese firms with 字号 from the shared data folder, at the fixed threshold of one half.

use crate::data::{Score, shared, text};
use brain_kernel::progress::{Cancel, Progress};
use brain_matching::specification::{Assignment, preset};
use brain_matching::synthetic::{Firm, Noise, Shape, firms};
use brain_matching::{Linkage, Records, link};
use std::collections::HashSet;
use std::path::Path;

const SHAPE: Shape = Shape { left: 16_000, right: 14_000, both: 10_000, noise: Noise::USUAL, seed: 7 };

fn records(list: &[Firm]) -> Records {
    let mut records = Records::new(["name", "city", "uscc"]).unwrap();
    list.iter().for_each(|firm| records.push([&firm.name, &firm.city, &firm.uscc]).unwrap());
    records
}

fn lists(folder: &Path, noise: Noise) -> [Vec<Firm>; 2] {
    let names = text(&folder.join("company_short_names/short_names_28w.txt.gz"));
    let han = |name: &&str| name.chars().all(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
    let brands: Vec<&str> = names
        .lines()
        .map(str::trim)
        .filter(|name| (2..=6).contains(&name.chars().count()))
        .filter(han)
        .collect();
    firms(&brands, Shape { noise, ..SHAPE })
}

fn score(lists: &[Vec<Firm>; 2], assignment: Assignment) -> (Score, Linkage) {
    let [left, right] = lists.each_ref().map(|list| records(list));
    let mut specification = preset("firm").unwrap();
    specification.assignment = assignment;
    let found = link(&left, &right, &specification, &Progress::new(), &Cancel::new()).unwrap();
    let entities: HashSet<usize> = lists[0].iter().map(|firm| firm.entity).collect();
    let expected = lists[1].iter().filter(|firm| entities.contains(&firm.entity)).count();
    let right =
        found.pairs.iter().filter(|p| lists[0][p.left as usize].entity == lists[1][p.right as usize].entity);
    (Score { right: right.count(), found: found.pairs.len(), expected }, found)
}

/// Usual and hard lists, each without and with one partner at most.
pub(crate) fn scores(folder: &Path) -> Vec<(&'static str, Score)> {
    let mut all = Vec::new();
    for (noise, names) in
        [(Noise::USUAL, ["usual", "usual, one to one"]), (Noise::HARD, ["hard", "hard, one to one"])]
    {
        let lists = lists(folder, noise);
        for (assignment, name) in [Assignment::ManyToMany, Assignment::OneToOne].into_iter().zip(names) {
            all.push((name, score(&lists, assignment).0));
        }
    }
    all
}

#[test]
fn two_lists_of_firms_are_linked_and_one_half_is_a_sensible_threshold() {
    let Some(folder) = shared("company_short_names/short_names_28w.txt.gz") else { return };
    let lists = lists(&folder, Noise::USUAL);
    let (score, found) = score(&lists, Assignment::ManyToMany);
    println!("firms: {score:?} F1 {:.5}", score.f1());
    assert!(score.f1() >= 0.992, "{score:?}");
    assert!(found.model.log_likelihood.windows(2).all(|pair| pair[1] >= pair[0] - 1e-6 * pair[0].abs()));
}

#[test]
fn subsidiaries_in_other_cities_are_relatives() {
    let Some(folder) = shared("company_short_names/short_names_28w.txt.gz") else { return };
    let lists = lists(&folder, Noise::HARD);
    let (score, found) = score(&lists, Assignment::ManyToMany);
    println!("hard: {score:?} F1 {:.5}", score.f1());
    assert!(found.model.kin_prior > 0.0 && score.f1() >= 0.985, "{score:?}");
}
