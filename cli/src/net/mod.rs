//! Machines of the engine over TCP connections.

pub(crate) mod entropy;
pub(crate) mod trace;
pub(crate) mod wire;

pub(crate) use entropy::entropy;
pub(crate) use trace::Tracer;
pub(crate) use wire::{Clock, Wire, WireError};
