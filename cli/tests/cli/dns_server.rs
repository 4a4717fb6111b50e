//! A DNS server for tests, on a port of 127.0.0.1, over UDP and TCP. Written from RFC 1035 §4 and from nothing else, so
//! that the resolver under test is not tested against itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub(crate) const A: u16 = 1;
pub(crate) const CNAME: u16 = 5;
pub(crate) const PTR: u16 = 12;
pub(crate) const MX: u16 = 15;
pub(crate) const TXT: u16 = 16;

/// What the server does when asked. A name that is not in the zone does not exist.
#[derive(Clone)]
pub(crate) enum Behaviour {
    /// These records: type, data.
    Records(Vec<(u16, Vec<u8>)>),
    /// The same, but over UDP only the TC bit.
    OnlyOverTcp(Vec<(u16, Vec<u8>)>),
    NoData,
    Rcode(u8),
    Silent,
}

#[derive(Clone, Default)]
pub(crate) struct Zone {
    names: BTreeMap<(String, u16), Behaviour>,
    /// Whether answers are said to be validated: to whoever asks for it (RFC 6840 §5.8).
    authentic: bool,
}

impl Zone {
    pub(crate) fn with(mut self, name: &str, kind: u16, behaviour: Behaviour) -> Self {
        self.names.insert((name.to_owned(), kind), behaviour);
        self
    }

    pub(crate) fn authentic(self) -> Self {
        Self { authentic: true, ..self }
    }

    pub(crate) fn txt(self, name: &str, text: &str) -> Self {
        self.with(name, TXT, Behaviour::Records(vec![(TXT, txt(text))]))
    }

    pub(crate) fn record(self, name: &str, kind: u16, data: Vec<u8>) -> Self {
        self.with(name, kind, Behaviour::Records(vec![(kind, data)]))
    }
}

/// Character-strings of at most 255 octets (RFC 1035 §3.3).
pub(crate) fn txt(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(255).flat_map(|c| [&[c.len() as u8], c].concat()).collect()
}

pub(crate) fn a(address: &str) -> Vec<u8> {
    address.parse::<Ipv4Addr>().unwrap().octets().to_vec()
}

pub(crate) fn mx(preference: u16, exchange: &str) -> Vec<u8> {
    [&preference.to_be_bytes()[..], &name(exchange)].concat()
}

pub(crate) fn name(text: &str) -> Vec<u8> {
    let labels = text.split('.').filter(|l| !l.is_empty());
    let mut octets: Vec<u8> = labels.flat_map(|l| [&[l.len() as u8], l.as_bytes()].concat()).collect();
    octets.push(0);
    octets
}

/// A running server; it stops when this is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<(String, u16)>>>,
}

impl Server {
    pub(crate) fn start(zone: Zone) -> Self {
        Self::start_holding(zone, 0)
    }

    /// A server that answers nobody over UDP before this many different questions have come.
    pub(crate) fn start_holding(zone: Zone, hold: usize) -> Self {
        let (udp, tcp) = sockets();
        let address = udp.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::default();
        let shared = Arc::new((zone, Arc::clone(&stop), Arc::clone(&asked)));
        udp.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        tcp.set_nonblocking(true).unwrap();
        let for_tcp = Arc::clone(&shared);
        thread::spawn(move || {
            let mut query = [0; 4096];
            let mut held = Vec::new();
            while !shared.1.load(Ordering::Relaxed) {
                let Ok((length, client)) = udp.recv_from(&mut query) else { continue };
                held.extend(reply(&query[..length], &shared.0, &shared.2, true).map(|reply| (reply, client)));
                let different: BTreeSet<_> = shared.2.lock().unwrap().iter().cloned().collect();
                if different.len() >= hold {
                    held.drain(..).for_each(|(reply, client)| _ = udp.send_to(&reply, client).unwrap());
                }
            }
        });
        thread::spawn(move || {
            while !for_tcp.1.load(Ordering::Relaxed) {
                match tcp.accept() {
                    Ok((stream, _)) => serve_tcp(stream, &for_tcp.0, &for_tcp.2),
                    Err(_) => thread::sleep(Duration::from_millis(5)),
                }
            }
        });
        Self { address, stop, asked }
    }

    /// For `--resolver`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// What was asked, in order.
    pub(crate) fn asked(&self) -> Vec<(String, u16)> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// A port that is free for both transports.
fn sockets() -> (UdpSocket, TcpListener) {
    for _ in 0..50 {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()) {
            return (udp, tcp);
        }
    }
    panic!("no port is free for UDP and TCP");
}

fn serve_tcp(mut stream: TcpStream, zone: &Zone, asked: &Mutex<Vec<(String, u16)>>) {
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let mut length = [0; 2];
    while stream.read_exact(&mut length).is_ok() {
        let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut query).unwrap();
        let Some(reply) = reply(&query, zone, asked, false) else { return };
        let framed = [&(reply.len() as u16).to_be_bytes()[..], &reply].concat();
        if stream.write_all(&framed).is_err() {
            return;
        }
    }
}

fn reply(query: &[u8], zone: &Zone, asked: &Mutex<Vec<(String, u16)>>, udp: bool) -> Option<Vec<u8>> {
    let mut labels = Vec::new();
    let mut at = 12;
    while query[at] != 0 {
        let length = usize::from(query[at]);
        labels.push(String::from_utf8(query[at + 1..=at + length].to_vec()).unwrap().to_lowercase());
        at += length + 1;
    }
    let question = &query[12..at + 5];
    let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
    let asked_name = labels.join(".");
    asked.lock().unwrap().push((asked_name.clone(), kind));

    let listed = zone.names.keys().any(|(name, _)| *name == asked_name);
    let unlisted = if listed { Behaviour::NoData } else { Behaviour::Rcode(3) };
    let (records, rcode, truncated) = match zone.names.get(&(asked_name, kind)).unwrap_or(&unlisted) {
        Behaviour::Records(records) => (records.clone(), 0, false),
        Behaviour::OnlyOverTcp(_) if udp => (vec![], 0, true),
        Behaviour::OnlyOverTcp(records) => (records.clone(), 0, false),
        Behaviour::NoData => (vec![], 0, false),
        Behaviour::Rcode(rcode) => (vec![], *rcode, false),
        Behaviour::Silent => return None,
    };
    let mut reply = query[..2].to_vec();
    // QR and RD, TC where it applies; RA, AD where it applies, and the response code.
    let ad = if zone.authentic { query[3] & 0x20 } else { 0 };
    reply.extend([0x81 | if truncated { 0x02 } else { 0 }, 0x80 | ad | rcode]);
    reply.extend([0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
    reply.extend(question);
    let mut owner = vec![0xc0, 12]; // A pointer to the question's name.
    for (kind, data) in records {
        reply.extend(&owner);
        reply.extend(kind.to_be_bytes());
        reply.extend([0, 1, 0, 0, 1, 0x2c]); // IN, 300 s
        reply.extend((data.len() as u16).to_be_bytes());
        reply.extend(&data);
        if kind == CNAME {
            owner = data; // What follows belongs to the alias's target.
        }
    }
    Some(reply)
}
