//! What comes of an attempt to connect: address after address.

use std::net::IpAddr;

use passerelle::gateway::NotConnected;

use crate::faults::{Fault, Faults};
use crate::world::{HOSTS, host_at};

/// The address that answers, or why none does, and how long that takes: each is waited for `within` so many milliseconds.
pub(crate) fn connect(
    addresses: &[IpAddr],
    port: u16,
    within: u64,
    faults: &mut Faults,
) -> (Result<(IpAddr, usize), NotConnected>, u64) {
    let mut delay = 0;
    let mut why = NotConnected::Unreachable;
    for address in addresses {
        let host = host_at(*address).filter(|host| HOSTS[*host].port == port);
        let Some(host) = host else {
            why = NotConnected::Unreachable;
            continue;
        };
        if faults.strikes(Fault::Unreachable) {
            why = NotConnected::Unreachable;
        } else if faults.strikes(Fault::Refused) {
            why = NotConnected::Refused;
        } else if faults.strikes(Fault::ConnectTimeout) {
            why = NotConnected::TimedOut;
            delay += within;
        } else {
            return (Ok((*address, host)), delay + 1);
        }
    }
    (Err(why), delay)
}
