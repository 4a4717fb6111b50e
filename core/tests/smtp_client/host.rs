//! A host that does what the documentation of each event says, beside a server that says anything: no call of the host may be
//! [`Misuse`](passerelle::Misuse). The fuzz target `client_host` uses it, too.

use std::sync::Arc;

use passerelle::mailbox::{ForwardPath, ReversePath};
use passerelle::smtp::client::{Client, Closed, Envelope, Event, Input, Needs, Protocol, Recipient, Settings, Tls};
use passerelle::smtp::sasl::client::{Account, Settings as Authentication};
use passerelle::smtp::sasl::{Entropy, Secret};
use passerelle::tls::{self, ChannelBinding, ClientTls, Converse, End, Layer, ServerTls, Session, Version};
use passerelle::{Domain, Machine, Misuse, Now, Output};

/// What kind of host it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// How TLS comes in.
    pub(crate) tls: Tls,
    /// Whether the client has a user and a password.
    pub(crate) authenticates: bool,
    pub(crate) lmtp: bool,
    pub(crate) traces: bool,
    pub(crate) chunking: bool,
    /// Whether the host takes all outputs before it acts on the first event.
    pub(crate) polls_first: bool,
    /// Whether it asks [`Client::wants_content`] before it hands in content.
    pub(crate) heeds: bool,
    /// Whether it takes messages back in the middle.
    pub(crate) aborts: bool,
    /// Whether the content can't be sent as it is, of which the envelope says nothing.
    pub(crate) irregular: bool,
    /// Whether it hands in the recipients one by one.
    pub(crate) grows: bool,
    /// Messages that it sends, before it quits.
    pub(crate) messages: usize,
    /// Octets that it hands in at a time.
    pub(crate) chunk: usize,
}

impl Policy {
    /// From the bits of a number.
    pub(crate) fn of(bits: u64) -> Self {
        let bit = |number: u32| bits >> number & 1 == 1;
        Self {
            tls: [Tls::Off, Tls::Implicit, Tls::REQUIRED, Tls::OPPORTUNISTIC][(bits & 3) as usize],
            authenticates: bit(2),
            lmtp: bit(3),
            traces: bit(4),
            chunking: bit(5),
            polls_first: bit(6),
            heeds: bit(7),
            aborts: bit(8),
            irregular: bit(9),
            grows: bit(14),
            messages: (bits >> 10 & 3) as usize,
            chunk: [1, 2, 7, usize::MAX][(bits >> 12 & 3) as usize],
        }
    }

    pub(crate) fn client(&self, now: Now) -> Client {
        let mut settings = Settings::new(Domain::parse("client.example").expect("a domain"));
        settings.tls = self.tls;
        settings.protocol = if self.lmtp { Protocol::Lmtp } else { Protocol::Smtp };
        (settings.trace, settings.chunking, settings.chunk_size) = (self.traces, self.chunking, 16);
        let client = Client::new(settings, now);
        if !self.authenticates {
            return client;
        }
        let account = Account::Password { user: "ann".into(), password: Secret::new("pencil"), acting_as: None };
        let authentication = Authentication { secrets_in_clear_text: true, ..Authentication::new(account) };
        client.authenticating(Arc::new(authentication), Entropy::new([7; 32]))
    }
}

/// What happens, as the server and the network have it.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// The server says this, inside TLS if that is on.
    Say(Vec<u8>),
    /// The server says this, and takes what comes then for TLS.
    BeginTls(Vec<u8>),
    /// Octets come over the wire that are not the server's.
    Wire(Vec<u8>),
    /// Milliseconds pass.
    Later(u64),
    /// The connection ends.
    End(End),
}

/// A client, in TLS of ours or of the host's own.
pub(crate) trait Side {
    fn input(&mut self, now: Now, input: Input<'_>) -> Result<(), Misuse>;
    fn poll(&mut self) -> Output<Event>;
    fn wire(&mut self, now: Now, octets: &[u8]) -> Result<(), Misuse>;
    fn wants_wire(&self) -> bool;
    fn end(&mut self, now: Now, end: End) -> Result<(), Misuse>;
    fn tick(&mut self, now: Now) -> Result<(), Misuse>;
    fn client(&self) -> &Client;
    fn has_tls(&self) -> bool {
        true
    }
    /// A handshake of the host's own, if it is time for one.
    fn shake_hands(&mut self, _: Now) -> Result<(), Misuse> {
        Ok(())
    }
}

impl Side for Client {
    fn input(&mut self, now: Now, input: Input<'_>) -> Result<(), Misuse> {
        self.handle(now, input)
    }

