//! Length and checksum of a file that leaves the node: known, and on record, before its first byte goes.

use brain_kernel::hexadecimal;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{Read as _, Result, Seek as _, SeekFrom};

/// Bytes read at once.
const PIECE_BYTES: usize = 256 << 10;

/// What a file is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    /// Its length.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// Read a whole file, wherever it stands; it is at its beginning afterwards.
///
/// # Errors
/// The file cannot be read.
pub fn checksum(file: &mut File) -> Result<Checksum> {
    file.seek(SeekFrom::Start(0))?;
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
    loop {
        let read = file.read(&mut piece)?;
        let Some(part) = piece.get(..read).filter(|part| !part.is_empty()) else { break };
        bytes += read as u64;
        hash.update(part);
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(Checksum { bytes, sha256: hexadecimal::encode(&hash.finalize()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_file_is_summed_whole_and_stands_at_its_beginning() {
        let mut file = tempfile::tempfile().unwrap();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(checksum(&mut file).unwrap(), Checksum { bytes: 0, sha256: empty.to_owned() });
        // A million letters, of FIPS 180-2 appendix B.3: more than is read at once.
        file.write_all(&vec![b'a'; 1_000_000]).unwrap();
        let million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
        let expected = Checksum { bytes: 1_000_000, sha256: million.to_owned() };
        assert_eq!(checksum(&mut file).unwrap(), expected);
        assert_eq!(file.stream_position().unwrap(), 0);
        assert_eq!(checksum(&mut file).unwrap(), expected, "as often as one likes");
    }
}
