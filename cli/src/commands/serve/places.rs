//! How many sessions there are, altogether and with one client, and who has to go when there are too many.
//!
//! As long as half of the places are free, anybody may have any number. From there on a client that has its share gets no more,
//! and the silent are waited for less the fewer places are left. When all are taken, the one that has been silent the longest
//! makes room, first among clients that have more than their share.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use passerelle::Millis;
use tokio::sync::Notify;

/// The most sessions at a time.
const MOST: usize = 32_768;
/// Sessions above the number, which those that are told to go have not left yet.
const ON_THEIR_WAY_OUT: usize = 64;
/// One part of the places is a client's share, if it may be held to one.
const SHARES: usize = 4;
/// Milliseconds for which a client has to be silent before its place is taken back.
const SILENT: u64 = 1000;
/// For how many milliseconds clients are waited for: that part of 16 of the places is taken, and then so long at most.
const PATIENCE: [(usize, u64); 3] = [(8, 120_000), (12, 30_000), (14, 10_000)];

/// The places, and who has them.
#[derive(Clone)]
pub(super) struct Places(Arc<Mutex<Table>>);

struct Table {
    capacity: usize,
    next: u64,
    seats: BTreeMap<u64, Holder>,
    of_client: BTreeMap<IpAddr, usize>,
    /// How long clients are waited for now.
    patience: u64,
}

struct Holder {
    /// Whose it is; a neighbour that speaks for others is nobody.
    client: Option<IpAddr>,
    seat: Arc<Seat>,
}

/// What a session and the places know of each other.
#[derive(Default)]
struct Seat {
    /// When something was last heard of the client.
    heard: AtomicU64,
    /// Whether it has to make room.
    is_wanted: AtomicBool,
    /// For how long the client is waited for, in milliseconds.
    patience: AtomicU64,
    changed: Notify,
}

/// One session of a client; dropped, the client may have another.
pub(super) struct Place {
    places: Places,
    number: u64,
    seat: Arc<Seat>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// The client has its share, and others need the rest.
    HasItsShare,
    /// All are taken, and nobody is silent.
    AllTaken,
}

impl Places {
    /// As many as there may be open files: each session has a socket, and some have a file for a long message; the
    /// server has some of its own.
    pub(super) fn for_files(files: u64) -> usize {
        let files = usize::try_from(files).unwrap_or(MOST * 2);
        files.saturating_sub(64 + ON_THEIR_WAY_OUT + files / 8).clamp(1, MOST)
    }

    pub(super) fn new(capacity: usize) -> Self {
        let (seats, of_client) = (BTreeMap::new(), BTreeMap::new());
        Self(Arc::new(Mutex::new(Table { capacity, next: 0, seats, of_client, patience: u64::MAX })))
    }

