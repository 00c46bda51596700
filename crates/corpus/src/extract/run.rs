//! A program outside, run without a shell and within bounds: time, memory, and what it writes.

use super::Refused;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest text that is taken from a program, bytes.
const TEXT_BYTES_MAX: u64 = 4 << 20;
/// Largest file that a program may write, bytes: a page drawn at 1,200 dots per inch has less.
#[cfg(target_os = "linux")]
const FILE_BYTES_MAX: u64 = 1 << 30;
const LOOK: Duration = Duration::from_millis(20);

/// What a program may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) seconds: u64,
    pub(super) memory_bytes: u64,
}

/// Run to the end or to the end of patience; what it wrote to its output.
pub(super) fn to_end(mut command: Command, bounds: &Bounds) -> Result<String, Refused> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |what: String| Refused::Recognition { reason: format!("{program}: {what}") };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    if let Err(error) = hold(&child, bounds) {
        // A program that ended by itself is beyond bounds, and its own status says how it ended.
        if child.try_wait().is_ok_and(|ended| ended.is_none()) {
            child.kill().and_then(|()| child.wait()).map_err(|error| failed(error.to_string()))?;
            return Err(failed(error.to_string()));
        }
    }
    let output = child.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(output) = output {
            output.take(TEXT_BYTES_MAX).read_to_end(&mut text)?;
        }
        Ok::<_, std::io::Error>(text)
    });
    let patience = Instant::now() + Duration::from_secs(bounds.seconds);
    let status = loop {
        match child.try_wait().map_err(|error| failed(error.to_string()))? {
            Some(status) => break status,
            None if Instant::now() > patience => {
                child.kill().and_then(|()| child.wait()).map_err(|error| failed(error.to_string()))?;
                return Err(failed(format!("longer than {} s", bounds.seconds)));
            }
            None => std::thread::sleep(LOOK),
        }
    };
    let text = reader.join().map_err(|_| failed("its output could not be read".to_owned()))?;
    let text = text.map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(status.to_string()));
    }
    Ok(String::from_utf8_lossy(&text).trim().to_owned())
}

/// The text of a file that a program wrote.
pub(super) fn text_of(path: &Path) -> Result<String, Refused> {
    let failed = |error: std::io::Error| Refused::Recognition { reason: error.to_string() };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(TEXT_BYTES_MAX).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(target_os = "linux")]
fn hold(child: &Child, bounds: &Bounds) -> std::io::Result<()> {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let pid = Some(Pid::from_child(child));
    let most = |bytes: u64| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    prlimit(pid, Resource::As, most(bounds.memory_bytes))?;
    prlimit(pid, Resource::Fsize, most(FILE_BYTES_MAX))?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape as where limits can be set")]
fn hold(_: &Child, _: &Bounds) -> std::io::Result<()> {
    Ok(())
}
