//! What all states of a session share: the settings, the client, the counters, and how to reply.

use std::net::IpAddr;
use std::sync::Arc;

use crate::limits::{MAX_REPLY_LINES_SENT, MAX_REPLY_TEXT};
use crate::smtp::command::{ClientName, CommandError};
use crate::smtp::line::{Irregularity, LineReader};
use crate::smtp::reply::{EnhancedCode, Reply};
use crate::smtp::sasl::Entropy;
use crate::time::{Millis, Now};

use super::decision::Decision;
use super::event::{Abort, Closed, DecisionId, Event, Peer, Request, Trace};
use super::outputs::Outputs;
use super::settings::{Protocol, Settings};
use super::states::{On, State};
use super::timers::Timers;

#[derive(Debug)]
pub(super) struct Session {
    pub(super) settings: Arc<Settings>,
    pub(super) peer: Arc<Peer>,
    pub(super) outputs: Outputs,
    pub(super) timers: Timers,
    pub(super) tally: Tally,
    pub(super) now: Now,
    /// How many decisions the host was asked for.
    pub(super) asked: u64,
    /// Whether octets wait behind the command that is carried out.
    pub(super) more_behind: bool,
    /// How many commands behind a MAIL may still be out of place without a fault: see [`pardons`](Self::pardons).
    pub(super) group_left: usize,
    /// Whether the line that has begun was refused for a bare LF already.
    pub(super) told_of_bare_lf: bool,
    pub(super) entropy: Entropy,
    /// The address by which the client may be trusted with XCLIENT: none for one that a proxy could not name.
    pub(super) trusted_as: Option<IpAddr>,
    /// Milliseconds for which the client is waited for at most, whatever the settings have.
    pub(super) patience: u64,
    /// When the client was last heard: see [`Server::heard_at`](super::Server::heard_at).
    pub(super) heard_at: Millis,
    /// Octets of a message that came since then.
    pub(super) unheard: usize,
    /// Whether the connection is inside TLS. Behind XCLIENT it is the neighbour's, and not in [`Peer::tls`].
    pub(super) is_secured: bool,
    /// Whether a line has come, since the connection began, TLS did, or XCLIENT named another client.
    pub(super) has_spoken: bool,
    /// Whether what follows may be a password: AUTH was refused, and the client may not have noticed.
    pub(super) may_show_password: bool,
    /// What XCLIENT says that EHLO said.
    pub(super) told_hello: Option<ClientName>,
}

/// What is counted in a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) errors: u32,
    pub(super) bad_commands: u32,
    pub(super) idle_commands: u32,
    pub(super) transactions: u32,
    pub(super) auth_failures: u32,
}

impl Session {
    pub(super) fn new(settings: Arc<Settings>, peer: Peer, entropy: Entropy, now: Now) -> Self {
        let address = peer.connection;
        let mut timers = Timers::default();
        timers.start_session(now.monotonic, settings.timeouts.session);
        Self {
            settings,
            peer: Arc::new(peer),
            outputs: Outputs::default(),
            timers,
            tally: Tally::default(),
            now,
            asked: 0,
            more_behind: false,
            group_left: 0,
            told_of_bare_lf: false,
            entropy,
            trusted_as: address.map(|address| address.ip()),
            patience: u64::MAX,
            heard_at: now.monotonic,
            unheard: 0,
            is_secured: false,
            has_spoken: false,
            may_show_password: false,
            told_hello: None,
        }
    }

    pub(super) fn is_lmtp(&self) -> bool {
        self.settings.protocol == Protocol::Lmtp
    }

    pub(super) fn peer_mut(&mut self) -> &mut Peer {
        Arc::make_mut(&mut self.peer)
    }

    /// A reply of one line. The class of the enhanced status code is the code's first digit.
    pub(super) fn reply(&mut self, code: u16, (subject, detail): (u16, u16), text: &str) {
        let enhanced = EnhancedCode::new((code / 100) as u8, subject, detail); // at most 5
        let with = self.settings.extensions.enhanced_status_codes;
        self.line(code, true, with.then_some(enhanced), text);
    }

