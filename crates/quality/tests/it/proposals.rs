//! Rules proposed from what a table looks like.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray};
use brain_kernel::progress::Cancel;
use brain_kernel::uscc;
use brain_quality::propose::propose;
use brain_quality::{Inputs, Lists, Options, Plan, Rules, Standing, evaluate};

use crate::golden::now;

fn table() -> RecordBatch {
    let rows = 0..400i32;
    let code = rows.clone().map(|row| {
        let first = format!("91330106{row:09}");
        format!("{first}{}", uscc::check_character(&first).unwrap())
    });
    let plate = rows.clone().map(|row| format!("浙A-{:05}", row * 7));
    let state = rows.clone().map(|row| if row % 3 == 0 { "存续" } else { "注销" });
    let note = rows.clone().map(|row| (row % 2 == 0).then_some("x"));
    let amount = rows.clone().map(|row| f64::from(row % 90) * 1.5);
    let opened = rows.clone().map(|row| 18_000 + row);
    let closed = rows.clone().map(|row| 18_200 + 2 * row);
    let columns: [(&str, ArrayRef); 7] = [
        ("code", Arc::new(StringArray::from_iter_values(code))),
        ("plate", Arc::new(StringArray::from_iter_values(plate))),
        ("状态", Arc::new(StringArray::from_iter_values(state))),
        ("note", Arc::new(note.collect::<StringArray>())),
        ("amount", Arc::new(Float64Array::from_iter_values(amount))),
        ("opened", Arc::new(Date32Array::from_iter_values(opened))),
        ("closed", Arc::new(Date32Array::from_iter_values(closed))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

#[test]
fn what_a_table_obeys_is_proposed_with_evidence_and_holds_when_run() {
    let table = table();
    let options = || Options { profile: true, ..Options::new(now(), std::env::temp_dir()) };
    let run = |rules: &Rules| {
        let plan = Plan::compile(rules, &table.schema(), &Lists::new(), options()).unwrap();
        evaluate(&plan, std::slice::from_ref(&table), Inputs::default(), &Cancel::new()).unwrap()
    };
    let profile = run(&Rules::default()).profile;
    let proposals = propose(&profile, &Rules::default(), now());
    let ids: Vec<&str> = proposals.iter().map(|proposal| proposal.rule.id.as_str()).collect();
    for expected in [
        "table.row-count",
        "code.complete",
        "code.unique",
        "code.check-digit",
        "plate.pattern",
        "amount.not-negative",
        "amount.drift",
        "opened.not-in-future",
        "opened-closed.order",
    ] {
        assert!(
            ids.iter().any(|id| id.ends_with(expected) || id.contains("order") && expected.contains("order")),
            "{expected} in {ids:?}"
        );
    }
    assert!(ids.iter().any(|id| id.ends_with(".one-of")), "{ids:?}");
    assert!(!ids.contains(&"note.complete"), "half empty");
    assert!(proposals.iter().all(|proposal| !proposal.evidence.zh.is_empty()));
    // They are rules as a person would write them, and the table they come from passes them.
    let rules =
        Rules { rules: proposals.into_iter().map(|proposal| proposal.rule).collect(), ..Rules::default() };
    let rules = Rules::parse(&rules.to_toml().unwrap()).unwrap();
    for outcome in run(&rules).outcomes {
        assert!(
            matches!(outcome.standing, Standing::Passed | Standing::Waiting),
            "{}: {}",
            outcome.rule,
            outcome.says.en
        );
    }
    // What is asked for already is not proposed again.
    assert_eq!(propose(&profile, &rules, now()), []);
}
