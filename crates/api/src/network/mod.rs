//! Where requests come from and whom they mean: addresses behind gateways, lists of networks, names of this node, and
//! pages of other sites that may ask.

mod address;
mod cors;
mod host;
mod threshold;

pub use address::Networks;
pub(crate) use address::{Neighbourhood, client, neighbourhood};
pub(crate) use cors::layer as cors;
pub(crate) use threshold::{METHODS, threshold};

/// Rules of the network; the defaults let everybody in.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Names this node is called by; empty takes any. Without them a page whose name was made to lead to this machine
    /// (DNS rebinding) would be taken for our own.
    pub hosts: Vec<String>,
    /// Gateways whose `X-Forwarded-For` is believed.
    pub forwarded_from: Networks,
    /// Origins whose pages may call with a token; never with a cookie.
    pub cors_origins: Vec<String>,
    /// Networks that may call the public listener; empty for all.
    pub allow: Networks,
    /// Networks that may call the administration's listener; empty for all.
    pub admin_allow: Networks,
    /// Whether administration has a listener of its own, so that the public one refuses it.
    pub administration_apart: bool,
}

/// Which door a request came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// The listener for everybody.
    Public,
    /// The listener for administration (管理终端, GB/T 22239-2019 8.1.4.4 c).
    Administration,
}

impl Network {
    /// Networks that may come in here; empty for all.
    pub(crate) fn allowed(&self, entrance: Entrance) -> &Networks {
        match entrance {
            Entrance::Public => &self.allow,
            Entrance::Administration => &self.admin_allow,
        }
    }

    /// Whether a caller may come in here.
    pub(crate) fn admits(&self, entrance: Entrance, address: std::net::IpAddr) -> bool {
        let allowed = self.allowed(entrance);
        allowed.is_empty() || allowed.contains(address)
    }
}
