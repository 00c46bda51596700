//! What every member sets up in the same way: functions and settings of the engine.

use crate::MESSAGE_BYTES_MAX;
use crate::deadline::Deadline;
use crate::membership::{Membership, connecting};
use ballista_core::extension::{SessionConfigExt as _, ballista_scalar_functions};
use ballista_core::registry::BallistaFunctionRegistry;
use brain_warehouse::distributed::portable_functions;
use datafusion::prelude::SessionConfig;
use std::sync::Arc;

/// Functions that every member knows by name: those of the engine, and ours that look into nothing of a node.
pub(crate) fn functions() -> Arc<BallistaFunctionRegistry> {
    let mut all = BallistaFunctionRegistry::default();
    for function in ballista_scalar_functions().into_iter().chain(portable_functions()) {
        all.scalar_functions.insert(function.name().to_owned(), function);
    }
    Arc::new(all)
}

/// Settings a member begins with; those of a query are laid over them.
pub(crate) fn settings(membership: Option<&Membership>) -> SessionConfig {
    with_ways(SessionConfig::new_with_ballista(), membership)
}

/// The same settings with the ways to other members.
pub(crate) fn with_ways(config: SessionConfig, membership: Option<&Membership>) -> SessionConfig {
    config
        .with_option_extension(Deadline::default())
        .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES_MAX)
        .with_ballista_use_tls(membership.is_some())
        .with_ballista_override_create_grpc_client_endpoint(connecting(membership))
}