    /// A reply of one line without an enhanced status code: the greeting, to HELO, and 3yz (RFC 2034 §4).
    pub(super) fn bare_reply(&mut self, code: u16, text: &str) {
        self.line(code, true, None, text);
    }

    /// One line of a reply.
    pub(super) fn line(&mut self, code: u16, is_last: bool, enhanced: Option<EnhancedCode>, text: &str) {
        // 452 says that the server has no room, which is no fault of the client's (RFC 5321 §4.5.3.1.10).
        if code >= 400 && code != 452 && is_last {
            self.tally.errors = self.tally.errors.saturating_add(1);
        }
        let trace = &mut None;
        let wants_trace = self.settings.trace;
        self.outputs.transmit(|out| {
            let start = out.len();
            Reply::write_line(out, code, is_last, enhanced, text);
            *trace = wants_trace.then(|| shown(out.get(start..).unwrap_or_default()));
        });
        if let Some(line) = trace.take() {
            self.outputs.trace(Trace::Sent(line));
        }
    }

    /// A reply of the host's, within the bounds of the wire: its lines are cut to the length a client has to take
    /// (RFC 5321 §4.5.3.1.5), and have no characters outside ASCII unless `utf8` allows them (RFC 6531 §3.7.4).
    pub(super) fn send(&mut self, reply: &Reply, utf8: bool, enhanced: Enhanced) {
        let class = (reply.code / 100) as u8; // at most 5: the decision was checked
        let with = self.settings.extensions.enhanced_status_codes && enhanced == Enhanced::Yes;
        // RFC 2034 §4: the class is that of the reply.
        let code = reply.enhanced.filter(|code| code.class == class).unwrap_or(EnhancedCode::new(class, 0, 0));
        let code = with.then_some(code);
        let count = reply.lines.len().clamp(1, MAX_REPLY_LINES_SENT);
        for index in 0..count {
            let text = reply.lines.get(index).map(|line| presentable(line, utf8)).unwrap_or_default();
            self.line(reply.code, index + 1 == count, code, &text);
        }
    }

    /// Replies that tell of one refusal, to several recipients: they count as one.
    pub(super) fn as_one_error(&mut self, replies: impl FnOnce(&mut Self)) {
        let before = self.tally.errors;
        replies(self);
        self.tally.errors = self.tally.errors.min(before.saturating_add(1));
    }

    /// The client broke the order or the form of commands.
    pub(super) fn bad_command(&mut self) {
        self.tally.bad_commands = self.tally.bad_commands.saturating_add(1);
    }

    /// A client whose lines end with LF would wait for a reply until the time is up: it is told at once, and the line still
    /// goes on to its CRLF.
    pub(super) fn tell_of_bare_lf(&mut self, lines: &LineReader) {
        if lines.has_bare_lf() && !self.told_of_bare_lf {
            self.told_of_bare_lf = true;
            self.bad_command();
            self.send(&CommandError::Irregular(Irregularity::BareLf).reply(), false, Enhanced::Yes);
        }
    }

    /// A line comes that is, or would be, this command.
    pub(super) fn next_in_group(&mut self, line: &[u8]) {
        let is = |verb: &[u8; 4]| line.first_chunk().is_some_and(|word: &[u8; 4]| word.eq_ignore_ascii_case(verb));
        match () {
            // As many RCPT as it could have, and DATA.
            () if is(b"MAIL") => self.group_left = self.settings.limits.recipients.saturating_add(1),
            () if is(b"RCPT") || is(b"DATA") || is(b"BDAT") => {}
            () => self.group_left = 0,
        }
    }

    /// Whether a command that is refused since MAIL or each RCPT was is no fault. A client that pipelines sent it before it
    /// could know (RFC 2920 §3.1). If it is one, it is counted here.
    pub(super) fn pardons(&mut self) -> bool {
        let is_pardoned = self.group_left > 0;
        self.group_left = self.group_left.saturating_sub(1);
        if !is_pardoned {
            self.bad_command();
        }
        is_pardoned
    }

