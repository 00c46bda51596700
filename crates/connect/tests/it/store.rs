//! An object store that listens: s3s over a folder, with its keys, and with what may happen on the way.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures::{StreamExt as _, stream};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::dto::{GetObjectInput, GetObjectOutput, ListObjectsV2Input, ListObjectsV2Output, StreamingBlob};
use s3s::host::MultiDomain;
use s3s::service::S3ServiceBuilder;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;

/// The key id and its secret.
pub(crate) const KEY: (&str, &str) = ("BRAINREADER", "very+secret/42");
/// Objects on one page of the listing.
const PAGE: i32 = 2;

/// What was asked, and what shall happen.
#[derive(Default)]
pub(crate) struct Happening {
    /// Prefixes of the pages of listings that were asked for.
    pub(crate) listed: Vec<String>,
    /// Keys and ranges that were asked for.
    pub(crate) read: Vec<(String, String)>,
    /// The connection breaks in the middle of the answer to this many of the reads, by number from 1.
    pub(crate) breaks: Vec<usize>,
    /// After this read, by number from 1, a file is written with this content, or removed.
    pub(crate) after: BTreeMap<usize, (String, Option<String>)>,
    /// Listings that are refused because the store is busy.
    pub(crate) busy: usize,
    /// Whether tags are listed.
    pub(crate) lists_tags: bool,
    /// Whether `If-Match` is heeded.
    pub(crate) heeds_tags: bool,
}

pub(crate) type Happens = Arc<Mutex<Happening>>;

/// The store with its folder.
pub(crate) struct Store {
    pub(crate) origin: String,
    /// The same by a name that no resolver of the world knows.
    pub(crate) named: String,
    pub(crate) happens: Happens,
    folder: tempfile::TempDir,
}

impl Store {
    /// A store with one bucket, `data`, that asks for a key.
    pub(crate) async fn start() -> Self {
        Self::listen(true).await
    }

    /// A store with one bucket, `data`, that lets everybody read.
    pub(crate) async fn open() -> Self {
        Self::listen(false).await
    }

    async fn listen(keyed: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let happens: Happens = Arc::new(Mutex::new(Happening { heeds_tags: true, ..Happening::default() }));
        let store = Faulty {
            store: FileSystem::new(folder.path()).unwrap(),
            folder: folder.path().to_owned(),
            happens: happens.clone(),
        };
        let mut builder = S3ServiceBuilder::new(store);
        if keyed {
            builder.set_auth(SimpleAuth::from_single(KEY.0, KEY.1));
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let named = format!("s3.test:{}", address.port());
        builder.set_host(MultiDomain::new([address.to_string(), named.clone()]).unwrap());
        let service = builder.build();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(socket), service.clone());
                // One that breaks is what some tests want.
                tokio::spawn(async move { drop(connection.await) });
            }
        });
        Self { origin: format!("http://{address}"), named: format!("http://{named}"), happens, folder }
    }

    /// Write an object, this many seconds after others.
    pub(crate) fn put(&self, key: &str, content: &str, second: u64) {
        write(&self.folder.path().join("data").join(key), content, second);
    }

    pub(crate) fn remove(&self, key: &str) {
        std::fs::remove_file(self.folder.path().join("data").join(key)).unwrap();
    }
}

fn write(path: &Path, content: &str, second: u64) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000 + second);
    std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// The folder as a store, with what happens on the way.
struct Faulty {
    store: FileSystem,
    folder: std::path::PathBuf,
    happens: Happens,
}

impl Faulty {
    async fn tag(&self, request: &S3Request<()>, bucket: &str, key: &str) -> S3Result<s3s::dto::ETag> {
        let input = GetObjectInput::builder().bucket(bucket.to_owned()).key(key.to_owned()).build().unwrap();
        let response = self.store.get_object(request.clone().map_input(|()| input)).await?;
        Ok(response.output.e_tag.unwrap())
    }
}

#[async_trait::async_trait]
impl S3 for Faulty {
    async fn list_objects_v2(
        &self,
        mut request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let tags = {
            let mut happens = self.happens.lock().unwrap();
            if happens.busy > 0 {
                happens.busy -= 1;
                return Err(s3_error!(SlowDown));
            }
            happens.listed.push(request.input.prefix.clone().unwrap_or_default());
            happens.lists_tags
        };
        request.input.max_keys = Some(PAGE);
        let (plain, bucket) = (request.clone().map_input(|_| ()), request.input.bucket.clone());
        let mut response = self.store.list_objects_v2(request).await?;
        for object in response.output.contents.iter_mut().flatten().filter(|_| tags) {
            object.e_tag = Some(self.tag(&plain, &bucket, object.key.as_ref().unwrap()).await?);
        }
        Ok(response)
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let key = request.input.key.clone();
        let range = request.headers.get("range").map_or("", |range| range.to_str().unwrap()).to_owned();
        let (nth, heeds) = {
            let mut happens = self.happens.lock().unwrap();
            happens.read.push((key, range));
            (happens.read.len(), happens.heeds_tags)
        };
        let wanted = request.input.if_match.clone();
        let mut response = self.store.get_object(request).await?;
        let wanted = wanted.as_ref().and_then(|wanted| wanted.as_etag()).filter(|_| heeds);
        if wanted.is_some_and(|wanted| Some(wanted) != response.output.e_tag.as_ref()) {
            return Err(s3_error!(PreconditionFailed));
        }
        let (breaks, after) = {
            let mut happens = self.happens.lock().unwrap();
            (happens.breaks.contains(&nth), happens.after.remove(&nth))
        };
        let body = response.output.body.take().unwrap();
        // All of it is read from the folder before the folder changes.
        let mut pieces: Vec<_> = body.map(Result::unwrap).collect().await;
        if let Some((key, content)) = after {
            let path = self.folder.join("data").join(key);
            match content {
                Some(content) => write(&path, &content, 900),
                None => std::fs::remove_file(path).unwrap(),
            }
        }
        let mut sent: Vec<std::io::Result<_>> = Vec::new();
        if breaks {
            pieces.truncate(pieces.len() / 2);
        }
        sent.extend(pieces.into_iter().map(Ok));
        if breaks {
            sent.push(Err(std::io::Error::other("the line is cut")));
        }
        response.output.body = Some(StreamingBlob::wrap(stream::iter(sent)));
        Ok(response)
    }
}
