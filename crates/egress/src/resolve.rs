//! From names to addresses, with every address checked before it is connected to.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolving};

use crate::address::special;
use crate::{Error, Result};

/// Addresses of a name, or why there are none.
pub type Addresses<'a> = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Who turns names into addresses; tests bring their own.
pub trait Resolve: Send + Sync {
    /// The addresses of `host`.
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a>;
}

/// The operating system's resolver.
pub(crate) struct System;

impl Resolve for System {
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        Box::pin(async move {
            Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
        })
    }
}

/// A resolver that gives out only addresses that may be connected to.
#[derive(Clone)]
pub(crate) struct Checked {
    resolver: Arc<dyn Resolve>,
    networks: Arc<[IpNet]>,
}

impl Checked {
    pub(crate) fn new(resolver: Arc<dyn Resolve>, networks: Vec<IpNet>) -> Self {
        Self { resolver, networks: networks.into() }
    }

    /// The addresses of a name. One that must not be reached refuses them all: a name that leads both in and out is
    /// not to be trusted to lead out.
    pub(crate) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>> {
        let unresolved = |cause: String| Error::Unresolved { host: host.to_owned(), cause };
        let found = self.resolver.resolve(host).await.map_err(|error| unresolved(error.to_string()))?;
        if found.is_empty() {
            return Err(unresolved("no address".to_owned()));
        }
        found.iter().try_for_each(|address| self.check(host, *address))?;
        Ok(found)
    }

    /// Whether an address may be connected to: the outside world, or a network that the operator lists.
    pub(crate) fn check(&self, host: &str, address: IpAddr) -> Result<()> {
        let address = address.to_canonical();
        let Some(special) = special(address) else { return Ok(()) };
        if self.networks.iter().any(|network| network.contains(&address)) {
            return Ok(());
        }
        Err(Error::Address { host: host.to_owned(), address: address.to_string(), special })
    }
}

impl reqwest::dns::Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let checked = self.clone();
        Box::pin(async move {
            let found = checked.addresses(name.as_str()).await?;
            // The client puts the port of the address in.
            let found: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(found)
        })
    }
}
