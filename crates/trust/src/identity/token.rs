//! Bearer secrets: 256 random bits, of which only the hash is kept.

use brain_kernel::hexadecimal;
use sha2::{Digest, Sha256};

use crate::{Result, Secret, keys};

/// What a token opens; told by its first letters so that a leaked one can be recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Session,
    ApiKey,
    Challenge,
    /// Authorisation code of this node as a provider.
    Code,
    /// Access token of a client.
    Access,
    /// Refresh token of a client.
    Refresh,
    /// Secret of a client.
    ClientSecret,
}

impl Kind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Session => "brs_",
            Self::ApiKey => "brk_",
            Self::Challenge => "brc_",
            Self::Code => "bra_",
            Self::Access => "bro_",
            Self::Refresh => "brr_",
            Self::ClientSecret => "brx_",
        }
    }

    /// The kind of `token`, if it has the shape of one.
    pub(crate) fn of(token: &str) -> Option<Self> {
        [
            Self::Session,
            Self::ApiKey,
            Self::Challenge,
            Self::Code,
            Self::Access,
            Self::Refresh,
            Self::ClientSecret,
        ]
        .into_iter()
        .find(|kind| token.strip_prefix(kind.prefix()).is_some_and(|rest| rest.len() == 64))
    }
}

/// A fresh token and the hash to store. A plain hash suffices: there is nothing to guess in 256 random bits.
pub(crate) fn fresh(kind: Kind) -> Result<(Secret, String)> {
    let token = format!("{}{}", kind.prefix(), hexadecimal::encode(&keys::random::<32>()?));
    let hash = hash(&token);
    Ok((Secret::new(token), hash))
}

/// The hash under which `token` is stored. Looking it up by hash leaks nothing through timing.
pub(crate) fn hash(token: &str) -> String {
    hexadecimal::encode(&Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{Kind, fresh, hash};

    #[test]
    fn tokens_differ_tell_their_kind_and_are_stored_only_as_a_hash() {
        let (first, stored) = fresh(Kind::Session).unwrap();
        let (second, _) = fresh(Kind::Session).unwrap();
        assert_ne!(first.expose(), second.expose());
        assert_eq!(Kind::of(first.expose()), Some(Kind::Session));
        assert_eq!(Kind::of(fresh(Kind::ApiKey).unwrap().0.expose()), Some(Kind::ApiKey));
        assert_eq!(stored, hash(first.expose()));
        assert!(!stored.contains(&first.expose()[4..]));
        assert_eq!(Kind::of("brs_short"), None);
        assert_eq!(Kind::of(""), None);
    }
}
