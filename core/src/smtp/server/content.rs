//! A message as it comes in, whether by DATA or by BDAT.

use std::sync::Arc;

use memchr::{memchr, memchr3};

use crate::smtp::data::{IrregularPolicy, LineMeter, LongLine};
use crate::smtp::line::Irregularity;
use crate::smtp::parameters::Body;
use crate::smtp::reply::{EnhancedCode, Reply};

use super::decision::Decision;
use super::event::{Abort, Event, Message, Recipient, Request, Sender};
use super::session::{Enhanced, Session};
use super::states::{On, State};

/// A sender and those of its recipients that were accepted.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) sender: Arc<Sender>,
    pub(super) recipients: Vec<Recipient>,
}

/// A message of which some has come, and nothing is left in memory.
#[derive(Clone, Debug)]
pub(super) struct Receiving {
    transaction: Transaction,
    header: HeaderScan,
    size: u64,
    eight_bit: bool,
    fault: Option<Fault>,
    /// Of a message that has lines.
    meter: Option<LineMeter>,
    /// For a message that comes by BDAT.
    pub(super) irregular: IrregularScan,
}

/// Why a message is refused. It is read to its end nevertheless, so that none of it is taken for commands.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    TooLarge,
    HeaderTooLarge,
    Irregular(Irregularity),
    /// A line of it is too long. How long, the meter knows when the line has ended.
    LongLine,
    /// By the host, at the end of the header section.
    Refused(Reply),
}

impl Receiving {
    pub(super) fn new(cx: &Session, transaction: Transaction) -> Self {
        // The lines of a binary message are none (RFC 3030 §3).
        let has_lines = transaction.sender.parameters.body != Some(Body::BinaryMime);
        Self {
            meter: has_lines.then(|| LineMeter::new(cx.settings.long_lines)),
            transaction,
            header: HeaderScan::default(),
            size: 0,
            eight_bit: false,
            fault: None,
            irregular: IrregularScan::default(),
        }
    }

    /// Takes octets of the message and hands them on. If the header section ends within them and the host decides on it, the
    /// rest comes back and is to be taken again after the decision.
    pub(super) fn take(&mut self, cx: &mut Session, mut octets: Vec<u8>) -> Option<Vec<u8>> {
        if self.fault.is_some() {
            if let Some(meter) = &mut self.meter {
                meter.push(&octets);
            }
            return None;
        }
        let (mut rest, mut fault) = (None, None);
        if !self.header.is_over() {
            let before = self.header.octets;
            let end = self.header.scan(&octets);
            if self.header.octets > cx.settings.limits.header_size {
                octets.truncate(cx.settings.limits.header_size.saturating_sub(before));
                fault = Some(Fault::HeaderTooLarge);
            } else if let Some(end) = end.filter(|_| cx.settings.decisions.header) {
                rest = Some(octets.split_off(end.min(octets.len())));
            }
        }
        if let Some(limit) = cx.settings.limits.message_size {
            let room = usize::try_from(limit.saturating_sub(self.size)).unwrap_or(usize::MAX);
            if octets.len() > room {
                octets.truncate(room);
                fault = Some(Fault::TooLarge);
            }
        }
        if let Some(excess) = self.meter.as_mut().and_then(|meter| meter.push(&octets)) {
            octets.truncate(excess);
            fault = Some(Fault::LongLine);
        }
        self.size = self.size.saturating_add(octets.len() as u64);
        self.eight_bit = self.eight_bit || !octets.is_ascii();
        if !octets.is_empty() {
            cx.event(Event::Content(octets));
        }
        if let Some(fault) = fault {
            self.fail(cx, fault);
            return None;
        }
        rest
    }

    /// Whether the message is refused already.
    pub(super) fn has_failed(&self) -> bool {
        self.fault.is_some()
    }

    /// Whether octets would only be thrown away. Those of a line that is too long are counted to its end.
    pub(super) fn ignores_octets(&self) -> bool {
        match &self.fault {
            Some(Fault::LongLine) => self.meter.as_ref().is_none_or(|meter| !meter.is_measuring()),
            fault => fault.is_some(),
        }
    }

    fn long_line(&self) -> Option<LongLine> {
        self.meter.as_ref().and_then(LineMeter::found)
    }

    /// The message is refused from here on. The first reason stays.
    pub(super) fn fail(&mut self, cx: &mut Session, fault: Fault) {
        if self.fault.is_none() {
            cx.aborted(match fault {
                Fault::TooLarge => Abort::TooLarge,
                Fault::HeaderTooLarge => Abort::HeaderTooLarge,
                Fault::Irregular(_) => Abort::Irregular,
                Fault::LongLine => Abort::LineTooLong,
                Fault::Refused(_) => Abort::Refused,
            });
            self.fault = Some(fault);
        }
    }

    /// Whether the host has to decide on the header section, although the message had no body.
    pub(super) fn wants_header_decision(&mut self, cx: &Session) -> bool {
        let wants = cx.settings.decisions.header && self.fault.is_none() && !self.header.is_over();
        self.header.place = Place::Over;
        wants
    }

