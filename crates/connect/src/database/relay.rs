//! The checked connection, where the library that speaks the database's language can take it up.
//!
//! sqlx opens its connections itself and holds the certificate against the host it was told. Were it told the name, it
//! would look the name up again, and connect to what nobody has checked; were it told the address, it could not hold
//! the certificate against the name. It also takes a socket of this machine: ours leads into the connection that the
//! way out has opened, once, in a folder that nobody else can enter.

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

/// Buffer in each direction, bytes.
#[cfg(unix)]
const BUFFER_BYTES: usize = 64 << 10;

/// A socket that leads into a connection. Dropping it ends both.
pub(crate) struct Relay {
    folder: TempDir,
    task: AbortHandle,
}

impl Relay {
    /// A socket of this name in a folder of its own, for the first who connects.
    #[cfg(unix)]
    pub(super) fn open(name: &str, mut outside: TcpStream) -> std::io::Result<Self> {
        use std::os::unix::fs::PermissionsExt as _;
        let private = std::fs::Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("brain-relay-").permissions(private).tempdir()?;
        let listener = tokio::net::UnixListener::bind(folder.path().join(name))?;
        let task = tokio::spawn(async move {
            let Ok((mut inside, _)) = listener.accept().await else { return };
            drop(listener);
            // Whichever side breaks, the other is closed with it, and whoever reads there says what is missing.
            let copied = tokio::io::copy_bidirectional_with_sizes(
                &mut inside,
                &mut outside,
                BUFFER_BYTES,
                BUFFER_BYTES,
            );
            if let Err(error) = copied.await {
                tracing::debug!(%error, "a connection to a database broke off");
            }
        });
        Ok(Self { folder, task: task.abort_handle() })
    }

    /// Machines without such sockets have no connectors of databases.
    #[cfg(not(unix))]
    pub(super) fn open(_name: &str, _outside: TcpStream) -> std::io::Result<Self> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// The folder of the socket.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}
