//! The client: hands messages to a server (RFC 5321), or to a mailbox store (LMTP, RFC 2033).
//!
//! A [`Client`] is one connection, from the greeting to QUIT. It says EHLO, begins TLS and authenticates as its [`Settings`] ask,
//! and then takes one message after the other: an [`Envelope`], and the content as the server is ready for it. Of each it
//! reports what became of every recipient.
//!
//! ```
//! use passerelle::mailbox::{ForwardPath, ReversePath};
//! use passerelle::smtp::client::{Client, Envelope, Event, Input, Settings};
//! use passerelle::{Domain, Machine, Now, Output};
//!
//! let now = Now::at(1_790_000_000);
//! let mut client = Client::new(Settings::new(Domain::parse("client.example")?), now);
//! let recipient = ForwardPath::parse("<bob@mx.example>")?;
//! let envelope = Envelope::new(ReversePath::parse("<ann@client.example>")?, [recipient]);
//!
//! // In earnest the replies come from a socket, and what is transmitted goes there.
//! let mut replies = ["220 mx", "250-mx\r\n250 PIPELINING", "250 Ok\r\n250 Ok\r\n354 Go on", "250 Queued", "221 Bye"].into_iter();
//! let mut said = String::new();
//! loop {
//!     match client.poll() {
//!         Output::Transmit(octets) => said += std::str::from_utf8(&octets)?,
//!         Output::Event(Event::Ready(_)) => client.handle(now, Input::Send(Box::new(envelope.clone())))?,
//!         Output::Event(Event::WantsContent) => {
//!             client.handle(now, Input::Content(b"Subject: Hello\r\n\r\n.\r\n"))?;
//!             client.handle(now, Input::ContentEnd)?;
//!         }
//!         Output::Event(Event::Sent(outcome)) => {
//!             assert!(outcome.recipients[0].delivery.is_accepted());
//!             client.handle(now, Input::Quit)?;
//!         }
//!         Output::Event(Event::Closed(_)) => break,
//!         Output::Event(Event::Trace(_)) => unreachable!("nobody asked for a trace"),
//!         Output::Event(Event::Rcpt { .. }) => unreachable!("the message came with all its recipients"),
//!         Output::Idle { .. } => {
//!             let reply = replies.next().ok_or("no more replies")?;
//!             client.handle(now, Input::Octets(format!("{reply}\r\n").as_bytes()))?;
//!         }
//!         Output::Ask(..) => unreachable!("a client asks nothing"),
//!     }
//! }
//! assert_eq!(said, "EHLO client.example\r\n\
//!     MAIL FROM:<ann@client.example>\r\nRCPT TO:<bob@mx.example>\r\nDATA\r\n\
//!     Subject: Hello\r\n\r\n..\r\n.\r\nQUIT\r\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A message that grows
//!
//! Who has to answer each recipient before the next is known, as a relay that passes a server's replies on, hands in
//! [`Input::Begin`] in the place of [`Input::Send`], then each recipient by [`Input::Rcpt`], which [`Event::Rcpt`] answers, and
//! [`Input::Data`] when there are no more. Before that [`Input::Abort`] is RSET and [`Input::Quit`] QUIT, and the message is
//! done with; from there on it is like any other.
//!
//! # What it makes sure of
//!
//! - What the server can't take as it should be taken is refused before it is sent ([`Withheld`]): by size, 8-bit octets, binary
//!   content, SMTPUTF8, REQUIRETLS and the others, as far as the host tells what the message [`Needs`].
//! - A refusal of the server, one of this side, a connection lost before the end of the message and one lost behind it are told
//!   apart ([`Delivery`]): only in the last case may the message have arrived.
//! - A message that is taken back, or whose content turns out to be impossible, is never ended.
//! - A reply is to a command that the server can have read. One that is there before the command has been polled, or without any,
//!   ends the connection: it is the mark of replies that somebody has slipped in. This is the one thing in which it matters when
//!   octets come, and no honest server ever meets it.
//! - What came in clear text behind the reply to STARTTLS is dropped, and what the server offered before is forgotten.
//! - Nothing that a server says makes an answer to an event [`Misuse`]: a message that comes when the server has just ended the
//!   connection is reported as not sent, and content of a message that is over is dropped.