    fn poll(&mut self) -> Output<Event> {
        Machine::poll(self)
    }

    fn wire(&mut self, now: Now, octets: &[u8]) -> Result<(), Misuse> {
        self.octets(now, octets)
    }

    fn wants_wire(&self) -> bool {
        // What comes behind the end is dropped.
        self.wants_octets() || self.is_over()
    }

    fn end(&mut self, now: Now, end: End) -> Result<(), Misuse> {
        Converse::end(self, now, end)
    }

    fn tick(&mut self, now: Now) -> Result<(), Misuse> {
        Converse::tick(self, now);
        Ok(())
    }

    fn client(&self) -> &Client {
        self
    }

    fn has_tls(&self) -> bool {
        false
    }

    fn shake_hands(&mut self, now: Now) -> Result<(), Misuse> {
        if !self.starts_tls() {
            return Ok(());
        }
        let session = Session {
            version: Version::Tls13,
            cipher_suite: "TLS_AES_128_GCM_SHA256".into(),
            server_name: None,
            client_certificate: None,
            verified: true,
            binding: ChannelBinding { exporter: Some([7; 32]), server_end_point: None },
        };
        self.secured(now, session)
    }
}

impl Side for Layer<Client> {
    fn input(&mut self, now: Now, input: Input<'_>) -> Result<(), Misuse> {
        self.handle(now, tls::Input::Inner(input))
    }

    fn poll(&mut self) -> Output<Event> {
        loop {
            return match Machine::poll(self) {
                Output::Transmit(octets) => Output::Transmit(octets),
                Output::Event(tls::Event::Inner(event)) => Output::Event(event),
                Output::Event(tls::Event::Secured(_) | tls::Event::Failed(_)) => continue,
                Output::Ask(id, question) => Output::Ask(id, question),
                Output::Idle { wake } => Output::Idle { wake },
            };
        }
    }

    fn wire(&mut self, now: Now, octets: &[u8]) -> Result<(), Misuse> {
        self.handle(now, tls::Input::Wire(octets))
    }

    fn wants_wire(&self) -> bool {
        Layer::wants_wire(self) || self.is_over()
    }

    fn end(&mut self, now: Now, end: End) -> Result<(), Misuse> {
        self.handle(now, tls::Input::End(end))
    }

    fn tick(&mut self, now: Now) -> Result<(), Misuse> {
        self.handle(now, tls::Input::Tick)
    }

    fn client(&self) -> &Client {
        self.machine()
    }
}

/// The server: a mouth without ears.
#[derive(Debug, Default)]
pub(crate) struct Mouth {
    says: Vec<u8>,
    has_tls: bool,
    wants_tls: bool,
}

/// What the mouth says, and whether TLS begins behind it.
pub(crate) struct Words<'a>(&'a [u8], bool);

impl Machine for Mouth {
    type Input<'a> = Words<'a>;
    type Event = ();

    fn handle(&mut self, _: Now, Words(says, begins_tls): Words<'_>) -> Result<(), Misuse> {
        self.says.extend(says);
        self.wants_tls |= begins_tls && !self.has_tls;
        Ok(())
    }

    fn poll(&mut self) -> Output<()> {
        match std::mem::take(&mut self.says) {
            nothing if nothing.is_empty() => Output::Idle { wake: None },
            octets => Output::Transmit(octets),
        }
    }
}

impl Converse for Mouth {
    fn octets(&mut self, _: Now, _: &[u8]) -> Result<(), Misuse> {
        Ok(())
    }

    fn end(&mut self, _: Now, _: End) -> Result<(), Misuse> {
        Ok(())
    }

    fn secured(&mut self, _: Now, _: Session) -> Result<(), Misuse> {
        (self.has_tls, self.wants_tls) = (true, false);
        Ok(())
    }

    fn tick(&mut self, _: Now) {}

    fn starts_tls(&self) -> bool {
        self.wants_tls && self.says.is_empty()
    }

