//! Outcomes worked out by hand.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    StringViewArray, TimestampMicrosecondArray, types::Int32Type,
};
use brain_kernel::progress::Cancel;
use brain_quality::{Inputs, Keys, Lists, Options, Outcome, Plan, Report, Rules, Standing, evaluate};
use chrono::{DateTime, Utc};

pub(crate) fn now() -> DateTime<Utc> {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

pub(crate) fn run(rules: &str, batch: &RecordBatch, lists: &Lists, inputs: Inputs<'_>) -> Report {
    let rules = Rules::parse(rules).unwrap();
    let plan =
        Plan::compile(&rules, &batch.schema(), lists, Options::new(now(), std::env::temp_dir())).unwrap();
    evaluate(&plan, std::slice::from_ref(batch), inputs, &Cancel::new()).unwrap()
}

fn of<'a>(report: &'a Report, rule: &str) -> &'a Outcome {
    report.outcomes.iter().find(|outcome| outcome.rule == rule).unwrap()
}

/// Eight firms, of which one has no code, one a blank name, one a wrong check digit, two the same code.
fn firms() -> RecordBatch {
    let code = StringArray::from(vec![
        Some("91330681716195421C"),
        Some("91330681716195421C"),
        Some("91330681716195421D"),
        None,
        Some("911100001011111117"),
        Some("9111"),
        Some("91310000MA1FL0000X"),
        Some(""),
    ]);
    let name = StringViewArray::from(vec!["甲", "乙", "　", "丁", "戊", "己", "庚庚庚庚庚", "辛"]);
    let status: DictionaryArray<Int32Type> =
        ["open", "open", "closed", "open", "closed", "open", "gone", "open"].into_iter().collect();
    let staff =
        Int64Array::from(vec![Some(3), Some(5), None, Some(-1), Some(8), Some(0), Some(2), Some(100)]);
    let capital = Float64Array::from(vec![1.0, 2.0, f64::NAN, 4.0, 5.0, 6.0, 7.0, 8.0]);
    // 2020-01-01 is day 18262, 2026-11-30 day 20787.
    let opened = Date32Array::from(vec![18262, 18262, 18262, 18262, 18262, 18262, 20787, 20800]);
    let closed = Date32Array::from(vec![None, None, Some(18300), None, None, Some(18000), None, None]);
    let listed = BooleanArray::from(vec![true, true, false, false, false, false, false, false]);
    let seen = TimestampMicrosecondArray::from(vec![Some(now().timestamp_micros() - 36 * 3_600_000_000); 8]);
    let columns: [(&str, ArrayRef); 9] = [
        ("code", Arc::new(code)),
        ("name", Arc::new(name)),
        ("status", Arc::new(status)),
        ("staff", Arc::new(staff)),
        ("capital", Arc::new(capital)),
        ("opened", Arc::new(opened)),
        ("closed", Arc::new(closed)),
        ("listed", Arc::new(listed)),
        ("seen", Arc::new(seen)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

const RULES: &str = r#"
[[rule]]
id = "code-complete"
at_least = 0.75
check = { kind = "complete", column = "code" }
[[rule]]
id = "code-present"
check = { kind = "complete", column = "code", blank_counts = true }
[[rule]]
id = "name-complete"
check = { kind = "complete", column = "name" }
[[rule]]
id = "code-unique"
check = { kind = "unique", columns = ["code"] }
[[rule]]
id = "key-unique"
check = { kind = "unique", columns = ["code", "staff"] }
[[rule]]
id = "code-pattern"
check = { kind = "pattern", column = "code", regex = "[0-9A-Z]{18}" }
[[rule]]
id = "code-digit"
check = { kind = "check_digit", column = "code", scheme = "uscc" }
[[rule]]
id = "status"
check = { kind = "one_of", column = "status", values = ["open", "closed"] }
[[rule]]
id = "staff-range"
check = { kind = "range", column = "staff", min = 0, max = 99.5 }
[[rule]]
id = "capital-range"
check = { kind = "range", column = "capital", min = 1 }
[[rule]]
id = "name-length"
check = { kind = "length", column = "name", min = 1, max = 4 }
[[rule]]
id = "opened"
check = { kind = "range", column = "opened", min = "2000-01-01", max = "today" }
[[rule]]
id = "order"
check = { kind = "compare", left = "opened", order = "at_most", right = "closed" }
[[rule]]
id = "closed-has-day"
when = [{ column = "status", is = "equal", to = "closed" }]
check = { kind = "holds", conditions = [{ column = "closed", is = "present" }] }
[[rule]]
id = "listed-is-big"
when = [{ column = "listed", is = "equal", to = true }, { column = "staff", is = "more", to = 3 }]
check = { kind = "holds", conditions = [{ column = "capital", is = "at_least", to = 2 }] }
[[rule]]
id = "fresh"
check = { kind = "age", column = "seen", max_days = 1.0 }
[[rule]]
id = "fresh-rows"
at_least = 0.5
check = { kind = "age", column = "opened", max_days = 10, of = "each" }
[[rule]]
id = "rows"
check = { kind = "row_count", min = 8, max = 8 }
[[rule]]
id = "mean"
check = { kind = "statistic", column = "staff", measure = "mean", min = 16.0, max = 17.0 }
[[rule]]
id = "missing"
check = { kind = "statistic", column = "staff", measure = "missing_share", max = 0.1 }
[[rule]]
id = "columns"
check = { kind = "columns", wanted = [{ name = "code", kind = "text" }, { name = "staff", kind = "text" }, { name = "zip" }] }
[[rule]]
id = "no-such-column"
severity = "critical"
check = { kind = "complete", column = "zip" }
[[rule]]
id = "not-a-text"
check = { kind = "pattern", column = "staff", regex = "x" }
[[rule]]
id = "list"
check = { kind = "code_list", column = "status", list = "states" }
"#;

#[test]
fn each_check_finds_the_rows_that_were_made_wrong() {
    let mut lists = Lists::new();
    lists.insert("states", ["open", "gone"]);
    let report = run(RULES, &firms(), &lists, Inputs::default());
    assert_eq!(report.rows, 8);
    // Rule, rows checked, rows that fail.
    let rows: [(&str, u64, &[u64]); 15] = [
        ("code-complete", 8, &[3, 7]),
        ("code-present", 8, &[3]),
        ("name-complete", 8, &[2]),
        ("code-unique", 7, &[0, 1]),
        ("key-unique", 6, &[]),
        ("code-pattern", 7, &[5, 7]),
        ("code-digit", 7, &[2, 4, 5, 6, 7]),
        ("status", 8, &[6]),
        ("staff-range", 7, &[3, 7]),
        ("capital-range", 8, &[2]),
        ("name-length", 8, &[6]),
        ("opened", 8, &[7]),
        ("order", 2, &[5]),
        ("closed-has-day", 2, &[4]),
        ("listed-is-big", 1, &[]),
    ];
    for (rule, checked, failing) in rows {
        let found = of(&report, rule);
        assert_eq!((found.checked, found.rows.as_slice()), (checked, failing), "{rule}: {}", found.says.en);
        assert_eq!(found.failed, failing.len() as u64, "{rule}");
    }
    assert_eq!(of(&report, "fresh-rows").rows, [0, 1, 2, 3, 4, 5]);
    assert_eq!(of(&report, "list").rows, [2, 4]);
    let standings = [
        ("code-complete", Standing::Passed),
        ("name-complete", Standing::Failed),
        ("key-unique", Standing::Passed),
        ("fresh", Standing::Failed),
        ("rows", Standing::Passed),
        ("mean", Standing::Passed),
        ("missing", Standing::Failed),
        ("columns", Standing::Failed),
        ("no-such-column", Standing::Unmeasured),
        ("not-a-text", Standing::Unmeasured),
    ];
    for (rule, standing) in standings {
        assert_eq!(of(&report, rule).standing, standing, "{rule}: {}", of(&report, rule).says.en);
    }
    assert_eq!(of(&report, "code-unique").measured, Some(6.0));
    assert_eq!(of(&report, "fresh").measured, Some(1.5));
    // 3, 5, −1, 8, 0, 2, 100: their mean is 117 / 7.
    assert!((of(&report, "mean").measured.unwrap() - 117.0 / 7.0).abs() < 1e-12);
    assert_eq!(of(&report, "columns").measured, Some(2.0));
}

#[test]
fn the_score_is_the_weighted_share_of_what_passed() {
    let rules = r#"
        [weights]
        uniqueness = 3.0
        [[rule]]
        id = "a"
        severity = "critical"
        check = { kind = "complete", column = "code" }
        [[rule]]
        id = "b"
        severity = "warning"
        check = { kind = "row_count", min = 100 }
        [[rule]]
        id = "c"
        check = { kind = "unique", columns = ["code"] }
        [[rule]]
        id = "d"
        check = { kind = "drift", column = "staff", measure = "psi", at_most = 0.2 }
        [[rule]]
        id = "e"
        when = [{ column = "status", is = "equal", to = "nowhere" }]
        check = { kind = "unique", columns = ["name"] }
        [[rule]]
        id = "f"
        severity = "info"
        check = { kind = "pattern", column = "zip", regex = "x" }
    "#;
    let report = run(rules, &firms(), &Lists::new(), Inputs::default());
    // Completeness: (8·6/8 + 2·0)/10 = 0.6. Uniqueness: 5/7, as `e` checks no row. Validity: 0. Drift waits.
    let expected = 100.0 * (0.6 + 3.0 * 5.0 / 7.0 + 0.0) / 5.0;
    assert!((report.score.value.unwrap() - expected).abs() < 1e-9, "{:?}", report.score);
    let parts: Vec<Option<f64>> = report.score.parts.iter().map(|part| part.value.map(f64::round)).collect();
    assert_eq!(parts, [Some(60.0), Some(71.0), Some(0.0), None]);
    assert_eq!(of(&report, "d").standing, Standing::Waiting);
    assert_eq!(of(&report, "e").share, None);
}

fn reference(values: Vec<&str>) -> Keys {
    let column: ArrayRef = Arc::new(StringViewArray::from(values));
    let batch = RecordBatch::try_from_iter([("id", column)]).unwrap();
    let mut keys = Keys::new(1 << 20, std::env::temp_dir());
    keys.observe(&batch, &["id".to_owned()]).unwrap();
    keys
}

#[test]
fn a_reference_names_the_rows_whose_value_is_not_in_the_other_table() {
    let rules = r#"
        [[rule]]
        id = "status-known"
        check = { kind = "reference", columns = ["status"], dataset = "standard.status", target = ["id"] }
        [[rule]]
        id = "staff-known"
        check = { kind = "reference", columns = ["staff"], dataset = "standard.status", target = ["id"] }
        [[rule]]
        id = "nothing-to-look-in"
        check = { kind = "reference", columns = ["name"], dataset = "standard.gone", target = ["id"] }
    "#;
    let mut inputs = Inputs::default();
    inputs.references.insert("status-known".to_owned(), reference(vec!["open", "gone"]));
    inputs.references.insert("staff-known".to_owned(), reference(vec!["3"]));
    let report = run(rules, &firms(), &Lists::new(), inputs);
    assert_eq!(
        (of(&report, "status-known").checked, of(&report, "status-known").rows.as_slice()),
        (8, &[2, 4][..])
    );
    assert_eq!(of(&report, "staff-known").standing, Standing::Unmeasured);
    assert_eq!(of(&report, "nothing-to-look-in").standing, Standing::Unmeasured);
}

fn numbers(values: impl Iterator<Item = i64>, state: &str) -> RecordBatch {
    let numbers = Int64Array::from_iter_values(values);
    let states = StringArray::from_iter_values(
        (0..numbers.values().len()).map(|row| if row % 10 == 0 { "rare" } else { state }),
    );
    let columns: [(&str, ArrayRef); 2] = [("n", Arc::new(numbers)), ("state", Arc::new(states))];
    RecordBatch::try_from_iter(columns).unwrap()
}

#[test]
fn drift_is_seen_against_the_stored_profile_and_not_where_nothing_moved() {
    let rules = r#"
        [[rule]]
        id = "psi"
        check = { kind = "drift", column = "n", measure = "psi", at_most = 0.2 }
        [[rule]]
        id = "ks"
        check = { kind = "drift", column = "n", measure = "ks", at_most = 0.1 }
        [[rule]]
        id = "chi"
        check = { kind = "drift", column = "state", measure = "chi_square", at_most = 0.1 }
        [[rule]]
        id = "rows"
        check = { kind = "row_count", change_at_most = 0.25 }
    "#;
    let first = run(rules, &numbers(1..=1000, "usual"), &Lists::new(), Inputs::default());
    assert!(
        first.outcomes.iter().all(|outcome| outcome.standing == Standing::Waiting),
        "{:?}",
        first.outcomes
    );
    let stored: brain_quality::Profile =
        serde_json::from_str(&serde_json::to_string(&first.profile).unwrap()).unwrap();
    let baseline = || Inputs { baseline: Some(&stored), rows_before: Some(1000), ..Inputs::default() };
    let same = run(rules, &numbers(1..=1000, "usual"), &Lists::new(), baseline());
    for outcome in &same.outcomes {
        assert_eq!(outcome.standing, Standing::Passed, "{}: {}", outcome.rule, outcome.says.en);
    }
    // Half of the values move beyond everything seen: D is 0.5.
    let moved = run(rules, &numbers((501..=1000).chain(2001..=2500), "other"), &Lists::new(), baseline());
    assert!((of(&moved, "ks").measured.unwrap() - 0.5).abs() < 0.01);
    assert!(of(&moved, "ks").p_value.unwrap() < 1e-6);
    for rule in ["psi", "ks", "chi"] {
        assert_eq!(of(&moved, rule).standing, Standing::Failed, "{rule}");
    }
    assert_eq!(of(&moved, "rows").standing, Standing::Passed);
    let fewer = run(rules, &numbers(1..=700, "usual"), &Lists::new(), baseline());
    assert_eq!(of(&fewer, "rows").standing, Standing::Failed);
}

#[test]
fn an_empty_table_fails_what_needs_rows_and_passes_what_judges_them() {
    let rules = r#"
        [[rule]]
        id = "complete"
        check = { kind = "complete", column = "code" }
        [[rule]]
        id = "fresh"
        check = { kind = "age", column = "seen", max_days = 1 }
        [[rule]]
        id = "rows"
        check = { kind = "row_count", min = 1 }
    "#;
    let report = run(rules, &firms().slice(0, 0), &Lists::new(), Inputs::default());
    let standings: Vec<Standing> = report.outcomes.iter().map(|outcome| outcome.standing).collect();
    assert_eq!(standings, [Standing::Passed, Standing::Failed, Standing::Failed]);
    assert_eq!(report.score.value, Some(0.0));
}
