//! Key-encryption keys (KEK) at hand: one that wraps, and older ones that still unwrap.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brain_crypto::{AeadAlgorithm, CryptoProvider as _, KeyWrapper, Profile, Software, SoftwareWrapper};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Generations of keys looked for in the key folder.
const GENERATIONS_MAX: u32 = 999;

/// Which algorithms the node writes and where its key-encryption keys come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CryptoOptions {
    /// `international` or `commercial` (国密).
    pub profile: Profile,
    /// Where the key that wraps comes from: `file:<path>`, `env:<variable>`, `pkcs11:<name>`, or empty for a file in the
    /// key folder.
    pub kek: String,
    /// Keys that still unwrap, in the same spelling.
    pub kek_older: Vec<String>,
    /// Library of the PKCS#11 module, for example `/usr/lib/softhsm/libsofthsm2.so`; empty where there is none.
    pub module: String,
    /// Label of its token.
    pub module_token: String,
    /// Where its PIN comes from: `file:<path>` or `env:<variable>`.
    pub module_pin: String,
}

/// Reads an environment variable; the program passes the real one, tests their own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Finds a key-encryption key of a cryptographic module by its name.
pub type ModuleKeys<'a> = &'a dyn Fn(&str) -> Result<Arc<dyn KeyWrapper>>;

/// The keys at hand.
#[derive(Debug, Clone)]
pub struct Keyring {
    profile: Profile,
    current: Arc<dyn KeyWrapper>,
    known: BTreeMap<String, Arc<dyn KeyWrapper>>,
    place: Place,
}

/// Where a successor of the current key would come from.
#[derive(Debug, Clone)]
enum Place {
    /// The key folder; a rotation makes the next generation there.
    Folder(PathBuf),
    /// A file that somebody else writes; a rotation reads it again.
    File(PathBuf),
    /// The environment does not change while the program runs.
    Fixed,
}

impl Keyring {
    /// The keys the options name; the first key of the key folder is made when it is missing.
    pub fn open(options: &CryptoOptions, keys: &Path, environment: Environment<'_>) -> Result<Self> {
        Self::open_with(options, keys, environment, &|_| {
            Err(Error::invalid(
                "kek",
                "配置要求密码模块中的密钥（pkcs11:），但此程序未带 PKCS#11 支持或未配置模块。",
                "The configuration asks for a key of a module (pkcs11:), and this program has no PKCS#11 or no module \
                 configured.",
            ))
        })
    }

    /// Like [`open`](Self::open), with keys of a cryptographic module where the options name them as `pkcs11:<name>`.
    pub fn open_with(
        options: &CryptoOptions,
        keys: &Path,
        environment: Environment<'_>,
        module: ModuleKeys<'_>,
    ) -> Result<Self> {
        let (current, place) = if options.kek.is_empty() {
            let generation = newest(options.profile, keys).unwrap_or(1);
            (in_folder(options.profile, keys, generation)?, Place::Folder(keys.to_owned()))
        } else {
            named(&options.kek, options.profile, environment, module)?
        };
        let mut ring =
            Self { profile: options.profile, current: current.clone(), known: BTreeMap::new(), place };
        ring.learn(current);
        for source in &options.kek_older {
            ring.learn(named(source, options.profile, environment, module)?.0);
        }
        // Keys left in the folder by an earlier generation, profile or configuration still unwrap.
        for profile in [Profile::International, Profile::Commercial] {
            for generation in 1..=newest(profile, keys).unwrap_or(0) {
                if file(profile, keys, generation).is_file() {
                    ring.learn(in_folder(profile, keys, generation)?);
                }
            }
        }
        Ok(ring)
    }

    /// Family of algorithms new keys are of.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// The key that wraps.
    #[must_use]
    pub fn current(&self) -> &Arc<dyn KeyWrapper> {
        &self.current
    }

    /// The key of this id.
    pub fn get(&self, id: &str) -> Result<&Arc<dyn KeyWrapper>> {
        self.known.get(id).ok_or_else(|| brain_crypto::Error::NoKey { id: id.to_owned() }.into())
    }

    /// Whether the key that wraps lies in the data folder, where a thief of the folder finds it too.
    #[must_use]
    pub const fn lies_in_folder(&self) -> bool {
        matches!(self.place, Place::Folder(_))
    }

    /// The ring with a successor of the current key: the next generation in the key folder, or what the configured
    /// file holds now.
    pub fn rotated(&self) -> Result<Self> {
        let successor: Arc<dyn KeyWrapper> = match &self.place {
            Place::Folder(keys) => {
                let next = newest(self.profile, keys).unwrap_or(0) + 1;
                in_folder(self.profile, keys, next)?
            }
            Place::File(path) => Arc::new(SoftwareWrapper::from_file(path, self.profile.aead())?),
            Place::Fixed => {
                return Err(Error::invalid(
                    "kek",
                    "密钥来自环境变量，运行中不能更换；请改配置后重启，旧密钥写入 crypto.kek_older。",
                    "The key comes from the environment and cannot change while the node runs; change the \
                     configuration, name the old key in crypto.kek_older, and restart.",
                ));
            }
        };
        if successor.id() == self.current.id() {
            return Err(Error::invalid(
                "kek",
                "密钥文件内容未变，没有可更换的新密钥。",
                "The key file still holds the present key; write the new key there first.",
            ));
        }
        let mut ring = self.clone();
        ring.current = successor.clone();
        ring.learn(successor);
        Ok(ring)
    }

    fn learn(&mut self, wrapper: Arc<dyn KeyWrapper>) {
        self.known.insert(wrapper.id().to_owned(), wrapper);
    }
}

fn in_folder(profile: Profile, keys: &Path, generation: u32) -> Result<Arc<dyn KeyWrapper>> {
    Ok(Software::new(profile, keys).wrapper(&name(generation))?)
}

fn name(generation: u32) -> String {
    format!("kek-{generation}")
}

fn file(profile: Profile, keys: &Path, generation: u32) -> PathBuf {
    keys.join(format!("{}-{}.key", name(generation), profile.aead()))
}

fn newest(profile: Profile, keys: &Path) -> Option<u32> {
    (1..=GENERATIONS_MAX).rev().find(|generation| file(profile, keys, *generation).is_file())
}

fn named(
    source: &str,
    profile: Profile,
    environment: Environment<'_>,
    module: ModuleKeys<'_>,
) -> Result<(Arc<dyn KeyWrapper>, Place)> {
    let invalid = || {
        Error::invalid(
            "kek",
            "密钥来源应写作 file:路径、env:变量名 或 pkcs11:密钥名；前两者内容为 64 位（AES-256）或 32 位（SM4）十六进制。",
            "A key source is file:<path>, env:<variable> or pkcs11:<name>; the first two hold 64 (AES-256) or 32 (SM4) hexadecimal digits.",
        )
    };
    if let Some(name) = source.strip_prefix("pkcs11:") {
        return Ok((module(name)?, Place::Fixed));
    }
    if let Some(path) = source.strip_prefix("file:") {
        let algorithm: AeadAlgorithm = profile.aead();
        let path = PathBuf::from(path);
        Ok((Arc::new(SoftwareWrapper::from_file(&path, algorithm)?), Place::File(path)))
    } else if let Some(variable) = source.strip_prefix("env:") {
        let text = environment(variable).map(zeroize::Zeroizing::new).ok_or_else(invalid)?;
        Ok((Arc::new(SoftwareWrapper::from_hexadecimal(&text).map_err(|_| invalid())?), Place::Fixed))
    } else {
        Err(invalid())
    }
}
