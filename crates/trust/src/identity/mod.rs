//! Identity (身份): accounts, sessions, keys for programs.

mod account;
mod accounts;
mod api_keys;
mod challenge;
mod nodes;
mod organisations;
mod own_password;
mod passkeys;
mod scope;
mod second_factor;
mod sessions;
mod sign_in;
mod sweep;
pub(crate) mod token;

use std::sync::Arc;

use brain_kernel::party::{Party, Role};
use brain_kernel::region::RegionCode;
use brain_kernel::uscc::Uscc;
use brain_store::Store;
use brain_store::account::Account;

use challenge::Challenges;
use passkeys::Ceremonies;

use crate::password::Hasher;
use crate::{Error, Evidence, Options, Result, Vault};

pub use account::{AccountCard, AccountKind, NewAccount};
pub use accounts::AccountProtection;
pub use api_keys::{ApiKeyCard, NewApiKey};
pub use nodes::{NewNode, NodeCard, NodeState};
pub use organisations::OrganisationCard;
pub use passkeys::{
    NewPasskey, PasskeyAdded, PasskeyAnswer, PasskeyCard, PasskeyCreation, PasskeyDescriptor, PasskeyProof,
    PasskeyRequest,
};
pub use scope::Scope;
pub use second_factor::{NewTotp, Proof, SecurityCard};
pub use sessions::{Authenticated, Carrier, Credential, SessionCard};
pub use sign_in::{Origin, SecondFactorNeeded, SignIn, SignedIn};

/// A cheap-clone handle to accounts, sessions and keys.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    store: Store,
    evidence: Evidence,
    hasher: Hasher,
    vault: Vault,
    challenges: Challenges,
    ceremonies: Ceremonies,
    options: Options,
}

impl Identity {
    pub(crate) fn new(store: Store, evidence: Evidence, vault: Vault, options: Options) -> Result<Self> {
        let hasher = Hasher::new(&options)?;
        let (challenges, ceremonies) = (Challenges::default(), Ceremonies::default());
        Ok(Self(Arc::new(Inner { store, evidence, hasher, vault, challenges, ceremonies, options })))
    }

    /// Roles that must show a second factor.
    #[must_use]
    pub fn second_factor_required_roles(&self) -> &[Role] {
        &self.0.options.second_factor_required_roles
    }
}

/// The caller behind an account row.
pub(crate) fn party_of(account: &Account) -> Result<Party> {
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

/// Only the separated administrators pass: what they all read.
pub(crate) fn require_administrator(actor: &Party) -> Result<()> {
    if actor.role.is_administrator() {
        return Ok(());
    }
    require_role(actor, Role::SystemAdministrator)
}

/// Only this role passes. Separation of duties (三权分立) is decided here for every act of trust: an administrator of
/// another kind is refused like anybody else.
pub(crate) fn require_role(actor: &Party, needed: Role) -> Result<()> {
    if actor.role == needed {
        return Ok(());
    }
    Err(Error::WrongRole { account: actor.account.clone(), needed })
}

/// Whether the account looks after grants, labels and policies.
pub(crate) fn is_security_administrator(actor: &Party) -> bool {
    actor.role == Role::SecurityAdministrator
}

/// Whether the account may look at everybody's rights: who sets them, and who audits them.
pub(crate) fn oversees_rights(actor: &Party) -> bool {
    matches!(actor.role, Role::SecurityAdministrator | Role::Auditor)
}

/// Whoever sets rights or audits them asks for none.
pub(crate) fn require_working(actor: &Party) -> Result<()> {
    if Role::WORKING.contains(&actor.role) {
        return Ok(());
    }
    Err(Error::invalid(
        "subject",
        "安全管理员与审计员不申请数据：授权与使用须分开。",
        "Security administrators and auditors ask for no data: giving and using are separate.",
    ))
}
