//! One seed: the gateway, everything around it, and the auditor, from one event to the next.

mod agents;
mod calamities;
mod connections;
mod process;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use passerelle::gateway::Gateway;
use passerelle::{Millis, Now, UnixTime};

use crate::auditor::{Auditor, Seen, Verdict, Wrong, wrong};
use crate::counting;
use crate::cryptography;
use crate::dice::Dice;
use crate::environment::dns::Dns;
use crate::environment::gate::{Gate, GateSession};
use crate::environment::hop::HopSession;
use crate::environment::link::Link;
use crate::faults::{Fault, Faults};
use crate::meddling::Meddling;
use crate::mutants::Mutant;
use crate::tally::Tally;
use crate::trace::Trace;
use crate::workload::mail::Mail;
use crate::workload::sender::{Sender, Session};
use crate::world::{POLICIES, UNIX, Who};

/// Milliseconds from the end of the faults within which every message has arrived or is refused.
const LIVELINESS: u64 = 6 * 60 * 60_000;
/// Milliseconds within which a session ends whose client has gone: the message that is under way has its deadlines.
const LEAVING: u64 = 20 * 60_000;
/// Steps of a simulation: far more than any takes, so that one that turns in circles is found out.
const STEPS: u64 = 400_000;

/// A seed, and what is varied of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) left_out: BTreeSet<Fault>,
    pub(crate) mutant: Option<Mutant>,
    pub(crate) is_told: bool,
}

/// What came of a seed.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) verdict: Verdict,
    pub(crate) hash: u64,
    pub(crate) tally: Tally,
    pub(crate) faults: BTreeSet<Fault>,
    pub(crate) story: String,
}

pub(crate) struct Simulation {
    now: u64,
    /// Seconds by which the wall clock is wrong.
    skew: i64,
    quiet_at: u64,
    dice: Dice,
    faults: Faults,
    mails: Rc<Vec<Mail>>,
    senders: Vec<Sender>,
    links: BTreeMap<u64, Link>,
    next_link: u64,
    hops: BTreeMap<u64, HopSession>,
    dns: Dns,
    gate: Gate,
    auditor: Auditor,
    trace: Trace,
    meddling: Meddling,
    tally: Tally,
    steps: u64,
}

impl Case {
    pub(crate) fn run(&self) -> Run {
        let mut simulation = Simulation::new(self);
        // What panics tells its story, too.
        let verdict = catch_unwind(AssertUnwindSafe(|| simulation.run())).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(wrong("panic", None, text.unwrap_or_default()))
        });
        simulation.report(verdict)
    }
}

impl Simulation {
    fn new(case: &Case) -> Self {
        cryptography::seed(case.seed);
        let mut dice = Dice::new(case.seed);
        let faults = Faults::draw(case.seed, &case.left_out, case.mutant.and_then(Mutant::needs));
        let count = dice.of(&[1, 1, 2, 3, 4, 6]);
        let mut workload = Dice::new(dice.next());
        let mails: Vec<Mail> = (0..count)
            .map(|number| {
                let who = workload.of(&[Who::Stranger, Who::Apps, Who::Apps, Who::Ann, Who::Tenant]);
                let who = if workload.once_in(20) { Who::Neighbour } else { who };
                Mail::draw(number, who, &mut workload)
            })
            .collect();
        let kinds = Who::ALL.into_iter().filter(|who| mails.iter().any(|mail| mail.who == *who));
        let senders = kinds.map(|who| Sender::new(who, &mails, Dice::new(workload.next()))).collect();
        let mails = Rc::new(mails);
        let policy = dice.below(POLICIES.len() as u64) as usize;
        let mut trace = Trace::default();
        trace.is_told = case.is_told;
        Self {
            now: 0,
            skew: 0,
            quiet_at: 60_000 * dice.of(&[5, 15, 30, 60]),
            dice,
            faults,
            senders,
            links: BTreeMap::new(),
            next_link: 0,
            hops: BTreeMap::new(),
            dns: Dns::default(),
            gate: Gate::new(policy, case.mutant),
            auditor: Auditor::new(mails.clone(), policy),
            mails,
            trace,
            meddling: Meddling::new(case.mutant),
            tally: Tally::default(),
            steps: 0,
        }
    }

    fn now(&self) -> Now {
        let unix = (UNIX + self.now / 1000).saturating_add_signed(self.skew);
        Now { monotonic: Millis(self.now), unix: UnixTime(unix) }
    }

    fn see(&mut self, seen: Seen<'_>) -> Verdict {
        let now = self.now().unix;
        self.auditor.see(now, seen)
    }

