//! The Merkle tree of RFC 9162, as pure functions: hashing, the growing edge, proofs and their verification.

use std::ops::Range;

use crate::hash::{Hash, HashAlgorithm};

/// Hash of an entry: `HASH(0x00 ‖ entry)` (RFC 9162 §2.1.1).
#[must_use]
pub fn leaf_hash(algorithm: HashAlgorithm, entry: &[u8]) -> Hash {
    algorithm.digest(&[&[0x00], entry])
}

/// Hash of two subtrees: `HASH(0x01 ‖ left ‖ right)` (RFC 9162 §2.1.1).
#[must_use]
pub fn node_hash(algorithm: HashAlgorithm, left: &Hash, right: &Hash) -> Hash {
    algorithm.digest(&[&[0x01], left.as_bytes(), right.as_bytes()])
}

/// The right edge of a tree: the roots of its perfect subtrees, largest first, one per set bit of `size`.
/// Everything an append or a root needs, in `O(log size)` memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontier {
    algorithm: HashAlgorithm,
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The empty tree.
    #[must_use]
    pub const fn new(algorithm: HashAlgorithm) -> Self {
        Self { algorithm, size: 0, peaks: Vec::new() }
    }

    /// Rebuild from [`size`](Self::size) and [`peaks`](Self::peaks); `None` when they do not fit together.
    #[must_use]
    pub fn restore(algorithm: HashAlgorithm, size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (size.count_ones() as usize == peaks.len()).then_some(Self { algorithm, size, peaks })
    }

    /// Digest of the tree.
    #[must_use]
    pub const fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// Entries in the tree.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Roots of the perfect subtrees, largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Append one leaf hash. Equal subtrees merge like the carry of a binary addition.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        let mut carry = self.size;
        while carry & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(self.algorithm, &left, &hash);
            carry >>= 1;
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Root of the tree; of an empty tree the hash of nothing (RFC 9162 §2.1.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(smallest) = peaks.next() else { return self.algorithm.digest(&[]) };
        peaks.fold(*smallest, |right, left| node_hash(self.algorithm, left, &right))
    }
}

/// The runs of leaves whose subtree roots form the inclusion proof of leaf `index` in a tree of `size`, in proof order
/// (RFC 9162 §2.1.3.1). Empty when there is no such leaf.
#[must_use]
pub fn inclusion_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, size);
    if index >= size {
        return proof;
    }
    while end - start > 1 {
        let middle = start + left_size(end - start);
        if index < middle {
            proof.push(middle..end);
            end = middle;
        } else {
            proof.push(start..middle);
            start = middle;
        }
    }
    proof.reverse();
    proof
}

/// The runs of leaves whose subtree roots form the proof that the tree of `old` leaves is the beginning of the tree of
/// `new` leaves, in proof order (RFC 9162 §2.1.4.1). Empty when `old` is zero, equal to or larger than `new`.
#[must_use]
pub fn consistency_ranges(old: u64, new: u64) -> Vec<Range<u64>> {
    let mut proof = Vec::new();
    if old == 0 || old >= new {
        return proof;
    }
    let (mut start, mut end) = (0, new);
    // Whether the subtree in hand is still one the verifier knows as the old root.
    let mut known = true;
    while old != end {
        let middle = start + left_size(end - start);
        if old <= middle {
            proof.push(middle..end);
            end = middle;
        } else {
            proof.push(start..middle);
            start = middle;
            known = false;
        }
    }
    if !known {
        proof.push(start..end);
    }
    proof.reverse();
    proof
}

