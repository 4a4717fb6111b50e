//! The environment: the network, the hosts, the DNS, and the host in which the gateway runs.

pub(crate) mod connecting;
pub(crate) mod dns;
pub(crate) mod gate;
pub(crate) mod hop;
pub(crate) mod link;
pub(crate) mod secure;
