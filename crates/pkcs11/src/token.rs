//! One session with one token, in the words of PKCS#11.

use std::fmt;
use std::path::Path;

use brain_crypto::{Error, Result};
use brain_kernel::hexadecimal;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Function, Pkcs11};
use cryptoki::error::{Error as P11Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

/// `edwards25519` as a printable string in DER (PKCS#11 v3.0 §2.3.10).
const ED25519: [u8; 14] =
    [0x13, 0x0c, 0x65, 0x64, 0x77, 0x61, 0x72, 0x64, 0x73, 0x32, 0x35, 0x35, 0x31, 0x39];
/// Bits of a tag.
const TAG_BITS: u64 = 128;

pub(crate) struct Token {
    session: Session,
    // The library stays loaded as long as the session lives.
    _library: Pkcs11,
    label: String,
}

impl Token {
    pub(crate) fn open(library: &Path, label: &str, pin: &Zeroizing<String>) -> Result<Self> {
        let context = Pkcs11::new(library).map_err(failed)?;
        match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(P11Error::Pkcs11(RvError::CryptokiAlreadyInitialized, Function::Initialize)) => {}
            Err(error) => return Err(failed(error)),
        }
        let slots = context.get_slots_with_token().map_err(failed)?;
        let slot = slots
            .into_iter()
            .find(|slot| context.get_token_info(*slot).is_ok_and(|info| info.label() == label))
            .ok_or_else(|| Error::Module(format!("no token {label:?} in {}", library.display())))?;
        let session = context.open_rw_session(slot).map_err(failed)?;
        match session.login(UserType::User, Some(&AuthPin::new(pin.as_str().into()))) {
            // Signing in counts for the whole process.
            Ok(()) | Err(P11Error::Pkcs11(RvError::UserAlreadyLoggedIn, Function::Login)) => {}
            Err(error) => return Err(failed(error)),
        }
        Ok(Self { session, _library: context, label: label.to_owned() })
    }

    pub(crate) fn random(&self, bytes: &mut [u8]) -> Result<()> {
        self.session.generate_random_slice(bytes).map_err(failed)
    }

    /// The AES-256 key of this name with its id; made in the token, never to leave it, where there is none.
    pub(crate) fn aes256(&self, name: &str) -> Result<(ObjectHandle, String)> {
        checked(name)?;
        let wanted =
            [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::KeyType(KeyType::AES), label(name)];
        let key = match self.only(&wanted, name)? {
            Some(key) => key,
            None => {
                let mut id = [0; 8];
                self.random(&mut id)?;
                let template = [
                    label(name),
                    Attribute::Id(id.to_vec()),
                    Attribute::Token(true),
                    Attribute::Private(true),
                    Attribute::Sensitive(true),
                    Attribute::Extractable(false),
                    Attribute::Encrypt(true),
                    Attribute::Decrypt(true),
                    Attribute::ValueLen(32.into()),
                ];
                self.session.generate_key(&Mechanism::AesKeyGen, &template).map_err(failed)?
            }
        };
        let stays = self.session.get_attributes(key, &[AttributeType::Extractable, AttributeType::Id]);
        let mut id = Vec::new();
        for attribute in stays.map_err(failed)? {
            match attribute {
                Attribute::Extractable(true) => {
                    return Err(Error::Module(format!("the token would give the key {name:?} out")));
                }
                Attribute::Id(bytes) => id = bytes,
                _ => {}
            }
        }
        if id.is_empty() {
            return Err(Error::Module(format!("the key {name:?} of the token has no id")));
        }
        Ok((key, format!("p11-{}", hexadecimal::encode(&id))))
    }

    /// The Ed25519 key pair of this name: the private handle and the public point.
    pub(crate) fn ed25519(&self, name: &str) -> Result<(ObjectHandle, Vec<u8>)> {
        checked(name)?;
        let class = |class| [Attribute::Class(class), Attribute::KeyType(KeyType::EC_EDWARDS), label(name)];
        let (public, private) = match self.only(&class(ObjectClass::PRIVATE_KEY), name)? {
            Some(private) => {
                let public = self.only(&class(ObjectClass::PUBLIC_KEY), name)?;
                (public.ok_or_else(|| Error::Module(format!("no public part of {name:?}")))?, private)
            }
            None => {
                let public = [
                    label(name),
                    Attribute::Token(true),
                    Attribute::Verify(true),
                    Attribute::EcParams(ED25519.into()),
                ];
                let private = [
                    label(name),
                    Attribute::Token(true),
                    Attribute::Private(true),
                    Attribute::Sensitive(true),
                    Attribute::Extractable(false),
                    Attribute::Sign(true),
                ];
                self.session
                    .generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private)
                    .map_err(failed)?
            }
        };
        let found = self.session.get_attributes(public, &[AttributeType::EcPoint]).map_err(failed)?;
        let point = found.into_iter().find_map(|attribute| match attribute {
            // An octet string in DER; some tokens leave the wrapping out.
            Attribute::EcPoint(bytes) => match bytes.as_slice() {
                [0x04, 0x20, point @ ..] if point.len() == 32 => Some(point.to_vec()),
                point if point.len() == 32 => Some(point.to_vec()),
                _ => None,
            },
            _ => None,
        });
        Ok((private, point.ok_or(Error::Malformed { what: "public key of the token" })?))
    }

    pub(crate) fn sign(&self, key: ObjectHandle, message: &[u8]) -> Result<Vec<u8>> {
        let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        self.session.sign(&mechanism, key, message).map_err(failed)
    }

    pub(crate) fn encrypt(
        &self,
        key: ObjectHandle,
        nonce: &mut [u8],
        place: &[u8],
        text: &[u8],
    ) -> Result<Vec<u8>> {
        let parameters = GcmParams::new(nonce, place, bits()?).map_err(failed)?;
        self.session.encrypt(&Mechanism::AesGcm(parameters), key, text).map_err(failed)
    }

    pub(crate) fn decrypt(
        &self,
        key: ObjectHandle,
        nonce: &mut [u8],
        place: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        let parameters = GcmParams::new(nonce, place, bits()?).map_err(failed)?;
        match self.session.decrypt(&Mechanism::AesGcm(parameters), key, sealed) {
            Ok(opened) => Ok(Zeroizing::new(opened)),
            // What a wrong tag is called differs between vendors; none of these is trouble of the token.
            Err(P11Error::Pkcs11(
                RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange | RvError::GeneralError,
                _,
            )) => Err(Error::NotAuthentic),
            Err(error) => Err(failed(error)),
        }
    }

    /// The one object of these attributes; two of a name would be a riddle.
    fn only(&self, wanted: &[Attribute], name: &str) -> Result<Option<ObjectHandle>> {
        let found = self.session.find_objects(wanted).map_err(failed)?;
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => Err(Error::Module(format!("the token has {} keys named {name:?}", found.len()))),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({:?})", self.label)
    }
}

fn bits() -> Result<cryptoki::types::Ulong> {
    cryptoki::types::Ulong::try_from(TAG_BITS as usize).map_err(|_| Error::Malformed { what: "tag length" })
}

fn label(name: &str) -> Attribute {
    Attribute::Label(name.as_bytes().to_vec())
}

fn checked(name: &str) -> Result<()> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(word) {
        return Err(Error::Malformed { what: "name of a key" });
    }
    Ok(())
}

fn failed(error: P11Error) -> Error {
    Error::Module(error.to_string())
}
