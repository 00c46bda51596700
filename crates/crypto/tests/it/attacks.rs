//! Signatures and keys made to deceive, after the cases of Project Wycheproof.

use brain_crypto::{CryptoProvider, Profile, PublicKey, SignatureAlgorithm, Software};
use brain_kernel::hexadecimal::decode;

use crate::vectors::sm2_key;

/// n, the order of the base point of SM2 (GB/T 32918.5-2017 §2).
const SM2_ORDER: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";

#[test]
fn an_ed25519_signature_with_s_beyond_the_order_is_refused() {
    // RFC 8032 §7.1 test 1 with L added to S: the same equation holds, the encoding is not the canonical one.
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let public = PublicKey::new(SignatureAlgorithm::Ed25519, &decode(public).unwrap()).unwrap();
    let mut signature = decode("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b").unwrap();
    assert!(public.verify(b"", &signature));
    let order = decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let mut carry = 0_u16;
    for (byte, add) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert!(!public.verify(b"", &signature));
}

#[test]
fn public_keys_of_small_order_or_off_the_curve_are_no_keys() {
    for (algorithm, bytes) in [
        (
            SignatureAlgorithm::Ed25519,
            "0100000000000000000000000000000000000000000000000000000000000000".to_owned(),
        ),
        (
            SignatureAlgorithm::Ed25519,
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".to_owned(),
        ),
        (SignatureAlgorithm::Sm2Sm3, format!("04{}{}", "00".repeat(31) + "01", "00".repeat(31) + "01")),
        (SignatureAlgorithm::Sm2Sm3, "00".to_owned()),
        (SignatureAlgorithm::Sm2Sm3, String::new()),
    ] {
        let error = PublicKey::new(algorithm, &decode(&bytes).unwrap()).unwrap_err();
        assert_eq!(error.code(), "crypto/malformed", "{bytes}");
    }
}

#[test]
fn sm2_signatures_with_parts_out_of_range_are_refused() {
    let public = sm2_key();
    let one = format!("{}01", "00".repeat(31));
    let zero = "00".repeat(32);
    for (r, s) in [
        (zero.as_str(), one.as_str()),
        (one.as_str(), zero.as_str()),
        (SM2_ORDER, one.as_str()),
        (one.as_str(), SM2_ORDER),
        (zero.as_str(), zero.as_str()),
    ] {
        assert!(!public.verify(b"message digest", &decode(&format!("{r}{s}")).unwrap()));
    }
}

#[test]
fn every_changed_bit_of_a_signature_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    for profile in [Profile::International, Profile::Commercial] {
        let signer = Software::new(profile, &folder.path().join("keys")).signer("test").unwrap();
        let good = signer.sign(b"head").unwrap();
        assert!(signer.public().verify(b"head", &good));
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            assert!(!signer.public().verify(b"head", &bad), "{profile} byte {at}");
        }
        assert!(!signer.public().verify(b"head", &good[..63]));
        assert!(!signer.public().verify(b"head", &[good.as_slice(), &[0]].concat()));
    }
}

#[test]
fn a_signature_of_one_family_says_nothing_in_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let international = Software::new(Profile::International, &keys).signer("test").unwrap();
    let commercial = Software::new(Profile::Commercial, &keys).signer("test").unwrap();
    assert!(!commercial.public().verify(b"head", &international.sign(b"head").unwrap()));
    assert!(!international.public().verify(b"head", &commercial.sign(b"head").unwrap()));
}
