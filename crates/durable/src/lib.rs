//! Bringing files to disk (落盘), and stopping where the disk refuses.
//!
//! Invariant: after a sync that failed this process writes nothing more. The kernel forgets what it could not write,
//! so that a second sync of the same file says yes to bytes that are lost (A. Rebello et al., "Can Applications Recover
//! from fsync Failures?", USENIX ATC 2020); only a new process, which reads what is really there, may go on.
//! Deliberately absent: retries, and knowledge of what the files hold.
//! Start reading at [`sync_file`].

mod full;
mod halt;
mod sync;

pub use full::is_full;
pub use halt::{EXIT_CODE, halt};
pub use sync::{sync_elsewhere, sync_file, sync_folder, sync_folders};
