//! Claims about economic complexity.

use super::*;

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-10, "{a} is not {b}");
}

/// Nested M = [[1,1,1],[1,1,0],[1,0,0]]: D = U = (3,2,1). D⁻¹MU⁻¹Mᵀ has trace 49/36 and determinant 1/36, so its
/// eigenvalues are 1, 1/4, 1/9; for 1/4 the vector is (2,−1,−4), mean −1, deviation √6 → ECI (3/√6, 0, −3/√6).
/// PCI raw = U⁻¹Mᵀ·(2,−1,−4) = (−1, ½, 2), deviation √1.5 → (−1.5/√1.5, 0, 1.5/√1.5).
fn nested() -> Complexity {
    Complexity::of_presence(3, 3, &[(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0)]).unwrap()
}

#[test]
fn a_nested_matrix_gives_the_indices_found_by_hand() {
    let c = nested();
    close(c.second_eigenvalue.unwrap(), 0.25);
    let s = 1.5_f64.sqrt();
    for (at, want) in [s, 0.0, -s].into_iter().enumerate() {
        close(c.eci(at as u32).unwrap(), want);
        close(c.pci(at as u32).unwrap(), -want);
    }
    assert_eq!(
        (c.diversity(0), c.diversity(2), c.ubiquity(0), c.ubiquity(2)),
        (Some(3), Some(1), Some(3), Some(1))
    );
}

/// φ: p0 in regions {0,1,2}, p1 in {0,1}, p2 in {0}: φ01 = 2/3, φ02 = 1/3, φ12 = 1/2.
/// Region 1 (p0,p1): d for p2 = (1/3 + 1/2)/(1/3 + 1/2 + 1) = 5/11; for p0 = (1 + 2/3)/(1 + 2/3 + 1/3) = 5/6.
#[test]
fn proximity_and_density_follow_the_definition_with_the_diagonal_kept() {
    let c = nested();
    close(c.proximity(0, 1).unwrap(), 2.0 / 3.0);
    close(c.proximity(2, 0).unwrap(), 1.0 / 3.0);
    close(c.proximity(1, 2).unwrap(), 0.5);
    close(c.proximity(1, 1).unwrap(), 1.0);
    close(c.density(1, 2).unwrap(), 5.0 / 11.0);
    close(c.density(1, 0).unwrap(), 5.0 / 6.0);
    close(c.density(0, 2).unwrap(), 1.0);
    // COI of region 1: only p2 is absent: 5/11 · √1.5. COG of p2: φ22/Σφ_2· · PCI_2 − d · PCI_2 = (6/11 − 5/11)·√1.5.
    close(c.opportunity_outlook(1).unwrap(), 5.0 / 11.0 * 1.5_f64.sqrt());
    close(c.opportunity_gain(1, 2).unwrap(), 1.0 / 11.0 * 1.5_f64.sqrt());
    assert_eq!(c.opportunity_gain(1, 0), None);
}

fn cells(rows: &[&[f64]]) -> Vec<Cell> {
    let mut out = Vec::new();
    for (region, row) in rows.iter().enumerate() {
        for (product, &value) in row.iter().enumerate() {
            out.push(Cell { region: region as u32, product: product as u32, value });
        }
    }
    out
}

/// X = [[6,2],[2,10]], total 20: RCA00 = (6/8)/(8/20) = 1.875, RCA11 = (10/12)/(12/20) = 1.3889.
#[test]
fn rca_compares_shares() {
    let c =
        Complexity::of_values(2, 2, &cells(&[&[6.0, 2.0], &[2.0, 10.0]]), &ComplexityParameters::default())
            .unwrap();
    close(c.rca(0, 0).unwrap(), 1.875);
    close(c.rca(1, 1).unwrap(), 25.0 / 18.0);
    assert_eq!((c.present(0, 0), c.present(0, 1)), (Some(true), Some(false)));
}

const WIDE: [&[f64]; 5] = [
    &[9.0, 4.0, 6.0, 2.0, 1.0, 0.0],
    &[5.0, 7.0, 1.0, 0.0, 3.0, 1.0],
    &[8.0, 0.0, 0.0, 4.0, 0.0, 6.0],
    &[7.0, 1.0, 2.0, 6.0, 9.0, 0.0],
    &[2.0, 3.0, 5.0, 1.0, 0.0, 8.0],
];

