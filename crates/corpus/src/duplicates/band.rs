//! Candidates by equal bands, one band at a time, so that memory is sixteen bytes for each document beside signatures.

use super::join::Sets;
use super::signature::Signatures;
use crate::error::{Error, Result};
use crate::options::NearDuplicates;
use brain_kernel::progress::{Cancel, Progress};
use rayon::slice::ParallelSliceMut as _;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A document is compared with at most so many earlier ones of its bucket, those that were like none before them. A
/// bucket that all of a corpus falls into (a form, a licence) costs no more than its size.
const REPRESENTATIVES_MAX: usize = 16;

/// Which documents belong together.
#[derive(Debug, PartialEq, Eq)]
pub struct Clusters {
    /// For each document the earliest one it is a duplicate of, or itself.
    pub duplicate_of: Vec<u32>,
    /// For each document the earliest of its family: duplicates, and those similar enough to stay in one split.
    pub family_of: Vec<u32>,
    /// Pairs whose signatures were compared.
    pub compared: u64,
}

/// Cluster documents by their signatures.
pub fn cluster(
    signatures: &Signatures,
    options: &NearDuplicates,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Clusters> {
    let count = signatures.len() as u32;
    let (mut duplicates, mut families) = (Sets::new(count), Sets::new(count));
    let mut compared = 0;
    let mut keys: Vec<(u64, u32)> = Vec::new();
    progress.begin("比较近似文档", "Comparing near duplicates", u64::from(options.bands));
    for band in 0..options.bands {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        keys.clear();
        keys.extend((0..count).map(|document| (key(signatures.get(document), band, options.rows), document)));
        keys.par_sort_unstable();
        for bucket in keys.chunk_by(|one, other| one.0 == other.0).filter(|bucket| bucket.len() > 1) {
            let mut representatives: Vec<u32> = Vec::new();
            for (_, document) in bucket {
                let mut alone = true;
                for earlier in &representatives {
                    if duplicates.root(*earlier) == duplicates.root(*document) {
                        alone = false;
                        continue;
                    }
                    compared += 1;
                    let similarity = signatures.similarity(*earlier, *document);
                    if similarity >= options.family_jaccard_min {
                        families.join(*earlier, *document);
                    }
                    if similarity >= options.jaccard_min {
                        duplicates.join(*earlier, *document);
                        alone = false;
                    }
                }
                if alone && representatives.len() < REPRESENTATIVES_MAX {
                    representatives.push(*document);
                }
            }
        }
        progress.add(1);
    }
    Ok(Clusters { duplicate_of: duplicates.into_roots(), family_of: families.into_roots(), compared })
}

fn key(signature: &[u32], band: u32, rows: u32) -> u64 {
    let at = band as usize * rows as usize;
    let rows = signature.get(at..at + rows as usize).unwrap_or_default();
    // Bytes in one order, so that every machine sorts alike.
    let mut bytes = [0_u8; 4 * 32];
    for (place, row) in bytes.chunks_exact_mut(4).zip(rows) {
        place.copy_from_slice(&row.to_le_bytes());
    }
    xxh3_64_with_seed(bytes.get(..rows.len() * 4).unwrap_or_default(), u64::from(band))
}

#[cfg(test)]
mod tests {
    use super::super::Signer;
    use super::*;
    use crate::language::Tongue;

    fn clusters(texts: &[&str]) -> Clusters {
        let options = NearDuplicates::default();
        let signer = Signer::new(&options);
        let mut signatures = Signatures::new(&options);
        for text in texts {
            signatures.push(&signer.sign(text, Tongue::Zh));
        }
        cluster(&signatures, &options, &Progress::new(), &Cancel::new()).unwrap()
    }

    #[test]
    fn a_near_duplicate_belongs_to_the_earliest_and_others_to_themselves() {
        let notice = "各县区人民政府，市级有关部门：为贯彻落实产业大脑建设方案，推动产业数据归集共享，现就有关事项通知如下，\
            请结合实际认真组织实施，并于月底前将落实情况报送市经济和信息化局汇总。";
        let again = notice.replace("月底", "本月末");
        let other =
            "数据进入平台以前须经过质量检查，不合格的记录被隔离等待人工处理，检查的结果与规则一起保存备查。";
        let found = clusters(&[other, notice, &again, notice]);
        assert_eq!(found.duplicate_of, [0, 1, 1, 1]);
        assert_eq!(found.family_of, [0, 1, 1, 1]);
    }

    #[test]
    fn a_stop_is_heard() {
        let options = NearDuplicates::default();
        let cancel = Cancel::new();
        cancel.cancel();
        let found = cluster(&Signatures::new(&options), &options, &Progress::new(), &cancel);
        assert!(matches!(found, Err(Error::Cancelled)));
    }
}
