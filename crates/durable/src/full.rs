//! Whether a disk is full, however deep in an error the kernel's word lies.

use std::error::Error;
use std::io;

/// What the kernel says of a full disk in an error that lost its type on the way: `ENOSPC` is 28 on Linux and macOS.
const WORDS: [&str; 2] = ["os error 28", "os error 122"];

/// Whether an error, or one it comes from, says that the disk or the quota is full (`ENOSPC`, `EDQUOT`).
#[must_use]
pub fn is_full(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            if matches!(io.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
                return true;
            }
            // `source` of an io error skips the error it wraps.
            if io.get_ref().is_some_and(|inner| is_full(inner)) {
                return true;
            }
        }
        next = error.source();
        if next.is_none() {
            let words = error.to_string();
            return WORDS.iter().any(|word| words.contains(word));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_full;
    use std::io;

    #[derive(Debug)]
    struct Wrapped(io::Error);

    impl std::fmt::Display for Wrapped {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("wrapped")
        }
    }

    impl std::error::Error for Wrapped {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_full_disk_is_seen_through_wrappers_and_nothing_else_is_one() {
        let full = || io::Error::from_raw_os_error(28);
        assert!(is_full(&full()));
        assert!(is_full(&Wrapped(full())));
        assert!(is_full(&io::Error::other(Wrapped(full()))));
        assert!(is_full(&io::Error::other(format!("write failed: {}", full()))));
        assert!(!is_full(&io::Error::from_raw_os_error(5)));
        assert!(!is_full(&Wrapped(io::Error::other("no such table"))));
    }
}
