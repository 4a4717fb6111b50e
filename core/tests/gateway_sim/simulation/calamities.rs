//! What may happen to the process at any moment.

use std::sync::Arc;

use passerelle::gateway::{Input, Terms};

use super::{Simulation, memory_of};
use crate::auditor::{MOST_MEMORY, Seen, Verdict, wrong};
use crate::environment::gate::{Gate, setup};
use crate::faults::Fault;
use crate::world::POLICIES;

impl Simulation {
    /// What may happen to the process at any moment.
    pub(super) fn calamities(&mut self, id: u64) -> Verdict {
        if self.rarely(Fault::Reload, 10) {
            let policy = self.faults.dice(Fault::Reload).below(POLICIES.len() as u64) as usize;
            self.trace.tell(self.now, None, || format!("-- policy {policy} is in force"));
            self.see(Seen::Renewed { policy })?;
            self.gate.policy = policy;
            if !self.meddling.never_renews() {
                self.gate.setup = setup(policy, self.meddling.mutant());
                let terms = Terms::of(&self.gate.setup.policy);
                self.gate.places.renew(terms, self.now());
                self.places()?;
                for session in self.gate.sessions.keys().copied().collect::<Vec<_>>() {
                    let setup = Arc::clone(&self.gate.setup);
                    self.hand(session, Input::Renew(setup))?;
                }
            }
        }
        if self.rarely(Fault::ClockJump, 20) {
            let dice = self.faults.dice(Fault::ClockJump);
            self.skew = dice.of(&[-86_400, -3600, -1, 1, 3600, 86_400]);
            self.trace.tell(self.now, None, || format!("-- the clock is wrong by {} s", self.skew));
        }
        if self.rarely(Fault::Shutdown, 40) {
            self.trace.tell(self.now, self.mail_of(id), || format!("[{id}] is to stop"));
            self.hand(id, Input::Shutdown)?;
        }
        if self.gate.crashes < 3 && self.rarely(Fault::Crash, 40) {
            self.crash()?;
        }
        Ok(())
    }

    /// The process is gone, with everything that it had.
    pub(super) fn crash(&mut self) -> Verdict {
        let now = self.now;
        self.trace.tell(now, None, || "-- the gateway crashes".into());
        self.see(Seen::Crashed)?;
        let mutant = self.meddling.mutant();
        let again = Gate::new(self.gate.policy, mutant);
        let old = std::mem::replace(&mut self.gate, again);
        self.gate.crashes = old.crashes + 1;
        self.gate.down_until = now + 1000 * self.faults.dice(Fault::Crash).of(&[0, 5, 60]);
        for link in self.links.values_mut() {
            link.reset(now);
        }
        for (id, session) in old.sessions {
            let memory = memory_of(session.gateway);
            if memory > MOST_MEMORY {
                return Err(wrong("bounded", None, format!("session {id} had {memory} octets of memory")));
            }
        }
        Ok(())
    }
}
