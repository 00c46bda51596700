//! Servers that a test has for itself, and a connection that breaks where it says.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// `host:port` of a shared server. `None`, with a line that says so, where none is offered.
#[expect(clippy::disallowed_methods, reason = "tests learn about services from the environment")]
pub(crate) fn of_the_environment(variable: &str) -> Option<SocketAddr> {
    let Ok(address) = std::env::var(variable) else {
        println!("skipped: {variable} is not set");
        return None;
    };
    Some(address.parse().unwrap())
}

/// A port nobody listens on now.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server that ends with the test.
pub(crate) struct Own {
    child: Child,
}

impl Own {
    /// Start a program and wait until it answers on the port.
    #[expect(clippy::disallowed_methods, reason = "a look at a server this test itself started")]
    pub(crate) fn start(program: &str, arguments: &[&str], port: u16) -> Self {
        let installed = format!("/usr/sbin/{program}");
        let program = if Path::new(&installed).exists() { &installed } else { program };
        let quiet = Stdio::null;
        let child = Command::new(program).args(arguments).stdout(quiet()).stderr(quiet()).spawn().unwrap();
        let own = Self { child };
        let answers = |_: &i32| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        let waited =
            (0..3_000).inspect(|_| std::thread::sleep(std::time::Duration::from_millis(10))).find(answers);
        assert!(waited.is_some(), "{program} does not answer on port {port}");
        own
    }

    /// End it as if its machine had lost power.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Where a connection breaks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Break {
    /// Before what the client sends when it begins with this byte.
    ClientSays(u8),
    /// After so many bytes of the server.
    ServerSent(usize),
}

/// Passes bytes on to a server; one connection breaks.
pub(crate) struct Way {
    pub(crate) port: u16,
    /// Tells that the connection broke.
    pub(crate) broke: Arc<Notify>,
}

/// A way to a server whose connection of this number, counted from 1, breaks. Where `holds`, it is not closed but says
/// nothing any more.
pub(crate) async fn breaking(server: SocketAddr, number: usize, place: Break, holds: bool) -> Way {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let broke = Arc::new(Notify::new());
    let (counted, told) = (AtomicUsize::new(0), broke.clone());
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let nth = counted.fetch_add(1, Ordering::SeqCst) + 1;
            let place = (nth == number).then_some(place);
            tokio::spawn(pass(client, server, place, holds, told.clone()));
        }
    });
    Way { port, broke }
}

#[expect(clippy::disallowed_methods, reason = "a test's own way to a server of the test")]
async fn pass(client: TcpStream, server: SocketAddr, place: Option<Break>, holds: bool, told: Arc<Notify>) {
    let server = TcpStream::connect(server).await.unwrap();
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let up = async {
        let mut block = vec![0; 64 << 10];
        loop {
            let read = from_client.read(&mut block).await.unwrap_or(0);
            if read == 0 {
                return false;
            }
            if matches!(place, Some(Break::ClientSays(byte)) if block[0] == byte) {
                return true;
            }
            if to_server.write_all(&block[..read]).await.is_err() {
                return false;
            }
        }
    };
    let down = async {
        let (mut block, mut sent) = (vec![0; 64 << 10], 0);
        loop {
            let read = from_server.read(&mut block).await.unwrap_or(0);
            if read == 0 {
                return false;
            }
            let left = match place {
                Some(Break::ServerSent(bytes)) => read.min(bytes - sent),
                _ => read,
            };
            sent += left;
            if to_client.write_all(&block[..left]).await.is_err() {
                return false;
            }
            if matches!(place, Some(Break::ServerSent(bytes)) if sent == bytes) {
                return true;
            }
        }
    };
    let broke = tokio::select! { broke = up => broke, broke = down => broke };
    if broke {
        told.notify_one();
        if holds {
            // Both ends stay open until the test ends.
            std::future::pending::<()>().await;
        }
    }
}
