//! Seconds for every single failure of a simulated 10,000-firm network. Run with `--release`.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason = "a measuring program")]

use brain_chain::esri::{EsriOptions, every_single_failure};
use brain_chain::synthetic::synthetic_network;
use brain_kernel::progress::{Cancel, Progress};

fn main() {
    let network = synthetic_network(10_000, 58_673, 1).unwrap();
    for (replaceability, epsilon) in [(true, 1e-2), (true, 1e-6), (true, 1e-8), (false, 1e-6), (false, 1e-2)]
    {
        let start = std::time::Instant::now();
        let options = EsriOptions { replaceability, epsilon, ..EsriOptions::default() };
        let risks = every_single_failure(&network, &options, &Progress::new(), &Cancel::new()).unwrap();
        let seconds = start.elapsed().as_secs_f64();
        let mut values: Vec<f64> = risks.iter().map(|risk| risk.esri).collect();
        values.sort_by(f64::total_cmp);
        println!(
            "sigma {replaceability} eps {epsilon}: {seconds:.2} s, max {:.4}, median {:.2e}, iterations max {} mean {:.1}",
            values[values.len() - 1],
            values[values.len() / 2],
            risks.iter().map(|risk| risk.iterations).max().unwrap(),
            risks.iter().map(|risk| f64::from(risk.iterations)).sum::<f64>() / risks.len() as f64
        );
    }
}
