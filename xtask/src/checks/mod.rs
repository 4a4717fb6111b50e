//! One module a check; `steps.rs` puts them in order.

pub(crate) mod browser;
pub(crate) mod c;
pub(crate) mod clean;
pub(crate) mod count;
pub(crate) mod deny;
pub(crate) mod differential;
pub(crate) mod fuzz;
pub(crate) mod header;
pub(crate) mod linear;
pub(crate) mod readme;
pub(crate) mod rust;
pub(crate) mod same;
pub(crate) mod sans_io;
pub(crate) mod sim;