    fn wants_octets(&self) -> bool {
        true
    }

    fn is_over(&self) -> bool {
        false
    }
}

/// What is at the other end of the wire.
struct Server {
    layer: Layer<Mouth>,
    sent: Vec<u8>,
}

impl Server {
    fn say(&mut self, now: Now, octets: &[u8], begins_tls: bool) {
        self.layer.handle(now, tls::Input::Inner(Words(octets, begins_tls))).expect("it may say anything");
        self.drain();
    }

    fn hear(&mut self, now: Now, octets: &[u8]) {
        if self.layer.wants_wire() {
            self.layer.handle(now, tls::Input::Wire(octets)).expect("octets are wanted");
        }
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.layer.poll() {
                Output::Transmit(octets) => self.sent.extend(octets),
                Output::Idle { .. } => return,
                _ => {}
            }
        }
    }
}

/// A client with its host, and the server.
pub(crate) struct Host<S> {
    side: S,
    server: Server,
    policy: Policy,
    now: Now,
    content: Vec<u8>,
    /// Recipients of the message that grows which have been answered.
    answered: usize,
    /// Messages that were handed in.
    sent: usize,
    /// Messages of which it was said what became of them.
    told: usize,
    closed: Option<Closed>,
    has_ended: bool,
    has_quit: bool,
}

impl Host<Client> {
    /// With TLS of the host's own, of which the model has nothing but the end.
    pub(crate) fn bare(policy: Policy, now: Now) -> Self {
        Self::new(policy.client(now), Layer::clear(Mouth::default(), now), policy, now)
    }
}

impl Host<Layer<Client>> {
    /// With TLS of ours. With implicit TLS the server begins it at once.
    pub(crate) fn in_tls(policy: Policy, client: &ClientTls, server: &ServerTls, now: Now) -> Self {
        let server = Layer::server(Mouth::default(), server, now);
        let mut host = Self::new(Layer::client(policy.client(now), client, now), server, policy, now);
        if policy.tls == Tls::Implicit {
            host.server.say(now, b"", true);
        }
        host
    }
}

impl<S: Side> Host<S> {
    fn new(side: S, server: Layer<Mouth>, policy: Policy, now: Now) -> Self {
        let content =
            if policy.irregular { &b"Subject: x\r\n\r\nbare\rcr\r\n"[..] } else { b"Subject: x\r\n\r\n.\r\n" };
        Self {
            side,
            server: Server { layer: server, sent: Vec::new() },
            policy,
            now,
            content: content.to_vec(),
            answered: 0,
            sent: 0,
            told: 0,
            closed: None,
            has_ended: false,
            has_quit: false,
        }
    }

    /// Plays everything to the end, and says why the connection was over.
    ///
    /// # Errors
    /// What the client took for a bug of the host.
    pub(crate) fn run(mut self, steps: &[Step]) -> Result<Closed, Misuse> {
        self.go_on()?;
        for step in steps {
            match step {
                Step::Say(octets) => self.server.say(self.now, octets, false),
                // Where the host has TLS of its own, there is none on the server's side.
                Step::BeginTls(octets) => self.server.say(self.now, octets, self.side.has_tls()),
                Step::Wire(octets) => self.server.sent.extend(octets),
                Step::Later(millis) => {
                    self.now.monotonic = self.now.monotonic + *millis;
                    self.side.tick(self.now)?;
                }
                Step::End(end) => self.end(*end)?,
            }
            self.go_on()?;
        }
        self.end(End::Cut)?;
        self.go_on()?;
        assert_eq!(self.sent, self.told, "each message has an outcome");
        Ok(self.closed.expect("the connection is over"))
    }

    fn end(&mut self, end: End) -> Result<(), Misuse> {
        // What was on the way arrives before.
        self.arrive()?;
        match std::mem::replace(&mut self.has_ended, true) {
            true => Ok(()),
            false => self.side.end(self.now, end),
        }
    }

    /// Lets octets arrive and the host act, until nothing moves.
    fn go_on(&mut self) -> Result<(), Misuse> {
        for _ in 0..100 {
            self.drain()?;
            self.side.shake_hands(self.now)?;
            self.drain()?;
            if self.server.sent.is_empty() {
                return Ok(());
            }
            self.arrive()?;
        }
        Ok(())
    }