    /// A place for one more session; of a neighbour that speaks for others where there is no address.
    pub(super) fn place(&self, address: Option<IpAddr>, now: Millis) -> Result<Place, NoPlace> {
        let mut table = self.table();
        let client = address.map(client);
        if client.is_some_and(|client| table.has_its_share(client)) {
            return Err(NoPlace::HasItsShare);
        }
        if table.seats.len() >= table.capacity + ON_THEIR_WAY_OUT
            || (table.seats.len() >= table.capacity && !table.make_room(now))
        {
            return Err(NoPlace::AllTaken);
        }
        let number = table.next;
        table.next += 1;
        let seat = Arc::new(Seat::default());
        seat.heard.store(now.0, Ordering::Relaxed);
        seat.patience.store(table.patience, Ordering::Relaxed);
        table.seats.insert(number, Holder { client, seat: Arc::clone(&seat) });
        if let Some(client) = client {
            *table.of_client.entry(client).or_default() += 1;
        }
        table.adapt();
        Ok(Place { places: self.clone(), number, seat })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Counting does not panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn has_its_share(&self, client: IpAddr) -> bool {
        let is_half_full = self.seats.len() * 2 >= self.capacity;
        is_half_full && self.of(client) >= (self.capacity / SHARES).max(1)
    }

    fn of(&self, client: IpAddr) -> usize {
        self.of_client.get(&client).copied().unwrap_or_default()
    }

    /// Tells the session that has been silent the longest to end. Whether there is one.
    fn make_room(&mut self, now: Millis) -> bool {
        let share = (self.capacity / SHARES).max(1);
        let candidates = self.seats.values().filter_map(|holder| {
            let silent = now.0.saturating_sub(holder.seat.heard.load(Ordering::Relaxed));
            if silent < SILENT || holder.seat.is_wanted.load(Ordering::Relaxed) {
                return None;
            }
            let has_too_many = holder.client.is_some_and(|client| self.of(client) > share);
            Some(((has_too_many, silent), holder))
        });
        let Some((_, holder)) = candidates.max_by_key(|(key, _)| *key) else { return false };
        holder.seat.is_wanted.store(true, Ordering::Relaxed);
        holder.seat.tell(0);
        true
    }

    /// Changes the patience with everybody, if the number of sessions asks for it.
    fn adapt(&mut self) {
        let sixteenths = self.seats.len() * 16;
        let asked = |taken: usize| sixteenths >= taken * self.capacity;
        let patience = PATIENCE.iter().rev().find(|(taken, _)| asked(*taken)).map_or(u64::MAX, |(_, millis)| *millis);
        // Not to and fro with each session: it grows again one part later.
        let grown = PATIENCE.iter().rev().find(|(taken, _)| asked(taken - 1)).map_or(u64::MAX, |(_, millis)| *millis);
        let patience = if patience < self.patience { patience } else { grown.max(self.patience) };
        if patience != self.patience {
            self.patience = patience;
            for holder in self.seats.values() {
                if !holder.seat.is_wanted.load(Ordering::Relaxed) {
                    holder.seat.tell(patience);
                }
            }
        }
    }

    fn leave(&mut self, number: u64) {
        if let Some(Holder { client: Some(client), .. }) = self.seats.remove(&number) {
            self.take_from(client);
        }
        self.adapt();
    }

    fn take_from(&mut self, client: IpAddr) {
        if let Some(count) = self.of_client.get_mut(&client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.of_client.remove(&client);
            }
        }
    }
}

impl Seat {
    fn tell(&self, patience: u64) {
        self.patience.store(patience, Ordering::Relaxed);
        self.changed.notify_one();
    }
}

impl Place {
    /// When the client was last heard. If it is later than was known, and the client had to make room, it is late, and stays
    /// if it still can.
    pub(super) fn heard(&self, at: Millis) {
        let is_news = self.seat.heard.swap(at.0, Ordering::Relaxed) != at.0;
        if is_news && self.seat.is_wanted.swap(false, Ordering::Relaxed) {
            let patience = self.places.table().patience;
            self.seat.tell(patience);
        }
    }

    /// For how many milliseconds the client is to be waited for.
    pub(super) fn patience(&self) -> u64 {
        self.seat.patience.load(Ordering::Relaxed)
    }

    /// Waits until that has changed.
    pub(super) async fn changed(&self) {
        self.seat.changed.notified().await;
    }

