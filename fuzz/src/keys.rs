//! Certificates, keys and sealed files.

use brain_crypto::{AeadAlgorithm, DataKey, HEADER_BYTES, SealedHeader, SealedReader};
use brain_kernel::clock::{Clock as _, SystemClock};
use brain_kernel::hexadecimal;
use brain_tls::{
    Authority, Material, Request, ServerTls, Usage, client_config, peer_config, serial_of, serial_of_chain,
};
use std::io::Read as _;
use std::sync::LazyLock;

static AES: LazyLock<DataKey> = LazyLock::new(|| DataKey::generate(AeadAlgorithm::Aes256Gcm).expect("a key"));
static SM4: LazyLock<DataKey> = LazyLock::new(|| DataKey::generate(AeadAlgorithm::Sm4Gcm).expect("a key"));

/// PEM files: certificate, key, authorities and revocations, told apart by lines `====`.
pub fn certificate(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.split("====\n");
    let mut part = || parts.next().unwrap_or_default().to_owned();
    let (chain, key, client_authorities, revocations) = (part(), part(), part(), part());
    drop(Authority::open(&chain, &key));
    drop(client_config(&client_authorities, Some((&chain, &key))));
    drop(client_config(&chain, None));
    drop(peer_config(&client_authorities, &revocations, Some((&chain, &key))));
    drop((serial_of_chain(&chain), serial_of(data)));
    drop(ServerTls::new(Material { chain, key: key.into(), client_authorities, revocations }));
}

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let made = Authority::create("fuzz", SystemClock.now()).expect("an authority");
    Authority::open(&made.certificate, &made.key).expect("it opens again")
});

/// Requests for certificates: days, subject, then names, a line each. What is issued is for what was asked.
pub fn issue(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let days = lines.next().and_then(|line| line.parse().ok()).unwrap_or(30);
    let subject = lines.next().unwrap_or_default().to_owned();
    let names: Vec<String> = lines.map(str::to_owned).collect();
    for usage in [Usage::Server, Usage::Node, Usage::Authority] {
        let request = Request { subject: subject.clone(), names: names.clone(), usage, days };
        match AUTHORITY.issue(&request, SystemClock.now()) {
            Ok(issued) => {
                assert_ne!(usage, Usage::Authority, "an authority makes no other");
                assert_eq!(serial_of_chain(&issued.certificate).ok().as_ref(), Some(&issued.serial));
                let authority = AUTHORITY.certificate();
                client_config(authority, Some((&issued.certificate, &issued.key))).expect("it is of use");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// Sealed files and values under keys nobody knows: nothing opens.
pub fn sealed(data: &[u8]) {
    for key in [&*AES, &*SM4] {
        assert!(key.open(b"place", data).is_err(), "a value that was never sealed");
        let Some((header, body)) = data.split_first_chunk::<HEADER_BYTES>() else { continue };
        let Ok(header) = SealedHeader::parse(header) else { continue };
        assert_eq!(SealedHeader::parse(&header.to_bytes()).expect("it is read again"), header);
        let Ok(mut reader) = SealedReader::new(body, &header, key, b"place") else { continue };
        let mut plain = Vec::new();
        assert!(reader.read_to_end(&mut plain).is_err(), "a file that was never sealed");
        assert!(plain.is_empty());
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(bytes) = hexadecimal::decode(text)
    {
        assert_eq!(hexadecimal::encode(&bytes), text.to_lowercase());
    }
}
