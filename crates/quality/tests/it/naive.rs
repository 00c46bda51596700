//! The pass against a plain reading of the rules, over random tables cut and merged in random ways.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use brain_quality::{Inputs, Lists, Options, Plan, Report, Rules, State};
use proptest::prelude::*;

use crate::golden::now;

#[derive(Debug, Clone)]
struct Row {
    code: Option<String>,
    group: Option<String>,
    n: Option<i64>,
    x: Option<f64>,
    from: Option<i32>,
    to: Option<i32>,
}

fn row() -> impl Strategy<Value = Row> {
    let some = proptest::option::weighted::<BoxedStrategy<i64>>;
    (
        proptest::option::weighted(0.9, "[a-c]{0,2}|[0-9]{3}| |　"),
        proptest::option::weighted(0.9, "[xyz]"),
        some(0.9, (-3i64..12).boxed()),
        proptest::option::weighted(0.9, prop_oneof![9 => -5.0f64..5.0, 1 => Just(f64::NAN)]),
        proptest::option::weighted(0.8, 20_770i32..20_795),
        proptest::option::weighted(0.8, 20_770i32..20_795),
    )
        .prop_map(|(code, group, n, x, from, to)| Row { code, group, n, x, from, to })
}

const RULES: &str = r#"
[[rule]]
id = "complete"
check = { kind = "complete", column = "code" }
[[rule]]
id = "unique"
check = { kind = "unique", columns = ["code"] }
[[rule]]
id = "unique-pair"
check = { kind = "unique", columns = ["code", "n"] }
[[rule]]
id = "unique-when"
when = [{ column = "n", is = "at_least", to = 5 }]
check = { kind = "unique", columns = ["code"] }
[[rule]]
id = "pattern"
check = { kind = "pattern", column = "code", regex = "[a-c]+" }
[[rule]]
id = "one-of"
check = { kind = "one_of", column = "group", values = ["x", "y"] }
[[rule]]
id = "range"
check = { kind = "range", column = "n", min = 0, max = 9 }
[[rule]]
id = "range-real"
check = { kind = "range", column = "x", min = -4.5 }
[[rule]]
id = "length"
check = { kind = "length", column = "code", min = 1, max = 2 }
[[rule]]
id = "compare"
check = { kind = "compare", left = "from", order = "at_most", right = "to" }
[[rule]]
id = "compare-numbers"
check = { kind = "compare", left = "n", order = "more", right = "x" }
[[rule]]
id = "holds"
when = [{ column = "group", is = "one_of", values = ["x", "z"] }]
check = { kind = "holds", conditions = [{ column = "n", is = "more", to = 2 }, { column = "to", is = "present" }] }
[[rule]]
id = "each-age"
check = { kind = "age", column = "from", max_days = 7, of = "each" }
[[rule]]
id = "mean"
check = { kind = "statistic", column = "x", measure = "mean", min = 0.0 }
"#;

