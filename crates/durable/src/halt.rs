//! The end of a process that cannot know any more what is on disk.

use std::fmt::Display;

/// Exit code of a process that stopped because its disk failed (`EX_IOERR` of sysexits.h).
pub const EXIT_CODE: i32 = 74;

/// Say what failed, and end the process at once: no destructor runs, nothing more is written.
///
/// `what` is the file or the operation that could not be brought to disk.
#[expect(clippy::print_stderr, reason = "the last words of a process, also where no log is kept")]
pub fn halt(what: &str, cause: &dyn Display) -> ! {
    tracing::error!(what, %cause, "could not be brought to disk; the process stops");
    eprintln!(
        "无法把 {what} 写入磁盘（{cause}），程序已停止，以免丢失数据；请检查磁盘后重新启动。\n\
         {what} could not be brought to disk ({cause}); the program has stopped so that no data is lost. Check the \
         disk, then start it again.  [durable/sync-failed]"
    );
    std::process::exit(EXIT_CODE)
}
