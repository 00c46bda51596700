//! The checks against an authenticator in software, which tells the truth, and then lies about one thing at a time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is the report"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use proptest::prelude::*;

use super::ceremony::{self, Asserted, Assertion, COUNTER, Known, Refused, Registered, RelyingParty};
use super::cose::PublicKey;

#[expect(dead_code, unreachable_pub, reason = "the file of brain-testkit, which has more users")]
#[path = "../../../../testkit/src/authenticator.rs"]
mod authenticator;

use authenticator::{Authenticator, Created, Shown};

const ORIGIN: &str = "https://brain.example";
const DOMAIN: &str = "brain.example";
const NONCE: [u8; 32] = [7; 32];

fn party() -> RelyingParty {
    RelyingParty { id: DOMAIN.to_owned(), origin: ORIGIN.to_owned() }
}

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(NONCE)
}

fn both() -> [Authenticator; 2] {
    [Authenticator::es256(ORIGIN, DOMAIN), Authenticator::eddsa(ORIGIN, DOMAIN)]
}

fn register(created: &Created) -> Result<Registered, Refused> {
    ceremony::register(&party(), &NONCE, &created.client_data, &created.attestation)
}

fn known(authenticator: &Authenticator) -> Known {
    let made = register(&authenticator.create(&challenge())).unwrap();
    Known { public_key: made.public_key, sign_count: made.sign_count, backup_eligible: made.backup_eligible }
}

fn assert(known: &Known, shown: &Shown) -> Result<Asserted, Refused> {
    let Shown { client_data, authenticator_data, signature } = shown;
    ceremony::assert(&party(), &NONCE, known, Assertion { client_data, authenticator_data, signature })
}

#[test]
fn a_passkey_of_either_algorithm_registers_and_asserts() {
    for mut authenticator in both() {
        for self_attestation in [false, true] {
            authenticator.self_attestation = self_attestation;
            let made = register(&authenticator.create(&challenge())).unwrap();
            assert_eq!(made.credential_id, authenticator.credential_id);
            assert_eq!(PublicKey::from_text(&made.public_key.to_text()), Some(made.public_key));
        }
        let mut known = known(&authenticator);
        for count in 1..=3 {
            let shown = authenticator.show(&challenge());
            assert_eq!(assert(&known, &shown), Ok(Asserted { sign_count: count, backed_up: false }));
            assert_eq!(ceremony::challenge_of(&shown.client_data).unwrap(), NONCE);
            known.sign_count = count;
        }
    }
}

#[test]
fn a_counter_that_does_not_grow_is_a_copy_and_none_at_all_is_not() {
    for mut authenticator in both() {
        let mut known = known(&authenticator);
        known.sign_count = 5;
        authenticator.counter = 4;
        assert_eq!(assert(&known, &authenticator.show(&challenge())), Err(COUNTER));
        assert!(assert(&known, &authenticator.show(&challenge())).is_ok(), "6 is more than 5");
        known.sign_count = 0;
        authenticator.counter = 0;
        let data = authenticator.header(0);
        let client_data = authenticator.client_data("webauthn.get", &challenge());
        let signature = authenticator.sign(&data, &client_data);
        let shown = Shown { client_data, authenticator_data: data, signature };
        assert!(assert(&known, &shown).is_ok(), "synced passkeys do not count");
    }
}