    /// Whose place it is has turned out: a neighbour has said for whom it speaks. Whether that client may have it.
    pub(super) fn belongs_to(&self, address: IpAddr) -> bool {
        let mut table = self.places.table();
        let client = client(address);
        if table.has_its_share(client) {
            return false;
        }
        let before = table.seats.get_mut(&self.number).and_then(|holder| holder.client.replace(client));
        if let Some(before) = before {
            table.take_from(before);
        }
        *table.of_client.entry(client).or_default() += 1;
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.table().leave(self.number);
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

    fn of(places: &Places, address: &str, now: u64) -> Result<Place, NoPlace> {
        places.place(Some(address.parse().unwrap()), Millis(now))
    }

    fn many(places: &Places, address: &str, count: usize) -> Vec<Place> {
        (0..count).map_while(|_| of(places, address, 0).ok()).collect()
    }

    #[test]
    fn an_address_is_held_to_its_share_only_once_half_the_places_are_taken() {
        let places = Places::new(400);
        let one = many(&places, "192.0.2.1", 1000);
        assert_eq!(one.len(), 200, "while half are free, anybody may have any number");
        assert_eq!(of(&places, "::ffff:192.0.2.1", 0).err(), Some(NoPlace::HasItsShare));
        let two = many(&places, "192.0.2.2", 1000);
        assert_eq!(two.len(), 100);
        // Two addresses have not taken the whole server.
        let three = many(&places, "192.0.2.3", 50);
        assert_eq!(three.len(), 50);
        drop((one, two, three));
        assert!(places.table().of_client.is_empty() && places.table().seats.is_empty());
    }

    #[test]
    fn an_ipv6_client_is_64_bits() {
        let places = Places::new(8);
        let _others: Vec<Place> = (0..3).map(|n| of(&places, &format!("192.0.2.{n}"), 0).unwrap()).collect();
        let _one = of(&places, "2001:db8::1", 0).unwrap();
        let _two = of(&places, "2001:db8::2", 0).unwrap();
        assert_eq!(of(&places, "2001:db8::ffff:3", 0).err(), Some(NoPlace::HasItsShare));
        assert!(of(&places, "2001:db8:0:1::1", 0).is_ok());
    }

    #[test]
    fn a_neighbour_that_speaks_for_others_has_no_share_and_its_clients_have() {
        let places = Places::new(8);
        let neighbours: Vec<Place> = (0..8).map_while(|_| places.place(None, Millis(0)).ok()).collect();
        assert_eq!(neighbours.len(), 8);
        assert!(neighbours[0].belongs_to("192.0.2.1".parse().unwrap()));
        assert!(neighbours[1].belongs_to("192.0.2.1".parse().unwrap()));
        assert!(!neighbours[2].belongs_to("192.0.2.1".parse().unwrap()));
        assert!(neighbours[2].belongs_to("192.0.2.2".parse().unwrap()));
    }

    #[test]
    fn the_silent_are_waited_for_less_the_fewer_places_are_left() {
        let places = Places::new(160);
        let mut taken = Vec::new();
        let mut patience = Vec::new();
        for number in 0..160 {
            taken.push(of(&places, &format!("192.0.2.{number}"), 0).unwrap());
            patience.push(taken[0].patience());
        }
        assert_eq!((patience[78], patience[79]), (u64::MAX, 120_000));
        assert_eq!((patience[118], patience[119], patience[139]), (120_000, 30_000, 10_000));
        assert_eq!(taken[150].patience(), 10_000);
        // And more again when some have gone, though not at the first.
        taken.truncate(139);
        assert_eq!(taken[0].patience(), 10_000);
        taken.truncate(100);
        assert_eq!(taken[0].patience(), 120_000);
        taken.truncate(10);
        assert_eq!(taken[0].patience(), u64::MAX);
    }

    #[test]
    fn when_all_are_taken_the_silent_make_room_and_nobody_else() {
        let places = Places::new(4);
        let mut taken: Vec<Place> = (0..4).map(|n| of(&places, &format!("192.0.2.{n}"), n).unwrap()).collect();
        assert_eq!(of(&places, "192.0.2.9", 500).err(), Some(NoPlace::AllTaken), "nobody has been silent for long");
        taken[0].heard(Millis(4000));
        let _more = of(&places, "192.0.2.9", 5000).unwrap();
        assert_eq!([0, 1, 2, 3].map(|n| taken[n].patience() == 0), [false, true, false, false]);
        // Whoever speaks in time stays.
        taken[1].heard(Millis(5001));
        assert_eq!(taken[1].patience(), 10_000);
        taken.clear();
    }

    #[test]
    fn there_are_places_for_as_many_as_there_may_be_files() {
        assert_eq!(Places::for_files(1024), 768);
        assert!(Places::for_files(20_000) > 17_000);
        assert_eq!(Places::for_files(u64::MAX), MOST);
        assert_eq!(Places::for_files(10), 1);
    }
}
