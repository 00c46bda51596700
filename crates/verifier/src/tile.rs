//! Tiles (C2SP tlog-tiles): 256 neighbouring hashes of every eighth level of the tree, and what can be computed from
//! them. A proof over any log reads a few tiles for each eight levels, not the leaves.

use std::ops::Range;

use crate::hash::{Hash, HashAlgorithm};
use crate::merkle::{Frontier, node_hash};

/// Hashes in a full tile.
pub const TILE_WIDTH: u16 = 256;
/// Levels of the tree between two levels of tiles.
const TILE_HEIGHT: u32 = 8;
/// Largest level the specification allows.
const LEVEL_MAX: u8 = 63;

/// Where a tile lies: level, number within the level, and how many hashes it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileAddress {
    /// 0 holds leaf hashes, each next level the roots of full tiles of the level below.
    pub level: u8,
    /// Number within the level, from 0.
    pub index: u64,
    /// 256 for a full tile, 1 to 255 for a partial one at the right edge.
    pub width: u16,
}

impl TileAddress {
    /// `<L>/<N>[.p/<W>]`, the path below `tile/`.
    #[must_use]
    pub fn path(&self) -> String {
        let Self { level, index, width } = self;
        let suffix = if *width < TILE_WIDTH { format!(".p/{width}") } else { String::new() };
        format!("{level}/{}{suffix}", index_path(*index))
    }

    /// The address that [`path`](Self::path) gives this path; `None` for any other spelling.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let (index, width) = parse_index(rest)?;
        let level = level.parse().ok().filter(|level| *level <= LEVEL_MAX)?;
        let address = Self { level, index, width };
        (address.path() == path).then_some(address)
    }

    /// The partial tiles at the right edge of a tree of `size` and, with them, nothing that is full.
    #[must_use]
    pub fn edge(size: u64) -> Vec<Self> {
        let levels = (0..=LEVEL_MAX).map_while(|level| {
            let hashes = size.checked_shr(u32::from(level) * TILE_HEIGHT).filter(|count| *count > 0)?;
            Some((level, hashes))
        });
        levels
            .filter(|(_, hashes)| hashes % u64::from(TILE_WIDTH) > 0)
            .map(|(level, hashes)| Self {
                level,
                index: hashes / u64::from(TILE_WIDTH),
                width: (hashes % u64::from(TILE_WIDTH)) as u16,
            })
            .collect()
    }
}

/// `<N>[.p/<W>]` of an entry bundle: number and width.
#[must_use]
pub fn parse_index(text: &str) -> Option<(u64, u16)> {
    let (index, width) = match text.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?),
        None => (text, TILE_WIDTH),
    };
    let mut number = 0_u64;
    for part in index.split('/') {
        let digits = part.strip_prefix('x').unwrap_or(part);
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        number = number.checked_mul(1_000)?.checked_add(digits.parse().ok()?)?;
    }
    (index_path(number) == index).then_some((number, width))
}

/// `1234067` → `x001/x234/067`.
#[must_use]
pub fn index_path(index: u64) -> String {
    let mut path = format!("{:03}", index % 1_000);
    let mut rest = index / 1_000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1_000);
        rest /= 1_000;
    }
    path
}

/// Where hashes of a tree are read from.
pub trait Tiles {
    /// Why a tile cannot be had.
    type Error;

    /// At least the first `width` hashes of a tile.
    fn tile(&mut self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, Self::Error>;

    /// What to say when a tile is shorter than it must be.
    fn short(&self, address: TileAddress) -> Self::Error;
}

/// Root of the leaves of `range` as if they were a tree of their own. The range must be one that proofs are made of:
/// it begins at a multiple of the smallest power of two that is not below its length.
pub fn range_root<T: Tiles>(
    algorithm: HashAlgorithm,
    range: Range<u64>,
    tiles: &mut T,
) -> Result<Hash, T::Error> {
    let peaks = range_peaks(algorithm, range.clone(), tiles)?;
    let size = range.end.saturating_sub(range.start);
    // One peak per set bit of the length, by construction.
    Ok(Frontier::restore(algorithm, size, peaks).unwrap_or_else(|| Frontier::new(algorithm)).root())
}

/// Roots of the perfect subtrees that `range` falls into, largest first; see [`range_root`].
pub fn range_peaks<T: Tiles>(
    algorithm: HashAlgorithm,
    range: Range<u64>,
    tiles: &mut T,
) -> Result<Vec<Hash>, T::Error> {
    let mut peaks = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let height = (range.end - start).ilog2();
        peaks.push(perfect(algorithm, start, height, tiles)?);
        start += 1 << height;
    }
    Ok(peaks)
}

