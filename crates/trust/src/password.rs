//! Passwords (口令): the rules, and Argon2id (RFC 9106) behind a limit.

use brain_kernel::hexadecimal;
use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use brain_kernel::language::Text;
use tokio::sync::Semaphore;
use zxcvbn::{Score, zxcvbn};

use crate::{Error, Options, Result, Secret, keys};

/// Shortest password, in characters.
const CHARACTERS_MIN: usize = 10;
/// Longest password, in bytes; hashing more only helps whoever wants to keep us busy.
const BYTES_MAX: usize = 512;
/// Words of this product: whoever attacks it tries them first.
const OWN_WORDS: [&str; 8] =
    ["brain", "industry", "chanye", "danao", "chanyedanao", "产业大脑", "administrator", "woaini"];

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer than 10 characters.
    Short,
    /// More than 512 bytes.
    Long,
    /// Only letters, only digits or only symbols.
    OneKind,
    /// Contains the user name.
    ContainsUsername,
    /// Guessed in fewer than 10^8 tries (zxcvbn score below 3), the user's own names known.
    Guessable,
    /// One of the last few.
    UsedBefore,
    /// The same as before.
    Unchanged,
}

impl Weakness {
    /// The rule that was broken, as people read it.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Short => {
                Text::new("口令太短：至少 10 个字符。", "The password is too short: at least 10 characters.")
            }
            Self::Long => {
                Text::new("口令太长：至多 512 字节。", "The password is too long: at most 512 bytes.")
            }
            Self::OneKind => Text::new(
                "口令只含一类字符：字母、数字、符号至少两类。",
                "The password has one kind of character only: use two of letters, digits and symbols.",
            ),
            Self::ContainsUsername => {
                Text::new("口令不能包含用户名。", "The password must not contain the user name.")
            }
            Self::Guessable => Text::new(
                "口令容易被猜到：请避开常见词、姓名、日期和键盘顺序，或再长一些。",
                "The password is easy to guess: avoid common words, names, dates and keyboard rows, or make it longer.",
            ),
            Self::UsedBefore => {
                Text::new("新口令不能是最近用过的口令。", "The new password must not be one of the last few.")
            }
            Self::Unchanged => {
                Text::new("新口令不能与原口令相同。", "The new password must differ from the old one.")
            }
        }
    }
}

/// Check `password` against the rules; `names` are the user name and what else the account is called.
pub(crate) fn check(password: &str, names: &[&str]) -> std::result::Result<(), Weakness> {
    let lower = password.to_lowercase();
    let kinds = [
        password.chars().any(char::is_alphabetic),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_alphanumeric()),
    ];
    let contains = |name: &&str| name.chars().count() >= 3 && lower.contains(&name.to_lowercase());
    if password.chars().count() < CHARACTERS_MIN {
        Err(Weakness::Short)
    } else if password.len() > BYTES_MAX {
        Err(Weakness::Long)
    } else if kinds.into_iter().filter(|kind| *kind).count() < 2 {
        Err(Weakness::OneKind)
    } else if names.iter().any(contains) {
        Err(Weakness::ContainsUsername)
    } else if zxcvbn(password, &[names, OWN_WORDS.as_slice()].concat()).score() < Score::Three {
        Err(Weakness::Guessable)
    } else {
        Ok(())
    }
}

/// Hashes and checks passwords off the async threads, a few at a time.
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    // Verified against when the account does not exist, so that the answer takes as long.
    decoy: String,
}

impl Hasher {
    pub(crate) fn new(options: &Options) -> Result<Self> {
        let params =
            Params::new(options.argon2_memory_kib, options.argon2_passes, 1, None).map_err(failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        // Hexadecimal digits are Base64 too; the closing `A` leaves no stray bits. Hashing here would delay every start.
        let (salt, digest) =
            (hexadecimal::encode(&keys::random::<11>()?), hexadecimal::encode(&keys::random::<21>()?));
        let salt = salt.get(..21).unwrap_or_default();
        let (memory, passes) = (options.argon2_memory_kib, options.argon2_passes);
        let decoy = format!("$argon2id$v=19$m={memory},t={passes},p=1${salt}A${digest}A");
        let turns = Arc::new(Semaphore::new(options.argon2_parallel_max.max(1) as usize));
        Ok(Self { argon2, turns, decoy })
    }

    /// The PHC string of a password: algorithm, parameters, fresh salt, hash.
    pub(crate) async fn hash(&self, password: &Secret) -> Result<String> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.off_thread(move || hash(&argon2, password.expose())).await
    }

