//! Letting in by a password the server does not store (SCRAM, RFC 5802 and 7677), the client's side.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use sha2::digest::Digest;
use sha2::{Sha256, Sha512};

/// Rounds a server may ask for; more would only keep the processor busy.
const ROUNDS_MAX: u32 = 100_000;
/// Channel binding: none, in base64.
const UNBOUND: &str = "biws";

/// The hash of a mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha512,
}

impl Hash {
    fn keyed(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        fn with<M: hmac::Mac + hmac::KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
            // A key of any length is taken.
            let Ok(mut mac) = <M as hmac::KeyInit>::new_from_slice(key) else { return Vec::new() };
            parts.iter().for_each(|part| mac.update(part));
            mac.finalize().into_bytes().to_vec()
        }
        match self {
            Self::Sha256 => with::<Hmac<Sha256>>(key, parts),
            Self::Sha512 => with::<Hmac<Sha512>>(key, parts),
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    /// `Hi` of RFC 5802: PBKDF2 of one block.
    fn salted(self, password: &str, salt: &[u8], rounds: u32) -> Vec<u8> {
        let mut last = self.keyed(password.as_bytes(), &[salt, &1_u32.to_be_bytes()]);
        let mut sum = last.clone();
        for _ in 1..rounds {
            last = self.keyed(password.as_bytes(), &[&last]);
            xor(&mut sum, &last);
        }
        sum
    }
}

fn xor(into: &mut [u8], with: &[u8]) {
    into.iter_mut().zip(with).for_each(|(byte, other)| *byte ^= other);
}

/// Why the exchange ended without proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotProven {
    /// The server does not take the user or the password (`server-error` of RFC 5802).
    Refused,
    /// What the server said is not what one says that knows the password.
    Impostor,
}

fn not_refused(answer: &str) -> Result<(), NotProven> {
    if answer.starts_with("e=") { Err(NotProven::Refused) } else { Ok(()) }
}

/// The first message.
pub(super) struct Opening {
    hash: Hash,
    bare: String,
    nonce: String,
}

impl Opening {
    /// `nonce` is new each time, of printable characters without a comma.
    pub(super) fn new(hash: Hash, user: &str, nonce: String) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        Self { hash, bare: format!("n={user},r={nonce}"), nonce }
    }

    pub(super) fn message(&self) -> String {
        format!("n,,{}", self.bare)
    }

    /// The second message, made of the server's first, and what the server has to answer to it.
    pub(super) fn prove(&self, password: &str, challenge: &str) -> Result<(String, Proven), NotProven> {
        not_refused(challenge)?;
        let part = |name: &str| {
            challenge.split(',').find_map(|part| part.strip_prefix(name)).ok_or(NotProven::Impostor)
        };
        let (nonce, salt) = (part("r=")?, STANDARD.decode(part("s=")?).map_err(|_| NotProven::Impostor)?);
        let rounds: u32 = part("i=")?.parse().map_err(|_| NotProven::Impostor)?;
        if !nonce.starts_with(&self.nonce)
            || nonce.len() == self.nonce.len()
            || !(1..=ROUNDS_MAX).contains(&rounds)
        {
            return Err(NotProven::Impostor);
        }
        let salted = self.hash.salted(password, &salt, rounds);
        let plain = format!("c={UNBOUND},r={nonce}");
        let signed = format!("{},{challenge},{plain}", self.bare);
        let client_key = self.hash.keyed(&salted, &[b"Client Key"]);
        let mut proof = self.hash.keyed(&self.hash.digest(&client_key), &[signed.as_bytes()]);
        xor(&mut proof, &client_key);
        let server_key = self.hash.keyed(&salted, &[b"Server Key"]);
        let signature = self.hash.keyed(&server_key, &[signed.as_bytes()]);
        Ok((
            format!("{plain},p={}", STANDARD.encode(proof)),
            Proven(format!("v={}", STANDARD.encode(signature))),
        ))
    }
}

/// What only a server that knows the password can answer.
#[derive(Debug)]
pub(super) struct Proven(String);

impl Proven {
    /// Hold its answer against that; what it answers is no secret.
    pub(super) fn by(&self, answer: &str) -> Result<(), NotProven> {
        not_refused(answer)?;
        if answer.split(',').next() == Some(self.0.as_str()) { Ok(()) } else { Err(NotProven::Impostor) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of RFC 7677, section 3.
    #[test]
    fn the_exchange_of_the_standard_is_reproduced() {
        let opening = Opening::new(Hash::Sha256, "user", "rOprNGfwEbeRWgbNEkqO".to_owned());
        assert_eq!(opening.message(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let challenge =
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let (message, proven) = opening.prove("pencil", challenge).unwrap();
        assert_eq!(
            message,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert_eq!(proven.by("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Ok(()));
        let other = proven.by("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=");
        assert_eq!(other, Err(NotProven::Impostor));
        assert_eq!(proven.by("e=invalid-proof"), Err(NotProven::Refused));
    }

    #[test]
    fn a_server_that_says_something_else_is_not_answered() {
        let opening = Opening::new(Hash::Sha512, "a,b=c", "abc".to_owned());
        assert_eq!(opening.message(), "n,,n=a=2Cb=3Dc,r=abc");
        for challenge in
            ["r=xyz,s=AAAA,i=4096", "r=abc,s=AAAA,i=4096", "r=abcd,s=?,i=1", "r=abcd,s=AAAA,i=4000000000", ""]
        {
            assert!(opening.prove("p", challenge).is_err(), "{challenge}");
        }
        assert!(opening.prove("p", "r=abcd,s=AAAA,i=2").is_ok());
    }
}
