//! TLS over real sockets: what is accepted, what is refused, and what changes while the door stays open.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "in tests a panic is the report, and the TLS library judges certificates by the system clock"
)]

use std::net::SocketAddr;
use std::sync::Arc;

use brain_tls::{Authority, Issued, Material, Request, ServerTls, Usage, client_config};
use chrono::{TimeDelta, Utc};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

struct Pki {
    root: Issued,
    authority: Authority,
}

impl Pki {
    fn new(name: &str) -> Self {
        let root = Authority::create(name, Utc::now()).unwrap();
        let authority = Authority::open(&root.certificate, &root.key).unwrap();
        Self { root, authority }
    }

    fn issue(&self, subject: &str, usage: Usage) -> Issued {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let request = Request { subject: subject.to_owned(), names, usage, days: 30 };
        self.authority.issue(&request, Utc::now()).unwrap()
    }

    fn material(&self, server: &Issued) -> Material {
        Material {
            chain: server.certificate.clone(),
            key: server.key.clone(),
            client_authorities: self.root.certificate.clone(),
            revocations: String::new(),
        }
    }
}

/// A server that tells each caller which node it takes it for.
async fn serve(material: Material) -> (SocketAddr, Arc<ServerTls>) {
    let tls = Arc::new(ServerTls::new(material).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let agreeing = tls.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = agreeing.clone();
            tokio::spawn(async move {
                let Ok((mut stream, peer)) = tls.agree(stream).await else { return };
                let mut head = [0_u8; 1024];
                let _ = stream.read(&mut head).await;
                let name = peer.map_or_else(|| "nobody".to_owned(), |peer| peer.name);
                let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n\r\n{name}").as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (address, tls)
}

/// Body of `GET /who` over TLS, with the certificate the server showed.
async fn ask(address: SocketAddr, config: ClientConfig) -> std::io::Result<(String, Vec<u8>)> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let shown = stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    stream.write_all(b"GET /who HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok((answer.rsplit("\r\n").next().unwrap_or_default().to_owned(), shown))
}

#[tokio::test]
async fn a_person_comes_without_a_certificate_and_a_node_is_who_its_certificate_says() {
    let pki = Pki::new("root-a");
    let (address, _) = serve(pki.material(&pki.issue("brain-a", Usage::Server))).await;
    let (body, _) = ask(address, client_config(&pki.root.certificate, None).unwrap()).await.unwrap();
    assert_eq!(body, "nobody");
    let node = pki.issue("brain-b", Usage::Node);
    let config = client_config(&pki.root.certificate, Some((&node.certificate, &node.key))).unwrap();
    assert_eq!(ask(address, config).await.unwrap().0, "brain-b");
}

#[tokio::test]
async fn plain_http_is_refused() {
    let pki = Pki::new("root-a");
    let (address, _) = serve(pki.material(&pki.issue("brain-a", Usage::Server))).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /who HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // The server answers with a TLS alert or nothing, then closes; never with HTTP.
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let pki = Pki::new("root-a");
    let (address, _) = serve(pki.material(&pki.issue("brain-a", Usage::Server))).await;
    let mut roots = rustls::RootCertStore::empty();
    let der = rustls::pki_types::pem::PemObject::from_pem_slice(pki.root.certificate.as_bytes()).unwrap();
    roots.add(der).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let old = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let error = ask(address, old).await.unwrap_err().to_string();
    assert!(error.to_lowercase().contains("protocolversion"), "{error}");
}

#[tokio::test]
async fn a_stranger_on_either_side_is_refused() {
    let (ours, theirs) = (Pki::new("root-a"), Pki::new("root-b"));
    let (address, _) = serve(ours.material(&ours.issue("brain-a", Usage::Server))).await;
    let wrong_server = ask(address, client_config(&theirs.root.certificate, None).unwrap()).await;
    assert!(wrong_server.unwrap_err().to_string().contains("UnknownIssuer"));
    let stranger = theirs.issue("brain-b", Usage::Node);
    let config = client_config(&ours.root.certificate, Some((&stranger.certificate, &stranger.key))).unwrap();
    assert!(ask(address, config).await.is_err());
    // A server's certificate does not make a client.
    let server = ours.issue("brain-c", Usage::Server);
    let config = client_config(&ours.root.certificate, Some((&server.certificate, &server.key))).unwrap();
    assert!(ask(address, config).await.is_err());
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_from_the_next_connection_on() {
    let pki = Pki::new("root-a");
    let material = pki.material(&pki.issue("brain-a", Usage::Server));
    let (address, tls) = serve(material.clone()).await;
    let (good, bad) = (pki.issue("brain-b", Usage::Node), pki.issue("brain-c", Usage::Node));
    let with =
        |node: &Issued| client_config(&pki.root.certificate, Some((&node.certificate, &node.key))).unwrap();
    assert_eq!(ask(address, with(&bad)).await.unwrap().0, "brain-c");
    let revocations = pki.authority.revocations(&[(bad.serial.clone(), Utc::now())], 1, Utc::now()).unwrap();
    assert!(tls.replace(Material { revocations, ..material }).unwrap());
    assert!(ask(address, with(&bad)).await.is_err());
    assert_eq!(ask(address, with(&good)).await.unwrap().0, "brain-b");
}

#[tokio::test]
async fn a_certificate_is_replaced_while_the_listener_stays_open_and_a_broken_one_changes_nothing() {
    let pki = Pki::new("root-a");
    let first = pki.material(&pki.issue("brain-a", Usage::Server));
    let (address, tls) = serve(first.clone()).await;
    let client = || client_config(&pki.root.certificate, None).unwrap();
    // A connection agreed before the change goes on afterwards.
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut open = TlsConnector::from(Arc::new(client())).connect(name, stream).await.unwrap();
    let (_, shown) = ask(address, client()).await.unwrap();
    assert!(!tls.replace(first.clone()).unwrap(), "the same material is no change");
    let second = pki.material(&pki.issue("brain-a", Usage::Server));
    assert!(tls.replace(second.clone()).unwrap());
    let (_, renewed) = ask(address, client()).await.unwrap();
    assert_ne!(shown, renewed);
    let mismatched = Material { key: first.key.clone(), ..second.clone() };
    for broken in [
        mismatched,
        Material { chain: String::new(), ..second.clone() },
        Material { key: "no key".to_owned().into(), ..second.clone() },
        Material { client_authorities: "nonsense".to_owned(), ..second },
    ] {
        assert_eq!(tls.replace(broken).unwrap_err().code(), "tls/material");
    }
    assert_eq!(ask(address, client()).await.unwrap().1, renewed);
    open.write_all(b"GET /who HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    open.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_caller_that_says_nothing_holds_up_nobody() {
    let pki = Pki::new("root-a");
    let (address, _) = serve(pki.material(&pki.issue("brain-a", Usage::Server))).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    assert_eq!(ask(address, client_config(&pki.root.certificate, None).unwrap()).await.unwrap().0, "nobody");
}

#[test]
fn a_certificate_that_has_run_out_or_a_request_out_of_bounds_is_none() {
    let pki = Pki::new("root-a");
    let request = |subject: &str, name: &str, usage, days| Request {
        subject: subject.to_owned(),
        names: vec![name.to_owned()],
        usage,
        days,
    };
    for bad in [
        request("", "localhost", Usage::Node, 30),
        request("a b", "localhost", Usage::Node, 30),
        request("a", "http://x/", Usage::Server, 30),
        request("a", "", Usage::Server, 30),
        request("a", "localhost", Usage::Authority, 30),
        request("a", "localhost", Usage::Node, 0),
        request("a", "localhost", Usage::Node, 399),
    ] {
        assert_eq!(pki.authority.issue(&bad, Utc::now()).err().unwrap().code(), "tls/request", "{bad:?}");
    }
    let issued = pki.authority.issue(&request("a", "::1", Usage::Node, 30), Utc::now()).unwrap();
    assert!(issued.not_after > Utc::now() + TimeDelta::days(29));
    assert_eq!(issued.serial.len(), 32);
    assert_eq!(
        pki.authority.revocations(&[("xyz".to_owned(), Utc::now())], 1, Utc::now()).unwrap_err().code(),
        "tls/request"
    );
}

#[tokio::test]
async fn a_server_whose_certificate_has_run_out_is_not_believed() {
    let pki = Pki::new("root-a");
    let long_ago = Utc::now() - TimeDelta::days(60);
    let request = Request {
        subject: "brain-a".to_owned(),
        names: vec!["localhost".to_owned()],
        usage: Usage::Server,
        days: 30,
    };
    let stale = pki.authority.issue(&request, long_ago).unwrap();
    let (address, _) = serve(pki.material(&stale)).await;
    let error = ask(address, client_config(&pki.root.certificate, None).unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("xpired"), "{error}");
}
