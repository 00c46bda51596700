//! Random bytes and hexadecimal; private keys are `brain-crypto`'s.

use rand::TryRng;
use rand::rngs::SysRng;

use crate::{Error, Result};

/// `N` bytes from the operating system's random source.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0_u8; N];
    SysRng.try_fill_bytes(&mut bytes).map_err(|cause| Error::Cryptography(cause.to_string()))?;
    Ok(bytes)
}
