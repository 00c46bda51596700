//! Keys in files, and wrapped keys.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use brain_crypto::{
    AeadAlgorithm, CryptoProvider, DataKey, KeyWrapper, Profile, PublicKey, Software, SoftwareWrapper,
    new_key_text,
};

const PROFILES: [Profile; 2] = [Profile::International, Profile::Commercial];

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_is_made_once_with_tight_permissions_and_signs_the_same_ever_after() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    for profile in PROFILES {
        let module = Software::new(profile, &keys);
        let (first, again) = (module.signer("evidence").unwrap(), module.signer("evidence").unwrap());
        assert_eq!(first.public(), again.public());
        assert!(first.public().verify(b"head", &again.sign(b"head").unwrap()));
        let file = keys.join(format!("evidence-{}.key", profile.signature()));
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o700);
        let written: PublicKey = first.public().to_string().parse().unwrap();
        assert_eq!(written.id(), first.public().id());
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!format!("{first:?}").contains(text.lines().next().unwrap()));
    }
}

#[test]
fn a_key_that_others_can_read_and_a_damaged_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    for profile in PROFILES {
        let module = Software::new(profile, &keys);
        module.signer("evidence").unwrap();
        let file = keys.join(format!("evidence-{}.key", profile.signature()));
        set_mode(&file, 0o640);
        assert_eq!(module.signer("evidence").unwrap_err().code(), "crypto/key-permissions");
        set_mode(&file, 0o600);
        set_mode(&keys, 0o755);
        assert_eq!(module.signer("evidence").unwrap_err().code(), "crypto/key-permissions");
        set_mode(&keys, 0o700);
        for damaged in ["not a key", "00", &"ff".repeat(33), ""] {
            std::fs::write(&file, damaged).unwrap();
            assert_eq!(module.signer("evidence").unwrap_err().code(), "crypto/key-malformed");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), damaged, "a damaged key is not replaced");
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_in_a_key_file_is_told_and_a_key_written_by_hand_needs_no_check() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    for profile in PROFILES {
        let module = Software::new(profile, &keys);
        let public = module.signer("evidence").unwrap().public().clone();
        let file = keys.join(format!("evidence-{}.key", profile.signature()));
        let good = std::fs::read(&file).unwrap();
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut damaged = good.clone();
                damaged[at] ^= 1 << bit;
                std::fs::write(&file, &damaged).unwrap();
                // White space at the end of the file is no part of a key.
                if let Ok(signer) = module.signer("evidence") {
                    assert!(at == good.len() - 1 && signer.public() == &public, "bit {bit} of byte {at}");
                }
            }
        }
        for length in 0..good.len() {
            std::fs::write(&file, &good[..length]).unwrap();
            if let Ok(signer) = module.signer("evidence") {
                assert!(signer.public() == &public, "cut at byte {length}");
            }
        }
        // As an earlier version wrote it.
        let digits = std::str::from_utf8(&good).unwrap().lines().next().unwrap();
        std::fs::write(&file, format!("{digits}\n")).unwrap();
        assert_eq!(module.signer("evidence").unwrap().public(), &public);
    }
}

#[test]
fn an_sm2_key_outside_the_range_of_the_standard_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let module = Software::new(Profile::Commercial, &keys);
    module.signer("evidence").unwrap();
    // n - 1: a signature would divide by zero (GB/T 32918.1-2016 §6.1); n and 0 are no scalars.
    for scalar in [
        "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122".to_owned(),
        "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123".to_owned(),
        "00".repeat(32),
    ] {
        std::fs::write(keys.join("evidence-sm2-sm3.key"), &scalar).unwrap();
        assert_eq!(module.signer("evidence").unwrap_err().code(), "crypto/key-malformed", "{scalar}");
    }
}

#[test]
fn the_name_of_a_key_is_never_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let module = Software::new(Profile::International, folder.path());
    for name in ["", "../evil", "a/b", "A", "钥", "a.b"] {
        assert_eq!(module.signer(name).unwrap_err().code(), "crypto/malformed", "{name:?}");
    }
}

#[test]
fn a_wrapped_key_opens_for_its_purpose_with_its_wrapper_only() {
    let folder = tempfile::tempdir().unwrap();
    for profile in PROFILES {
        let module = Software::new(profile, &folder.path().join("keys"));
        let (one, other) = (module.wrapper("kek-1").unwrap(), module.wrapper("kek-2").unwrap());
        assert_ne!(one.id(), other.id());
        assert_eq!(one.id(), module.wrapper("kek-1").unwrap().id());
        let key = module.new_data_key().unwrap();
        let sealed = key.seal(b"place", b"value").unwrap();
        let wrapped = one.wrap(&key, b"dataset:subject.enterprise").unwrap();
        let open =
            |wrapper: &dyn KeyWrapper, purpose: &[u8]| wrapper.unwrap(profile.aead(), &wrapped, purpose);
        let back = open(&*one, b"dataset:subject.enterprise").unwrap();
        assert_eq!(*back.open(b"place", &sealed).unwrap(), b"value");
        assert_eq!(open(&*one, b"dataset:other").unwrap_err().code(), "crypto/not-authentic");
        assert_eq!(open(&*other, b"dataset:subject.enterprise").unwrap_err().code(), "crypto/not-authentic");
    }
}

#[test]
fn a_key_encryption_key_comes_from_text_or_a_file_and_the_other_family_wraps_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("kek");
    for algorithm in [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::Sm4Gcm] {
        let path = folder.join(algorithm.name());
        let made = SoftwareWrapper::from_file(&path, algorithm).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let read = SoftwareWrapper::from_hexadecimal(&text).unwrap();
        assert_eq!(made.id(), read.id());
        assert!(!format!("{made:?}").contains(text.lines().next().unwrap()));
        // Data keys of both families pass through either wrapper: a change of profile leaves nothing behind.
        for inner in [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::Sm4Gcm] {
            let key = DataKey::generate(inner).unwrap();
            let sealed = key.seal(b"p", b"v").unwrap();
            let back = read.unwrap(inner, &made.wrap(&key, b"x").unwrap(), b"x").unwrap();
            assert_eq!(*back.open(b"p", &sealed).unwrap(), b"v");
        }
        assert_eq!(new_key_text(algorithm).unwrap().len(), algorithm.key_bytes() * 2);
    }
    for bad in ["", "zz", &"00".repeat(24)] {
        assert_eq!(SoftwareWrapper::from_hexadecimal(bad).unwrap_err().code(), "crypto/malformed");
    }
}