/// Root of the perfect subtree of `2^height` leaves from `start` on.
fn perfect<T: Tiles>(
    algorithm: HashAlgorithm,
    start: u64,
    height: u32,
    tiles: &mut T,
) -> Result<Hash, T::Error> {
    let level = (height / TILE_HEIGHT) as u8;
    let first = start >> (u32::from(level) * TILE_HEIGHT);
    let (index, offset) = (first / u64::from(TILE_WIDTH), (first % u64::from(TILE_WIDTH)) as usize);
    let count = 1_usize << (height % TILE_HEIGHT);
    let address = TileAddress { level, index, width: (offset + count) as u16 };
    let hashes = tiles.tile(level, index, address.width)?;
    let mut row = hashes.get(offset..offset + count).ok_or_else(|| tiles.short(address))?.to_vec();
    while row.len() > 1 {
        row = row
            .chunks_exact(2)
            .filter_map(|pair| match pair {
                [left, right] => Some(node_hash(algorithm, left, right)),
                _ => None,
            })
            .collect();
    }
    row.first().copied().ok_or_else(|| tiles.short(address))
}

#[cfg(test)]
mod tests {
    use super::{TILE_WIDTH, TileAddress, Tiles, parse_index, range_root};
    use crate::hash::{Hash, HashAlgorithm};
    use crate::merkle::{Frontier, consistency_ranges, inclusion_ranges, leaf_hash};
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// Tiles straight from the definition of the specification.
    struct ByDefinition(HashMap<(u8, u64), Vec<Hash>>);

    impl ByDefinition {
        fn of(leaves: &[Hash]) -> Self {
            let mut tiles = HashMap::new();
            let (mut level, mut hashes) = (0, leaves.to_vec());
            while !hashes.is_empty() {
                let mut next = Vec::new();
                for (index, chunk) in hashes.chunks(256).enumerate() {
                    tiles.insert((level, index as u64), chunk.to_vec());
                    if chunk.len() == 256 {
                        next.push(root(chunk));
                    }
                }
                (level, hashes) = (level + 1, next);
            }
            Self(tiles)
        }
    }

    impl Tiles for ByDefinition {
        type Error = TileAddress;

        fn tile(&mut self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, TileAddress> {
            let address = TileAddress { level, index, width };
            self.0.get(&(level, index)).filter(|tile| tile.len() >= width as usize).cloned().ok_or(address)
        }

        fn short(&self, address: TileAddress) -> TileAddress {
            address
        }
    }

    fn root(leaves: &[Hash]) -> Hash {
        let mut tree = Frontier::new(HashAlgorithm::Sha256);
        for leaf in leaves {
            tree.push(*leaf);
        }
        tree.root()
    }

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(HashAlgorithm::Sha256, &n.to_be_bytes())).collect()
    }

    #[test]
    fn paths_are_those_of_the_specification() {
        let full = TileAddress { level: 0, index: 1_234_067, width: 256 };
        assert_eq!(full.path(), "0/x001/x234/067");
        let partial = TileAddress { level: 2, index: 0, width: 17 };
        assert_eq!(partial.path(), "2/000.p/17");
        for address in [full, partial, TileAddress { level: 63, index: 1_000, width: 255 }] {
            assert_eq!(TileAddress::parse(&address.path()), Some(address));
        }
        for wrong in [
            "0/67",
            "0/x000/067",
            "00/067",
            "64/000",
            "0/067.p/0",
            "0/067.p/256",
            "0/067.p/07",
            "0/x067",
            "0",
            "0/../067",
            "0/001/067",
            "-1/000",
            "0/x001/x234/067/",
            "0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(TileAddress::parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse_index("x001/000.p/3"), Some((1_000, 3)));
    }

    #[test]
    fn the_edge_is_that_of_the_specifications_example() {
        let edge: Vec<String> = TileAddress::edge(70_000).iter().map(TileAddress::path).collect();
        assert_eq!(edge, ["0/273.p/112", "1/001.p/17", "2/000.p/1"]);
        assert_eq!(TileAddress::edge(256), [TileAddress { level: 1, index: 0, width: 1 }]);
        assert!(TileAddress::edge(0).is_empty());
    }

    #[test]
    fn a_tree_of_three_levels_of_tiles_gives_the_same_roots() {
        let (size, old) = (66_000, 65_537);
        let leaves = leaves(size);
        let mut tiles = ByDefinition::of(&leaves);
        for range in inclusion_ranges(70, size)
            .into_iter()
            .chain(consistency_ranges(old, size))
            .chain(std::iter::once(0..size))
        {
            let expected = root(&leaves[range.start as usize..range.end as usize]);
            assert_eq!(range_root(HashAlgorithm::Sha256, range, &mut tiles).unwrap(), expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_proof_read_from_tiles_is_the_one_computed_from_leaves(size in 1_u64..2_000, pick in any::<u64>()) {
            let leaves = leaves(size);
            let mut tiles = ByDefinition::of(&leaves);
            let ranges = inclusion_ranges(pick % size, size)
                .into_iter()
                .chain(consistency_ranges(1 + pick % size, size))
                .chain([0..size, 0..1 + pick % size]);
            for range in ranges {
                let expected = root(&leaves[range.start as usize..range.end as usize]);
                prop_assert_eq!(range_root(HashAlgorithm::Sha256, range, &mut tiles).unwrap(), expected);
            }
        }

        #[test]
        fn any_text_is_no_address_or_its_own_path(text in "[0-9x/.p]{0,24}") {
            if let Some(address) = TileAddress::parse(&text) {
                prop_assert_eq!(address.path(), text);
                prop_assert!(address.width <= TILE_WIDTH);
            }
        }
    }
}
