//! Identity tokens of outside providers, checked (OpenID Connect Core 1.0 §3.1.3.7).
//!
//! The signature is `jsonwebtoken`'s business; which key and algorithm it may be, and every claim, is decided here, by
//! the node's own clock.

use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde_json::{Map, Value};

/// Longest token looked at, bytes.
pub(super) const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// Seconds two clocks may be apart.
pub(super) const LEEWAY_S: i64 = 60;
/// Oldest token taken, seconds since it was issued.
const AGE_S_MAX: i64 = 600;
/// Longest subject (§2).
const SUBJECT_BYTES_MAX: usize = 255;
/// Least RSA modulus, bytes.
const RSA_BYTES_MIN: usize = 256;

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) algorithms: &'a [Algorithm],
    pub(super) now: DateTime<Utc>,
}

/// A checked token.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct IdToken {
    pub(super) subject: String,
    pub(super) claims: Map<String, Value>,
}

/// Why a token was refused; for the log and the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// No key known has its id: the provider may have changed keys.
    UnknownKey,
    /// It does not hold.
    Refused(&'static str),
}

use Fault::Refused;

impl IdToken {
    /// A claim that is a text.
    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Texts of a claim that is an array of texts.
    pub(super) fn texts(&self, claim: &str) -> impl Iterator<Item = &str> {
        self.claims.get(claim).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }
}

/// Check a token.
pub(super) fn check(token: &str, keys: &[Jwk], expected: &Expected<'_>) -> Result<IdToken, Fault> {
    let claims = verified(token, keys, expected.algorithms)?;
    check_parties(&claims, expected)?;
    check_times(&claims, expected.now)?;
    if claims.get("nonce").and_then(Value::as_str) != Some(expected.nonce) {
        return Err(Refused("nonce"));
    }
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX || subject.chars().any(char::is_control) {
        return Err(Refused("sub"));
    }
    Ok(IdToken { subject: subject.to_owned(), claims })
}

/// The claims of a token that one of the keys signed with an algorithm that is allowed.
pub(super) fn verified(
    token: &str,
    keys: &[Jwk],
    allowed: &[Algorithm],
) -> Result<Map<String, Value>, Fault> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Refused("too long"));
    }
    // `none` and whatever else is no algorithm ends here.
    let header = jsonwebtoken::decode_header(token).map_err(|_| Refused("header"))?;
    let shared = matches!(header.alg, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512);
    if shared || !allowed.contains(&header.alg) {
        return Err(Refused("algorithm"));
    }
    if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
        return Err(Refused("critical header"));
    }
    let key = key_for(&header, keys)?;
    let key = DecodingKey::from_jwk(key).map_err(|_| Refused("key"))?;
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation);
    Ok(decoded.map_err(|_| Refused("signature"))?.claims)
}

/// The key a token names, or the only one there is for its algorithm. Keys inside the token are never looked at.
fn key_for<'a>(header: &Header, keys: &'a [Jwk]) -> Result<&'a Jwk, Fault> {
    let mut fitting = keys.iter().filter(|key| fits(key, header.alg));
    let Some(kid) = &header.kid else {
        let only = fitting.next().ok_or(Fault::UnknownKey)?;
        return if fitting.next().is_none() { Ok(only) } else { Err(Refused("no key id")) };
    };
    let named = keys.iter().find(|key| key.common.key_id.as_ref() == Some(kid)).ok_or(Fault::UnknownKey)?;
    if fits(named, header.alg) { Ok(named) } else { Err(Refused("key of another kind")) }
}

/// Whether a key is for signatures of this algorithm. A shared secret never is.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let signs = !matches!(&key.common.public_key_use, Some(usage) if *usage != PublicKeyUse::Signature);
    let said = key.common.key_algorithm;
    let same = said.is_none_or(|said| said.to_string() == format!("{algorithm:?}"));
    let kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::EllipticCurve(curve), Algorithm::ES256) => curve.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(curve), Algorithm::ES384) => curve.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(pair), Algorithm::EdDSA) => pair.curve == EllipticCurve::Ed25519,
        // Base64url: four letters for three bytes.
        (
            AlgorithmParameters::RSA(key),
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        ) => key.n.len() * 3 / 4 >= RSA_BYTES_MIN,
        _ => false,
    };
    signs && same && kind
}

fn check_parties(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), Fault> {
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err(Refused("iss"));
    }
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !audiences.contains(&expected.client_id) {
        return Err(Refused("aud"));
    }
    let presenter = claims.get("azp").map(Value::as_str);
    let ours = presenter == Some(Some(expected.client_id));
    if (presenter.is_some() || audiences.len() > 1) && !ours {
        return Err(Refused("azp"));
    }
    Ok(())
}

