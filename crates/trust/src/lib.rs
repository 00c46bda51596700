//! Who may do what, and the proof that it was done (信任底座): identity, grants, evidence.
//!
//! Invariants: no row leaves the lake without a [`Grant`] resolved here; every sign-in, account, key and grant act and
//! its evidence entry are one transaction; what the evidence log says cannot be changed without [`Evidence::verify`]
//! naming the place.
//! Deliberately absent: turning a grant into a query plan (`warehouse`), cookies and headers (`api`).
//! Start reading at [`Trust`].

pub mod alerts;
pub mod audit;
mod authority;
mod error;
pub mod evidence;
pub mod federation;
pub mod grants;
pub mod identity;
pub mod incidents;
mod keys;
mod options;
mod password;
mod peer_client;
pub mod policy;
pub mod requests;
mod secret;
mod settings;
mod site;
pub mod status;
mod trust;
pub mod vault;

pub use alerts::{Alerts, Rulebook};
pub use audit::{Access, AccessOrigin, Audit, AuditOptions, AuditRecord, Channel};
pub use authority::{CertificateCard, Certificates};
pub use brain_policy::Action;
pub use error::{Error, Result};
pub use evidence::{Evidence, EvidenceEntry, EvidenceOptions, LogHead, Verification};
pub use federation::{Federation, ProviderOptions};
pub use grants::{
    ColumnFacts, DatasetFacts, Grant, GrantCard, Grants, NODE_OWNER, NewGrant, PRODUCT_ZONE, Reach, Subject,
};
pub use identity::{
    AccountCard, AccountKind, AccountProtection, ApiKeyCard, Authenticated, Carrier, Credential, Identity,
    NewAccount, NewApiKey, NewNode, NewPasskey, NewTotp, NodeCard, NodeState, OrganisationCard, Origin,
    PasskeyAdded, PasskeyAnswer, PasskeyCard, PasskeyCreation, PasskeyDescriptor, PasskeyProof,
    PasskeyRequest, Proof, Scope, SecondFactorNeeded, SecurityCard, SessionCard, SignIn, SignedIn,
};
pub use incidents::Incidents;
pub use options::Options;
pub use password::Weakness;
pub use peer_client::{PeerCall, PeerClient, PeerReply, PeerTls};
pub use policy::{Ask, Change, Decision, Explanation, Policy, Reason};
pub use requests::{Approval, NewRequest, RequestCard, Requests};
pub use secret::Secret;
pub use settings::Settings;
pub use site::Site;
pub use status::{NodeFacts, Status, StatusOptions};
pub use trust::{FirstAdministrator, Trust};
pub use vault::{CryptoOptions, Keyring, Vault};