mod closed;
mod content;
mod context;
mod envelope;
mod event;
mod growth;
mod needs;
mod outcome;
mod plan;
mod settings;
mod states;
mod timers;
mod transaction;

use std::sync::Arc;

pub use closed::{Closed, ProtocolError, Stage};
pub use envelope::{Envelope, Recipient};
pub use event::{Event, Ready, Trace};
pub use needs::{Needs, NeedsScanner};
pub use outcome::{Delivery, Omitted, Outcome, RecipientOutcome, Withheld};
pub use settings::{Protocol, Settings, Timeouts, Tls, Without};

use context::{Context, Credentials};
use states::{ExpectGreeting, Handshake, State};
use transaction::Transaction;

use super::reply::Reply;
use super::reply_reader::ReplyReader;
use super::sasl::{self, Entropy};
use crate::machine::{Machine, Misuse, Output};
use crate::time::Now;
use crate::tls::{Converse, End, Session};

/// What the host hands to a [`Client`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// Octets of the server, as with [`Converse::octets`].
    Octets(&'a [u8]),
    /// The server sends no more, as with [`Converse::end`].
    End(End),
    /// Time has passed, as with [`Converse::tick`].
    Tick,
    /// A message, once the client [is ready](Client::is_ready). Where the server has ended the connection meanwhile, the answer is
    /// an [`Event::Sent`] that says so.
    Send(Box<Envelope>),
    /// A message whose recipients come one by one, where [`Send`](Self::Send) would be taken too: MAIL is said. The envelope may have
    /// some of them already.
    Begin(Box<Envelope>),
    /// One more recipient of the message that was begun; answered by [`Event::Rcpt`]. Whether addresses outside ASCII are possible
    /// is decided with MAIL, by [`MailParameters::smtputf8`](super::MailParameters::smtputf8) of the envelope.
    Rcpt(Recipient),
    /// The message that was begun has all its recipients: it goes on as if it had been handed in with them. Where the server takes
    /// none of them, the message is not sent, and the connection can be used for the next.
    Data,
    /// The message's next octets, dots and all; best while the client [wants content](Client::wants_content), and some 64 KiB
    /// at most, since all of it becomes output.
    Content(&'a [u8]),
    /// That was all of the message.
    ContentEnd,
    /// The message is taken back: it will not arrive, unless its end was out already. By DATA that takes closing the
    /// connection once DATA has been said; before, RSET is said, and the connection goes on. Where the message is done with already, there is nothing to take back.
    Abort,
    /// QUIT; the connection is closed. While nothing is set up yet it is closed without, and if it is over already there is
    /// nothing to do. A message that grows is given up with it while nothing is waited for but its next recipient.
    Quit,
}

/// One connection to a server, from the client's side.
#[derive(Debug)]
pub struct Client {
    context: Context,
    replies: ReplyReader,
    state: State,
}

impl Client {
    /// A connection was made: the server's greeting is waited for, or TLS begins.
    pub fn new(settings: impl Into<Arc<Settings>>, now: Now) -> Self {
        let mut context = Context::new(settings.into(), now);
        let state = match context.settings.tls {
            Tls::Implicit => Handshake::begin(&mut context, true),
            Tls::Off | Tls::StartTls { .. } => ExpectGreeting::begin(&mut context),
        };
        Self { context, replies: ReplyReader::new(), state }
    }

    /// Authenticates before the first message. Where that fails the connection is closed.
    #[must_use]
    pub fn authenticating(mut self, settings: Arc<sasl::client::Settings>, entropy: Entropy) -> Self {
        self.context.credentials = Some(Box::new(Credentials { settings, entropy }));
        self
    }

    /// Whether a message can be sent now.
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready)
    }

    /// Whether content of the message is wanted now. Not while the server has to answer first, or while output waits to
    /// be polled: who heeds this never has more than a chunk and a few pieces of content in memory.
    pub fn wants_content(&self) -> bool {
        matches!(&self.state, State::Transaction(transaction) if transaction.wants_content(&self.context))
    }

    /// What is waited for.
    pub fn stage(&self) -> Stage {
        self.state.stage(&self.context)
    }

    fn is_handshake(&self) -> bool {
        matches!(self.state, State::Handshake(_))
    }

    /// Goes to another state.
    fn change(&mut self, to: impl FnOnce(State, &mut Context) -> State) {
        self.state = to(std::mem::replace(&mut self.state, State::Over), &mut self.context);
    }

    fn replied(&mut self, reply: Reply) {
        self.context.trace_received(|| reply.shown());
        if reply.code == 421 {
            // Any command may be answered so, and none need be (RFC 5321 §3.8).
            let stage = self.stage();
            return self.change(|state, context| state.end(context, Closed::ShuttingDown { stage, reply }));
        }
        match self.context.answered() {
            Some(stage) => self.change(|state, context| state.reply(context, stage, reply)),
            None => self.change(|state, context| state.unasked(context, &reply)),
        }
    }

    fn send(&mut self, envelope: Envelope, grows: bool) -> Result<(), Misuse> {
        if envelope.recipients.is_empty() && !grows {
            return Err(Misuse::OutOfOrder("an envelope without recipients"));
        }
        match self.state {
            State::Ready => self.change(|_, context| Transaction::begin(context, envelope, grows)),
            State::Over => self.context.too_late(envelope)?,
            State::Quitting(_) => return Err(Misuse::AfterEnd),
            _ => return Err(Misuse::OutOfOrder("a message while the client is not ready for one")),
        }
        self.context.owes_content = false;
        self.context.has_sent = true;
        self.context.is_growing = grows;
        Ok(())
    }

    fn rcpt(&mut self, recipient: Recipient) -> Result<(), Misuse> {
        if !self.context.is_growing {
            return Err(Misuse::OutOfOrder("a recipient of no message that grows"));
        }
        self.in_transaction(|transaction, context| transaction.grow(context, recipient));
        Ok(())
    }

    fn data(&mut self) -> Result<(), Misuse> {
        if !std::mem::take(&mut self.context.is_growing) {
            return Err(Misuse::OutOfOrder("the end of the recipients of no message that grows"));
        }
        self.in_transaction(Transaction::grown);
        Ok(())
    }

    /// Does something with the message that is under way. It may be over before the host has polled that it is.
    fn in_transaction(&mut self, act: impl FnOnce(Box<Transaction>, &mut Context) -> State) {
        self.change(|state, context| match state {
            State::Transaction(transaction) => act(transaction, context),
            state => state,
        });
    }

    /// The next octets of the content, or its end.
    fn content(&mut self, octets: Option<&[u8]>) -> Result<(), Misuse> {
        let was_asked = match octets {
            Some(_) => self.context.owes_content,
            None => std::mem::take(&mut self.context.owes_content),
        };
        match std::mem::replace(&mut self.state, State::Over) {
            State::Transaction(transaction) => match transaction.content(&mut self.context, octets) {
                Ok(state) => {
                    self.state = state;
                    return Ok(());
                }
                Err(transaction) => self.state = State::Transaction(transaction),
            },
            state => self.state = state,
        }
        // The message may be over before the host has polled that it is.
        if was_asked { Ok(()) } else { Err(Misuse::OutOfOrder("content while none is waited for")) }
    }

    fn abort(&mut self) -> Result<(), Misuse> {
        let was_asked = std::mem::take(&mut self.context.owes_content);
        self.context.is_growing = false;
        match self.state {
            State::Transaction(_) => self.in_transaction(Transaction::abort),
            // It is done with already, or is not sent any more.
            _ if was_asked || self.context.has_sent => {}
            _ => return Err(Misuse::OutOfOrder("no message to take back")),
        }
        Ok(())
    }

    fn quit(&mut self) -> Result<(), Misuse> {
        match self.state {
            State::Ready => self.change(|_, context| State::quit(context, Closed::Quit)),
            State::Transaction(ref transaction) if transaction.may_leave(&self.context) => {
                self.in_transaction(Transaction::leave);
            }
            State::Transaction(_) => return Err(Misuse::OutOfOrder("QUIT in the middle of a message")),
            State::Quitting(_) | State::Over => {}
            _ => self.change(|_, context| {
                context.discard_unpolled();
                State::closed(context, Closed::Quit)
            }),
        }
        self.context.has_quit = true;
        self.context.is_growing = false;
        Ok(())
    }

    /// Ends the connection if its time is up.
    fn expire(&mut self) {
        if matches!(self.state, State::Over) {
            return;
        }
        let stage = self.stage();
        if let Some(why) = self.context.expired(stage) {
            self.change(|state, context| state.end(context, why));
        }
    }
}

