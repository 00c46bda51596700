//! `brain simulate`: a province that the normal pipeline governs and whose truth it can be measured by.

use crate::node::TestNode;

const PROVINCE: [&str; 13] = [
    "simulate",
    "--enterprises",
    "400",
    "--seed",
    "5",
    "--out",
    "province",
    "--dirty",
    "0.2",
    "--invoiced",
    "0.3",
    "--metered",
    "0.3",
];

#[test]
fn a_simulated_province_lands_labelled_and_its_truth_counts_what_was_refused() {
    let node = TestNode::new();
    let told = node.ok(&PROVINCE);
    assert!(told.contains("Simulated: Company register: ") && told.contains("--as simulated"), "{told}");
    let folder = node.place().join("province");
    assert!(folder.join("manifest.json").exists());
    for mapping in ["simulated", "simulated_enterprise", "simulated_truth"] {
        node.ok(&["ingest", folder.to_str().unwrap(), "--as", mapping]);
    }
    let one = |sql: &str| node.sql(sql)[0]["n"].as_u64().unwrap();
    // Exactly the rows that cannot be read are refused; the others land.
    let unreadable = "'check_digit', 'missing', 'old_number', 'mojibake', 'shifted', 'impossible'";
    let defects =
        |more: &str| format!("SELECT count(*) AS n FROM raw.simulated_truth_defect WHERE kind {more}");
    let refused = one("SELECT count(*) AS n FROM raw.simulated_registration_quarantine");
    assert_eq!(refused, one(&defects(&format!("IN ({unreadable})"))));
    assert!(refused > 10);
    let landed = one("SELECT count(*) AS n FROM raw.simulated_registration");
    assert_eq!(landed + refused, 400 + one(&defects("= 'repeated'")));
    // Every row of the subject tables says what it is, and each enterprise is there once.
    let enterprises = "SELECT count(*) AS n FROM subject.enterprise WHERE uscc LIKE '98%'";
    assert_eq!(one(enterprises), 400 - refused);
    for table in ["subject.enterprise", "subject.enterprise_link", "subject.enterprise_product"] {
        assert!(one(&format!("SELECT count(*) AS n FROM {table} WHERE source = '模拟数据'")) > 0, "{table}");
        assert_eq!(
            one(&format!("SELECT count(*) AS n FROM {table} WHERE source <> '模拟数据'")),
            0,
            "{table}"
        );
    }
    let region = "SELECT count(*) AS n FROM subject.enterprise e JOIN raw.simulated_truth_enterprise t \
                  ON t.uscc = e.uscc WHERE left(e.region_code, 4) = left(t.region_code, 4)";
    assert!(one(region) * 100 >= (400 - refused) * 90, "addresses resolve to the true city");
    let shown = node.ok(&["catalog", "list", "simulated"]);
    assert!(shown.contains("raw.simulated_registration") && shown.contains("Simulated"), "{shown}");
}

#[test]
fn a_folder_in_use_and_an_option_out_of_bounds_are_refused() {
    let node = TestNode::new();
    node.ok(&PROVINCE);
    let again = node.run(&PROVINCE);
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("simulate/occupied") && again.err.contains("not empty"), "{}", again.err);
    let wrong = node.run(&["simulate", "--enterprises", "5", "--out", "other"]);
    assert!(wrong.err.contains("simulate/option") && wrong.err.contains("enterprises"), "{}", wrong.err);
    let nowhere = node.run(&["simulate", "--enterprises", "500", "--province", "710000", "--out", "other"]);
    assert!(nowhere.err.contains("710000") && !node.place().join("other").join("manifest.json").exists());
}
