//! An S3-compatible object store of its own (s3s-fs), on loopback, with keys, in a temporary folder.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use tokio::sync::oneshot;

/// Bucket that is there.
pub const BUCKET: &str = "lake";
/// Name of the key that is let in.
pub const ACCESS_KEY_ID: &str = "brain-tests";
/// The key.
pub const SECRET_ACCESS_KEY: &str = "not-a-secret-outside-of-tests";

/// A serving object store; stopped and removed when dropped. It runs on a thread of its own, so that a test may block,
/// or kill the program that uses it.
pub struct ObjectServer {
    address: SocketAddr,
    folder: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    asked: Asked,
}

/// Method, path and query of each request.
type Asked = Arc<Mutex<Vec<String>>>;

impl ObjectServer {
    /// Serve an empty bucket on a free port.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("the bucket");
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let (root, asked) = (folder.path().to_owned(), Asked::default());
        let noted = asked.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(serve(root, noted, tell, stopped));
        });
        let address = told.recv().expect("the object store listens");
        Self { address, folder, stop: Some(stop), thread: Some(thread), asked }
    }

    /// Its address, such as `http://127.0.0.1:9000`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the objects of the bucket lie as files.
    #[must_use]
    pub fn bucket(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }

    /// How many requests named this, in their path or query.
    #[must_use]
    pub fn asked_for(&self, part: &str) -> usize {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|request| request.contains(part)).count()
    }

    /// Names of the objects below a prefix, sorted; what the server keeps for itself is not among them.
    #[must_use]
    pub fn objects(&self, prefix: &str) -> Vec<String> {
        let mut found = Vec::new();
        walk(&self.bucket(), &self.bucket().join(prefix), &mut found);
        found.sort();
        found
    }
}

impl Drop for ObjectServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A server that panicked has failed its test already.
            drop(thread.join());
        }
    }
}

async fn serve(
    root: PathBuf,
    asked: Asked,
    tell: mpsc::Sender<SocketAddr>,
    mut stopped: oneshot::Receiver<()>,
) {
    use hyper::service::Service;
    use hyper_util::rt::TokioIo;
    let files = s3s_fs::FileSystem::new(root).expect("the folder of the object store");
    let mut builder = s3s::service::S3ServiceBuilder::new(files);
    builder.set_auth(s3s::auth::SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
    let service = builder.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    tell.send(listener.local_addr().expect("an address")).expect("somebody waits for the address");
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted.expect("a connection").0,
            _ = &mut stopped => return,
        };
        let (service, asked) = (service.clone(), asked.clone());
        let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let words = format!("{} {}", request.method(), request.uri());
            asked.lock().unwrap_or_else(PoisonError::into_inner).push(words);
            Service::call(&service, request)
        });
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new();
            // A caller that goes away is the test's business.
            drop(connection.serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

fn walk(root: &Path, at: &Path, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(at) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            walk(root, &path, found);
        } else if !name.starts_with('.') {
            let below = path.strip_prefix(root).expect("below the bucket");
            found.push(below.to_string_lossy().into_owned());
        }
    }
}