    /// The refusal of such a command.
    pub(super) fn refuse_in_group(&mut self, is_pardoned: bool, (code, enhanced, text): (u16, (u16, u16), &str)) {
        let errors = self.tally.errors;
        self.reply(code, enhanced, text);
        if is_pardoned {
            self.tally.errors = errors;
        }
    }

    /// `503` to RCPT and DATA without a message.
    pub(super) fn say_mail_first(&mut self) {
        let is_pardoned = self.pardons();
        self.refuse_in_group(is_pardoned, (503, (5, 1), "Say MAIL first"));
    }

    /// `503`: not now.
    pub(super) fn out_of_order(&mut self, text: &str) {
        self.bad_command();
        self.reply(503, (5, 1), text);
    }

    pub(super) fn event(&mut self, event: Event) {
        self.outputs.event(event);
    }

    pub(super) fn aborted(&mut self, why: Abort) {
        self.outputs.event(Event::Aborted(why));
    }

    pub(super) fn trace_received(&mut self, line: impl FnOnce() -> String) {
        if self.settings.trace {
            self.outputs.trace(Trace::Received(line()));
        }
    }

    /// Asks the host, if it takes this decision; else `default` is the decision.
    pub(super) fn ask(
        &mut self,
        host_decides: bool,
        on: On,
        default: impl FnOnce(&Self) -> Decision,
        request: impl FnOnce(&Self) -> Request,
    ) -> State {
        if !host_decides {
            let decision = default(self);
            return on.decide(self, decision);
        }
        let (id, request) = (DecisionId(self.asked), request(self));
        self.asked += 1;
        self.outputs.event(Event::Decide { id, request, peer: Arc::clone(&self.peer) });
        State::waiting(id, on)
    }

    /// The end of the session, behind a reply.
    pub(super) fn close(&mut self, why: Closed) -> State {
        self.timers.stop();
        self.outputs.event(Event::Closed(why));
        State::Over
    }

    /// The end of the session with 421 (RFC 5321 §3.8).
    pub(super) fn close_with(&mut self, enhanced: (u16, u16), text: &str, why: Closed) -> State {
        self.reply(421, enhanced, text);
        self.close(why)
    }

    /// The session after a reply of the host's that refuses: over, with 421.
    pub(super) fn after_refusal(&mut self, code: u16, state: State) -> State {
        match code {
            421 => {
                let mut state = state;
                state.abandon(self, Abort::SessionEnded);
                self.close(Closed::ByHost)
            }
            _ => state,
        }
    }

    /// A reply of the host's in place of the greeting: with 421 the server says its name (RFC 5321 §4.2.3).
    pub(super) fn with_our_name(&self, reply: &Reply) -> Reply {
        let mut reply = reply.clone();
        if reply.code == 421 {
            let first = reply.lines.first().map_or("", String::as_str);
            if first.split(' ').next() != Some(self.settings.hostname.as_str()) {
                let named = self.named(first);
                reply.lines.splice(..reply.lines.len().min(1), [named]);
            }
        }
        reply
    }

    /// The name of the server, then `text` if there is some.
    pub(super) fn named(&self, text: &str) -> String {
        match text.is_empty() {
            true => self.settings.hostname.clone(),
            false => format!("{} {text}", self.settings.hostname),
        }
    }
}

/// Whether a reply has an enhanced status code (RFC 2034 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Enhanced {
    Yes,
    No,
}

/// One line for a trace, without its CRLF.
fn shown(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets.trim_ascii_end()).into_owned()
}

/// The text as a line may have it.
fn presentable(line: &str, utf8: bool) -> String {
    let clean = |c: char| match c {
        _ if c.is_control() => ' ',
        _ if !utf8 && !c.is_ascii() => '?',
        _ => c,
    };
    let mut text = String::with_capacity(line.len().min(MAX_REPLY_TEXT));
    for c in line.chars().map(clean) {
        if text.len() + c.len_utf8() > MAX_REPLY_TEXT {
            break;
        }
        text.push(c);
    }
    text
}
