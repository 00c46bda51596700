//! The truth stands apart, is complete, and shows in the data.

use crate::load::{PROVINCE, Table};
use brain_kernel::uscc::check;
use std::collections::{HashMap, HashSet};

const DATA: [&str; 6] = ["registration", "link", "invoice", "power", "change", "directory"];

#[test]
fn data_says_nothing_of_the_truth() {
    let names: HashSet<&str> = PROVINCE.manifest.data.iter().map(|table| table.name).collect();
    assert_eq!(names, HashSet::from(DATA));
    let events = PROVINCE.table("event");
    let ids: HashSet<&str> = events.column("event").collect();
    let words: HashSet<&str> = events.column("kind").collect();
    let only_true = ["kind", "event", "loss", "depth", "activity", "since", "industry_code", "region_code"];
    for table in &PROVINCE.manifest.data {
        assert!(table.columns.iter().all(|column| !only_true.contains(column)), "{}", table.name);
        assert!(
            table.files.iter().all(|file| file.path.starts_with("data/") && !file.path.contains("truth"))
        );
        for row in &PROVINCE.table(table.name).rows {
            assert!(row.iter().all(|cell| !ids.contains(cell.as_str()) && !words.contains(cell.as_str())));
        }
    }
    for table in &PROVINCE.manifest.truth {
        assert!(table.files.iter().all(|file| file.path.starts_with("truth/")));
    }
}

#[test]
fn the_register_has_a_row_for_everybody_and_the_defects_that_are_told() {
    let (register, enterprises, defects) =
        (PROVINCE.table("registration"), PROVINCE.table("enterprise"), PROVINCE.table("defect"));
    let kinds: HashMap<&str, usize> = defects.column("kind").fold(HashMap::new(), |mut kinds, kind| {
        *kinds.entry(kind).or_default() += 1;
        kinds
    });
    assert_eq!(kinds.len(), 10, "{kinds:?}");
    let share = defects.rows.len() as f64 / 20_000.0;
    assert!((share - 0.05).abs() < 0.006, "{share}");
    assert_eq!(register.rows.len(), enterprises.rows.len() + kinds["repeated"]);
    let dirty: HashSet<&str> = defects.column("uscc").collect();
    let mut rows: HashMap<&str, &Vec<String>> = HashMap::new();
    for row in &register.rows {
        rows.insert(register.cell(row, "uscc"), row);
    }
    for row in &enterprises.rows {
        let code = enterprises.cell(row, "uscc");
        if dirty.contains(code) {
            continue;
        }
        // A clean row is the truth, under the same code and name.
        let registered = rows[code];
        assert_eq!(register.cell(registered, "name"), enterprises.cell(row, "name"));
        assert_eq!(register.cell(registered, "reg_date"), enterprises.cell(row, "founded_on"));
    }
    for row in &defects.rows {
        let (written, kind) = (defects.cell(row, "written"), defects.cell(row, "kind"));
        match kind {
            "check_digit" | "old_number" => assert!(check(written).is_err(), "{written}"),
            "missing" => assert!(written.is_empty()),
            _ => {}
        }
        let found = rows.get(written).unwrap_or_else(|| panic!("{kind}: no row {written}"));
        match kind {
            "mojibake" => assert!(register.cell(found, "name").contains('\u{FFFD}')),
            "impossible" => assert!(register.cell(found, "reg_date").ends_with("-02-30")),
            "shifted" => assert_eq!(found.len(), 11),
            "no_unit" => assert!(
                register.cell(found, "capital").bytes().all(|b| b.is_ascii_digit() || b",.".contains(&b))
            ),
            _ => assert_eq!(found.len(), 12),
        }
    }
}

fn by_code<'a>(table: &'a Table, column: &str) -> HashMap<&'a str, Vec<&'a Vec<String>>> {
    let mut found: HashMap<&str, Vec<&Vec<String>>> = HashMap::new();
    for row in &table.rows {
        found.entry(table.cell(row, column)).or_default().push(row);
    }
    found
}

