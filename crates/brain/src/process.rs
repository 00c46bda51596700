//! What the process gives up before it does anything: core files, new rights, and files that others may read.
//!
//! Keys and passwords in memory must not land in a core file or be read by a debugger of the same user
//! (GB/T 22239-2019 8.1.4.10); a program it starts, such as a scanner, must not gain rights the node does not have.

/// Confine this process; what could not be done, in words. To be called before any thread is started.
pub fn confine() -> Vec<String> {
    let mut troubles = Vec::new();
    #[cfg(unix)]
    unix(&mut troubles);
    #[cfg(target_os = "linux")]
    linux(&mut troubles);
    troubles
}

#[cfg(unix)]
fn unix(troubles: &mut Vec<String>) {
    use rustix::fs::Mode;
    use rustix::process::{Resource, Rlimit, setrlimit, umask};
    // What is written is the owner's alone, whatever the shell that started us says.
    umask(Mode::RWXG | Mode::RWXO);
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
        troubles.push(format!("core files could not be forbidden: {error}"));
    }
}

#[cfg(target_os = "linux")]
fn linux(troubles: &mut Vec<String>) {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        troubles.push(format!("core dumps could not be switched off: {error}"));
    }
    if let Err(error) = give_up_rights() {
        troubles.push(format!("new rights could not be forbidden: {error}"));
    }
}

/// No program this one starts gains rights (`no_new_privs`).
///
/// Asked for by the system call itself: Landlock's library would set it too, and would forbid renaming between folders
/// on every kernel that knows Landlock's first version only.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "one system call that takes four numbers and no memory")]
fn give_up_rights() -> std::io::Result<()> {
    // SAFETY: PR_SET_NO_NEW_PRIVS reads its four integers and touches no memory of this process (prctl(2)).
    let answer = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    if answer == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// How this process is confined, as the system tells it: for `brain doctor`, and for the test that it is.
pub fn confinement() -> Confinement {
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.map(str::trim).unwrap_or_default().to_owned()
        };
        let core = rustix::process::getrlimit(rustix::process::Resource::Core);
        Confinement {
            known: true,
            no_new_privileges: field("NoNewPrivs") == "1",
            umask: field("Umask"),
            core_bytes: core.current.unwrap_or(u64::MAX),
            root: rustix::process::geteuid().is_root(),
        }
    }
    #[cfg(not(target_os = "linux"))]
    Confinement::default()
}

/// What [`confinement`] finds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confinement {
    /// Whether this system says anything about it.
    pub known: bool,
    /// Programs it starts gain no rights.
    pub no_new_privileges: bool,
    /// Bits new files do not get, octal.
    pub umask: String,
    /// Largest core file, bytes.
    pub core_bytes: u64,
    /// Whether it runs as the superuser.
    pub root: bool,
}
