//! One machine inside its TLS layer, and the TCP connection that it converses over.

use std::cell::RefCell;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use passerelle::tls::{self, Converse, End, Layer};
use passerelle::{Machine, Millis, Misuse, Now, Output, UnixTime};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout_at};

/// Octets read at a time.
const READ: usize = 64 << 10;

thread_local! {
    /// Where octets are read into: they are handed on before another connection's turn comes, so that idle connections hold no
    /// buffer.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}
/// How long the peer may take none of our octets before the connection is given up, unless the host is less patient. The
/// machine's own timers do not run meanwhile: it waits for nothing but us.
const WRITE_TIMEOUT: Duration = Duration::from_secs(300);

/// How long what a peer sends behind the end is dropped.
const LAST_OCTETS: Duration = Duration::from_secs(1);

/// A machine that converses over a TCP connection.
pub(crate) struct Wire<M: Converse> {
    layer: Layer<M>,
    stream: TcpStream,
    clock: Clock,
    wake: Option<Millis>,
    /// What is being written, and how much of it is.
    unsent: Vec<u8>,
    written: usize,
    /// Since when the peer has taken nothing of it.
    stalled_since: Option<Instant>,
    /// How long it may take nothing.
    patience: Duration,
    /// Whether it was given up for that.
    has_stalled: bool,
    /// Whether nothing can be written any more.
    is_broken: bool,
    /// Whether nothing can be read any more, and the machine knows.
    has_ended: bool,
    /// Whether the peer has sent anything.
    has_heard: bool,
}

/// What stops a connection that is not the peer's doing.
#[derive(Debug)]
pub(crate) struct WireError(Misuse);

impl std::fmt::Display for WireError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the engine was misused: {}; please report this as a bug", self.0)
    }
}

/// The time as machines want it, with the origin of its monotonic part.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
    /// The wall clock, where the command line has set it.
    fixed: Option<UnixTime>,
}

impl Clock {
    pub(crate) fn new(fixed: Option<UnixTime>) -> Self {
        Self { origin: Instant::now(), fixed }
    }

    pub(crate) fn now(&self) -> Now {
        let unix = self.fixed.unwrap_or_else(|| {
            UnixTime(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
        });
        Now { monotonic: Millis(u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)), unix }
    }

    fn instant(&self, at: Millis) -> Instant {
        // A wake-up a thousand years off is none.
        self.origin
            .checked_add(Duration::from_millis(at.0))
            .unwrap_or_else(|| self.origin + Duration::from_secs(1 << 32))
    }
}

impl<M: Converse> Wire<M> {
    pub(crate) fn new(layer: Layer<M>, stream: TcpStream, clock: Clock) -> Self {
        // Replies are written whole; waiting for more to say would only delay them.
        let _ = stream.set_nodelay(true);
        Self {
            layer,
            stream,
            clock,
            wake: None,
            unsent: Vec::new(),
            written: 0,
            stalled_since: None,
            patience: WRITE_TIMEOUT,
            has_stalled: false,
            is_broken: false,
            has_ended: false,
            has_heard: false,
        }
    }

    pub(crate) fn machine(&self) -> &M {
        self.layer.machine()
    }

    /// Whether the peer has sent anything.
    pub(crate) fn has_heard(&self) -> bool {
        self.has_heard
    }

    /// From now on the peer may take none of our octets for so long at most; also where it takes none already.
    pub(crate) fn be_patient(&mut self, patience: Duration) {
        self.patience = patience.min(WRITE_TIMEOUT);
    }

    /// Whether the connection was given up because the peer took none of our octets.
    pub(crate) fn has_stalled(&self) -> bool {
        self.has_stalled
    }

    /// All that the handshake told, while TLS is on.
    pub(crate) fn facts(&self) -> Option<tls::Facts> {
        self.layer.facts()
    }

    /// Hands the machine an input of the host's.
    pub(crate) fn input(&mut self, input: M::Input<'_>) -> Result<(), WireError> {
        self.layer.handle(self.clock.now(), tls::Input::Inner(input)).map_err(WireError)
    }

    /// Acts on what the machine has to say until there is an event, or nothing more without input. It may be dropped while it
    /// waits for the peer to take our octets; the next call goes on with them.
    pub(crate) async fn drain(&mut self) -> Result<Option<tls::Event<M::Event>>, WireError> {
        loop {
            self.flush().await?;
            match self.layer.poll() {
                Output::Transmit(octets) => self.unsent = octets,
                Output::Event(event) => return Ok(Some(event)),
                Output::Ask(..) => {} // SMTP itself asks nothing.
                Output::Idle { wake } => {
                    self.wake = wake;
                    return Ok(None);
                }
            }
        }
    }

