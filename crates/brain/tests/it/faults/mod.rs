//! What breaks in the field, done on purpose to the real program: processes killed, disks that fail and fill, bits that
//! flip. Sizes and what was run are in docs/quality/faults.md; the environment makes them larger.
#![cfg(target_os = "linux")]

mod disk;
mod flips;
mod full;
mod kills;
mod nth;
mod office;
mod signing_in;

/// A number of cases from the environment, for nightly runs and releases.
#[expect(clippy::disallowed_methods, reason = "the size of a test comes from the environment")]
fn cases(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// SplitMix64: the same faults on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, sides: u64) -> u64 {
        self.next() % sides.max(1)
    }
}
