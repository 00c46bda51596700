//! The node's signing key: one file, readable by its owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, Result};

const KEY_FILE: &str = "evidence-ed25519.key";

/// The key that signs heads of the evidence log (Ed25519, RFC 8032).
pub(crate) struct NodeKey {
    key: SigningKey,
    id: String,
}

impl NodeKey {
    /// Read the key in `folder`, or make one there. A file or folder that others can reach is refused.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let seed = seed(folder, KEY_FILE)?;
        let key = SigningKey::from_bytes(&seed);
        let id = key_id(&key.verifying_key());
        Ok(Self { key, id })
    }

    /// First 16 hexadecimal digits of the SHA-256 of the public key.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Public key, hexadecimal.
    pub(crate) fn public(&self) -> String {
        hex(self.key.verifying_key().as_bytes())
    }

    /// Signature over `message`, hexadecimal.
    pub(crate) fn sign(&self, message: &[u8]) -> String {
        hex(&self.key.sign(message).to_bytes())
    }
}

/// The 32 random bytes in the file `name` of `folder`, made there at first. What others can reach is refused.
pub(crate) fn seed(folder: &Path, name: &str) -> Result<Zeroizing<[u8; 32]>> {
    let path = folder.join(name);
    let failed = |cause| Error::KeyFile { path: path.display().to_string(), cause };
    create_folder(folder).map_err(failed)?;
    refuse_if_shared(folder)?;
    if !path.try_exists().map_err(failed)? {
        create(&path).map_err(failed)?;
    }
    refuse_if_shared(&path)?;
    let mut text = Zeroizing::new(String::new());
    File::open(&path).and_then(|file| file.take(1_024).read_to_string(&mut text)).map_err(failed)?;
    let seed = unhex::<32>(text.trim());
    seed.map(Zeroizing::new).ok_or_else(|| Error::KeyMalformed { path: path.display().to_string() })
}

/// Whether `signature` over `message` was made with the private part of `public`; all but the message hexadecimal.
pub(crate) fn verify(public: &str, message: &[u8], signature: &str) -> bool {
    let check = || {
        let public = VerifyingKey::from_bytes(&unhex::<32>(public)?).ok()?;
        let signature = Signature::from_bytes(&unhex::<64>(signature)?);
        public.verify_strict(message, &signature).ok()
    };
    check().is_some()
}

/// Whether `public` is a point that Ed25519 signatures can be checked with.
pub(crate) fn is_public(public: &str) -> bool {
    unhex::<32>(public).is_some_and(|bytes| VerifyingKey::from_bytes(&bytes).is_ok_and(|key| !key.is_weak()))
}

/// `N` bytes from the operating system's random source.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0_u8; N];
    SysRng.try_fill_bytes(&mut bytes).map_err(|cause| Error::Cryptography(cause.to_string()))?;
    Ok(bytes)
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Exactly `N` bytes from hexadecimal.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0_u8; N];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

fn key_id(public: &VerifyingKey) -> String {
    hex(&Sha256::digest(public.as_bytes())).chars().take(16).collect()
}

fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.try_exists()? {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Written under another name first, so that a crash never leaves half a key.
fn create(path: &Path) -> io::Result<()> {
    let seed = Zeroizing::new(random::<32>().map_err(io::Error::other)?);
    let mut text = Zeroizing::new(hex(seed.as_slice()));
    text.push('\n');
    replace_private_file(path, text.as_bytes())
}

/// Write a file only its owner can read, durably, all or nothing.
pub(crate) fn replace_private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut draft: PathBuf = path.to_owned();
    draft.as_mut_os_string().push(".new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(unix)]
fn refuse_if_shared(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let shown = || path.display().to_string();
    let mode =
        fs::metadata(path).map_err(|cause| Error::KeyFile { path: shown(), cause })?.permissions().mode();
    let others = mode & 0o077;
    if others == 0 { Ok(()) } else { Err(Error::KeyPermissions { path: shown(), mode: mode & 0o777 }) }
}

#[cfg(not(unix))]
fn refuse_if_shared(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{KEY_FILE, NodeKey, hex, unhex, verify};
    use std::os::unix::fs::PermissionsExt;

    fn set_mode(path: &std::path::Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_key_is_made_once_with_tight_permissions_and_signs_the_same_ever_after() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let first = NodeKey::open(&keys).unwrap();
        let again = NodeKey::open(&keys).unwrap();
        assert_eq!(first.id(), again.id());
        let mode = std::fs::metadata(keys.join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(verify(&first.public(), b"head", &again.sign(b"head")));
        assert!(!verify(&first.public(), b"other head", &again.sign(b"head")));
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        NodeKey::open(&keys).unwrap();
        set_mode(&keys.join(KEY_FILE), 0o640);
        let error = NodeKey::open(&keys).err().unwrap();
        assert_eq!(error.code(), "trust/key-permissions");
        let failure = brain_kernel::error::Failure::from(error);
        assert!(failure.hint.unwrap().en.contains("chmod go-rwx"));
        set_mode(&keys.join(KEY_FILE), 0o600);
        set_mode(&keys, 0o755);
        assert_eq!(NodeKey::open(&keys).err().unwrap().code(), "trust/key-permissions");
    }

    #[test]
    fn a_damaged_key_file_is_refused_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        NodeKey::open(&keys).unwrap();
        std::fs::write(keys.join(KEY_FILE), "not a key").unwrap();
        assert_eq!(NodeKey::open(&keys).err().unwrap().code(), "trust/key-malformed");
        assert_eq!(std::fs::read_to_string(keys.join(KEY_FILE)).unwrap(), "not a key");
    }

    #[test]
    fn hexadecimal_goes_both_ways_and_refuses_anything_else() {
        assert_eq!(unhex::<3>(&hex(&[0, 171, 255])), Some([0, 171, 255]));
        assert_eq!(unhex::<3>("00abf"), None);
        assert_eq!(unhex::<1>("+1"), None);
        assert_eq!(unhex::<2>("zz00"), None);
    }
}