/// What an authenticator or browser may lie about, signed all the same.
#[test]
fn every_lie_about_one_field_of_an_assertion_is_refused_by_name() {
    for mut authenticator in both() {
        let known = known(&authenticator);
        let mut lie = |client: serde_json::Value, flags: u8, tail: &[u8], domain: &str| {
            authenticator.relying_party = domain.to_owned();
            authenticator.flags = flags;
            authenticator.counter += 1;
            let client_data = client.to_string().into_bytes();
            let data = [authenticator.header(0).as_slice(), tail].concat();
            let signature = authenticator.sign(&data, &client_data);
            assert(&known, &Shown { client_data, authenticator_data: data, signature })
        };
        let good = serde_json::json!({ "type": "webauthn.get", "challenge": challenge(), "origin": ORIGIN });
        let with = |name: &str, value: serde_json::Value| {
            let mut changed = good.clone();
            changed[name] = value;
            changed
        };
        assert!(lie(good.clone(), 5, &[], DOMAIN).is_ok());
        let other = URL_SAFE_NO_PAD.encode([8; 32]);
        let cases = [
            (with("type", "webauthn.create".into()), 5, "", DOMAIN, "type"),
            (with("challenge", other.into()), 5, "", DOMAIN, "challenge"),
            (with("challenge", "".into()), 5, "", DOMAIN, "challenge"),
            (with("origin", "https://evil.example".into()), 5, "", DOMAIN, "origin"),
            (with("origin", "https://brain.example:444".into()), 5, "", DOMAIN, "origin"),
            (with("origin", "http://brain.example".into()), 5, "", DOMAIN, "origin"),
            (with("crossOrigin", true.into()), 5, "", DOMAIN, "origin"),
            (with("topOrigin", ORIGIN.into()), 5, "", DOMAIN, "origin"),
            (good.clone(), 5, "", "evil.example", "relying party"),
            (good.clone(), 0x04, "", DOMAIN, "user not verified"),
            (good.clone(), 0x01, "", DOMAIN, "user not verified"),
            (good.clone(), 0x15, "", DOMAIN, "backed up without being eligible"),
            (good.clone(), 0x0d, "", DOMAIN, "backup eligibility changed"),
            (good.clone(), 0x45, "", DOMAIN, "a credential that was not asked for"),
            (good.clone(), 5, "x", DOMAIN, "bytes after the data"),
            (good.clone(), 0x85, "", DOMAIN, "CBOR"),
            (good.clone(), 0x85, "\u{1}", DOMAIN, "extensions"),
        ];
        for (client, flags, tail, domain, reason) in cases {
            let refused = lie(client.clone(), flags, tail.as_bytes(), domain);
            assert_eq!(refused, Err(Refused(reason)), "{client} {flags:#x}");
        }
        assert!(lie(good, 0x85, &[0xa0], DOMAIN).is_ok(), "an empty map of extensions is passed over");
    }
}

#[test]
fn every_lie_about_one_field_of_a_registration_is_refused_by_name() {
    for mut authenticator in both() {
        let honest = authenticator.create(&challenge());
        let with = |client_data: Vec<u8>, data: &[u8]| {
            let attestation = authenticator.attestation(data, &client_data);
            register(&Created { client_data, authenticator_data: data.to_vec(), attestation }).unwrap_err().0
        };
        let data = &honest.authenticator_data;
        let patched = |at: usize, byte: u8| {
            let mut data = data.clone();
            data[at] = byte;
            data
        };
        let client = honest.client_data.clone();
        assert_eq!(with(authenticator.client_data("webauthn.get", &challenge()), data), "type");
        assert_eq!(with(authenticator.client_data("webauthn.create", "AAAA"), data), "challenge");
        assert_eq!(with(client.clone(), &patched(0, data[0] ^ 1)), "relying party");
        assert_eq!(with(client.clone(), &patched(32, 0x41)), "user not verified");
        assert_eq!(with(client.clone(), &patched(32, 0x05)), "no credential");
        // The length of the credential id follows hash, flags, counter and AAGUID.
        let length = 32 + 1 + 4 + 16;
        assert_eq!(with(client.clone(), &patched(length, 0xff)), "length of the credential id");
        let mut none = data.clone();
        none[length..length + 2].fill(0);
        assert_eq!(with(client.clone(), &none), "length of the credential id");
        assert_eq!(with(client.clone(), &data[..length + 10]), "short");
        assert_eq!(with(client.clone(), &[data.as_slice(), b"x"].concat()), "bytes after the data");
        authenticator.origin = "https://evil.example".to_owned();
        assert_eq!(register(&authenticator.create(&challenge())), Err(Refused("origin")));
    }
}

#[test]
fn only_the_keys_that_were_asked_for_are_taken() {
    let pair = |label: i64, value: Value| (Value::from(label), value);
    let Value::Map(good) = Authenticator::es256(ORIGIN, DOMAIN).cose() else { unreachable!() };
    let refused = |fields: Vec<(Value, Value)>| PublicKey::from_cose(&Value::Map(fields)).unwrap_err().0;
    let replaced = |label: i64, value: Value| {
        let mut fields = good.clone();
        fields.retain(|(name, _)| *name != Value::from(label));
        fields.push(pair(label, value));
        fields
    };
    assert!(PublicKey::from_cose(&Value::Map(good.clone())).is_ok());
    assert_eq!(refused(replaced(3, Value::from(-257))), "algorithm", "RS256");
    assert_eq!(refused(replaced(1, Value::from(1))), "algorithm", "another family");
    assert_eq!(refused(replaced(-1, Value::from(2))), "algorithm", "P-384");
    assert_eq!(refused(replaced(-2, Value::Bytes(vec![1; 31]))), "algorithm", "a short coordinate");
    assert_eq!(refused(replaced(-2, Value::Bytes(vec![1; 32]))), "point", "off the curve");
    let twice = [good.as_slice(), &[pair(3, Value::from(-7))]].concat();
    assert_eq!(refused(twice), "algorithm", "a label given twice");
    assert_eq!(PublicKey::from_cose(&Value::Null).unwrap_err().0, "public key");
    assert_eq!(PublicKey::from_text("ES256 AAAA"), None);
    assert_eq!(PublicKey::from_text("RS256 AAAA"), None);
}

