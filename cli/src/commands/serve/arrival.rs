//! A message that is coming in: it is verified while it arrives, and filed when it is whole.

use std::path::PathBuf;
use std::sync::Arc;

use passerelle::dmarc::Disposition;
use passerelle::message::{EditError, HeaderReader};
use passerelle::smtp::server::{Message, Peer, Sender};
use passerelle::verify::{Envelope, Report, Verification};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, block_in_place};

use super::{Service, header};
use crate::failure::Failure;
use crate::maildir::Spool;

/// Chunks that may wait for the verification before the client has to.
const CHUNKS_AHEAD: usize = 16;

/// A message between MAIL and the reply to its end. Dropped, it leaves nothing behind.
pub(super) struct Arrival {
    header: HeaderReader,
    spool: Option<Spool>,
    /// Why the message cannot be kept, if it cannot.
    broken: Option<String>,
    verification: JoinHandle<Result<Report, Failure>>,
    chunks: Option<mpsc::Sender<std::io::Result<Vec<u8>>>>,
}

/// A message that is on the disk.
pub(super) struct Filed {
    pub(super) report: Report,
    /// Where, if messages are kept.
    pub(super) path: Option<PathBuf>,
    /// Whether that is apart from the others.
    pub(super) is_quarantined: bool,
}

/// Why a message was not filed.
pub(super) enum Unfiled {
    /// It can't be now: the client has to keep it.
    Now(String),
    /// It can't ever be.
    Ever(EditError),
}

impl Arrival {
    /// A message begins with MAIL; SPF is asked for at once.
    pub(super) fn begin(service: &Arc<Service>, peer: &Peer, sender: &Sender) -> Self {
        let mut envelope =
            Envelope::new().mail_from(sender.path.mailbox().map_or_else(String::new, |mailbox| mailbox.to_string()));
        envelope.ip = peer.address.map(|address| address.ip());
        envelope.helo = peer.hello.as_ref().map(|hello| hello.name.to_string());
        let host = service.host.at(service.clock.now());
        let verification = Verification::new(&service.judge, &envelope, host.now());
        let (chunks, queue) = mpsc::channel(CHUNKS_AHEAD);
        Self {
            header: HeaderReader::new(),
            spool: service.maildir.as_ref().map(|maildir| maildir.spool()),
            broken: None,
            verification: tokio::spawn(host.converse(verification, Some(queue))),
            chunks: Some(chunks),
        }
    }

    /// The next octets.
    pub(super) async fn push(&mut self, octets: Vec<u8>) {
        if let Some(spool) = &mut self.spool {
            // The header section is changed before it is filed; the body goes as it comes.
            let taken = if self.header.is_complete() { 0 } else { self.header.push(&octets) };
            let body = octets.get(taken..).unwrap_or_default();
            if self.broken.is_none() && !body.is_empty() {
                // A disk that is slow must not keep the other sessions waiting.
                let written = match spool.is_in_memory_with(body.len()) {
                    true => spool.write(body),
                    false => block_in_place(|| spool.write(body)),
                };
                self.broken = written.err().map(|error| error.to_string());
            }
        }
        if let Some(chunks) = &self.chunks {
            let _ = chunks.send(Ok(octets)).await; // If it has ended, its error comes with the report.
        }
    }

    /// The message is whole: its verdict is waited for, and it is filed.
    ///
    /// # Errors
    /// Why it could not be.
    pub(super) async fn finish(
        mut self,
        service: &Service,
        peer: &Arc<Peer>,
        message: &Message,
    ) -> Result<Filed, Unfiled> {
        self.chunks = None;
        let report = match (&mut self.verification).await {
            Ok(Ok(report)) => report,
            Ok(Err(failure)) => return Err(Unfiled::Now(failure.to_string())),
            Err(error) => return Err(Unfiled::Now(format!("the verification broke off: {error}"))),
        };
        if let Some(broken) = &self.broken {
            return Err(Unfiled::Now(format!("cannot keep the message: {broken}")));
        }
        let asks_for_it = report.dmarc.disposition != Disposition::None;
        let quarantine = service.quarantine.as_ref().filter(|_| asks_for_it);
        let is_quarantined = quarantine.is_some();
        let (Some(maildir), Some(mut spool)) = (quarantine.or(service.maildir.as_ref()), self.spool.take()) else {
            return Ok(Filed { report, path: None, is_quarantined });
        };
        let section = std::mem::take(&mut self.header).finish();
        let now = service.clock.now();
        let head = header::with_ours(&section, service, peer, message, &report, now).map_err(Unfiled::Ever)?;
        // It is on the disk when this returns (RFC 5321 §4.2.5).
        let filed = block_in_place(|| maildir.deliver(&head, &mut spool));
        match filed {
            Ok(path) => Ok(Filed { report, path: Some(path), is_quarantined }),
            Err(error) => Err(Unfiled::Now(format!("cannot file the message: {error}"))),
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.verification.abort();
    }
}
