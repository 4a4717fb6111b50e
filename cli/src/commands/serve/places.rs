//! How many sessions there are, altogether and with one client.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Sessions with one client at a time, so that a single one can't take all places. Postfix has 50; ours leaves room for
/// a relay in front, whose address all mail has.
const OF_ONE_CLIENT: usize = 250;

/// The clients that have sessions, and how many.
#[derive(Clone, Default)]
pub(super) struct Clients(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

/// One session of a client; dropped, the client may have another.
pub(super) struct Place {
    clients: Clients,
    client: IpAddr,
}

impl Clients {
    /// A place for one more session; `None` if the client has enough.
    pub(super) fn place(&self, address: IpAddr) -> Option<Place> {
        let client = client(address);
        self.with(|sessions| {
            let count = sessions.entry(client).or_default();
            (*count < OF_ONE_CLIENT).then(|| *count += 1)
        })?;
        Some(Place { clients: self.clone(), client })
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<IpAddr, usize>) -> T) -> T {
        // Counting does not panic halfway.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clients.with(|sessions| {
            if let Some(count) = sessions.get_mut(&self.client) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    sessions.remove(&self.client);
                }
            }
        });
    }
}

/// Whose address it is: of IPv6, a client has 64 bits to itself.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        ipv4 => ipv4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_so_many_places_and_no_more() {
        let clients = Clients::default();
        let of = |address: &str| clients.place(address.parse().unwrap());
        let mut places: Vec<Place> = (0..OF_ONE_CLIENT).map(|_| of("192.0.2.1").unwrap()).collect();
        for _ in 0..3 {
            assert!(of("192.0.2.1").is_none() && of("::ffff:192.0.2.1").is_none());
        }
        assert!(of("192.0.2.2").is_some());
        places.pop();
        places.push(of("192.0.2.1").unwrap());
        assert!(of("192.0.2.1").is_none());
        let ipv6: Vec<Place> = (0..OF_ONE_CLIENT).map(|n| of(&format!("2001:db8::{n:x}")).unwrap()).collect();
        assert!(of("2001:db8::ffff:1").is_none());
        assert!(of("2001:db8:0:1::1").is_some());
        drop((places, ipv6));
        assert!(clients.0.lock().unwrap().is_empty());
    }
}
