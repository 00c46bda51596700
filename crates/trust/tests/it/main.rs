//! Trust over a real store: identity, grants, evidence.

mod evidence;
mod grants;
mod identity;
mod node;
mod tampering;
