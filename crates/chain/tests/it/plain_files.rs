//! Plain files: what is wrong is named by file, line, column, value and mended by advice in both languages.

use brain_chain::error::ChainError;
use brain_chain::esri::{EsriOptions, every_single_failure};
use brain_chain::network_files::{FileLimits, read_network, write_risks};
use brain_kernel::error::Failure;
use brain_kernel::progress::{Cancel, Progress};

const EDGES: &str = "supplier,buyer,amount\n甲,乙,10\n乙,丙,5.5\n";
const FIRMS: &str = "firm,sector\n甲,1\n乙,2\n丙,2\n";
const NEED: &str = "2,1\n0,2\n";

fn check(edges: &str, firms: &str, need: &str, file: &str, line: u64, column: &str) {
    let error = read_network(edges.as_bytes(), firms.as_bytes(), need.as_bytes(), &FileLimits::default())
        .unwrap_err();
    match &error {
        ChainError::File(fault) => {
            assert_eq!((fault.file, fault.line, fault.column.as_str()), (file, line, column), "{error}");
            assert!(!fault.fix_zh.is_empty() && !fault.fix_en.is_empty());
        }
        other => panic!("{other}"),
    }
    let failure = Failure::from(error);
    assert_eq!(failure.code, "chain/file");
    assert!(failure.hint.is_some());
}

#[test]
fn each_fault_names_its_place() {
    check("supplier,buyer\n甲,乙\n", FIRMS, NEED, "edges", 1, "amount");
    check("supplier,buyer,amount\n甲,丁,1\n", FIRMS, NEED, "edges", 2, "buyer");
    check("supplier,buyer,amount\n甲,乙,1\n甲,乙,\"1,000\"\n", FIRMS, NEED, "edges", 3, "amount");
    check("supplier,buyer,amount\n甲,乙,-1\n", FIRMS, NEED, "edges", 2, "amount");
    check("supplier,buyer,amount\n甲,乙,nan\n", FIRMS, NEED, "edges", 2, "amount");
    check("supplier,buyer,amount\n,乙,1\n", FIRMS, NEED, "edges", 2, "supplier");
    check(EDGES, "firm,sector\n甲,1\n乙,3\n", NEED, "firms", 3, "sector");
    check(EDGES, "firm,sector\n甲,1\n甲,2\n", NEED, "firms", 3, "firm");
    check(EDGES, FIRMS, "2,1\n0,3\n", "essentiality", 2, "2");
    check(EDGES, FIRMS, "2,1\n0\n", "essentiality", 2, "1");
    check(EDGES, FIRMS, "2,1,0\n0,1,2\n", "essentiality", 2, "-");
}

#[test]
fn a_file_above_its_limit_is_refused() {
    let limits = FileLimits { edges_max: 1, ..FileLimits::default() };
    let error = read_network(EDGES.as_bytes(), FIRMS.as_bytes(), NEED.as_bytes(), &limits).unwrap_err();
    assert!(matches!(error, ChainError::TooLarge { limit: 1, .. }), "{error}");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
    let edges = format!("\u{feff}{}", EDGES.replace('\n', "\r\n"));
    let firms = format!("\u{feff}{}", FIRMS.replace('\n', "\r\n"));
    let need = format!("\u{feff}{}", NEED.replace('\n', "\r\n"));
    let network =
        read_network(edges.as_bytes(), firms.as_bytes(), need.as_bytes(), &FileLimits::default()).unwrap();
    assert_eq!((network.firm_count(), network.link_count()), (3, 2));
}

#[test]
fn written_risks_read_back_to_the_same_numbers_in_firm_order() {
    let network =
        read_network(EDGES.as_bytes(), FIRMS.as_bytes(), NEED.as_bytes(), &FileLimits::default()).unwrap();
    let risks =
        every_single_failure(&network, &EsriOptions::default(), &Progress::new(), &Cancel::new()).unwrap();
    let text = write_risks(&network, &risks);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("firm,esri,esri_down,esri_up,iterations"));
    for ((line, risk), name) in lines.zip(&risks).zip(["甲", "乙", "丙"]) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[0], name);
        assert_eq!(cells[1].parse::<f64>().unwrap().to_bits(), risk.esri.to_bits());
    }
}
