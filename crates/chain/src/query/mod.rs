//! Questions to the graph: who is near, how to get there, what lies up and down the chain, where a product stands.
//!
//! Every walk is bounded in depth and number, breadth first or in rank order, and deterministic.

mod cone;
mod layout;
mod lift;
mod neighbourhood;
mod paths;
mod position;

pub use cone::{Cone, ConeNode, Direction, cone};
pub use layout::{Placed, layered_layout};
pub use lift::{Inherited, LIFT_DEPTH, firms_of, kinds_within, lifted_inputs, lifted_makers};
pub use neighbourhood::{Neighbourhood, neighbourhood};
pub use paths::{Path, PathLimits, paths};
pub use position::{POSITION_FORMULA_EN, POSITION_FORMULA_ZH, Positions, positions, stage_of, upstreamness};