#[test]
fn an_attestation_that_was_not_asked_for_is_refused() {
    let authenticator = Authenticator::es256(ORIGIN, DOMAIN);
    let created = authenticator.create(&challenge());
    let text = |text: &str| Value::Text(text.to_owned());
    let attempt = |format: &str, statement: Value| {
        let object = Value::Map(vec![
            (text("fmt"), text(format)),
            (text("attStmt"), statement),
            (text("authData"), Value::Bytes(created.authenticator_data.clone())),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes).unwrap();
        ceremony::register(&party(), &NONCE, &created.client_data, &bytes).map(drop)
    };
    let empty = || Value::Map(Vec::new());
    assert_eq!(attempt("none", empty()), Ok(()));
    assert!(attempt("none", Value::Null).is_err());
    assert!(attempt("none", Value::Map(vec![(text("a"), Value::Null)])).is_err());
    assert!(attempt("fido-u2f", empty()).is_err());
    assert!(attempt("packed", empty()).is_err());
    let chained = Value::Map(vec![
        (text("alg"), Value::from(-7)),
        (text("sig"), Value::Bytes(authenticator.sign(&created.authenticator_data, &created.client_data))),
        (text("x5c"), Value::Array(Vec::new())),
    ]);
    assert!(attempt("packed", chained).is_err(), "no certificates were asked for");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever byte of whatever part is changed, the assertion no longer holds.
    #[test]
    fn no_byte_of_an_assertion_can_be_changed(eddsa: bool, part in 0..3_usize, at: prop::sample::Index, bit in 0..8_u8) {
        let [first, second] = both();
        let mut authenticator = if eddsa { second } else { first };
        let known = known(&authenticator);
        let mut shown = authenticator.show(&challenge());
        prop_assert!(assert(&known, &shown).is_ok());
        let bytes = match part {
            0 => &mut shown.client_data,
            1 => &mut shown.authenticator_data,
            _ => &mut shown.signature,
        };
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(assert(&known, &shown).is_err());
    }

    /// Self attestation covers every byte of a registration, the key included.
    #[test]
    fn no_byte_of_a_self_attested_registration_can_be_changed(eddsa: bool, client: bool, at: prop::sample::Index, bit in 0..8_u8) {
        let [first, second] = both();
        let mut authenticator = if eddsa { second } else { first };
        authenticator.self_attestation = true;
        let mut created = authenticator.create(&challenge());
        let honest = created.authenticator_data.clone();
        let position = created.attestation.windows(honest.len()).position(|part| part == honest).unwrap();
        if client {
            let at = at.index(created.client_data.len());
            created.client_data[at] ^= 1 << bit;
        } else {
            created.attestation[position + at.index(honest.len())] ^= 1 << bit;
        }
        prop_assert!(register(&created).is_err());
    }

    /// Bytes from anywhere are refused or taken, never a panic.
    #[test]
    fn arbitrary_bytes_never_panic(client: Vec<u8>, one: Vec<u8>, two: Vec<u8>) {
        let authenticator = Authenticator::eddsa(ORIGIN, DOMAIN);
        let known = known(&authenticator);
        let honest = authenticator.client_data("webauthn.create", &challenge());
        prop_assert!(ceremony::register(&party(), &NONCE, &client, &one).is_err());
        prop_assert!(ceremony::register(&party(), &NONCE, &honest, &one).is_err());
        prop_assert!(ceremony::challenge_of(&client).is_err() || client.len() > 20);
        let assertion = Assertion { client_data: &client, authenticator_data: &one, signature: &two };
        prop_assert!(ceremony::assert(&party(), &NONCE, &known, assertion).is_err());
    }

    /// A registration cut off or with pieces of itself copied about is refused or is still one with this key.
    #[test]
    fn mangled_registrations_never_panic(from: prop::sample::Index, to: prop::sample::Index, length in 0..40_usize) {
        let authenticator = Authenticator::es256(ORIGIN, DOMAIN);
        let mut created = authenticator.create(&challenge());
        let whole = created.attestation.clone();
        let (from, to) = (from.index(whole.len()), to.index(whole.len()));
        let piece = &whole[from..(from + length).min(whole.len())];
        created.attestation.splice(to..(to + length).min(whole.len()), piece.iter().copied());
        if let Ok(made) = register(&created) {
            prop_assert!(made.credential_id.len() <= ceremony::CREDENTIAL_BYTES_MAX);
        }
        created.attestation = whole[..from].to_vec();
        prop_assert!(register(&created).is_err());
    }
}