/// Whether `path` leads from `leaf` at `index` to `root` in a tree of `size` (RFC 9162 §2.1.3.2).
#[must_use]
pub fn verify_inclusion(
    algorithm: HashAlgorithm,
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> bool {
    if index >= size {
        return false;
    }
    let (mut position, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            hash = node_hash(algorithm, sibling, &hash);
            while position != 0 && position & 1 == 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(algorithm, &hash, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `path` proves that the tree of `old` leaves with `old_root` is the beginning of the tree of `new` leaves with
/// `new_root` (RFC 9162 §2.1.4.2). The empty tree is the beginning of every tree.
#[must_use]
pub fn verify_consistency(
    algorithm: HashAlgorithm,
    old: u64,
    new: u64,
    path: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> bool {
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 || old > new {
        return old == 0 && path.is_empty() && *old_root == Frontier::new(algorithm).root();
    }
    // A perfect old tree is itself a node of the new one; the proof leaves it out.
    let (first, rest) = if old.is_power_of_two() {
        (old_root, path)
    } else {
        match path.split_first() {
            Some(split) => split,
            None => return false,
        }
    };
    let (mut position, mut last) = (old - 1, new - 1);
    while position & 1 == 1 {
        position >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            old_hash = node_hash(algorithm, sibling, &old_hash);
            new_hash = node_hash(algorithm, sibling, &new_hash);
            while position != 0 && position & 1 == 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(algorithm, &new_hash, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// Leaves in the left subtree of a tree of `size` ≥ 2: the largest power of two smaller than `size`.
const fn left_size(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::{Frontier, consistency_ranges, inclusion_ranges};
    use crate::hash::{Hash, HashAlgorithm};
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;
    use sha2::Sha256;
    use sm3::Sm3;

    const SHA: HashAlgorithm = HashAlgorithm::Sha256;

    fn leaf_hash(entry: &[u8]) -> Hash {
        super::leaf_hash(SHA, entry)
    }

    fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
        super::verify_inclusion(SHA, leaf, index, size, path, root)
    }

    fn verify_consistency(old: u64, new: u64, path: &[Hash], old_root: &Hash, new_root: &Hash) -> bool {
        super::verify_consistency(SHA, old, new, path, old_root, new_root)
    }

    fn entry(index: u64) -> Vec<u8> {
        format!("entry {index}").into_bytes()
    }

    fn tree(range: std::ops::Range<u64>) -> Frontier {
        let mut frontier = Frontier::new(SHA);
        range.for_each(|index| frontier.push(leaf_hash(&entry(index))));
        frontier
    }

    fn path(ranges: Vec<std::ops::Range<u64>>) -> Vec<Hash> {
        ranges.into_iter().map(|range| tree(range).root()).collect()
    }

    fn oracle(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
        let mut tree = MemoryBackedTree::new();
        (0..size).for_each(|index| tree.push(entry(index)));
        tree
    }

    fn joined(path: &[Hash]) -> Vec<u8> {
        path.iter().flat_map(|hash| *hash.as_bytes()).collect()
    }

    #[test]
    fn the_empty_tree_has_the_hash_of_nothing() {
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Frontier::new(SHA).root().to_string(), nothing);
    }

    #[test]
    fn every_small_tree_agrees_with_the_oracle_in_root_and_every_proof() {
        for size in 1..=33_u64 {
            let reference = oracle(size);
            let root = tree(0..size).root();
            assert_eq!(root.as_bytes()[..], reference.root().as_bytes()[..], "root of {size}");
            for index in 0..size {
                let ours = path(inclusion_ranges(index, size));
                let theirs = reference.prove_inclusion(usize::try_from(index).unwrap());
                assert_eq!(joined(&ours), theirs.as_bytes(), "inclusion of {index} in {size}");
                assert!(verify_inclusion(&leaf_hash(&entry(index)), index, size, &ours, &root));
            }
            for old in 1..size {
                let ours = path(consistency_ranges(old, size));
                let theirs = reference.prove_consistency(usize::try_from(size - old).unwrap());
                assert_eq!(joined(&ours), theirs.as_bytes(), "consistency of {old} in {size}");
                assert!(verify_consistency(old, size, &ours, &tree(0..old).root(), &root));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn roots_of_any_size_agree_with_the_oracle(size in 0_u64..2_000) {
            let root = tree(0..size).root();
            let reference = oracle(size).root();
            prop_assert_eq!(&root.as_bytes()[..], &reference.as_bytes()[..]);
        }

        #[test]
        fn a_proof_with_any_bit_changed_proves_nothing(size in 2_u64..300, pick in any::<u64>(), bit in 0_usize..256) {
            let index = pick % size;
            let root = tree(0..size).root();
            let leaf = leaf_hash(&entry(index));
            let mut proof = path(inclusion_ranges(index, size));
            prop_assert!(verify_inclusion(&leaf, index, size, &proof, &root));
            prop_assert!(!verify_inclusion(&leaf, (index + 1) % size, size, &proof, &root));
            let spot = (pick as usize / 7) % proof.len();
            let mut bytes = *proof[spot].as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            proof[spot] = bytes.into();
            prop_assert!(!verify_inclusion(&leaf, index, size, &proof, &root));
        }

        #[test]
        fn a_rewritten_past_is_not_consistent(new in 2_u64..300, pick in any::<u64>()) {
            let old = 1 + pick % (new - 1);
            let proof = path(consistency_ranges(old, new));
            let (old_root, new_root) = (tree(0..old).root(), tree(0..new).root());
            prop_assert!(verify_consistency(old, new, &proof, &old_root, &new_root));
            let mut rewritten = Frontier::new(SHA);
            for index in 0..old {
                rewritten.push(leaf_hash(if index == pick % old { b"forged" } else { b"true" }));
            }
            prop_assert!(!verify_consistency(old, new, &proof, &rewritten.root(), &new_root));
        }

        #[test]
        fn a_restored_frontier_goes_on_as_if_nothing_happened(size in 0_u64..500, more in 0_u64..50) {
            let half = tree(0..size);
            let mut restored = Frontier::restore(SHA, half.size(), half.peaks().to_vec()).unwrap();
            (size..size + more).for_each(|index| restored.push(leaf_hash(&entry(index))));
            prop_assert_eq!(restored, tree(0..size + more));
        }
    }

    #[test]
    fn arguments_out_of_bounds_prove_nothing() {
        let root = tree(0..5).root();
        assert!(inclusion_ranges(5, 5).is_empty());
        assert!(!verify_inclusion(&leaf_hash(b"x"), 5, 5, &[], &root));
        assert!(!verify_consistency(6, 5, &[], &root, &root));
        assert!(!verify_consistency(3, 5, &[], &tree(0..3).root(), &root));
        assert!(verify_consistency(0, 5, &[], &Frontier::new(SHA).root(), &root));
        assert!(Frontier::restore(SHA, 3, vec![root]).is_none());
    }

    /// The definition of RFC 9162 §2.1.1, written down recursively and with no code in common with [`Frontier`].
    fn by_definition(entries: &[Vec<u8>]) -> Vec<u8> {
        use sm3::Digest as _;
        let hash = |parts: &[&[u8]]| {
            let mut state = Sm3::new();
            for part in parts {
                state.update(part);
            }
            state.finalize().to_vec()
        };
        match entries {
            [] => hash(&[]),
            [one] => hash(&[&[0], one]),
            many => {
                let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
                hash(&[&[1], &by_definition(left), &by_definition(right)])
            }
        }
    }

    #[test]
    fn an_sm3_log_is_the_tree_of_the_definition_and_proves_every_entry_and_every_past() {
        let sm3 = HashAlgorithm::Sm3;
        let grown = |range: std::ops::Range<u64>| {
            let mut tree = Frontier::new(sm3);
            range.for_each(|index| tree.push(super::leaf_hash(sm3, &entry(index))));
            tree.root()
        };
        for size in 0..=40_u64 {
            let entries: Vec<Vec<u8>> = (0..size).map(entry).collect();
            let root = grown(0..size);
            assert_eq!(root.as_bytes()[..], by_definition(&entries)[..], "root of {size}");
            for index in 0..size {
                let path: Vec<Hash> = inclusion_ranges(index, size).into_iter().map(grown).collect();
                let leaf = super::leaf_hash(sm3, &entry(index));
                assert!(super::verify_inclusion(sm3, &leaf, index, size, &path, &root));
                let other = super::verify_inclusion(SHA, &leaf, index, size, &path, &root);
                assert!(!other || size == 1, "a proof of one digest never passes with the other");
                let old: Vec<Hash> = consistency_ranges(index, size).into_iter().map(grown).collect();
                assert!(super::verify_consistency(sm3, index, size, &old, &grown(0..index), &root));
            }
        }
    }

    #[test]
    fn an_sm3_log_agrees_with_the_oracle_over_the_same_digest() {
        for size in [1_u64, 2, 7, 64, 255, 256, 257] {
            let mut reference: MemoryBackedTree<Sm3, Vec<u8>> = MemoryBackedTree::new();
            let mut tree = Frontier::new(HashAlgorithm::Sm3);
            for index in 0..size {
                reference.push(entry(index));
                tree.push(super::leaf_hash(HashAlgorithm::Sm3, &entry(index)));
            }
            assert_eq!(tree.root().as_bytes()[..], reference.root().as_bytes()[..], "root of {size}");
        }
    }
}