    /// To the end: everything delivered or refused, and every session over.
    fn run(&mut self) -> Verdict {
        loop {
            while self.settle()? {}
            if self.senders.iter().all(|sender| sender.is_done() && sender.session.is_none())
                && self.gate.sessions.is_empty()
            {
                return Ok(());
            }
            if !self.faults.are_over && self.now >= self.quiet_at {
                self.faults.are_over = true;
                self.skew = 0;
                self.trace.tell(self.now, None, || "-- from here on nothing goes wrong".into());
            }
            if self.faults.are_over && self.now > self.quiet_at + LIVELINESS {
                let left = self.senders.iter().find_map(|sender| sender.left.iter().next());
                let what =
                    format!("hours after the last fault, to do: {left:?}, {} sessions", self.gate.sessions.len());
                return Err(wrong("liveness", left.map(|(number, _)| *number), what));
            }
            self.sessions_end()?;
            let quiet = (!self.faults.are_over).then_some(self.quiet_at);
            let Some(next) = self.next_at().into_iter().chain(quiet).min() else {
                let left: Vec<u64> = self.gate.sessions.keys().copied().collect();
                return Err(wrong(
                    "liveness",
                    None,
                    format!("nothing happens any more; there are the sessions {left:?}"),
                ));
            };
            self.now = next.max(self.now + 1);
            if self.rarely(Fault::Suspended, 300) {
                self.now += 1000 * self.faults.dice(Fault::Suspended).of(&[10, 100, 400]);
                self.trace.tell(self.now, None, || "-- the process was suspended".into());
            }
        }
    }

    /// Whether a fault strikes that has very many chances.
    fn rarely(&mut self, fault: Fault, times: u64) -> bool {
        !self.faults.are_over && self.faults.dice(fault).once_in(times) && self.faults.strikes(fault)
    }

    fn sessions_end(&self) -> Verdict {
        let late = |session: &GateSession| session.client_gone_at.is_some_and(|at| self.now > at + LEAVING);
        match self.gate.sessions.iter().find(|(_, session)| late(session)) {
            Some((id, _)) => {
                let mail = self.mail_of(*id);
                Err(wrong("ends", mail, format!("the client of session {id} has gone, and the session does not end")))
            }
            None => Ok(()),
        }
    }

    fn next_at(&self) -> Option<u64> {
        let senders = self.senders.iter().filter_map(Sender::next_at);
        let links = self.links.values().filter_map(Link::next_at).filter(|at| *at > self.now);
        let hops = self.hops.values().filter_map(HopSession::next_at);
        let sessions = self.gate.sessions.values().filter_map(GateSession::next_at);
        let places = self.gate.places.wake().map(|at| at.0);
        senders.chain(links).chain(hops).chain(sessions).chain(places).min()
    }

    /// Does everything that can be done now. False where that is nothing.
    fn settle(&mut self) -> Result<bool, Wrong> {
        self.steps += 1;
        if self.steps > STEPS {
            return Err(wrong("ends", None, "it turns in circles"));
        }
        let mut is_busy = false;
        for sender in 0..self.senders.len() {
            is_busy |= self.sender(sender)?;
        }
        for link in self.hops.keys().copied().collect::<Vec<_>>() {
            is_busy |= self.hop(link)?;
        }
        for session in self.gate.sessions.keys().copied().collect::<Vec<_>>() {
            is_busy |= self.session(session)?;
        }
        is_busy |= self.idle()?;
        Ok(is_busy)
    }

    fn mail_of(&self, session: u64) -> Option<usize> {
        let sender = self.senders.iter().filter_map(|sender| sender.session.as_ref());
        sender.into_iter().find(|own| own.link == session).and_then(Session::mail)
    }

    fn link(&mut self, cut: Fault) -> u64 {
        let link = self.next_link;
        self.next_link += 1;
        self.links.insert(link, Link::new(&mut self.dice, cut, &mut self.faults));
        link
    }

    fn report(mut self, verdict: Verdict) -> Run {
        let mail = verdict.as_ref().err().and_then(|wrong| wrong.mail);
        let mut tally = std::mem::take(&mut self.auditor.tally);
        tally.add_all(&self.tally);
        for (fault, times) in self.faults.struck() {
            tally.add_times(fault.name(), *times);
        }
        let sum = |of: fn(&Sender) -> u64| self.senders.iter().map(of).sum();
        tally.add_times("recipients: delivered", sum(|sender| sender.delivered));
        tally.add_times("recipients: refused", sum(|sender| sender.refused));
        self.trace.number(self.steps);
        Run {
            verdict,
            hash: self.trace.hash(),
            tally,
            faults: self.faults.active().collect(),
            story: self.trace.story(mail),
        }
    }
}

/// The memory that a machine has, found out by dropping it.
fn memory_of(gateway: Gateway) -> u64 {
    let ((), count) = counting::measure(|| drop(gateway));
    count.held.unsigned_abs() as u64
}