    pub(super) fn header_request(&self) -> Request {
        Request::HeaderEnd {
            sender: Arc::clone(&self.transaction.sender),
            received_fields: self.header.received_fields,
        }
    }

    /// The end of the message has come.
    pub(super) fn finish(mut self, cx: &mut Session) -> State {
        if self.fault.is_none() && self.header.received_fields > cx.settings.limits.received_fields {
            cx.aborted(Abort::Looping);
            self.for_each_recipient(cx, |cx| cx.reply(554, (4, 6), "Too many hops: the message is in a loop"));
            return State::Ready;
        }
        if let Some(fault) = self.fault.take() {
            let long_line = self.long_line();
            self.for_each_recipient(cx, |cx| fault.reply(cx, long_line));
            return State::after_message(cx, fault.code());
        }
        let utf8 = self.transaction.sender.parameters.smtputf8;
        let on = On::Message { recipients: self.transaction.recipients.len(), utf8 };
        let host_decides = cx.settings.decisions.message;
        let nobody = |_: &Session| {
            Decision::Refuse(Reply::new(
                451,
                Some(EnhancedCode::new(4, 3, 0)),
                "There is nobody here who takes messages",
            ))
        };
        if !host_decides {
            cx.aborted(Abort::Refused);
        }
        cx.ask(host_decides, on, nobody, |cx| {
            Request::Message(Box::new(Message {
                protocol: cx.peer.protocol(utf8),
                sender: self.transaction.sender,
                recipients: self.transaction.recipients,
                size: self.size,
                received_fields: self.header.received_fields,
                eight_bit: self.eight_bit,
            }))
        })
    }

    /// A reply to the end of data; in LMTP one for each recipient (RFC 2033 §4.2).
    fn for_each_recipient(&self, cx: &mut Session, reply: impl Fn(&mut Session)) {
        let replies = if cx.is_lmtp() { self.transaction.recipients.len() } else { 1 };
        cx.as_one_error(|cx| (0..replies).for_each(|_| reply(cx)));
    }

    /// A chunk has come that is not the last.
    pub(super) fn after_chunk(self, cx: &mut Session, octets: u64) -> State {
        if octets == 0 {
            cx.idle_command();
        }
        let code = match &self.fault {
            Some(fault) => {
                fault.reply(cx, self.long_line());
                fault.code()
            }
            None => {
                cx.reply(250, (0, 0), &format!("{octets} octets received"));
                250
            }
        };
        cx.after_refusal(code, State::Chunks(Box::new(self)))
    }

    /// Whether the octets' line endings matter: those of a binary message don't (RFC 3030 §3).
    pub(super) fn is_text(&self) -> bool {
        self.transaction.sender.parameters.body != Some(Body::BinaryMime)
    }
}

impl Fault {
    fn code(&self) -> u16 {
        match self {
            Self::TooLarge | Self::HeaderTooLarge => 552,
            Self::Irregular(_) => 550,
            Self::LongLine => 554,
            Self::Refused(reply) => reply.code,
        }
    }

    fn reply(&self, cx: &mut Session, long_line: Option<LongLine>) {
        match self {
            Self::TooLarge => cx.reply(552, (3, 4), "The message is too large"),
            Self::HeaderTooLarge => cx.reply(552, (3, 4), "The message's header section is too large"),
            Self::Irregular(what) => {
                cx.reply(550, (6, 0), &format!("The message has {what}; lines end with CRLF (RFC 5321 section 2.3.8)"));
            }
            Self::LongLine => {
                let line = long_line.map(|line| format!(": {line}")).unwrap_or_default();
                let text = format!("A line of the message is too long{line} (RFC 5321 section 4.5.3.1.6)");
                cx.reply(554, (6, 0), &text);
            }
            Self::Refused(reply) => cx.send(reply, false, Enhanced::Yes),
        }
    }
}

/// Finds the end of the header section and counts `Received` fields, in one pass and without memory.
#[derive(Clone, Debug, Default)]
struct HeaderScan {
    place: Place,
    octets: usize,
    received_fields: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the start of a line, behind so many octets of [`RECEIVED`].
    Start(usize),
    /// Behind a CR at the start of a line.
    StartCr,
    /// Within a line.
    Line,
    /// Within a line, behind a CR.
    Cr,
    /// In the body.
    Over,
}

impl Default for Place {
    fn default() -> Self {
        Self::Start(0)
    }
}

const RECEIVED: &[u8] = b"received:";

impl HeaderScan {
    fn is_over(&self) -> bool {
        self.place == Place::Over
    }

