//! The workload: who sends what, and how they go about it.

pub(crate) mod mail;
pub(crate) mod sender;
