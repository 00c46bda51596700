//! A large province, where somebody asks for it: `BRAIN_SIMULATE_ENTERPRISES=1000000 cargo test --release`.

use crate::load::{Folder, options};
use brain_simulate::FileFormat;

#[test]
fn a_large_province_keeps_its_proportions() {
    #[expect(clippy::disallowed_methods, reason = "a large run is asked for by the environment")]
    let wanted = std::env::var("BRAIN_SIMULATE_ENTERPRISES").ok();
    let Some(enterprises) = wanted.and_then(|text| text.parse().ok()) else {
        println!("skipped: set BRAIN_SIMULATE_ENTERPRISES");
        return;
    };
    let mut given = options(enterprises, 1);
    given.format = FileFormat::CsvZst;
    let folder = Folder::new(&given);
    let rows = |name: &str| {
        let all = folder.manifest.data.iter().chain(&folder.manifest.truth);
        all.clone().find(|table| table.name == name).unwrap().rows as f64 / f64::from(enterprises)
    };
    assert!((rows("registration") - 1.0).abs() < 0.002);
    assert!((rows("enterprise") - 1.0).abs() < 1e-12);
    assert!((2.5..6.0).contains(&rows("link")), "{}", rows("link"));
    assert!((1.8..2.6).contains(&rows("power")), "{}", rows("power"));
    assert!((0.1..3.0).contains(&rows("invoice")), "{}", rows("invoice"));
    assert!(folder.manifest.events["supplier_failure"] > 0 && folder.manifest.events["chain_gap"] > 0);
}