#[test]
fn every_kind_of_event_happens_and_leaves_its_trace() {
    let (events, changes, power) =
        (PROVINCE.table("event"), PROVINCE.table("change"), PROVINCE.table("power"));
    let (changed, used) = (by_code(&changes, "uscc"), by_code(&power, "uscc"));
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for row in &events.rows {
        let (kind, code, ends) =
            (events.cell(row, "kind"), events.cell(row, "uscc"), events.cell(row, "ends_on"));
        *seen.entry(kind).or_default() += 1;
        let closes = matches!(kind, "distress" | "closure" | "last_maker" | "supplier_failure");
        if closes && ends < "2026-01-01" {
            let struck = changed.get(code).is_some_and(|rows| {
                rows.iter().any(|row| {
                    changes.cell(row, "after") == "注销" && changes.cell(row, "changed_on") == ends
                })
            });
            assert!(struck, "{kind} {code} {ends}");
            for reading in used.get(code).into_iter().flatten() {
                assert!(power.cell(reading, "period_start") <= ends, "{code} uses power after it closed");
            }
        }
        assert_eq!(kind == "migration", !events.cell(row, "to_region").is_empty());
    }
    for kind in ["distress", "recovery", "closure", "migration", "supplier_failure", "last_maker"] {
        assert!(seen.contains_key(kind), "{kind} never happens: {seen:?}");
    }
    // Changes that mean nothing are many more than those that mean something.
    let told = changes.column("item").filter(|item| *item == "登记状态").count();
    assert!(changes.rows.len() > 2 * told, "{} {told}", changes.rows.len());
}

#[test]
fn power_falls_before_a_closure_in_distress() {
    let (events, power) = (PROVINCE.table("event"), PROVINCE.table("power"));
    let used = by_code(&power, "uscc");
    let (mut before, mut during, mut firms) = (0.0, 0.0, 0);
    for row in events.rows.iter().filter(|row| events.cell(row, "kind") == "distress") {
        let (begins, ends) = (events.cell(row, "begins_on"), events.cell(row, "ends_on"));
        let Some(readings) = used.get(events.cell(row, "uscc")) else { continue };
        let mean = |from: &str, to: &str| {
            let inside: Vec<f64> = readings
                .iter()
                .filter(|row| (from..to).contains(&power.cell(row, "period_start")))
                .map(|row| power.cell(row, "kwh").parse::<f64>().unwrap())
                .filter(|kwh| *kwh > 0.0)
                .map(f64::ln)
                .collect();
            (inside.len() >= 3).then(|| inside.iter().sum::<f64>() / inside.len() as f64)
        };
        if let (Some(usual), Some(late)) = (mean("2024-01-01", begins), mean(begins, ends)) {
            (before, during, firms) = (before + usual, during + late, firms + 1);
        }
    }
    assert!(firms >= 5, "{firms}");
    assert!((during - before) / f64::from(firms) < -0.15, "{}", (during - before) / f64::from(firms));
}

#[test]
fn nobody_makes_a_product_after_its_gap() {
    let (gaps, enterprises) = (PROVINCE.table("gap"), PROVINCE.table("enterprise"));
    assert_eq!(gaps.rows.len(), 4);
    let mut products: HashMap<&str, HashSet<&str>> = HashMap::new();
    for row in &enterprises.rows {
        products.entry(enterprises.cell(row, "product")).or_default().insert(enterprises.cell(row, "uscc"));
    }
    let closed: HashMap<&str, &str> = enterprises
        .rows
        .iter()
        .map(|row| (enterprises.cell(row, "uscc"), enterprises.cell(row, "closed_on")))
        .collect();
    let register = PROVINCE.table("registration");
    for row in &gaps.rows {
        let (product, since) = (gaps.cell(row, "product"), gaps.cell(row, "since"));
        let makers: HashSet<&str> = gaps.cell(row, "makers").split('|').collect();
        assert_eq!(products[product], makers, "{product}");
        for maker in &makers {
            assert!(
                !closed[maker].is_empty() && closed[maker] <= since,
                "{maker} outlives the gap of {product}"
            );
        }
        // Exactly the makers name it; `、` and `；` end a product, so a longer name does not count.
        let naming = register
            .rows
            .iter()
            .filter(|row| row.len() == 12)
            .filter(|row| {
                let scope = register.cell(row, "scope").replace("制造", "").replace("一般项目：", "");
                scope.split(['、', '，', '；', '。', '（']).any(|part| part == product)
            })
            .filter(|row| !makers.contains(register.cell(row, "uscc")))
            .count();
        assert_eq!(naming, 0, "{product}");
    }
}

