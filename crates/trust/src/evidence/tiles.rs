//! Tiles on disk: the tree's hashes under `<data>/evidence/tile/…` with the paths of C2SP tlog-tiles, so that a proof
//! reads a few files whatever the size of the log, and a web server could serve the folder as it is.
//!
//! Tiles are a projection of committed entries. They are written before a checkpoint of their size is signed and can be
//! made again from the store at any time; a tile that does not lead to the signed root is never used for a proof.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use brain_verifier::merkle::{Frontier, consistency_ranges, inclusion_ranges};
use brain_verifier::tile::{TILE_WIDTH, TileAddress, Tiles, range_peaks, range_root};
use brain_verifier::{Hash, HashAlgorithm};

/// Why a tile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TileError {
    /// The file is missing, or shorter than it must be.
    #[error("tile {0} is missing or incomplete")]
    Missing(String),
    /// The operating system refused.
    #[error("tile {0}: {1}")]
    Io(String, #[source] io::Error),
}

/// The right edge of a tree as rows of hashes, one per level of tiles: all that is needed to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileEdge {
    algorithm: HashAlgorithm,
    size: u64,
    rows: Vec<Vec<Hash>>,
}

impl TileEdge {
    /// The edge of the empty tree.
    #[must_use]
    pub const fn new(algorithm: HashAlgorithm) -> Self {
        Self { algorithm, size: 0, rows: Vec::new() }
    }

    /// Leaves so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier().root()
    }

    /// The edge as roots of perfect subtrees.
    #[must_use]
    pub fn frontier(&self) -> Frontier {
        // Every perfect subtree at the edge lies in a row that is here.
        let peaks = range_peaks(self.algorithm, 0..self.size, &mut &*self).unwrap_or_default();
        let empty = || Frontier::new(self.algorithm);
        Frontier::restore(self.algorithm, self.size, peaks).unwrap_or_else(empty)
    }

    /// Append a leaf hash; tiles that became full are handed to `full`.
    pub fn push(&mut self, leaf: Hash, mut full: impl FnMut(TileAddress, Vec<Hash>)) {
        let mut carried = Some(leaf);
        let mut level = 0;
        while let Some(hash) = carried.take() {
            if self.rows.len() == level {
                self.rows.push(Vec::new());
            }
            let Some(row) = self.rows.get_mut(level) else { break };
            row.push(hash);
            if row.len() == usize::from(TILE_WIDTH) {
                let row = std::mem::take(row);
                let mut tree = Frontier::new(self.algorithm);
                row.iter().for_each(|hash| tree.push(*hash));
                carried = Some(tree.root());
                // The row belongs to the number the level has now, before this tile is counted.
                let index = (self.size >> (8 * level)) / u64::from(TILE_WIDTH);
                full(TileAddress { level: level as u8, index, width: TILE_WIDTH }, row);
            }
            level += 1;
        }
        self.size += 1;
    }

    /// The partial tiles of this size.
    pub fn partial(&self) -> impl Iterator<Item = (TileAddress, &[Hash])> {
        let row = move |address: TileAddress| {
            Some((address, self.rows.get(usize::from(address.level))?.as_slice()))
        };
        TileAddress::edge(self.size).into_iter().filter_map(row)
    }
}

impl Tiles for &TileEdge {
    type Error = TileAddress;

    fn tile(&mut self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, TileAddress> {
        let address = TileAddress { level, index, width };
        let at_edge = (self.size >> (8 * u32::from(level))) / u64::from(TILE_WIDTH) == index;
        self.rows.get(usize::from(level)).filter(|_| at_edge).cloned().ok_or(address)
    }

    fn short(&self, address: TileAddress) -> TileAddress {
        address
    }
}

/// The folder of tiles.
#[derive(Debug, Clone)]
pub struct TileFolder {
    root: PathBuf,
    algorithm: HashAlgorithm,
}

impl TileFolder {
    /// Tiles below `<folder>/tile`.
    #[must_use]
    pub fn new(folder: &Path, algorithm: HashAlgorithm) -> Self {
        Self { root: folder.join("tile"), algorithm }
    }