impl Machine for Client {
    type Input<'a> = Input<'a>;
    type Event = Event;

    fn handle(&mut self, now: Now, input: Input<'_>) -> Result<(), Misuse> {
        self.context.at(now);
        match input {
            Input::Octets(octets) => self.octets(now, octets),
            Input::End(end) => self.end(now, end),
            Input::Tick => {
                self.tick(now);
                Ok(())
            }
            Input::Send(envelope) => self.send(*envelope, false),
            Input::Begin(envelope) => self.send(*envelope, true),
            Input::Rcpt(recipient) => self.rcpt(recipient),
            Input::Data => self.data(),
            Input::Content(octets) => self.content(Some(octets)),
            Input::ContentEnd => self.content(None),
            Input::Abort => self.abort(),
            Input::Quit => self.quit(),
        }
    }

    fn poll(&mut self) -> Output<Event> {
        if let Some(octets) = self.context.poll_octets() {
            return Output::Transmit(octets);
        }
        match self.context.poll_event() {
            Some(event) => Output::Event(event),
            None => Output::Idle { wake: self.context.wake() },
        }
    }
}

impl Converse for Client {
    fn octets(&mut self, now: Now, octets: &[u8]) -> Result<(), Misuse> {
        self.context.at(now);
        if self.context.has_ended {
            return Err(Misuse::AfterEnd);
        }
        if self.is_handshake() {
            return Err(Misuse::NotReading);
        }
        let mut input = octets;
        while self.wants_octets() {
            match self.replies.read(&mut input) {
                Some(Ok(reply)) => self.replied(reply),
                Some(Err(error)) => {
                    self.context.trace_received(|| vec![format!("{} <{error}>", self.replies.rejected())]);
                    let (stage, error) = (self.stage(), ProtocolError::Reply(error));
                    self.change(|state, context| state.protocol_error(context, stage, error));
                }
                None => break,
            }
        }
        // What stands behind the reply to STARTTLS is dropped here: it did not come inside TLS (RFC 3207 §4.2, §6).
        if !self.wants_octets() {
            self.replies.clear();
        }
        self.expire();
        Ok(())
    }

    fn end(&mut self, now: Now, end: End) -> Result<(), Misuse> {
        self.context.at(now);
        if std::mem::replace(&mut self.context.has_ended, true) {
            return Err(Misuse::AfterEnd);
        }
        if self.is_over() {
            return Ok(());
        }
        let stage = self.stage();
        self.change(|state, context| state.end(context, Closed::Lost { stage, end }));
        Ok(())
    }

    fn secured(&mut self, now: Now, session: Session) -> Result<(), Misuse> {
        self.context.at(now);
        // Its time ran out while hands were shaken.
        if self.is_over() {
            return Ok(());
        }
        if !self.is_handshake() {
            return Err(Misuse::OutOfOrder("TLS that was not asked for"));
        }
        self.change(|state, context| match state {
            State::Handshake(handshake) => handshake.secured(context, session),
            state => state,
        });
        Ok(())
    }

    fn tick(&mut self, now: Now) {
        self.context.at(now);
        self.expire();
    }

    fn require_tls(&mut self) {
        self.context.needs_tls = true;
    }

    fn starts_tls(&self) -> bool {
        self.is_handshake() && self.context.unpolled() == 0
    }

    fn wants_octets(&self) -> bool {
        !self.is_over() && !self.is_handshake()
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }
}
