//! The way out over real sockets: what is called, what is refused, and that nothing changes between check and call.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "in tests a panic is the report"
)]

mod spelled;

use brain_egress::{Addresses, Call, Egress, Error, Ledger, Method, Options, Resolve};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A server that answers every connection with the same bytes and counts them.
async fn server(answer: &'static str) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, count) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut head = [0_u8; 4096];
                let _ = stream.read(&mut head).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (address, count)
}

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";

/// Names and the addresses they lead to, one set for each time they are asked; the last stays.
#[derive(Default)]
struct Names {
    known: HashMap<String, Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Names {
    fn new(name: &str, times: &[&[&str]]) -> Arc<Self> {
        let sets = times.iter().map(|set| set.iter().map(|text| text.parse().unwrap()).collect()).collect();
        Arc::new(Self { known: HashMap::from([(name.to_owned(), sets)]), asked: AtomicUsize::new(0) })
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        let time = self.asked.fetch_add(1, Ordering::SeqCst);
        let found = self.known.get(host).map(|sets| sets[time.min(sets.len() - 1)].clone());
        Box::pin(async move { found.ok_or_else(|| std::io::Error::other("no such name")) })
    }
}

fn options(allow: &[String], networks: &[&str]) -> Options {
    Options {
        allow: allow.to_vec(),
        networks: networks.iter().map(|text| (*text).to_owned()).collect(),
        ..Options::default()
    }
}

fn get(url: &str) -> Call {
    Call::new("test", Method::GET, url)
}

#[tokio::test]
async fn nothing_is_called_that_nobody_listed() {
    let (address, count) = server(HELLO).await;
    let egress = Egress::new(&Options::default()).unwrap();
    let refused = egress.fetch(get(&format!("http://{address}/"))).await.unwrap_err();
    assert_eq!(refused.code(), "egress/address");
    let refused = egress.fetch(get("https://peer.example/")).await.unwrap_err();
    assert_eq!(refused, Error::NotListed { origin: "https://peer.example:443".to_owned() });
    assert_eq!(count.load(Ordering::SeqCst), 0);
    egress.permit(&format!("http://{address}/api")).unwrap();
    let answer = egress.fetch(get(&format!("http://{address}/other"))).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.as_ref()), (200, b"hello".as_slice()));
}

#[tokio::test]
async fn a_listed_name_must_lead_outside() {
    let (address, count) = server(HELLO).await;
    let origin = format!("http://peer.example:{}", address.port());
    for inside in
        ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00::1"]
    {
        let names = Names::new("peer.example", &[&[inside]]);
        let egress = Egress::with_resolver(&options(&[origin.clone()], &[]), names).unwrap();
        let refused = egress.fetch(get(&origin)).await.unwrap_err();
        assert_eq!(refused.code(), "egress/address", "{inside}: {refused}");
    }
    let mixed = Names::new("peer.example", &[&["114.114.114.114", "127.0.0.1"]]);
    let egress = Egress::with_resolver(&options(&[origin.clone()], &[]), mixed).unwrap();
    assert_eq!(
        egress.fetch(get(&origin)).await.unwrap_err().code(),
        "egress/address",
        "one bad address spoils all"
    );
    assert_eq!(count.load(Ordering::SeqCst), 0);
    let names = Names::new("peer.example", &[&["127.0.0.1"]]);
    let egress = Egress::with_resolver(&options(&[origin.clone()], &["127.0.0.0/8"]), names).unwrap();
    assert_eq!(egress.fetch(get(&origin)).await.unwrap().status, 200, "a listed network may be reached");
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_checked_again_and_connected_to_where_it_was_checked() {
    let (address, count) = server(HELLO).await;
    let origin = format!("http://rebind.example:{}", address.port());
    // The listed network holds the first address only; the second is where an attacker would like to be led.
    let names = Names::new("rebind.example", &[&["127.0.0.1"], &["127.0.0.2"]]);
    let egress = Egress::with_resolver(&options(&[origin.clone()], &["127.0.0.1"]), names.clone()).unwrap();
    assert_eq!(egress.fetch(get(&origin)).await.unwrap().status, 200);
    assert_eq!(names.asked.load(Ordering::SeqCst), 1, "one look-up serves check and connection");
    let refused = egress.fetch(get(&origin)).await.unwrap_err();
    assert!(matches!(&refused, Error::Address { address, .. } if address == "127.0.0.2"), "{refused}");
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let plain = origin.replace("http", "tcp");
    let egress = Egress::with_resolver(
        &options(&[plain.clone()], &["127.0.0.1"]),
        Names::new("rebind.example", &[&["127.0.0.2"]]),
    );
    assert_eq!(egress.unwrap().connect("test", &plain).await.unwrap_err().code(), "egress/address");
}

#[tokio::test]
async fn an_answer_that_is_read_as_it_comes_passes_the_same_guard() {
    let (address, count) = server(HELLO).await;
    let url = format!("http://{address}/");
    let refused = Egress::new(&Options::default()).unwrap().stream(get(&url)).await.unwrap_err();
    assert_eq!((refused.code(), count.load(Ordering::SeqCst)), ("egress/address", 0));
    let egress = Egress::new(&options(&[format!("http://{address}")], &[])).unwrap();
    let mut answer = egress.stream(get(&url)).await.unwrap();
    assert_eq!(answer.status.as_u16(), 200);
    let mut body = Vec::new();
    while let Some(piece) = answer.next().await.unwrap() {
        body.extend_from_slice(&piece);
    }
    assert_eq!(body, b"hello");
    // One that falls silent before its end is given up.
    let (silent, _) = server("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhel").await;
    let options = Options { timeout_s: 1, ..options(&[format!("http://{silent}")], &[]) };
    let mut answer = Egress::new(&options).unwrap().stream(get(&format!("http://{silent}/"))).await.unwrap();
    let cut = loop {
        match answer.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the end of an answer that was cut off"),
            Err(error) => break error,
        }
    };
    assert!(matches!(cut, Error::TimedOut { .. } | Error::Failed { .. }), "{cut:?}");
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let (inner, count) = server(HELLO).await;
    let head = format!("HTTP/1.1 302 Found\r\nlocation: http://{inner}/\r\ncontent-length: 0\r\n\r\n");
    let (outer, _) = server(Box::leak(head.into_boxed_str())).await;
    let egress = Egress::new(&Options::default()).unwrap();
    for address in [inner, outer] {
        egress.permit(&format!("http://{address}")).unwrap();
    }
    let answer = egress.fetch(get(&format!("http://{outer}/"))).await.unwrap();
    assert_eq!((answer.status.as_u16(), count.load(Ordering::SeqCst)), (302, 0));
}

