//! Published vectors: what the standards print is what the program computes.

use brain_crypto::{DigestAlgorithm, PublicKey, SignatureAlgorithm, hmac};
use brain_kernel::hexadecimal::decode;

fn check_digest(algorithm: DigestAlgorithm, message: &[u8], expected: &str) {
    assert_eq!(algorithm.digest(message).to_string(), expected);
}

/// GB/T 32905-2016 appendix A.1 and A.2.
#[test]
fn sm3_agrees_with_gb_t_32905() {
    check_digest(
        DigestAlgorithm::Sm3,
        b"abc",
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    );
    check_digest(
        DigestAlgorithm::Sm3,
        "abcd".repeat(16).as_bytes(),
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
    );
}

/// FIPS 180-4, examples of NIST CSRC.
#[test]
fn sha_256_agrees_with_fips_180_4() {
    check_digest(
        DigestAlgorithm::Sha256,
        b"abc",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    check_digest(
        DigestAlgorithm::Sha256,
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
    let million = vec![b'a'; 1_000_000];
    check_digest(
        DigestAlgorithm::Sha256,
        &million,
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    );
}

/// RFC 4231 §4.3; GM/T 0042-2015 appendix D.3.
#[test]
fn keyed_digests_agree_with_rfc_4231_and_gm_t_0042() {
    let two = hmac(DigestAlgorithm::Sha256, b"Jefe", &[b"what do ya want ", b"for nothing?"]);
    assert_eq!(two.to_string(), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    let key: Vec<u8> = (1..=32).collect();
    let message = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".repeat(2);
    let commercial = hmac(DigestAlgorithm::Sm3, &key, &[message.as_bytes()]);
    assert_eq!(commercial.to_string(), "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a");
}

mod sm4_block {
    //! GB/T 32907-2016 appendix A: one block, and one block a million times over.

    use super::decode;
    use sm4::Sm4;
    use sm4::cipher::{Array, BlockCipherEncrypt, KeyInit};

    const WORD: &str = "0123456789abcdeffedcba9876543210";

    fn rounds(times: u32) -> Vec<u8> {
        let word: [u8; 16] = decode(WORD).unwrap().try_into().unwrap();
        let cipher = Sm4::new(&Array::from(word));
        let mut block = Array::from(word);
        for _ in 0..times {
            cipher.encrypt_block(&mut block);
        }
        block.to_vec()
    }

    #[test]
    fn sm4_agrees_with_gb_t_32907() {
        assert_eq!(rounds(1), decode("681edf34d206965e86b3e94f536e4246").unwrap());
    }

    #[test]
    fn sm4_agrees_with_gb_t_32907_after_a_million_rounds() {
        assert_eq!(rounds(1_000_000), decode("595298c7c6fd271f0402f804c33d3f66").unwrap());
    }
}

/// GB/T 32918.5-2017 appendix A.2: key, user id `1234567812345678`, message and signature as printed.
#[test]
fn sm2_accepts_the_signature_printed_in_gb_t_32918_5() {
    let public = sm2_key();
    let r = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
    let s = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
    let signature = decode(&format!("{r}{s}")).unwrap();
    assert!(public.verify(b"message digest", &signature));
    assert!(!public.verify(b"message digesT", &signature));
}

/// The public key of GB/T 32918.5-2017 appendix A.1.
pub(crate) fn sm2_key() -> PublicKey {
    let x = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020";
    let y = "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
    PublicKey::new(SignatureAlgorithm::Sm2Sm3, &decode(&format!("04{x}{y}")).unwrap()).unwrap()
}

/// RFC 8032 §7.1, tests 1 to 3: public key, message, signature.
#[test]
fn ed25519_agrees_with_rfc_8032() {
    for (public, message, signature) in [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ] {
        let public = PublicKey::new(SignatureAlgorithm::Ed25519, &decode(public).unwrap()).unwrap();
        assert!(public.verify(&decode(message).unwrap(), &decode(signature).unwrap()));
        assert!(!public.verify(b"something else", &decode(signature).unwrap()));
    }
}