/// `exp`, `iat` and `nbf` against our clock.
pub(super) fn check_times(claims: &Map<String, Value>, now: DateTime<Utc>) -> Result<(), Fault> {
    let (now, time) = (now.timestamp(), |claim: &str| claims.get(claim).and_then(Value::as_i64));
    if time("exp").is_none_or(|exp| exp.saturating_add(LEEWAY_S) <= now) {
        return Err(Refused("exp"));
    }
    let fresh = |iat: i64| iat <= now + LEEWAY_S && iat >= now - AGE_S_MAX;
    if !time("iat").is_some_and(fresh) {
        return Err(Refused("iat"));
    }
    if claims.contains_key("nbf") && time("nbf").is_none_or(|nbf| nbf > now + LEEWAY_S) {
        return Err(Refused("nbf"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "in tests a panic is the report"
    )]

    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::EncodingKey;
    use jsonwebtoken::jwk::KeyAlgorithm;
    use proptest::prelude::*;
    use serde_json::json;

    const ISSUER: &str = "https://centre.example";
    const CLIENT: &str = "brain-zj";
    const NOW: i64 = 1_800_000_000;

    fn key(kid: &str) -> (EncodingKey, Jwk) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let key = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
        let mut public = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
        public.common.key_id = Some(kid.to_owned());
        (key, public)
    }

    fn expected() -> Expected<'static> {
        Expected {
            issuer: ISSUER,
            client_id: CLIENT,
            nonce: "n-1",
            algorithms: &[Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA],
            now: DateTime::from_timestamp(NOW, 0).unwrap(),
        }
    }

    fn good() -> Value {
        json!({ "iss": ISSUER, "aud": CLIENT, "sub": "s-1", "nonce": "n-1", "iat": NOW - 1, "exp": NOW + 300,
                "amr": ["pwd", "mfa"], "name": "张三" })
    }

    fn signed(key: &EncodingKey, kid: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = kid.map(str::to_owned);
        jsonwebtoken::encode(&header, claims, key).unwrap()
    }

    #[test]
    fn a_good_token_says_who_it_is() {
        let (private, public) = key("k1");
        let token = check(&signed(&private, Some("k1"), &good()), &[public.clone()], &expected()).unwrap();
        assert_eq!((token.subject.as_str(), token.text("name")), ("s-1", Some("张三")));
        assert_eq!(token.texts("amr").collect::<Vec<_>>(), ["pwd", "mfa"]);
        assert!(
            check(&signed(&private, None, &good()), &[public], &expected()).is_ok(),
            "the only key there is"
        );
    }

    #[test]
    fn every_wrong_claim_is_refused_by_name() {
        let (private, public) = key("k1");
        let cases = [
            ("iss", json!("https://evil.example")),
            ("iss", json!([ISSUER])),
            ("iss", json!("https://centre.example/")),
            ("aud", json!("another")),
            ("aud", json!([])),
            ("aud", Value::Null),
            ("azp", json!("another")),
            ("azp", Value::Null),
            ("exp", json!(NOW - 61)),
            ("exp", json!("soon")),
            ("exp", Value::Null),
            ("iat", json!(NOW + 61)),
            ("iat", json!(NOW - 601)),
            ("iat", Value::Null),
            ("nbf", json!(NOW + 61)),
            ("nonce", json!("n-2")),
            ("nonce", Value::Null),
            ("sub", json!("")),
            ("sub", json!(7)),
            ("sub", json!("x".repeat(256))),
        ];
        for (claim, value) in cases {
            let mut claims = good();
            claims[claim] = value.clone();
            let refused = check(&signed(&private, Some("k1"), &claims), &[public.clone()], &expected());
            assert_eq!(refused.unwrap_err(), Refused(claim), "{claim} = {value}");
            if claim != "azp" && claim != "nbf" {
                claims.as_object_mut().unwrap().remove(claim);
                let refused = check(&signed(&private, Some("k1"), &claims), &[public.clone()], &expected());
                assert_eq!(refused.unwrap_err(), Refused(claim), "{claim} missing");
            }
        }
        let mut several = good();
        several["aud"] = json!([CLIENT, "another"]);
        let attempt =
            |claims: &Value| check(&signed(&private, Some("k1"), claims), &[public.clone()], &expected());
        assert_eq!(
            attempt(&several).unwrap_err(),
            Refused("azp"),
            "several audiences, and nobody says for whom"
        );
        several["azp"] = json!(CLIENT);
        assert!(attempt(&several).is_ok());
    }

    #[test]
    fn a_wrong_signature_a_wrong_key_and_a_key_that_is_gone_are_told_apart() {
        let ((private, public), (other, _)) = (key("k1"), key("k1"));
        let wrongly = signed(&other, Some("k1"), &good());
        assert_eq!(check(&wrongly, &[public.clone()], &expected()).unwrap_err(), Refused("signature"));
        let renamed = signed(&private, Some("k2"), &good());
        assert_eq!(check(&renamed, &[public.clone()], &expected()).unwrap_err(), Fault::UnknownKey);
        let two = [public.clone(), key("k3").1];
        assert_eq!(
            check(&signed(&private, None, &good()), &two, &expected()).unwrap_err(),
            Refused("no key id")
        );
        let mut for_encryption = public.clone();
        for_encryption.common.public_key_use = Some(PublicKeyUse::Encryption);
        let mut of_another = public;
        of_another.common.key_algorithm = Some(KeyAlgorithm::ES384);
        for unfit in [for_encryption, of_another] {
            let refused = check(&signed(&private, Some("k1"), &good()), &[unfit], &expected());
            assert_eq!(refused.unwrap_err(), Refused("key of another kind"));
        }
    }

    /// A token by hand: header and claims as given, and a signature that may be none.
    fn by_hand(header: &Value, claims: &Value, signature: &[u8]) -> String {
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        format!(
            "{}.{}.{}",
            part(header.to_string().as_bytes()),
            part(claims.to_string().as_bytes()),
            part(signature)
        )
    }

    #[test]
    fn no_algorithm_and_confused_keys_are_refused() {
        let (private, public) = key("k1");
        for none in ["none", "None", "NONE", ""] {
            let token = by_hand(&json!({ "alg": none, "kid": "k1" }), &good(), b"");
            assert_eq!(
                check(&token, &[public.clone()], &expected()).unwrap_err(),
                Refused("header"),
                "{none:?}"
            );
        }
        // The public key as the secret of an HMAC: anybody knows it.
        let AlgorithmParameters::EllipticCurve(point) = &public.algorithm else { unreachable!() };
        for secret in [point.x.as_bytes(), serde_json::to_string(&public).unwrap().as_bytes()] {
            let mut header = Header::new(Algorithm::HS256);
            header.kid = Some("k1".to_owned());
            let token = jsonwebtoken::encode(&header, &good(), &EncodingKey::from_secret(secret)).unwrap();
            assert_eq!(check(&token, &[public.clone()], &expected()).unwrap_err(), Refused("algorithm"));
        }
        // A published shared secret is no key either, not even where the configuration allowed it.
        let shared: Jwk =
            serde_json::from_value(json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "k1" })).unwrap();
        let mut careless = expected();
        careless.algorithms = &[Algorithm::HS256];
        let token = jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            &good(),
            &EncodingKey::from_secret(b"secret"),
        );
        assert_eq!(check(&token.unwrap(), &[shared], &careless).unwrap_err(), Refused("algorithm"));
        // An algorithm of another family than the key it names.
        let token = by_hand(&json!({ "alg": "EdDSA", "kid": "k1" }), &good(), &[0; 64]);
        assert_eq!(
            check(&token, &[public.clone()], &expected()).unwrap_err(),
            Refused("key of another kind")
        );
        // A key that travels with the token.
        let (own, own_public) = key("evil");
        let mut header = Header::new(Algorithm::ES256);
        header.jwk = Some(own_public);
        header.kid = Some("k1".to_owned());
        let token = jsonwebtoken::encode(&header, &good(), &own).unwrap();
        assert_eq!(check(&token, &[public.clone()], &expected()).unwrap_err(), Refused("signature"));
        let mut header = Header::new(Algorithm::ES256);
        header.crit = Some(vec!["b64".to_owned()]);
        let token = jsonwebtoken::encode(&header, &good(), &private).unwrap();
        assert_eq!(check(&token, &[public], &expected()).unwrap_err(), Refused("critical header"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn no_letter_of_a_token_can_be_changed(at: prop::sample::Index, letter in "[A-Za-z0-9_.-]") {
            let (private, public) = key("k1");
            let token = signed(&private, Some("k1"), &good());
            let at = at.index(token.len());
            let mut changed = token.clone();
            changed.replace_range(at..=at, &letter);
            // The last letter of a part has bits that mean nothing; decoders that are strict refuse those too.
            prop_assert!(changed == token || check(&changed, &[public], &expected()).is_err());
        }

        #[test]
        fn arbitrary_text_is_refused_and_never_panics(text in ".{0,200}", parts in "[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}") {
            let (_, public) = key("k1");
            prop_assert!(check(&text, std::slice::from_ref(&public), &expected()).is_err());
            prop_assert!(check(&parts, &[public], &expected()).is_err());
        }
    }
}
