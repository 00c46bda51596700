//! Laws of the model on generated lists with a handful of made-up 字号.

use brain_kernel::progress::{Cancel, Progress};
use brain_matching::specification::preset;
use brain_matching::synthetic::{Noise, Shape, firms};
use brain_matching::{Linkage, Records, link};
use proptest::prelude::*;

/// Two characters each, from two sets, so that many share one.
fn brands() -> Vec<String> {
    let firsts = "恒华鑫永金瑞泰盛新东海天宏正德广明嘉联福".chars();
    let seconds: Vec<char> = "达源丰泰兴利隆茂成安远业辉翔通".chars().collect();
    firsts.flat_map(|a| seconds.iter().map(move |b| format!("{a}{b}")).collect::<Vec<_>>()).collect()
}

fn run(seed: u64, left: usize, right: usize) -> Linkage {
    let brands = brands();
    let brands: Vec<&str> = brands.iter().map(String::as_str).collect();
    let shape = Shape { left, right, both: left.min(right) / 2, noise: Noise::HARD, seed };
    let [left, right] = firms(&brands, shape).map(|list| {
        let mut records = Records::new(["name", "city", "uscc"]).unwrap();
        list.iter().for_each(|firm| records.push([&firm.name, &firm.city, &firm.uscc]).unwrap());
        records
    });
    let mut specification = preset("firm").unwrap();
    specification.threshold = 0.0;
    specification.training.random_pairs = 5000;
    link(&left, &right, &specification, &Progress::new(), &Cancel::new()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn likelihood_never_falls_and_shares_are_shares(seed in any::<u64>(), left in 1..120_usize, right in 1..120_usize) {
        let found = run(seed, left, right);
        let model = &found.model;
        prop_assert!(model.prior > 0.0 && model.prior + model.kin_prior < 1.0);
        for pair in model.log_likelihood.windows(2) {
            prop_assert!(pair[1] >= pair[0] - 1e-9 * pair[0].abs(), "{:?}", model.log_likelihood);
        }
        for comparison in &model.comparisons {
            let sums = [
                comparison.levels.iter().map(|l| l.m).sum::<f64>(),
                comparison.levels.iter().map(|l| l.u).sum::<f64>(),
                comparison.levels.iter().map(|l| l.kin.unwrap_or(0.0)).sum::<f64>(),
            ];
            let kin = comparison.levels.iter().any(|l| l.kin.is_some());
            prop_assert!((sums[0] - 1.0).abs() < 1e-9 && (sums[1] - 1.0).abs() < 1e-9, "{comparison:?}");
            prop_assert!(!kin || (sums[2] - 1.0).abs() < 1e-9, "{comparison:?}");
        }
        for pair in &found.pairs {
            prop_assert!((0.0..=1.0).contains(&pair.probability) && pair.weight.is_finite(), "{pair:?}");
        }
    }

    #[test]
    fn equal_inputs_give_equal_bits_on_one_thread_and_many(seed in any::<u64>()) {
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (one, many) = (pool(1).install(|| run(seed, 150, 150)), pool(4).install(|| run(seed, 150, 150)));
        prop_assert_eq!(one.pairs, many.pairs);
        prop_assert_eq!(one.model, many.model);
    }
}
