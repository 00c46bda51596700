//! A passkey in software (软件验证器): makes and shows WebAuthn messages as an authenticator and a browser would.
//!
//! Its fields are open so that tests can make it lie. The unit tests of `trust` include this very file.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Key pair of a passkey.
#[derive(Debug)]
pub enum Key {
    /// ECDSA on P-256.
    Es256(EcdsaKeyPair),
    /// Ed25519.
    EdDsa(Ed25519KeyPair),
}

/// One passkey, and what its browser says.
#[derive(Debug)]
pub struct Authenticator {
    /// Its key.
    pub key: Key,
    /// Credential id.
    pub credential_id: Vec<u8>,
    /// Signature counter; grows with each use.
    pub counter: u32,
    /// Flags of the authenticator data beside those of included data: user present and verified.
    pub flags: u8,
    /// Domain.
    pub relying_party: String,
    /// Origin of the page.
    pub origin: String,
    /// Whether the key signs its own registration (`packed` self attestation).
    pub self_attestation: bool,
}

/// What `navigator.credentials.create` answers.
#[derive(Debug, Clone)]
pub struct Created {
    /// clientDataJSON.
    pub client_data: Vec<u8>,
    /// authData inside the attestation.
    pub authenticator_data: Vec<u8>,
    /// attestationObject.
    pub attestation: Vec<u8>,
}

/// What `navigator.credentials.get` answers.
#[derive(Debug, Clone)]
pub struct Shown {
    /// clientDataJSON.
    pub client_data: Vec<u8>,
    /// authenticatorData.
    pub authenticator_data: Vec<u8>,
    /// signature.
    pub signature: Vec<u8>,
}

/// Present and verified.
const PRESENT_AND_VERIFIED: u8 = 0x05;

impl Authenticator {
    /// An authenticator with an ES256 passkey.
    #[must_use]
    pub fn es256(origin: &str, relying_party: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        Self::with(Key::Es256(key), origin, relying_party)
    }

    /// An authenticator with an EdDSA passkey.
    #[must_use]
    pub fn eddsa(origin: &str, relying_party: &str) -> Self {
        Self::with(Key::EdDsa(Ed25519KeyPair::generate().expect("a key")), origin, relying_party)
    }

    fn with(key: Key, origin: &str, relying_party: &str) -> Self {
        let mut credential_id = vec![0; 32];
        aws_lc_rs::rand::fill(&mut credential_id).expect("random bytes");
        Self {
            key,
            credential_id,
            counter: 0,
            flags: PRESENT_AND_VERIFIED,
            relying_party: relying_party.to_owned(),
            origin: origin.to_owned(),
            self_attestation: false,
        }
    }

    /// The browser's account of what it asked for.
    #[must_use]
    pub fn client_data(&self, kind: &str, challenge: &str) -> Vec<u8> {
        let data =
            json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false });
        data.to_string().into_bytes()
    }

    /// Answer `create`.
    #[must_use]
    pub fn create(&self, challenge: &str) -> Created {
        let client_data = self.client_data("webauthn.create", challenge);
        let mut data = self.header(0x40);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&(self.credential_id.len() as u16).to_be_bytes());
        data.extend_from_slice(&self.credential_id);
        ciborium::into_writer(&self.cose(), &mut data).expect("CBOR");
        let attestation = self.attestation(&data, &client_data);
        Created { client_data, authenticator_data: data, attestation }
    }

    /// Wrap authenticator data into an attestation.
    #[must_use]
    pub fn attestation(&self, data: &[u8], client_data: &[u8]) -> Vec<u8> {
        let text = |text: &str| Value::Text(text.to_owned());
        let (format, statement) = if self.self_attestation {
            let signature = self.sign(data, client_data);
            let algorithm = if matches!(self.key, Key::Es256(_)) { -7 } else { -8 };
            let fields = vec![(text("alg"), Value::from(algorithm)), (text("sig"), Value::Bytes(signature))];
            ("packed", Value::Map(fields))
        } else {
            ("none", Value::Map(Vec::new()))
        };
        let object = Value::Map(vec![
            (text("fmt"), text(format)),
            (text("attStmt"), statement),
            (text("authData"), Value::Bytes(data.to_vec())),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes).expect("CBOR");
        bytes
    }

    /// Answer `get`.
    #[must_use]
    pub fn show(&mut self, challenge: &str) -> Shown {
        self.counter += 1;
        let client_data = self.client_data("webauthn.get", challenge);
        let authenticator_data = self.header(0);
        let signature = self.sign(&authenticator_data, &client_data);
        Shown { client_data, authenticator_data, signature }
    }

    /// Hash of the domain, flags, counter.
    #[must_use]
    pub fn header(&self, more_flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(self.relying_party.as_bytes()).to_vec();
        data.push(self.flags | more_flags);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }

    /// Public key as COSE.
    #[must_use]
    pub fn cose(&self) -> Value {
        let pair = |label: i64, value: Value| (Value::from(label), value);
        match &self.key {
            Key::Es256(key) => {
                let point = key.public_key().as_ref();
                Value::Map(vec![
                    pair(1, Value::from(2)),
                    pair(3, Value::from(-7)),
                    pair(-1, Value::from(1)),
                    pair(-2, Value::Bytes(point[1..33].to_vec())),
                    pair(-3, Value::Bytes(point[33..].to_vec())),
                ])
            }
            Key::EdDsa(key) => Value::Map(vec![
                pair(1, Value::from(1)),
                pair(3, Value::from(-8)),
                pair(-1, Value::from(6)),
                pair(-2, Value::Bytes(key.public_key().as_ref().to_vec())),
            ]),
        }
    }

    /// Sign authenticator data and the hash of client data.
    #[must_use]
    pub fn sign(&self, data: &[u8], client_data: &[u8]) -> Vec<u8> {
        let message = [data, Sha256::digest(client_data).as_slice()].concat();
        match &self.key {
            Key::Es256(key) => {
                key.sign(&SystemRandom::new(), &message).expect("a signature").as_ref().to_vec()
            }
            Key::EdDsa(key) => key.sign(&message).as_ref().to_vec(),
        }
    }

    /// A registration as the node takes it.
    #[must_use]
    pub fn registration(&self, challenge: &str, name: &str) -> serde_json::Value {
        let created = self.create(challenge);
        json!({
            "name": name,
            "client_data": base64url(&created.client_data),
            "attestation": base64url(&created.attestation),
            "transports": ["internal"],
        })
    }

    /// An assertion as the node takes it; `user_handle` as a discoverable passkey gives it.
    #[must_use]
    pub fn answer(&mut self, challenge: &str, user_handle: Option<&str>) -> serde_json::Value {
        let shown = self.show(challenge);
        json!({
            "credential_id": base64url(&self.credential_id),
            "client_data": base64url(&shown.client_data),
            "authenticator_data": base64url(&shown.authenticator_data),
            "signature": base64url(&shown.signature),
            "user_handle": user_handle,
        })
    }
}

/// Base64url without padding.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