#[tokio::test]
async fn an_answer_has_a_limit_of_size_and_of_time() {
    let (announced, _) = server("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n").await;
    let long = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(5_000));
    let (unannounced, _) = server(Box::leak(long.into_boxed_str())).await;
    let (silent, _) = server("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx").await;
    let egress = Egress::new(&Options { answer_limit_kib: 4, ..Options::default() }).unwrap();
    for address in [announced, unannounced] {
        egress.permit(&format!("http://{address}")).unwrap();
        let refused = egress.fetch(get(&format!("http://{address}")).at_most(1 << 30)).await.unwrap_err();
        assert!(matches!(refused, Error::TooLarge { limit_bytes: 4096, .. }), "{refused}");
    }
    // A server that goes silent in the middle: held open by a listener that never answers.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = mute.local_addr().unwrap();
    egress.permit(&format!("http://{address}")).unwrap();
    let late =
        egress.fetch(get(&format!("http://{address}")).within(Duration::from_millis(50))).await.unwrap_err();
    assert_eq!(late.code(), "egress/timed-out");
    egress.permit(&format!("http://{silent}")).unwrap();
    let broken = egress.fetch(get(&format!("http://{silent}"))).await.unwrap_err();
    assert_eq!(broken.code(), "egress/failed");
}

#[derive(Default)]
struct Book(Mutex<Vec<String>>);

impl Ledger for Book {
    fn opened(&self, purpose: &'static str, origin: &str) {
        self.0.lock().unwrap().push(format!("{purpose} {origin}"));
    }

    fn refused(&self, purpose: &'static str, target: &str, why: &Error) {
        self.0.lock().unwrap().push(format!("{purpose} {target} {}", why.code()));
    }
}

#[tokio::test]
async fn each_destination_and_each_refusal_is_told_once() {
    let (address, _) = server(HELLO).await;
    let egress = Egress::new(&Options::default()).unwrap();
    let book = Arc::new(Book::default());
    assert!(egress.tell(book.clone()) && !egress.tell(book.clone()));
    egress.permit(&format!("http://{address}")).unwrap();
    for _ in 0..3 {
        egress.fetch(get(&format!("http://{address}/"))).await.unwrap();
        egress.fetch(get("http://169.254.169.254/latest")).await.unwrap_err();
    }
    let told = book.0.lock().unwrap().clone();
    assert_eq!(
        told,
        [format!("test http://{address}"), "test http://169.254.169.254/latest egress/address".to_owned()]
    );
}

#[tokio::test]
async fn plain_connections_go_through_the_same_guard() {
    let (address, count) = server("x").await;
    let egress = Egress::new(&Options::default()).unwrap();
    let url = format!("tcp://{address}");
    assert_eq!(egress.connect("test", &url).await.unwrap_err().code(), "egress/address");
    egress.permit(&url).unwrap();
    let mut stream = egress.connect("test", &url).await.unwrap();
    stream.write_all(b"?").await.unwrap();
    assert_eq!((stream.read_u8().await.unwrap(), count.load(Ordering::SeqCst)), (b'x', 1));
    assert!(egress.fetch(get(&url)).await.is_err(), "no HTTP over it");
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    for (allow, networks) in
        [(&["peer.example"][..], &[][..]), (&["ftp://a.example"], &[]), (&[], &["10.0.0.0/33"])]
    {
        let allow: Vec<String> = allow.iter().map(|text| (*text).to_owned()).collect();
        let refused = Egress::new(&options(&allow, networks)).unwrap_err();
        assert_eq!(refused.code(), "egress/setting");
    }
}