#[test]
fn a_failure_ends_the_suppliers_links_and_reaches_its_customers() {
    let (events, links, contagion) =
        (PROVINCE.table("event"), PROVINCE.table("link"), PROVINCE.table("contagion"));
    let failed: HashMap<&str, (&str, &str)> = events
        .rows
        .iter()
        .filter(|row| events.cell(row, "kind") == "supplier_failure")
        .map(|row| (events.cell(row, "uscc"), (events.cell(row, "event"), events.cell(row, "begins_on"))))
        .collect();
    assert_eq!(failed.len(), 8);
    let mut customers: HashMap<&str, HashSet<&str>> = HashMap::new();
    for row in &links.rows {
        if let Some((event, day)) = failed.get(links.cell(row, "supplier_uscc")) {
            let ended = links.cell(row, "ended_on");
            assert!(!ended.is_empty() && ended <= *day, "a failed supplier goes on delivering");
            if ended == *day {
                customers.entry(event).or_default().insert(links.cell(row, "buyer_uscc"));
            }
        }
    }
    let mut reached = 0;
    for row in &contagion.rows {
        let loss: f64 = contagion.cell(row, "loss").parse().unwrap();
        assert!((0.02..=0.9).contains(&loss));
        match contagion.cell(row, "depth") {
            "1" => {
                let event = contagion.cell(row, "event");
                assert!(customers[event].contains(contagion.cell(row, "uscc")), "hit without a link");
                assert_eq!(failed[contagion.cell(row, "via_uscc")].0, event);
                reached += 1;
            }
            depth => assert_eq!(depth, "2"),
        }
    }
    let all: usize = customers.values().map(HashSet::len).sum();
    assert!(reached * 10 > all, "{reached} of {all}");
}

#[test]
fn every_directory_record_has_its_truth() {
    let (directory, identity, enterprises) =
        (PROVINCE.table("directory"), PROVINCE.table("identity"), PROVINCE.table("enterprise"));
    let names: HashMap<&str, &str> = enterprises
        .rows
        .iter()
        .map(|row| (enterprises.cell(row, "uscc"), enterprises.cell(row, "name")))
        .collect();
    let spelt: HashMap<&str, &str> = directory
        .rows
        .iter()
        .map(|row| (directory.cell(row, "record_id"), directory.cell(row, "name")))
        .collect();
    assert_eq!((spelt.len(), identity.rows.len()), (directory.rows.len(), directory.rows.len()));
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    for row in &identity.rows {
        let (code, kind) = (identity.cell(row, "uscc"), identity.cell(row, "kind"));
        *kinds.entry(kind).or_default() += 1;
        let name = spelt[identity.cell(row, "record_id")];
        match kind {
            "stranger" | "look_alike" => {
                assert!(code.is_empty());
                assert!(names.values().all(|known| *known != name), "{name}");
            }
            "exact" => assert_eq!(names[code], name),
            _ => assert_ne!(names[code], name, "{kind}"),
        }
    }
    assert_eq!(kinds.len(), 11, "{kinds:?}");
    // Order tells nothing: neighbours in the register are not neighbours in the directory.
    let place: HashMap<&str, usize> = enterprises.column("uscc").zip(0..).collect();
    let places: Vec<usize> = identity.column("uscc").filter_map(|code| place.get(code).copied()).collect();
    let rising = places.windows(2).filter(|pair| pair[0] < pair[1]).count() as f64 / places.len() as f64;
    assert!(rising < 0.9, "{rising}");
}

#[test]
fn personal_data_lies_where_the_truth_says() {
    let (personal, directory, register) =
        (PROVINCE.table("personal"), PROVINCE.table("directory"), PROVINCE.table("registration"));
    let records = by_code(&directory, "record_id");
    let registered = by_code(&register, "uscc");
    let mut kinds = HashSet::new();
    for row in &personal.rows {
        let (record, column, kind) =
            (personal.cell(row, "record"), personal.cell(row, "column_name"), personal.cell(row, "kind"));
        kinds.insert((column, kind));
        let text = if personal.cell(row, "source_table") == "directory" {
            directory.cell(records[record][0], column)
        } else if let Some(rows) = registered.get(record) {
            register.cell(rows[0], column)
        } else {
            continue; // the row's code is one of the defects
        };
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        match kind {
            "mobile_phone" => assert!(text.contains("164") && digits >= 11, "{text}"),
            "resident_id" => assert!(text.contains("33010620") && digits >= 17, "{text}"),
            "email" => assert!(text.contains("@example.com"), "{text}"),
            other => assert_eq!((other, digits), ("person_name", 0)),
        }
    }
    assert!(kinds.len() >= 5 && kinds.contains(&("address", "mobile_phone")), "{kinds:?}");
    // What the truth does not list holds nothing.
    let listed: HashSet<(&str, &str)> = personal
        .rows
        .iter()
        .map(|row| (personal.cell(row, "record"), personal.cell(row, "column_name")))
        .collect();
    for row in &directory.rows {
        let record = directory.cell(row, "record_id");
        for column in ["contact", "phone"] {
            assert_eq!(directory.cell(row, column).is_empty(), !listed.contains(&(record, column)));
        }
        let telling = directory.cell(row, "remark").bytes().any(|byte| byte.is_ascii_digit());
        assert_eq!(telling, listed.contains(&(record, "remark")));
    }
}