    /// Octets that the client does not want stay in the socket, and are lost with it.
    fn arrive(&mut self) -> Result<(), Misuse> {
        let octets = std::mem::take(&mut self.server.sent);
        for chunk in octets.chunks(self.policy.chunk) {
            if self.has_ended || !self.side.wants_wire() {
                return Ok(());
            }
            self.side.wire(self.now, chunk)?;
            // A host that has much to do polls when it has read all that there is.
            if !self.policy.polls_first || !self.side.wants_wire() {
                self.drain()?;
                self.side.shake_hands(self.now)?;
            }
        }
        self.drain()
    }

    fn drain(&mut self) -> Result<(), Misuse> {
        let mut events = Vec::new();
        loop {
            match self.side.poll() {
                Output::Transmit(octets) => self.server.hear(self.now, &octets),
                Output::Event(event) if self.policy.polls_first => events.push(event),
                Output::Event(event) => self.event(event)?,
                Output::Ask(..) => panic!("a client asks nothing"),
                Output::Idle { .. } if events.is_empty() => return self.give_content(),
                Output::Idle { .. } => {
                    std::mem::take(&mut events).into_iter().try_for_each(|event| self.event(event))?
                }
            }
        }
    }

    /// Answers an event as it says.
    fn event(&mut self, event: Event) -> Result<(), Misuse> {
        match event {
            Event::Ready(_) => self.next(),
            Event::Sent(outcome) => {
                let (handed_in, told) = (2, outcome.recipients.len());
                assert!(told == handed_in || (self.policy.grows && told < handed_in));
                self.told += 1;
                self.next()
            }
            Event::Rcpt { index, .. } => {
                assert_eq!(index, self.answered, "they are answered in order");
                self.answered += 1;
                match self.answered {
                    1 => self.side.input(self.now, Input::Rcpt(self.recipient("<carl@mx.example>"))),
                    _ if self.policy.aborts && self.policy.irregular => self.side.input(self.now, Input::Abort),
                    _ => self.side.input(self.now, Input::Data),
                }
            }
            Event::WantsContent if !self.policy.heeds => {
                let content = self.content.clone();
                for piece in content.chunks(self.policy.chunk) {
                    self.side.input(self.now, Input::Content(piece))?;
                }
                self.side.input(self.now, self.end_of_content())
            }
            Event::WantsContent | Event::Trace(_) => Ok(()),
            Event::Closed(why) => {
                assert_eq!(self.closed, None, "the end is told once");
                self.closed = Some(why);
                Ok(())
            }
        }
    }

    /// Content, as it is wanted.
    fn give_content(&mut self) -> Result<(), Misuse> {
        if !self.policy.heeds || !self.side.client().wants_content() {
            return Ok(());
        }
        self.side.input(self.now, Input::Content(&self.content))?;
        if self.side.client().wants_content() {
            self.side.input(self.now, self.end_of_content())?;
        }
        self.drain()
    }

    fn end_of_content(&self) -> Input<'static> {
        if self.policy.aborts { Input::Abort } else { Input::ContentEnd }
    }

    /// The next message, or QUIT.
    fn next(&mut self) -> Result<(), Misuse> {
        if self.sent < self.policy.messages {
            self.sent += 1;
            let mut envelope = Box::new(self.envelope());
            if !self.policy.grows {
                return self.side.input(self.now, Input::Send(envelope));
            }
            self.answered = 0;
            envelope.recipients.clear();
            self.side.input(self.now, Input::Begin(envelope))?;
            return self.side.input(self.now, Input::Rcpt(self.recipient("<bob@mx.example>")));
        }
        match std::mem::replace(&mut self.has_quit, true) {
            true => Ok(()),
            false => self.side.input(self.now, Input::Quit),
        }
    }

    fn recipient(&self, text: &str) -> Recipient {
        ForwardPath::parse(text).expect("a path").into()
    }

    fn envelope(&self) -> Envelope {
        let path = |text: &str| ForwardPath::parse(text).expect("a path");
        let from = ReversePath::parse("<ann@client.example>").expect("a path");
        let mut envelope = Envelope::new(from, [path("<bob@mx.example>"), path("<carl@mx.example>")]);
        envelope.needs = (self.sent == 2).then(|| Needs::of(&self.content));
        envelope
    }
}
