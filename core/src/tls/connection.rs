//! One TLS connection, fed record by record.
//!
//! rustls is given one record at a time, so that what a record does (a reply, an alert, the end) is done before the next
//! one is looked at. That makes the outputs independent of how the wire's octets were split into calls.

use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::Error;
use rustls::pki_types;
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;

use super::verify::Trust;
use crate::limits::MAX_TLS_RECORD;
use crate::time::UnixTime;

pub(super) struct Connection {
    tls: rustls::Connection,
    host: Arc<Host>,
    frame: Frame,
    closed_by_peer: bool,
}

impl Connection {
    pub(super) fn new(mut tls: rustls::Connection, host: Arc<Host>) -> Self {
        // What is written is taken out at once, so there is nothing to limit.
        tls.set_buffer_limit(None);
        Self { tls, host, frame: Frame::default(), closed_by_peer: false }
    }

    pub(super) fn tls(&self) -> &rustls::Connection {
        &self.tls
    }

    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    pub(super) fn set_time(&self, now: UnixTime) {
        self.host.now.store(now.0, Ordering::Relaxed);
    }

    /// Takes octets of the wire from the front of `input`, to the end of a record at most.
    pub(super) fn feed(&mut self, input: &mut &[u8]) -> Result<(), Error> {
        let mut piece = self.frame.split(input);
        while !piece.is_empty() {
            // It refuses a handshake message that is too long to be one.
            self.tls.read_tls(&mut piece).map_err(|error| Error::General(error.to_string()))?;
        }
        self.closed_by_peer |= self.tls.process_new_packets()?.peer_has_closed();
        Ok(())
    }

    /// Whether `close_notify` came.
    pub(super) fn closed_by_peer(&self) -> bool {
        self.closed_by_peer
    }

    pub(super) fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    /// The next octets that were deciphered: the content of one record. Empty when there are none.
    pub(super) fn plaintext(&mut self) -> &[u8] {
        // The error is that there are none.
        self.tls.reader().into_first_chunk().unwrap_or_default()
    }

    pub(super) fn consume_plaintext(&mut self, length: usize) {
        self.tls.reader().consume(length);
    }

    /// Enciphers octets.
    pub(super) fn write(&mut self, octets: &[u8]) -> Result<(), Error> {
        self.tls.writer().write_all(octets).map_err(|error| Error::General(error.to_string()))
    }

    pub(super) fn send_close_notify(&mut self) {
        self.tls.send_close_notify();
    }

    /// What is to be sent on the wire.
    pub(super) fn outgoing(&mut self) -> Option<Vec<u8>> {
        if !self.tls.wants_write() {
            return None;
        }
        let mut octets = Vec::new();
        // Writing to memory does not fail, and takes something each time.
        while self.tls.wants_write() && self.tls.write_tls(&mut octets).is_ok_and(|length| length > 0) {}
        Some(octets)
    }

    /// Gives back the memory that records took, when no octet of a next one is here.
    pub(super) fn shrink(&mut self) {
        /// rustls makes its buffer small again before it reads, even when nothing comes.
        struct Nothing;
        impl Read for Nothing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::WouldBlock.into())
            }
        }
        if self.frame.is_at_start() {
            let _ = self.tls.read_tls(&mut Nothing);
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

/// Where in a record (RFC 8446 §5.1: type, version, length in two octets) the wire is.
#[derive(Debug, Default)]
struct Frame {
    header: [u8; 5],
    filled: usize,
    left: usize,
}

impl Frame {
    fn is_at_start(&self) -> bool {
        self.filled == 0
    }

    /// The front of `input`, to the end of the record at most.
    fn split<'a>(&mut self, input: &mut &'a [u8]) -> &'a [u8] {
        let all = *input;
        while self.filled < self.header.len() {
            let Some((&octet, rest)) = input.split_first() else { return all };
            self.header[self.filled] = octet; // below the length
            self.filled += 1;
            *input = rest;
            if self.filled == self.header.len() {
                let length = usize::from(u16::from_be_bytes([self.header[3], self.header[4]]));
                // A record that is too long is refused by its header.
                self.left = if self.header.len() + length > MAX_TLS_RECORD { 0 } else { length };
            }
        }
        let content = self.left.min(input.len());
        self.left -= content;
        *input = input.get(content..).unwrap_or_default();
        if self.left == 0 {
            self.filled = 0;
        }
        all.get(..all.len() - input.len()).unwrap_or_default()
    }
}

/// What rustls asks of us in the middle of its work, and learns of the host's side: one for each connection, so that no
/// connection's clock is another's.
#[derive(Debug)]
pub(super) struct Host {
    now: AtomicU64,
    /// On a server: the certificate that was shown.
    pub(super) shown: OnceLock<Arc<CertifiedKey>>,
    /// On a client: what was found out of the server.
    pub(super) findings: Findings,
}

/// What a client has found out of its server in the handshake.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What the certificate is trusted for, once it was looked at and found good.
    pub(super) trust: OnceLock<Trust>,
    /// Why it does not stand up to what was asked, where the connection goes on nevertheless.
    pub(super) problem: OnceLock<Error>,
    /// Whether the server has proved to hold the certificate's key.
    pub(super) is_proven: AtomicBool,
}

impl Host {
    pub(super) fn new(now: UnixTime) -> Arc<Self> {
        Arc::new(Self { now: AtomicU64::new(now.0), shown: OnceLock::new(), findings: Findings::default() })
    }
}

impl TimeProvider for Host {
    fn current_time(&self) -> Option<pki_types::UnixTime> {
        let now = Duration::from_secs(self.now.load(Ordering::Relaxed));
        Some(pki_types::UnixTime::since_unix_epoch(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_split_at_any_chunking() {
        let records: [&[u8]; 4] =
            [b"\x16\x03\x01\x00\x03abc", b"\x17\x03\x03\x00\x00", b"\x15\x03\x03\x00\x01x", b"\x17"];
        let wire = records.concat();
        for size in 1..=wire.len() {
            let mut frame = Frame::default();
            let mut found: Vec<Vec<u8>> = vec![Vec::new()];
            for mut chunk in wire.chunks(size) {
                while !chunk.is_empty() {
                    let piece = frame.split(&mut chunk);
                    assert!(!piece.is_empty());
                    found.last_mut().unwrap().extend(piece);
                    if frame.is_at_start() {
                        found.push(Vec::new());
                    }
                }
            }
            assert_eq!(found, records, "{size}");
        }
    }
}
