//! The two timers of a session. What the second one means depends on the state.

use crate::time::Millis;

/// When the machine wants to be called without input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Timers {
    /// The end of the whole session.
    session: Option<Millis>,
    /// The end of what is waited for now: a command, content, a decision, or a delay.
    wait: Option<Millis>,
    /// When that began.
    since: Millis,
}

impl Timers {
    pub(super) fn start_session(&mut self, now: Millis, millis: u64) {
        self.session = Some(now + millis);
    }

    pub(super) fn wait(&mut self, now: Millis, millis: u64) {
        (self.since, self.wait) = (now, Some(now + millis));
    }

    /// What is waited for may take so long, from when it began.
    pub(super) fn change_wait(&mut self, millis: u64) {
        self.wait = self.wait.map(|_| self.since + millis);
    }

    pub(super) fn stop(&mut self) {
        *self = Self::default();
    }

    /// When to be called; `whole_session` is false where the end of the session does not count now.
    pub(super) fn wake(&self, whole_session: bool) -> Option<Millis> {
        match (self.session.filter(|_| whole_session), self.wait) {
            (Some(session), Some(wait)) => Some(session.min(wait)),
            (session, wait) => session.or(wait),
        }
    }

    pub(super) fn session_is_over(&self, now: Millis) -> bool {
        self.session.is_some_and(|end| end <= now)
    }

    pub(super) fn wait_is_over(&self, now: Millis) -> bool {
        self.wait.is_some_and(|end| end <= now)
    }
}