#[test]
fn a_change_of_unit_or_order_changes_nothing() {
    let plain = cells(&WIDE);
    let parameters = ComplexityParameters::default();
    let one = Complexity::of_values(5, 6, &plain, &parameters).unwrap();
    let scaled: Vec<Cell> = plain.iter().map(|c| Cell { value: c.value * 1e4, ..*c }).collect();
    let turned: Vec<Cell> =
        plain.iter().rev().map(|c| Cell { region: 4 - c.region, product: 5 - c.product, ..*c }).collect();
    let scaled = Complexity::of_values(5, 6, &scaled, &parameters).unwrap();
    let turned = Complexity::of_values(5, 6, &turned, &parameters).unwrap();
    for r in 0..5 {
        close(one.eci(r).unwrap(), scaled.eci(r).unwrap());
        assert!((one.eci(r).unwrap() - turned.eci(4 - r).unwrap()).abs() < 1e-9);
        for p in 0..6 {
            close(one.density(r, p).unwrap(), turned.density(4 - r, 5 - p).unwrap());
        }
    }
}

#[test]
fn indices_have_mean_zero_and_deviation_one_and_rise_with_diversity() {
    let c = Complexity::of_values(5, 6, &cells(&WIDE), &ComplexityParameters::default()).unwrap();
    let eci: Vec<f64> = (0..5).map(|r| c.eci(r).unwrap()).collect();
    close(eci.iter().sum::<f64>(), 0.0);
    close(eci.iter().map(|e| e * e).sum::<f64>() / 5.0, 1.0);
    let diversity: Vec<f64> = (0..5).map(|r| f64::from(c.diversity(r).unwrap())).collect();
    assert!(covariance(&eci, &diversity) >= -1e-9);
    // Identity: ECI is the mean PCI of a region's products, up to scale and shift (both are eigenvectors).
    let mean_pci: Vec<f64> = (0..5)
        .map(|r| {
            let held: Vec<f64> =
                (0..6).filter(|&p| c.present(r, p).unwrap()).map(|p| c.pci(p).unwrap()).collect();
            held.iter().sum::<f64>() / held.len() as f64
        })
        .collect();
    let spread = |v: &[f64]| covariance(v, v).sqrt();
    close(covariance(&eci, &mean_pci) / (spread(&eci) * spread(&mean_pci)), 1.0);
}

#[test]
fn a_small_region_can_be_kept_out() {
    let mut all = cells(&WIDE);
    all.push(Cell { region: 5, product: 5, value: 0.5 });
    let parameters = ComplexityParameters { region_total_min: 1.0, ..ComplexityParameters::default() };
    let filtered = Complexity::of_values(6, 6, &all, &parameters).unwrap();
    let without = Complexity::of_values(5, 6, &cells(&WIDE), &parameters).unwrap();
    assert_eq!((filtered.eci(5), filtered.diversity(5)), (None, None));
    for r in 0..5 {
        assert_eq!(filtered.eci(r), without.eci(r));
    }
}

#[test]
fn degenerate_matrices_answer_nothing_rather_than_nonsense() {
    let parameters = ComplexityParameters::default();
    let empty = Complexity::of_values(3, 3, &[], &parameters).unwrap();
    assert_eq!((empty.eci(0), empty.density(0, 0), empty.second_eigenvalue), (None, None, None));
    let zero = Complexity::of_values(2, 2, &cells(&[&[0.0, 0.0], &[0.0, 0.0]]), &parameters).unwrap();
    assert_eq!((zero.rca(0, 0), zero.regions_used), (None, 0));
    let lone = Complexity::of_values(1, 2, &cells(&[&[3.0, 4.0]]), &parameters).unwrap();
    assert_eq!((lone.eci(0), lone.density(0, 1)), (None, Some(1.0)));
    let equal = Complexity::of_values(2, 2, &cells(&[&[1.0, 1.0], &[1.0, 1.0]]), &parameters).unwrap();
    assert_eq!(equal.eci(0), None);
    assert!(Complexity::of_values(1, 1, &[Cell { region: 1, product: 0, value: 1.0 }], &parameters).is_err());
    assert!(
        Complexity::of_values(1, 1, &[Cell { region: 0, product: 0, value: f64::NAN }], &parameters).is_err()
    );
}
