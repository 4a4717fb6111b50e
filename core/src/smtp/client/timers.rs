//! The two timers of a client: for what is waited for now, and for the connection as a whole.

use super::closed::Stage;
use super::settings::Timeouts;
use crate::time::Millis;

/// When a client wants to be called without input.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timers {
    wait: Option<Millis>,
    session: Option<Millis>,
}

impl Timers {
    pub(super) fn new(timeouts: &Timeouts, now: Millis) -> Self {
        Self { wait: None, session: timeouts.session.map(|limit| now + limit) }
    }

    /// From now on this is waited for.
    pub(super) fn wait(&mut self, timeouts: &Timeouts, now: Millis, stage: Stage) {
        self.wait = timeouts.of(stage).map(|limit| now + limit);
    }

    pub(super) fn stop(&mut self) {
        *self = Self::default();
    }

    pub(super) fn wake(&self) -> Option<Millis> {
        self.wait.into_iter().chain(self.session).min()
    }

    pub(super) fn wait_is_over(&self, now: Millis) -> bool {
        self.wait.is_some_and(|end| end <= now)
    }

    pub(super) fn session_is_over(&self, now: Millis) -> bool {
        self.session.is_some_and(|end| end <= now)
    }
}

impl Timeouts {
    fn of(&self, stage: Stage) -> Option<u64> {
        match stage {
            Stage::Greeting => Some(self.greeting),
            Stage::Hello => Some(self.hello),
            Stage::StartTls | Stage::Handshake => Some(self.starttls),
            Stage::Auth => Some(self.auth),
            // How long a connection is kept without a message is the host's decision.
            Stage::Idle => None,
            Stage::Mail => Some(self.mail),
            Stage::Rcpt => Some(self.rcpt),
            Stage::Data => Some(self.data),
            Stage::Content => Some(self.content),
            Stage::EndOfData => Some(self.end_of_data),
            Stage::Reset => Some(self.reset),
            Stage::Quit => Some(self.quit),
        }
    }
}