    /// Whether `password` is the one behind `stored`; with nothing stored the same work ends in no.
    pub(crate) async fn verify(&self, password: &Secret, stored: Option<&str>) -> Result<bool> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        // Somebody whom only a provider vouches for has no hash; it takes as long to say so.
        let stored = stored.filter(|stored| !stored.is_empty());
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.decoy).to_owned();
        self.off_thread(move || {
            let parsed =
                PasswordHash::new(&stored).map_err(|_| Error::Corrupt { field: "account.password_hash" })?;
            // Parameters come from the stored string, so hashes made under older options stay good.
            let same = argon2.verify_password(password.expose().as_bytes(), &parsed).is_ok();
            Ok(same && known)
        })
        .await
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = self
            .turns
            .clone()
            .acquire_owned()
            .await
            .map_err(|cause| Error::Cryptography(cause.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        })
        .await
        .map_err(|cause| Error::Cryptography(cause.to_string()))?
    }
}

/// A password for one use: 20 letters and digits that are hard to mistake, in groups of five (about 98 bits).
pub(crate) fn one_time() -> Result<Secret> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes = keys::random::<20>()?;
    let mut text = String::with_capacity(23);
    for (position, byte) in bytes.into_iter().enumerate() {
        if position > 0 && position % 5 == 0 {
            text.push('-');
        }
        text.extend(LETTERS.get(usize::from(byte % 32)).map(|letter| char::from(*letter)));
    }
    Ok(Secret::new(text))
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String> {
    Ok(argon2.hash_password(password.as_bytes()).map_err(failed)?.to_string())
}

fn failed(cause: impl std::fmt::Display) -> Error {
    Error::Cryptography(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Hasher, Weakness, check, one_time};
    use crate::{Options, Secret};

    fn cheap() -> Options {
        Options { argon2_memory_kib: 64, argon2_passes: 1, ..Options::default() }
    }

    #[test]
    fn each_rule_refuses_what_it_names() {
        let cases = [
            ("a1b2c3d4", Weakness::Short),
            (&"a1".repeat(300), Weakness::Long),
            ("abcdefghijk", Weakness::OneKind),
            ("73920184650", Weakness::OneKind),
            ("x-ZhangSan-77", Weakness::ContainsUsername),
            ("ab1ab1ab1ab1", Weakness::Guessable),
            ("1qaz2wsx3edc", Weakness::Guessable),
            ("Chanyedanao2026", Weakness::Guessable),
            ("Password2026!", Weakness::Guessable),
        ];
        for (password, weakness) in cases {
            assert_eq!(check(password, &["zhangsan"]), Err(weakness), "{password}");
        }
        assert_eq!(check("correct horse battery", &["zhangsan"]), Ok(()));
        assert_eq!(check("产业大脑-红旗渠-四季青山", &["zhangsan"]), Ok(()));
    }

    #[test]
    fn one_time_passwords_differ_and_meet_the_rules() {
        let (first, second) = (one_time().unwrap(), one_time().unwrap());
        assert_ne!(first.expose(), second.expose());
        // A draw without any digit still has the hyphens as second kind.
        assert_eq!(check(first.expose(), &["admin"]), Ok(()));
    }

    #[tokio::test]
    async fn a_hash_records_its_parameters_and_outlives_a_change_of_options() {
        let old = Hasher::new(&cheap()).unwrap();
        let stored = old.hash(&Secret::new("correct horse battery")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
        let new = Hasher::new(&Options { argon2_memory_kib: 128, ..cheap() }).unwrap();
        assert!(new.verify(&Secret::new("correct horse battery"), Some(&stored)).await.unwrap());
        assert!(!new.verify(&Secret::new("correct horse batterz"), Some(&stored)).await.unwrap());
        assert!(!new.verify(&Secret::new("correct horse battery"), None).await.unwrap());
    }
}
