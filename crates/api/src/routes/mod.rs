//! The endpoints, by subject. Each module lists its rows in `endpoints` and answers them below.

pub(crate) mod access;
pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod compliance;
pub(crate) mod components;
pub(crate) mod connectors;
pub(crate) mod datasets;
pub(crate) mod evidence;
pub(crate) mod exchange;
pub(crate) mod exchange_peer;
pub(crate) mod federation;
pub(crate) mod grading;
pub(crate) mod grants;
pub(crate) mod incidents;
pub(crate) mod ingest;
pub(crate) mod keys;
pub(crate) mod lineage;
pub(crate) mod linked_data;
pub(crate) mod map;
pub(crate) mod master;
pub(crate) mod models;
pub(crate) mod node;
pub(crate) mod oauth;
pub(crate) mod organisations;
pub(crate) mod passkeys;
pub(crate) mod quality;
pub(crate) mod requests;
pub(crate) mod retention;
pub(crate) mod runs;
pub(crate) mod sbom;
pub(crate) mod search;
pub(crate) mod security;
pub(crate) mod session;
pub(crate) mod sql;
pub(crate) mod standards;
pub(crate) mod status;
pub(crate) mod terms;
pub(crate) mod transparency;

use crate::endpoint::Endpoint;
use brain_component::Registry;

/// Every endpoint of a node with these components.
pub(crate) fn all(registry: &Registry) -> Vec<Endpoint> {
    let mut endpoints = node::endpoints();
    endpoints.extend(sbom::endpoints());
    endpoints.extend(session::endpoints());
    endpoints.extend(security::endpoints());
    endpoints.extend(passkeys::endpoints());
    endpoints.extend(accounts::endpoints());
    endpoints.extend(keys::endpoints());
    endpoints.extend(organisations::endpoints());
    endpoints.extend(federation::endpoints());
    endpoints.extend(oauth::endpoints());
    endpoints.extend(grants::endpoints());
    endpoints.extend(requests::endpoints());
    endpoints.extend(access::endpoints());
    endpoints.extend(datasets::endpoints());
    endpoints.extend(linked_data::endpoints());
    endpoints.extend(search::endpoints());
    endpoints.extend(connectors::endpoints());
    endpoints.extend(exchange::endpoints());
    endpoints.extend(exchange_peer::endpoints());
    endpoints.extend(terms::endpoints());
    endpoints.extend(standards::endpoints());
    endpoints.extend(master::endpoints());
    endpoints.extend(lineage::endpoints());
    endpoints.extend(grading::endpoints());
    endpoints.extend(quality::endpoints());
    endpoints.extend(models::endpoints());
    endpoints.extend(ingest::endpoints());
    endpoints.extend(sql::endpoints());
    endpoints.extend(components::endpoints(registry));
    endpoints.extend(runs::endpoints());
    endpoints.extend(map::endpoints());
    endpoints.extend(evidence::endpoints());
    endpoints.extend(transparency::endpoints());
    endpoints.extend(audit::endpoints());
    endpoints.extend(incidents::endpoints());
    endpoints.extend(status::endpoints());
    endpoints.extend(compliance::endpoints());
    endpoints.extend(retention::endpoints());
    endpoints
}
