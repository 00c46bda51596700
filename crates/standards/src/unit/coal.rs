//! What energy carriers are in standard coal (折标准煤系数), GB/T 2589-2020, annex A: reference values, for use where an
//! enterprise has not measured its own.

/// Joules of one kilogram of standard coal: 7,000 kcal of 4.1868 kJ, with which the tables of GB/T 2589-2020 are
/// computed.
pub(super) const KGCE_JOULES: u64 = 29_307_600;

/// An energy carrier with its reference values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carrier {
    /// Id.
    pub id: &'static str,
    /// Chinese name.
    pub zh: &'static str,
    /// English name.
    pub en: &'static str,
    /// Unit its amount is measured in: `kg`, or `kWh` and `MJ` for secondary energy.
    pub unit: &'static str,
    /// Mean net heat, kJ per unit.
    pub heat_kj: f64,
    /// Kilograms of standard coal per unit, as printed in the standard.
    pub kgce: f64,
}

const fn carrier(
    id: &'static str,
    (zh, en): (&'static str, &'static str),
    unit: &'static str,
    heat_kj: f64,
    kgce: f64,
) -> Carrier {
    Carrier { id, zh, en, unit, heat_kj, kgce }
}

/// Carriers whose reference value is one number; natural gas, for which the standard gives a range, is not among them.
pub const CARRIERS: [Carrier; 11] = [
    carrier("raw_coal", ("原煤", "raw coal"), "kg", 20_934.0, 0.7143),
    carrier("washed_coal", ("洗精煤", "cleaned coal"), "kg", 26_377.0, 0.9000),
    carrier("coke", ("焦炭", "coke"), "kg", 28_470.0, 0.9714),
    carrier("crude_oil", ("原油", "crude oil"), "kg", 41_868.0, 1.4286),
    carrier("fuel_oil", ("燃料油", "fuel oil"), "kg", 41_868.0, 1.4286),
    carrier("petrol", ("汽油", "petrol"), "kg", 43_124.0, 1.4714),
    carrier("kerosene", ("煤油", "kerosene"), "kg", 43_124.0, 1.4714),
    carrier("diesel", ("柴油", "diesel"), "kg", 42_705.0, 1.4571),
    carrier("lpg", ("液化石油气", "liquefied petroleum gas"), "kg", 50_242.0, 1.7143),
    carrier("electricity", ("电力（当量值）", "electricity, by its heat"), "kWh", 3_600.0, 0.1229),
    carrier("heat", ("热力（当量值）", "heat, by its heat"), "MJ", 1_000.0, 0.034_12),
];

/// Kilograms of standard coal in an amount, given in the carrier's own unit.
#[must_use]
pub fn standard_coal_kg(amount: f64, carrier: &Carrier) -> f64 {
    amount * carrier.kgce
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard prints heat and coefficient beside each other; a slip of the pen in either would show.
    #[test]
    fn each_coefficient_is_the_heat_over_that_of_standard_coal() {
        for carrier in CARRIERS {
            let computed = carrier.heat_kj * 1_000.0 / KGCE_JOULES as f64;
            assert!((computed - carrier.kgce).abs() < 0.000_1, "{}: {computed}", carrier.zh);
        }
    }

    #[test]
    fn a_thousand_kilowatt_hours_are_122_9_kilograms() {
        let electricity = CARRIERS.iter().find(|carrier| carrier.id == "electricity").unwrap();
        assert!((standard_coal_kg(1_000.0, electricity) - 122.9).abs() < 1e-9);
    }
}