    /// Waits for octets of the peer or for the machine's wake-up, and hands in what came. To be called when
    /// [`drain`](Self::drain) had nothing more. It may be dropped while it waits. Whether something came.
    pub(crate) async fn wait(&mut self) -> Result<bool, WireError> {
        let wake = self.wake.map(|at| self.clock.instant(at));
        let tick = async {
            match wake {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        if !self.layer.wants_wire() {
            tick.await;
            return self.handle(tls::Input::Tick).map(|()| false);
        }
        tokio::select! {
            _ = self.stream.readable() => self.read(),
            () = tick => self.handle(tls::Input::Tick).map(|()| false),
        }
    }

    /// Hands in what the peer has said already, without waiting for more. Whether there was anything.
    pub(crate) async fn glance(&mut self) -> Result<bool, WireError> {
        if !self.layer.wants_wire() {
            return Ok(false);
        }
        tokio::select! {
            biased;
            _ = self.stream.readable() => self.read(),
            // The system has been asked for news by then.
            () = tokio::task::yield_now() => Ok(false),
        }
    }

    /// Hands in what has come before anything was sent, if something has.
    pub(crate) async fn listen_first(&mut self) -> Result<(), WireError> {
        let has_come = rustix::io::ioctl_fionread(&self.stream).is_ok_and(|octets| octets > 0);
        if has_come && self.layer.wants_wire() {
            let _ = self.stream.readable().await; // An error shows when it is read.
            self.read()?;
        }
        Ok(())
    }

    /// Reads what is there. Whether there was anything, if only an end.
    fn read(&mut self) -> Result<bool, WireError> {
        BUFFER.with_borrow_mut(|buffer| {
            match self.stream.try_read(buffer) {
                // It only seemed so.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Ok(0) => self.ended(End::Orderly),
                Ok(count) => {
                    self.has_heard = true;
                    let octets = buffer.get(..count).unwrap_or_default();
                    self.layer.handle(self.clock.now(), tls::Input::Wire(octets)).map_err(WireError)
                }
                Err(_) => self.cut(),
            }
            .map(|()| true)
        })
    }

    /// Whether the conversation is over, as far as the machine goes.
    pub(crate) fn is_over(&self) -> bool {
        self.layer.is_over()
    }

    /// Closes the connection: what was written still arrives.
    pub(crate) async fn close(mut self) {
        if self.is_broken {
            return;
        }
        let _ = self.stream.shutdown().await;
        // Octets that the peer had under way would reset the connection, and with it what it has not read yet of ours.
        let end = Instant::now() + LAST_OCTETS;
        // Whoever sends faster than this reads never lets it wait, and so the clock is asked besides.
        let drained =
            async { while self.stream.readable().await.is_ok() && self.drop_octets() && Instant::now() < end {} };
        let _ = timeout_at(end, drained).await;
    }

    /// Whether more may come.
    fn drop_octets(&self) -> bool {
        BUFFER.with_borrow_mut(|buffer| match self.stream.try_read(buffer) {
            Ok(count) => count > 0,
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        })
    }

    fn handle(&mut self, input: tls::Input<'static, M::Input<'static>>) -> Result<(), WireError> {
        self.layer.handle(self.clock.now(), input).map_err(WireError)
    }

    /// Writes what is to be written.
    async fn flush(&mut self) -> Result<(), WireError> {
        while let Some(octets @ [_, ..]) = self.unsent.get(self.written..).filter(|_| !self.is_broken) {
            let since = *self.stalled_since.get_or_insert_with(Instant::now);
            match timeout_at(since + self.patience, self.stream.write(octets)).await {
                Ok(Ok(count @ 1..)) => {
                    self.written += count;
                    self.stalled_since = None;
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                failed => {
                    self.has_stalled = failed.is_err();
                    // Why the peer takes no more, it may have said.
                    self.glance().await?;
                    self.cut()?;
                }
            }
        }
        (self.unsent, self.written, self.stalled_since) = (Vec::new(), 0, None);
        Ok(())
    }

    fn cut(&mut self) -> Result<(), WireError> {
        self.is_broken = true;
        self.ended(End::Cut)
    }

    /// Nothing more comes of the peer. Writing may fail after that, too.
    fn ended(&mut self, end: End) -> Result<(), WireError> {
        match std::mem::replace(&mut self.has_ended, true) {
            true => Ok(()),
            false => self.handle(tls::Input::End(end)),
        }
    }
}

impl From<WireError> for crate::failure::Failure {
    fn from(error: WireError) -> Self {
        Self::new(error.to_string())
    }
}
