//! Contagion: equal to the golden values, equal to the plain formula, ordered as economics demands.

use brain_chain::esri::network::Sale;
use brain_chain::esri::{
    EsriOptions, Essentiality, FirmRisk, Need, Scenario, Shock, SupplyNetwork, every_single_failure, simulate,
};
use brain_chain::network_files::{FileLimits, read_network};
use brain_chain::synthetic::synthetic_network;
use brain_kernel::progress::{Cancel, Progress};
use proptest::prelude::*;

fn own60() -> SupplyNetwork {
    read_network(
        &include_bytes!("../golden/own60_edges.csv")[..],
        &include_bytes!("../golden/own60_firms.csv")[..],
        &include_bytes!("../golden/own60_ess.csv")[..],
        &FileLimits::default(),
    )
    .unwrap()
}

fn sweep(network: &SupplyNetwork, options: &EsriOptions) -> Vec<FirmRisk> {
    every_single_failure(network, options, &Progress::new(), &Cancel::new()).unwrap()
}

fn check_golden(golden: &str, replaceability: bool, epsilon: f64) {
    let options = EsriOptions { replaceability, epsilon, ..EsriOptions::default() };
    let risks = sweep(&own60(), &options);
    let rows: Vec<Vec<f64>> =
        golden.lines().skip(1).map(|line| line.split(',').map(|x| x.parse().unwrap()).collect()).collect();
    assert_eq!(risks.len(), rows.len());
    for (risk, row) in risks.iter().zip(&rows) {
        for (name, ours, theirs) in
            [("esri", risk.esri, row[0]), ("down", risk.esri_down, row[1]), ("up", risk.esri_up, row[2])]
        {
            assert!((ours - theirs).abs() <= 1e-12, "firm {} {name}: {ours} vs {theirs}", risk.firm + 1);
        }
        assert_eq!(f64::from(risk.iterations), row[3], "iterations of firm {}", risk.firm + 1);
    }
}

#[test]
fn the_golden_network_is_reproduced_without_replaceability() {
    check_golden(include_str!("../golden/own60_esri_sigma0_eps1e-2.csv"), false, 1e-2);
    check_golden(include_str!("../golden/own60_esri_sigma0_eps1e-8.csv"), false, 1e-8);
}

#[test]
fn the_golden_network_is_reproduced_with_replaceability() {
    check_golden(include_str!("../golden/own60_esri_sigma1_eps1e-2.csv"), true, 1e-2);
    check_golden(include_str!("../golden/own60_esri_sigma1_eps1e-8.csv"), true, 1e-8);
}

/// A random network in plain form, and the formula of Diem et al. written down as it stands in the paper.
#[derive(Debug, Clone)]
struct Plain {
    sectors: u32,
    sector: Vec<u32>,
    sales: Vec<(u32, u32, f64)>,
    need: Vec<Vec<u8>>,
}

impl Plain {
    fn network(&self) -> SupplyNetwork {
        let rows: Vec<Vec<Need>> = self
            .need
            .iter()
            .map(|row| {
                row.iter().map(|n| [Need::Irrelevant, Need::Ordinary, Need::Essential][*n as usize]).collect()
            })
            .collect();
        let sales: Vec<Sale> =
            self.sales.iter().map(|&(supplier, buyer, amount)| Sale { supplier, buyer, amount }).collect();
        let names = (0..self.sector.len()).map(|n| n.to_string()).collect();
        SupplyNetwork::new(names, self.sector.clone(), &sales, &Essentiality::from_rows(&rows).unwrap())
            .unwrap()
    }

    fn dense(&self, psi: &[f64], options: &EsriOptions) -> (f64, f64, f64, u32) {
        let n = self.sector.len();
        let mut w = vec![vec![0.0; n]; n];
        for &(i, j, amount) in &self.sales {
            w[i as usize][j as usize] += amount;
        }
        let need = |i: usize, j: usize| self.need[self.sector[i] as usize][self.sector[j] as usize];
        let out: Vec<f64> = w.iter().map(|row| row.iter().sum()).collect();
        let (mut hd, mut hu) = (psi.to_vec(), psi.to_vec());
        let mut iterations = 0;
        loop {
            iterations += 1;
            let sigma: Vec<f64> = (0..n)
                .map(|i| {
                    let left: f64 =
                        (0..n).filter(|&k| self.sector[k] == self.sector[i]).map(|k| hd[k] * out[k]).sum();
                    if options.replaceability && left > 0.0 { (out[i] / left).min(1.0) } else { 1.0 }
                })
                .collect();
            let mut down = vec![1.0; n];
            let mut up = vec![1.0; n];
            for j in 0..n {
                let mut level = psi[j];
                let mut ordinary = 0.0;
                for k in 0..self.sectors {
                    let of_sector = || (0..n).filter(move |&i| self.sector[i] == k);
                    let bought: f64 = of_sector().map(|i| w[i][j]).sum();
                    let mut loss = 0.0;
                    for i in of_sector().filter(|&i| w[i][j] > 0.0) {
                        let hit = sigma[i] * (1.0 - hd[i]);
                        match need(i, j) {
                            2 => loss += w[i][j] / bought * hit,
                            1 => ordinary += w[i][j] / (0..n).map(|x| w[x][j]).sum::<f64>() * hit,
                            _ => {}
                        }
                    }
                    level = level.min(1.0 - loss);
                }
                down[j] = level.min(1.0 - ordinary).max(0.0);
                let lost: f64 =
                    (0..n).filter(|&l| w[j][l] > 0.0).map(|l| w[j][l] / out[j] * (1.0 - hu[l])).sum();
                up[j] = psi[j].min(1.0 - lost).max(0.0);
            }
            let fall = (0..n).map(|j| (hd[j] - down[j]).max(hu[j] - up[j])).fold(0.0, f64::max);
            (hd, hu) = (down, up);
            if fall <= options.epsilon || iterations == options.iterations_max {
                break;
            }
        }
        let total: f64 = out.iter().sum();
        let sum =
            |level: &dyn Fn(usize) -> f64| (0..n).map(|i| out[i] / total * (1.0 - level(i))).sum::<f64>();
        (sum(&|i| hd[i].min(hu[i])), sum(&|i| hd[i]), sum(&|i| hu[i]), iterations)
    }
}

