//! The node's place at the second site: its epoch, kept by two threads that nothing else holds up, and the rounds that copy
//! it there.
//!
//! The one who ends a process that may serve no longer stands here: at once, without finishing anything, for whatever
//! it still answered might be answered twice.

mod hold;
mod ship;
mod state;

pub use hold::{Held, admit};
pub use ship::Shipping;
pub use state::{State, new_id};

use crate::config::MirrorConfig;
use brain_backup::{Claim, Error, LeaseFolder};
use brain_kernel::error::{ErrorKind, Failure};
use brain_trust::Status;
use std::path::Path;

/// Exit code of a node that may serve no longer (`EX_TEMPFAIL` of sysexits.h).
pub const EXIT_CODE: i32 = 75;

/// Somebody else holds the highest epoch.
fn superseded(config: &MirrorConfig, claim: &Claim, known_here: bool) -> Failure {
    let (folder, name, epoch) = (config.folder.display(), &claim.name, claim.epoch);
    let since = claim.at.to_rfc3339();
    if known_here {
        return Failure::new(
            ErrorKind::Precondition,
            "mirror/superseded",
            format!("节点 {name} 已于 {since} 接管（第 {epoch} 任，{folder}），本数据文件夹不得再提供服务。"),
            format!("{name} took over at {since} (epoch {epoch}, {folder}); this data folder may not serve any more."),
        )
        .with_hint(
            "要让本机成为新的备用节点：把数据文件夹移到别处保存，再执行 brain standby。",
            "To make this machine the new standby: move the data folder away, keep it, and run brain standby.",
        );
    }
    Failure::new(
        ErrorKind::Precondition,
        "mirror/of-another",
        format!("{folder} 属于节点 {name}（第 {epoch} 任），不是本数据文件夹的副本。"),
        format!("{folder} is the mirror of {name} (epoch {epoch}), not of this data folder."),
    )
    .with_hint(
        "恢复出来的节点请换一个空的 mirror.folder；备用节点请用 brain standby 启动。",
        "Give a restored node another, empty mirror.folder; start a standby with brain standby.",
    )
}

/// The folder cannot be reached, and the node is to stop then.
fn unreachable(config: &MirrorConfig, cause: &str) -> Failure {
    let folder = config.folder.display();
    Failure::new(
        ErrorKind::Unavailable,
        "mirror/unreachable",
        format!("无法访问第二站点 {folder}（{cause}），不能确认没有备用节点已接管。"),
        format!("The second site {folder} cannot be reached ({cause}); a standby may have taken over."),
    )
    .with_hint(
        "请恢复挂载后重新启动；确知没有备用节点在服务时，可设 mirror.on_loss = \"go_on\"。",
        "Mount it and start again; where you know that no standby serves, set mirror.on_loss = \"go_on\".",
    )
}

/// End this process at once: it may serve no longer.
fn end(failure: &Failure) -> ! {
    let words = failure.message(crate::cli::language());
    tracing::error!(code = failure.code, "the node may serve no longer; the process ends");
    eprintln!("{words}  [{}]", failure.code);
    std::process::exit(EXIT_CODE)
}

/// How the copy stood last, for whoever asks this node while it does not serve.
pub fn recall(config: &MirrorConfig, status: &Status, data: &Path) -> anyhow::Result<()> {
    if config.is_on()
        && let Some(last) = State::of(data)?.last
    {
        status.set_mirror(last);
    }
    Ok(())
}

/// The highest claim of a mirror that is there; `None` in one that nobody has claimed, or that is no mirror yet.
fn highest(config: &MirrorConfig) -> Result<Option<Claim>, Error> {
    if config.folder.is_dir() && !config.folder.join("lease").exists() {
        return Ok(None);
    }
    LeaseFolder::of(&config.folder).highest()
}