    /// File of a tile.
    #[must_use]
    pub fn path(&self, address: TileAddress) -> PathBuf {
        self.root.join(address.path())
    }

    /// Write a tile, all or nothing. A full one is on disk when this returns; its partial predecessors are removed.
    pub fn write(&self, address: TileAddress, hashes: &[Hash], durable: bool) -> io::Result<()> {
        let path = self.path(address);
        if let Some(folder) = path.parent() {
            create_private(folder)?;
        }
        let mut draft = path.clone().into_os_string();
        draft.push(".new");
        let draft = PathBuf::from(draft);
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        file.write_all(&bytes)?;
        if durable && address.width == TILE_WIDTH {
            brain_durable::sync_file(&file, &draft)?;
        }
        fs::rename(&draft, &path)?;
        if address.width == TILE_WIDTH {
            let mut partial = path.into_os_string();
            partial.push(".p");
            match fs::remove_dir_all(&partial) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
                _ => {}
            }
        }
        Ok(())
    }

    /// The hashes of exactly this tile; of a partial one also from its full successor.
    pub fn read(&self, address: TileAddress) -> Result<Vec<Hash>, TileError> {
        let full = TileAddress { width: TILE_WIDTH, ..address };
        for candidate in [address, full] {
            match fs::read(self.path(candidate)) {
                Ok(bytes) => {
                    let hashes: Option<Vec<Hash>> = bytes.chunks(32).map(Hash::from_slice).collect();
                    return hashes
                        .filter(|hashes| hashes.len() == usize::from(candidate.width))
                        .and_then(|hashes| Some(hashes.get(..usize::from(address.width))?.to_vec()))
                        .ok_or_else(|| TileError::Missing(candidate.path()));
                }
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(cause) => return Err(TileError::Io(candidate.path(), cause)),
            }
        }
        Err(TileError::Missing(address.path()))
    }

    /// A reader of the tree of `size` leaves, whose partial tiles must be there.
    #[must_use]
    pub fn at(&self, size: u64) -> TileReader<'_> {
        TileReader { folder: self, size, read: HashMap::new() }
    }

    /// The edge at `size`, read from its tiles; nothing says yet that they are right.
    pub fn edge(&self, size: u64) -> Result<TileEdge, TileError> {
        let mut edge = TileEdge::new(self.algorithm);
        edge.size = size;
        for address in TileAddress::edge(size) {
            let level = usize::from(address.level);
            edge.rows.resize_with(edge.rows.len().max(level + 1), Vec::new);
            if let Some(row) = edge.rows.get_mut(level) {
                *row = self.read(address)?;
            }
        }
        Ok(edge)
    }
}

/// Reads tiles of one size, each once.
#[derive(Debug)]
pub struct TileReader<'f> {
    folder: &'f TileFolder,
    size: u64,
    read: HashMap<(u8, u64), Vec<Hash>>,
}

impl TileReader<'_> {
    /// Inclusion proof of leaf `index` in the tree of `size` leaves (RFC 9162 §2.1.3).
    pub fn inclusion(&mut self, index: u64, size: u64) -> Result<Vec<Hash>, TileError> {
        self.roots(inclusion_ranges(index, size))
    }

    /// Consistency proof between two sizes (RFC 9162 §2.1.4).
    pub fn consistency(&mut self, old: u64, new: u64) -> Result<Vec<Hash>, TileError> {
        self.roots(consistency_ranges(old, new))
    }

    /// Root of the first `size` leaves.
    pub fn root(&mut self, size: u64) -> Result<Hash, TileError> {
        range_root(self.folder.algorithm, 0..size, self)
    }

    /// Root of the leaves of a range that proofs are made of.
    fn roots(&mut self, ranges: Vec<Range<u64>>) -> Result<Vec<Hash>, TileError> {
        ranges.into_iter().map(|range| range_root(self.folder.algorithm, range, self)).collect()
    }
}

