//! What trust is opened with.

use brain_egress::Egress;

use crate::{EvidenceOptions, Keyring, Options, StatusOptions};

/// One part for each section of the configuration; the defaults are those of a node whose configuration is empty.
///
/// Made from [`Options`] alone where the rest stays as it is.
#[derive(Default)]
pub struct Settings {
    /// Accounts, sessions, audit.
    pub options: Options,
    /// Key-encryption keys; `None` makes one in the folder of keys.
    pub keyring: Option<Keyring>,
    /// The evidence log: its digest, its witnesses and the logs it is a witness of. Only their addresses are called.
    pub evidence: EvidenceOptions,
    /// Trusted status.
    pub status: StatusOptions,
    /// The program's way out; `None` lets nothing out that [`EvidenceOptions`] does not name.
    pub egress: Option<Egress>,
}

impl From<Options> for Settings {
    fn from(options: Options) -> Self {
        Self { options, ..Self::default() }
    }
}
