//! What a passkey says (WebAuthn Level 3), checked: registration (§7.1) and assertion (§7.2).
//!
//! Only what this program asks for is accepted: no attestation or self attestation, user verification, ES256 or EdDSA.
//! Signatures are checked by AWS-LC, CBOR is read by `ciborium`; what is here is the comparison of fields that the
//! standard lists.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::cose::PublicKey;

/// Longest client data, authenticator data or attestation looked at, bytes.
pub(super) const BYTES_MAX: usize = 16 * 1024;
/// Longest credential id (§4), bytes.
pub(super) const CREDENTIAL_BYTES_MAX: usize = 1_023;
/// Deepest nesting of CBOR followed.
const CBOR_DEPTH_MAX: usize = 8;
/// Flags of the authenticator data (§6.1).
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const CREDENTIAL_INCLUDED: u8 = 0x40;
const EXTENSIONS_INCLUDED: u8 = 0x80;

/// Whom passkeys of this node are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RelyingParty {
    /// Domain, without scheme and port.
    pub(super) id: String,
    /// The portal's origin as browsers write it.
    pub(super) origin: String,
}

/// Why an answer was refused; for the log and the evidence, the caller learns only that it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused(pub(super) &'static str);

/// The counter went back: a copy of the passkey is about (§6.1.1).
pub(super) const COUNTER: Refused = Refused("counter");

/// A checked registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) credential_id: Vec<u8>,
    pub(super) public_key: PublicKey,
    pub(super) sign_count: u32,
    pub(super) backup_eligible: bool,
    pub(super) backed_up: bool,
}

/// What is known of a passkey that asserts.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) public_key: PublicKey,
    pub(super) sign_count: u32,
    pub(super) backup_eligible: bool,
}

/// A checked assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asserted {
    pub(super) sign_count: u32,
    pub(super) backed_up: bool,
}

/// The three parts of an assertion that are checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assertion<'a> {
    pub(super) client_data: &'a [u8],
    pub(super) authenticator_data: &'a [u8],
    pub(super) signature: &'a [u8],
}

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<String>,
}

struct AuthenticatorData<'a> {
    flags: u8,
    sign_count: u32,
    rest: &'a [u8],
}

/// The challenge that client data answers; nothing else in it is believed yet.
pub(super) fn challenge_of(client_data: &[u8]) -> Result<Vec<u8>, Refused> {
    let data = client_data_of(client_data)?;
    URL_SAFE_NO_PAD.decode(data.challenge).map_err(|_| Refused("challenge"))
}

/// Check the answer to `navigator.credentials.create` (§7.1).
pub(super) fn register(
    party: &RelyingParty,
    nonce: &[u8],
    client_data: &[u8],
    attestation: &[u8],
) -> Result<Registered, Refused> {
    check_client_data(party, "webauthn.create", nonce, client_data)?;
    let (object, rest) = cbor(attestation)?;
    if !rest.is_empty() {
        return Err(Refused("bytes after the attestation"));
    }
    let data_bytes =
        text_field(&object, "authData").and_then(Value::as_bytes).ok_or(Refused("no authData"))?;
    let data = authenticator_data(party, data_bytes)?;
    if data.flags & CREDENTIAL_INCLUDED == 0 {
        return Err(Refused("no credential"));
    }
    // AAGUID (16), length of the id (2), id, key (§6.5.1).
    let (_, rest) = data.rest.split_at_checked(16).ok_or(Refused("short"))?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Refused("short"))?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > CREDENTIAL_BYTES_MAX {
        return Err(Refused("length of the credential id"));
    }
    let (credential_id, rest) = rest.split_at_checked(length).ok_or(Refused("short"))?;
    let (key, rest) = cbor(rest)?;
    let public_key = PublicKey::from_cose(&key)?;
    check_extensions(data.flags, rest)?;
    check_attestation(&object, &public_key, data_bytes, client_data)?;
    Ok(Registered {
        credential_id: credential_id.to_vec(),
        public_key,
        sign_count: data.sign_count,
        backup_eligible: data.flags & BACKUP_ELIGIBLE != 0,
        backed_up: data.flags & BACKED_UP != 0,
    })
}

/// Check the answer to `navigator.credentials.get` (§7.2).
pub(super) fn assert(
    party: &RelyingParty,
    nonce: &[u8],
    known: &Known,
    assertion: Assertion<'_>,
) -> Result<Asserted, Refused> {
    let Assertion { client_data, authenticator_data: bytes, signature } = assertion;
    check_client_data(party, "webauthn.get", nonce, client_data)?;
    let data = authenticator_data(party, bytes)?;
    if data.flags & CREDENTIAL_INCLUDED != 0 {
        return Err(Refused("a credential that was not asked for"));
    }
    if (data.flags & BACKUP_ELIGIBLE != 0) != known.backup_eligible {
        return Err(Refused("backup eligibility changed"));
    }
    check_extensions(data.flags, data.rest)?;
    let message = [bytes, Sha256::digest(client_data).as_slice()].concat();
    if !known.public_key.verifies(&message, signature) {
        return Err(Refused("signature"));
    }
    // §7.2 step 22: a counter that does not grow is a copied passkey, unless there is none at all.
    if (data.sign_count != 0 || known.sign_count != 0) && data.sign_count <= known.sign_count {
        return Err(COUNTER);
    }
    Ok(Asserted { sign_count: data.sign_count, backed_up: data.flags & BACKED_UP != 0 })
}

