//! Where the real data lies, when it is there.

use std::path::PathBuf;

/// A file or folder of the shared data; without it, one line says that the test was skipped.
#[expect(
    clippy::disallowed_methods,
    reason = "where the shared data lies is told to tests by the environment"
)]
pub fn shared(part: &str) -> Option<PathBuf> {
    let root = std::env::var("BRAIN_SHARED_DATA").map_or_else(
        |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(part);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no {}", path.display());
    None
}
