//! Key-encryption keys from wherever the configuration says: files, the environment, or a cryptographic module.

use crate::node::variable;
use brain_trust::{CryptoOptions, Keyring};
use std::path::Path;

/// The keys at hand. `pkcs11:<name>` needs the feature `pkcs11` of this program and `crypto.module`.
pub fn keyring(options: &CryptoOptions, keys: &Path) -> brain_trust::Result<Keyring> {
    #[cfg(feature = "pkcs11")]
    if !options.module.is_empty() {
        use brain_crypto::CryptoProvider as _;
        let pin = pin(&options.module_pin)?;
        let module = brain_pkcs11::Module::open(Path::new(&options.module), &options.module_token, &pin)?;
        return Keyring::open_with(options, keys, &variable, &|name| Ok(module.wrapper(name)?));
    }
    Keyring::open(options, keys, &variable)
}

/// The PIN of the token, from a file that its owner alone can read or from the environment.
#[cfg(feature = "pkcs11")]
fn pin(source: &str) -> brain_trust::Result<zeroize::Zeroizing<String>> {
    let missing =
        || brain_crypto::Error::Module("crypto.module_pin: file:<path> or env:<variable>".to_owned());
    if let Some(path) = source.strip_prefix("file:") {
        let path = Path::new(path);
        brain_crypto::refuse_if_shared(path)?;
        let text = std::fs::read_to_string(path)
            .map_err(|cause| brain_crypto::Error::KeyFile { path: path.display().to_string(), cause })?;
        return Ok(zeroize::Zeroizing::new(text.trim_end().to_owned()));
    }
    let name = source.strip_prefix("env:").ok_or_else(missing)?;
    Ok(variable(name).map(zeroize::Zeroizing::new).ok_or_else(missing)?)
}