fn client_data_of(bytes: &[u8]) -> Result<ClientData, Refused> {
    if bytes.len() > BYTES_MAX {
        return Err(Refused("too long"));
    }
    serde_json::from_slice(bytes).map_err(|_| Refused("client data"))
}

fn check_client_data(party: &RelyingParty, kind: &str, nonce: &[u8], bytes: &[u8]) -> Result<(), Refused> {
    let data = client_data_of(bytes)?;
    if data.kind != kind {
        return Err(Refused("type"));
    }
    if data.challenge != URL_SAFE_NO_PAD.encode(nonce) {
        return Err(Refused("challenge"));
    }
    // The portal is never in a frame of another site, so a top origin is a sign of one.
    if data.origin != party.origin || data.cross_origin || data.top_origin.is_some() {
        return Err(Refused("origin"));
    }
    Ok(())
}

fn authenticator_data<'a>(party: &RelyingParty, bytes: &'a [u8]) -> Result<AuthenticatorData<'a>, Refused> {
    if bytes.len() > BYTES_MAX {
        return Err(Refused("too long"));
    }
    let (hash, rest) = bytes.split_at_checked(32).ok_or(Refused("short"))?;
    let (flags, rest) = rest.split_first().ok_or(Refused("short"))?;
    let (count, rest) = rest.split_first_chunk::<4>().ok_or(Refused("short"))?;
    if hash != Sha256::digest(party.id.as_bytes()).as_slice() {
        return Err(Refused("relying party"));
    }
    if flags & USER_PRESENT == 0 || flags & USER_VERIFIED == 0 {
        return Err(Refused("user not verified"));
    }
    if flags & BACKUP_ELIGIBLE == 0 && flags & BACKED_UP != 0 {
        return Err(Refused("backed up without being eligible"));
    }
    Ok(AuthenticatorData { flags: *flags, sign_count: u32::from_be_bytes(*count), rest })
}

/// None were asked for; what an authenticator adds by itself is passed over, but must be whole and the last thing.
fn check_extensions(flags: u8, rest: &[u8]) -> Result<(), Refused> {
    if flags & EXTENSIONS_INCLUDED == 0 {
        return if rest.is_empty() { Ok(()) } else { Err(Refused("bytes after the data")) };
    }
    let (extensions, rest) = cbor(rest)?;
    if extensions.is_map() && rest.is_empty() { Ok(()) } else { Err(Refused("extensions")) }
}

/// `none`, or `packed` signed by the new key itself (§8.2): browsers pass the latter on even when asked for none.
fn check_attestation(
    object: &Value,
    key: &PublicKey,
    data: &[u8],
    client_data: &[u8],
) -> Result<(), Refused> {
    let statement =
        text_field(object, "attStmt").filter(|value| value.is_map()).ok_or(Refused("no attStmt"))?;
    match text_field(object, "fmt").and_then(Value::as_text) {
        Some("none") => {
            let empty = statement.as_map().is_some_and(Vec::is_empty);
            if empty { Ok(()) } else { Err(Refused("a statement of attestation none")) }
        }
        Some("packed") => {
            let algorithm = text_field(statement, "alg").and_then(Value::as_integer).map(i128::from);
            let signature = text_field(statement, "sig").and_then(Value::as_bytes);
            let own = text_field(statement, "x5c").is_none() && algorithm == Some(key.algorithm().into());
            let message = [data, Sha256::digest(client_data).as_slice()].concat();
            let good = signature.is_some_and(|signature| key.verifies(&message, signature));
            if own && good { Ok(()) } else { Err(Refused("self attestation")) }
        }
        _ => Err(Refused("attestation that was not asked for")),
    }
}

/// One value and what follows it.
fn cbor(bytes: &[u8]) -> Result<(Value, &[u8]), Refused> {
    if bytes.len() > BYTES_MAX {
        return Err(Refused("too long"));
    }
    let mut rest = bytes;
    let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, CBOR_DEPTH_MAX);
    Ok((value.map_err(|_| Refused("CBOR"))?, rest))
}

/// A field of a map by its name; one given twice is none.
fn text_field<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    let mut found =
        map.as_map()?.iter().filter(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    found.next().filter(|_| found.next().is_none())
}