impl Tiles for TileReader<'_> {
    type Error = TileError;

    fn tile(&mut self, level: u8, index: u64, _: u16) -> Result<Vec<Hash>, TileError> {
        if let Some(tile) = self.read.get(&(level, index)) {
            return Ok(tile.clone());
        }
        let present = self.size.checked_shr(8 * u32::from(level)).unwrap_or_default();
        let width = present.saturating_sub(index * u64::from(TILE_WIDTH)).min(u64::from(TILE_WIDTH)) as u16;
        let tile = self.folder.read(TileAddress { level, index, width })?;
        self.read.insert((level, index), tile.clone());
        Ok(tile)
    }

    fn short(&self, address: TileAddress) -> TileError {
        TileError::Missing(address.path())
    }
}

/// Create a folder that only its owner may enter.
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::{TileEdge, TileFolder};
    use brain_verifier::merkle::{Frontier, leaf_hash, verify_consistency, verify_inclusion};
    use brain_verifier::tile::TileAddress;
    use brain_verifier::{Hash, HashAlgorithm};
    use proptest::prelude::*;

    const SM3: HashAlgorithm = HashAlgorithm::Sm3;

    fn leaf(n: u64) -> Hash {
        leaf_hash(SM3, &n.to_be_bytes())
    }

    fn grow(folder: &TileFolder, edge: &mut TileEdge, until: u64) {
        for n in edge.size()..until {
            edge.push(leaf(n), |address, hashes| folder.write(address, &hashes, false).unwrap());
        }
        for (address, hashes) in edge.partial() {
            folder.write(address, hashes, false).unwrap();
        }
    }

    fn root(size: u64) -> Hash {
        let mut tree = Frontier::new(SM3);
        (0..size).for_each(|n| tree.push(leaf(n)));
        tree.root()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn proofs_read_from_disk_hold_at_every_stage_of_growth(
            steps in prop::collection::vec(1_u64..900, 1..6), pick in any::<u64>(),
        ) {
            let place = tempfile::tempdir().unwrap();
            let folder = TileFolder::new(place.path(), SM3);
            let mut edge = TileEdge::new(SM3);
            let mut earlier = Vec::new();
            for step in steps {
                let size = edge.size() + step;
                grow(&folder, &mut edge, size);
                let root = root(size);
                prop_assert_eq!(edge.root(), root);
                prop_assert_eq!(&folder.edge(size).unwrap(), &edge, "the edge comes back from its tiles");
                let index = pick % size;
                let path = folder.at(size).inclusion(index, size).unwrap();
                prop_assert!(verify_inclusion(SM3, &leaf(index), index, size, &path, &root));
                for (old, old_root) in &earlier {
                    let path = folder.at(size).consistency(*old, size).unwrap();
                    prop_assert!(verify_consistency(SM3, *old, size, &path, old_root, &root));
                }
                earlier.push((size, root));
            }
        }
    }

    #[test]
    fn a_full_tile_replaces_its_partial_ones_and_still_answers_for_them() {
        let place = tempfile::tempdir().unwrap();
        let folder = TileFolder::new(place.path(), SM3);
        let mut edge = TileEdge::new(SM3);
        grow(&folder, &mut edge, 100);
        let partial = TileAddress { level: 0, index: 0, width: 100 };
        assert!(folder.path(partial).exists());
        grow(&folder, &mut edge, 256);
        assert!(!folder.path(partial).exists());
        assert_eq!(folder.read(partial).unwrap().len(), 100);
        std::fs::write(folder.path(TileAddress { width: 256, ..partial }), [0; 31]).unwrap();
        assert!(folder.read(partial).is_err(), "a tile cut short is no tile");
    }
}
