//! Identity (身份): accounts, sessions, keys for programs.

mod accounts;
mod api_keys;
mod sign_in;
mod token;

use std::sync::Arc;

use brain_kernel::party::{Party, Role};
use brain_kernel::region::RegionCode;
use brain_kernel::uscc::Uscc;
use brain_store::Store;
use brain_store::account::Account;

use crate::password::Hasher;
use crate::{Error, Evidence, Options, Result};

pub use accounts::{AccountCard, NewAccount};
pub use api_keys::{ApiKeyCard, NewApiKey};
pub use sign_in::{Authenticated, Credential, Origin, SignedIn};

/// A cheap-clone handle to accounts, sessions and keys.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    store: Store,
    evidence: Evidence,
    hasher: Hasher,
    options: Options,
}

impl Identity {
    pub(crate) fn new(store: Store, evidence: Evidence, options: Options) -> Result<Self> {
        let hasher = Hasher::new(&options)?;
        Ok(Self(Arc::new(Inner { store, evidence, hasher, options })))
    }
}

/// The caller behind an account row.
fn party_of(account: &Account) -> Result<Party> {
    let corrupt = |field| Error::Corrupt { field };
    let organisation = account.organisation.as_deref().map(Uscc::parse).transpose();
    let region = account.region.as_deref().map(RegionCode::parse).transpose();
    Ok(Party {
        account: account.id.clone(),
        display_name: account.display_name.clone(),
        role: Role::from_name(&account.role).ok_or(corrupt("account.role"))?,
        organisation: organisation.map_err(|_| corrupt("account.organisation"))?,
        region: region.map_err(|_| corrupt("account.region"))?,
    })
}

/// Only this role passes. Separation of duties (三权分立) is decided here for every act of trust: an administrator of
/// another kind is refused like anybody else.
pub(crate) fn require_role(actor: &Party, needed: Role) -> Result<()> {
    if actor.role == needed {
        return Ok(());
    }
    Err(Error::WrongRole { account: actor.account.clone(), needed })
}