    /// Where the body begins in these octets, if it does.
    fn scan(&mut self, octets: &[u8]) -> Option<usize> {
        let mut at = 0;
        let end = loop {
            let Some(&octet) = octets.get(at) else { break None };
            // Either an octet is passed, or the place becomes `Line`, which passes one.
            (self.place, at) = match (self.place, octet) {
                (Place::Over, _) => break Some(at),
                (Place::Start(0), b'\r') => (Place::StartCr, at + 1),
                // White space before the colon (RFC 5322 §4.5).
                (Place::Start(8), b' ' | b'\t') => (Place::Start(8), at + 1),
                (Place::Start(matched), _) if RECEIVED.get(matched) == Some(&octet.to_ascii_lowercase()) => {
                    match matched + 1 == RECEIVED.len() {
                        true => {
                            self.received_fields += 1;
                            (Place::Line, at + 1)
                        }
                        false => (Place::Start(matched + 1), at + 1),
                    }
                }
                (Place::StartCr, b'\n') => (Place::Over, at + 1),
                (Place::Start(_) | Place::StartCr, _) => (Place::Line, at),
                (Place::Line, _) => match memchr(b'\r', octets.get(at..).unwrap_or_default()) {
                    Some(offset) => (Place::Cr, at + offset + 1),
                    None => (Place::Line, octets.len()),
                },
                (Place::Cr, b'\n') => (Place::Start(0), at + 1),
                (Place::Cr, b'\r') => (Place::Cr, at + 1),
                (Place::Cr, _) => (Place::Line, at + 1),
            };
            if self.is_over() {
                break Some(at);
            }
        };
        self.octets = self.octets.saturating_add(end.unwrap_or(octets.len()));
        end
    }
}

/// Finds bare CR, bare LF and NUL in what BDAT brings, across its chunks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IrregularScan {
    is_behind_cr: bool,
}

impl IrregularScan {
    /// The first irregular octet, and how many octets come before it. A bare CR is seen at the octet behind it, and counts
    /// among those before.
    pub(super) fn scan(&mut self, policy: IrregularPolicy, octets: &[u8]) -> Option<(usize, Irregularity)> {
        if policy == IrregularPolicy::Keep {
            return None;
        }
        let mut from = 0;
        if let (true, Some(&first)) = (self.is_behind_cr, octets.first()) {
            self.is_behind_cr = false;
            match first {
                b'\n' => from = 1,
                _ => return Some((0, Irregularity::BareCr)),
            }
        }
        while let Some(at) =
            memchr3(b'\r', b'\n', 0, octets.get(from..).unwrap_or_default()).map(|offset| from + offset)
        {
            match octets.get(at..).unwrap_or_default() {
                [b'\r', b'\n', ..] => from = at + 2,
                [b'\r'] => {
                    self.is_behind_cr = true;
                    return None;
                }
                [b'\r', ..] => return Some((at + 1, Irregularity::BareCr)),
                [b'\n', ..] => return Some((at, Irregularity::BareLf)),
                _ => return Some((at, Irregularity::Nul)),
            }
        }
        None
    }

    /// What the end of the message makes irregular: a CR before it.
    pub(super) fn finish(&self) -> Option<Irregularity> {
        self.is_behind_cr.then_some(Irregularity::BareCr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_sections() {
        for (message, end, received) in [
            (&b"Received: a\r\nreceived : b\r\n\tReceived: c\r\nX-Received: d\r\n\r\nReceived: e\r\n"[..], Some(58), 2),
            (b"\r\nReceived: x\r\n", Some(2), 0),
            (b"A: b\r\n.\r\n", None, 0),
            (b"A: b\r\r\nB: c\r\n\r\n", Some(15), 0),
            (b"\r\r\nA: b\n\nRECEIVED:\r\n\r\n", Some(22), 0),
        ] {
            for split in 0..=message.len() {
                let mut scan = HeaderScan::default();
                let (one, two) = message.split_at(split);
                let found = scan.scan(one).or_else(|| scan.scan(two).map(|at| split + at));
                assert_eq!((found, scan.received_fields), (end, received), "{message:?} at {split}");
                assert_eq!(scan.octets, end.unwrap_or(message.len()));
            }
        }
    }

    #[test]
    fn irregular_octets_of_chunks() {
        for (message, expected) in [
            (&b"a\r\nb\r\n"[..], None),
            (b"a\rb", Some(Irregularity::BareCr)),
            (b"a\nb", Some(Irregularity::BareLf)),
            (b"a\r\r\n", Some(Irregularity::BareCr)),
            (b"a\r\n\n", Some(Irregularity::BareLf)),
            (b"\0", Some(Irregularity::Nul)),
            (b"a\r", Some(Irregularity::BareCr)),
        ] {
            for split in 0..=message.len() {
                let mut scan = IrregularScan::default();
                let (one, two) = message.split_at(split);
                let policy = IrregularPolicy::Refuse;
                let found = scan.scan(policy, one).or_else(|| scan.scan(policy, two)).map(|(_, what)| what);
                assert_eq!(found.or(scan.finish()), expected, "{message:?} at {split}");
                assert_eq!(IrregularScan::default().scan(IrregularPolicy::Keep, message), None);
            }
        }
    }
}
