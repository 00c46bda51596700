//! Certificates, keys and sealed files.

use brain_crypto::{AeadAlgorithm, DataKey, HEADER_BYTES, SealedHeader, SealedReader, hexadecimal};
use brain_tls::{Authority, Material, ServerTls, client_config};
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
    drop(ServerTls::new(Material { chain, key: key.into(), client_authorities, revocations }));
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
