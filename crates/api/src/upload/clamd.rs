//! The INSTREAM command of a ClamAV daemon: the file goes over the socket, so that the daemon needs no access to it
//! (clamd(8), "COMMANDS").

use super::scan::{Verdict, clean};
use brain_egress::Egress;
use std::path::Path;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Bytes sent at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// Longest reply.
const REPLY_BYTES_MAX: u64 = 4_096;

/// Ask the daemon at `tcp://host:port` or `unix:/path` about a file.
pub(super) async fn scan(egress: &Egress, address: &str, path: &Path) -> Verdict {
    let outcome = match address.strip_prefix("unix:") {
        Some(socket) => unix(socket, path).await,
        None => match egress.connect("upload.scan", address).await {
            Ok(stream) => instream(stream, path).await,
            Err(error) => return Verdict::Failed { why: error.to_string() },
        },
    };
    outcome.map_or_else(|error| Verdict::Failed { why: error.to_string() }, |reply| verdict(&reply))
}

#[cfg(unix)]
async fn unix(socket: &str, path: &Path) -> std::io::Result<Vec<u8>> {
    instream(tokio::net::UnixStream::connect(socket).await?, path).await
}

#[cfg(not(unix))]
async fn unix(_: &str, _: &Path) -> std::io::Result<Vec<u8>> {
    Err(std::io::ErrorKind::Unsupported.into())
}

async fn instream<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = tokio::fs::File::open(path).await?;
    let sent = send(&mut stream, &mut file).await;
    // A daemon that has had enough says so and closes; what it said counts, not that we could not say more.
    let mut reply = Vec::new();
    let heard = stream.take(REPLY_BYTES_MAX).read_to_end(&mut reply).await;
    if reply.is_empty() {
        sent?;
        heard?;
    }
    Ok(reply)
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, file: &mut tokio::fs::File) -> std::io::Result<()> {
    stream.write_all(b"zINSTREAM\0").await?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = file.read(&mut piece).await?;
        stream.write_u32(count as u32).await?;
        let Some(bytes) = piece.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        stream.write_all(bytes).await?;
    }
    stream.flush().await
}

/// `stream: OK`, `stream: <name> FOUND`, anything else is no verdict.
fn verdict(reply: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(reply);
    let text = text.trim_end_matches(['\0', '\n']).trim();
    let said = text.strip_prefix("stream: ").unwrap_or(text);
    match said.strip_suffix(" FOUND") {
        Some(name) => Verdict::Infected { signature: clean(name) },
        None if said == "OK" => Verdict::Clean,
        None => Verdict::Failed { why: format!("clamd says {:?}", clean(text)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brain_egress::Options;
    use tokio::net::TcpListener;

    /// A daemon that takes the stream apart as the protocol says and answers by what was in it.
    async fn daemon(limit: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut command = [0; 10];
                stream.read_exact(&mut command).await.unwrap();
                assert_eq!(&command, b"zINSTREAM\0");
                let mut content = Vec::new();
                let reply: &[u8] = loop {
                    let length = stream.read_u32().await.unwrap() as usize;
                    if length == 0 {
                        let found = content.windows(5).any(|window| window == b"EICAR");
                        break if found { b"stream: Eicar-Test-Signature FOUND\0" } else { b"stream: OK\0" };
                    }
                    let mut piece = vec![0; length];
                    stream.read_exact(&mut piece).await.unwrap();
                    content.extend(piece);
                    if content.len() > limit {
                        break b"INSTREAM size limit exceeded. ERROR\0";
                    }
                };
                stream.write_all(reply).await.unwrap();
            }
        });
        format!("tcp://{address}")
    }

    #[tokio::test]
    async fn the_daemon_gets_the_whole_file_and_its_word_is_the_verdict() {
        let address = daemon(300_000).await;
        let egress = Egress::new(&Options::default()).unwrap();
        let file = std::env::temp_dir().join(format!("brain-clamd-{}", uuid::Uuid::now_v7()));
        let ask = async |content: &[u8]| {
            std::fs::write(&file, content).unwrap();
            scan(&egress, &address, &file).await
        };
        assert!(matches!(ask(b"a").await, Verdict::Failed { .. }), "an address nobody permitted");
        egress.permit(&address).unwrap();
        assert_eq!(ask(b"a,b\n").await, Verdict::Clean);
        assert_eq!(ask(b"").await, Verdict::Clean);
        let late = [vec![b'x'; 200_000], b"EICAR".to_vec()].concat();
        assert_eq!(ask(&late).await, Verdict::Infected { signature: "Eicar-Test-Signature".into() });
        assert!(
            matches!(ask(&vec![b'x'; 400_000]).await, Verdict::Failed { .. }),
            "too large to be scanned is not clean"
        );
        assert!(matches!(scan(&egress, "unix:/no/such/socket", &file).await, Verdict::Failed { .. }));
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn anything_but_ok_and_found_is_no_verdict() {
        assert_eq!(verdict(b"stream: OK\0"), Verdict::Clean);
        for odd in [&b""[..], b"OK sure", b"UNKNOWN COMMAND\0", b"stream: OK ERROR"] {
            assert!(matches!(verdict(odd), Verdict::Failed { .. }), "{odd:?}");
        }
    }
}