fn plain_network() -> impl Strategy<Value = Plain> {
    (2u32..5, 3usize..14).prop_flat_map(|(sectors, firms)| {
        let need = prop::collection::vec(prop::collection::vec(0u8..3, sectors as usize), sectors as usize);
        let sales = prop::collection::vec((0..firms as u32, 0..firms as u32, 1.0f64..1000.0), 1..firms * 4);
        (Just(sectors), prop::collection::vec(0..sectors, firms), sales, need)
            .prop_map(|(sectors, sector, sales, need)| Plain { sectors, sector, sales, need })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_frontier_gives_what_the_plain_formula_gives(plain in plain_network(), replaceability: bool) {
        let network = plain.network();
        // An epsilon no fall hits exactly, so that a last-digit difference cannot flip the count.
        let options = EsriOptions { replaceability, epsilon: 1.234_567e-7, iterations_max: 300 };
        for risk in sweep(&network, &options) {
            let mut psi = vec![1.0; plain.sector.len()];
            psi[risk.firm as usize] = 0.0;
            let (esri, down, up, iterations) = plain.dense(&psi, &options);
            prop_assert!((risk.esri - esri).abs() <= 1e-12, "{} vs {esri}", risk.esri);
            prop_assert!((risk.esri_down - down).abs() <= 1e-12);
            prop_assert!((risk.esri_up - up).abs() <= 1e-12);
            prop_assert_eq!(risk.iterations, iterations);
        }
    }

    #[test]
    fn a_larger_shock_never_costs_less(
        plain in plain_network(), replaceability: bool, small in 0.0f64..1.0, more in 0.0f64..1.0,
    ) {
        let network = plain.network();
        let options = EsriOptions { replaceability, epsilon: 1e-12, iterations_max: 3_000 };
        let large = small + (1.0 - small) * more;
        let run = |loss: f64| {
            let shocks = vec![Shock { firm: 0, loss }, Shock { firm: 1, loss: loss / 2.0 }];
            simulate(&network, &Scenario { shocks }, &options, &Cancel::new()).unwrap()
        };
        let (low, high) = (run(small), run(large));
        prop_assert!(high.esri >= low.esri - 1e-9, "{} then {}", low.esri, high.esri);
        prop_assert!((0.0..=1.0 + 1e-12).contains(&high.esri));
        prop_assert!(high.esri >= high.direct - 1e-12);
    }
}

#[test]
fn results_are_the_same_bits_on_one_thread_and_on_seven() {
    let network = synthetic_network(120, 500, 7).unwrap();
    let options = EsriOptions::default();
    let on = |threads: usize| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
            .install(|| sweep(&network, &options))
    };
    let bits = |risks: Vec<FirmRisk>| -> Vec<[u64; 3]> {
        risks.iter().map(|r| [r.esri.to_bits(), r.esri_down.to_bits(), r.esri_up.to_bits()]).collect()
    };
    assert_eq!(bits(on(1)), bits(on(7)));
}

#[test]
fn a_scratch_used_before_gives_the_same_result_as_a_new_one() {
    let network = own60();
    let options = EsriOptions::default();
    let all = sweep(&network, &options);
    for risk in &all {
        let scenario = Scenario { shocks: vec![Shock { firm: risk.firm, loss: 1.0 }] };
        let alone = simulate(&network, &scenario, &options, &Cancel::new()).unwrap();
        assert_eq!(alone.esri.to_bits(), risk.esri.to_bits(), "firm {}", risk.firm);
        let parts: f64 = alone.losses.iter().map(|loss| loss.contribution).sum();
        assert!((parts - alone.esri).abs() < 1e-12);
    }
}

#[test]
fn without_replaceability_losses_are_at_least_as_large() {
    let network = own60();
    let on = sweep(&network, &EsriOptions::default());
    let off = sweep(&network, &EsriOptions { replaceability: false, ..EsriOptions::default() });
    assert!(on.iter().zip(&off).all(|(on, off)| on.esri <= off.esri + 1e-12));
    assert!(on.iter().map(|r| r.esri_down).sum::<f64>() < off.iter().map(|r| r.esri_down).sum::<f64>());
}

#[test]
fn cancelling_stops_the_sweep_and_bad_options_are_refused() {
    let network = own60();
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(every_single_failure(&network, &EsriOptions::default(), &Progress::new(), &cancel).is_err());
    for epsilon in [0.0, -1.0, 2.0, f64::NAN] {
        let options = EsriOptions { epsilon, ..EsriOptions::default() };
        assert!(every_single_failure(&network, &options, &Progress::new(), &Cancel::new()).is_err());
    }
}

#[test]
fn progress_counts_every_firm() {
    let progress = Progress::new();
    every_single_failure(&own60(), &EsriOptions::default(), &progress, &Cancel::new()).unwrap();
    assert_eq!(progress.read(), (60, 60));
}