fn batch(rows: &[Row]) -> RecordBatch {
    let columns: [(&str, ArrayRef); 6] = [
        ("code", Arc::new(rows.iter().map(|row| row.code.as_deref()).collect::<StringArray>())),
        ("group", Arc::new(rows.iter().map(|row| row.group.as_deref()).collect::<StringArray>())),
        ("n", Arc::new(rows.iter().map(|row| row.n).collect::<Int64Array>())),
        ("x", Arc::new(rows.iter().map(|row| row.x).collect::<Float64Array>())),
        ("from", Arc::new(rows.iter().map(|row| row.from).collect::<Date32Array>())),
        ("to", Arc::new(rows.iter().map(|row| row.to).collect::<Date32Array>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Per row: none where it is not checked, otherwise whether it passes.
fn judged(rule: &str, rows: &[Row]) -> Option<Vec<Option<bool>>> {
    let each = |judge: fn(&Row) -> Option<bool>| Some(rows.iter().map(judge).collect());
    let unique = |key: fn(&Row) -> Option<String>| {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        rows.iter().filter_map(key).for_each(|key| *counts.entry(key).or_default() += 1);
        Some(rows.iter().map(|row| key(row).map(|key| counts[&key] == 1)).collect())
    };
    match rule {
        "complete" => each(|row| Some(row.code.as_deref().is_some_and(|code| !blank(code)))),
        "unique" => unique(|row| row.code.clone()),
        "unique-pair" => unique(|row| Some(format!("{:?}/{}", row.code.as_ref()?, row.n?))),
        "unique-when" => unique(|row| row.n.is_some_and(|n| n >= 5).then(|| row.code.clone())?),
        "pattern" => each(|row| {
            let code = row.code.as_deref()?;
            Some(!code.is_empty() && code.chars().all(|c| ('a'..='c').contains(&c)))
        }),
        "one-of" => each(|row| row.group.as_deref().map(|group| group == "x" || group == "y")),
        "range" => each(|row| row.n.map(|n| (0..=9).contains(&n))),
        "range-real" => each(|row| row.x.map(|x| x >= -4.5)),
        "length" => each(|row| row.code.as_deref().map(|code| (1..=2).contains(&code.chars().count()))),
        "compare" => each(|row| Some(row.from? <= row.to?)),
        "compare-numbers" => each(|row| Some((row.n? as f64) > row.x?)),
        "holds" => each(|row| {
            matches!(row.group.as_deref(), Some("x" | "z"))
                .then(|| row.n.is_some_and(|n| n > 2) && row.to.is_some())
        }),
        // 2026-11-30 is day 20787.
        "each-age" => each(|row| row.from.map(|from| from >= 20_780)),
        _ => None,
    }
}

/// Cut the table at the given places, look at each part on its own state, and merge them in a given order.
fn run(plan: &Plan, rows: &[Row], cuts: &[usize], backwards: bool, as_tree: bool) -> Report {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut % (rows.len() + 1)).collect();
    places.extend([0, rows.len()]);
    places.sort_unstable();
    let mut states: Vec<State> = places
        .windows(2)
        .map(|pair| {
            let mut state = State::new(plan);
            state.observe(plan, &batch(&rows[pair[0]..pair[1]]), pair[0] as u64).unwrap();
            state
        })
        .collect();
    if backwards {
        states.reverse();
    }
    while states.len() > 1 {
        if as_tree {
            let mut joined = Vec::new();
            let mut rest = states.into_iter();
            while let Some(left) = rest.next() {
                joined.push(match rest.next() {
                    Some(right) => left.merge(right).unwrap(),
                    None => left,
                });
            }
            states = joined;
        } else {
            let last = states.pop().unwrap();
            let before = states.pop().unwrap();
            states.push(before.merge(last).unwrap());
        }
    }
    states.pop().unwrap().finish(plan, Inputs::default()).unwrap()
}

fn plan(keys_bytes: usize) -> Plan {
    let options =
        Options { profile: true, examples: 4, keys_bytes, ..Options::new(now(), std::env::temp_dir()) };
    Plan::compile(&Rules::parse(RULES).unwrap(), &batch(&[]).schema(), &Lists::new(), options).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_pass_judges_as_a_plain_reading_does(
        rows in proptest::collection::vec(row(), 0..300),
        cuts in proptest::collection::vec(0usize..400, 0..6),
        backwards in any::<bool>(),
        as_tree in any::<bool>(),
    ) {
        let plan = plan(1 << 20);
        let report = run(&plan, &rows, &cuts, backwards, as_tree);
        prop_assert_eq!(report.rows, rows.len() as u64);
        for outcome in &report.outcomes {
            let Some(judged) = judged(&outcome.rule, &rows) else { continue };
            let failing: Vec<u64> =
                (0..).zip(&judged).filter(|(_, judged)| **judged == Some(false)).map(|(row, _)| row).collect();
            prop_assert_eq!(outcome.checked, judged.iter().flatten().count() as u64, "{}", &outcome.rule);
            prop_assert_eq!(outcome.failed, failing.len() as u64, "{}", &outcome.rule);
            prop_assert_eq!(&outcome.rows, &failing[..failing.len().min(4)], "{}", &outcome.rule);
        }
        let xs: Vec<f64> = rows.iter().filter_map(|row| row.x).filter(|x| !x.is_nan()).collect();
        if !xs.is_empty() {
            let mean = report.outcomes.last().unwrap().measured.unwrap();
            prop_assert!((mean - xs.iter().sum::<f64>() / xs.len() as f64).abs() < 1e-9);
        }
        let codes: std::collections::BTreeSet<_> = rows.iter().filter_map(|row| row.code.clone()).collect();
        let profiled = report.profile.column("code").unwrap();
        prop_assert_eq!(profiled.distinct.unwrap().value, codes.len() as f64);
        prop_assert_eq!(profiled.present, rows.iter().filter(|row| row.code.is_some()).count() as u64);
    }

    #[test]
    fn merging_is_associative_and_blind_to_order(
        rows in proptest::collection::vec(row(), 0..200),
        cuts in proptest::collection::vec(0usize..300, 0..8),
        backwards in any::<bool>(),
    ) {
        let plan = plan(1 << 20);
        let whole = run(&plan, &rows, &[], false, false);
        for as_tree in [false, true] {
            let cut = run(&plan, &rows, &cuts, backwards, as_tree);
            // Means keep their rounding error along, so even they are equal to the last bit shown.
            prop_assert_eq!(serde_json::to_string(&cut).unwrap(), serde_json::to_string(&whole).unwrap());
        }
    }
}

/// More keys than the room for them: they go through files, and the result is the same.
#[test]
fn keys_that_do_not_fit_into_memory_give_the_same_result() {
    let rows: Vec<Row> = (0..20_000)
        .map(|n| Row {
            code: Some(format!("{}", n % 19_990)),
            group: None,
            n: Some(n),
            x: None,
            from: None,
            to: None,
        })
        .collect();
    let cuts: Vec<usize> = (0..20_000).step_by(1_500).collect();
    let small = run(&plan(1), &rows, &cuts, false, true);
    let large = run(&plan(1 << 26), &rows, &cuts, true, false);
    assert_eq!(small.outcomes, large.outcomes);
    let unique = small.outcomes.iter().find(|outcome| outcome.rule == "unique").unwrap();
    assert_eq!((unique.failed, unique.rows.as_slice()), (20, &[0, 1, 2, 3][..]));
    assert_eq!(unique.measured, Some(19_990.0));
}
