//! What the envelope alone decides.

use std::collections::VecDeque;
use std::fmt::Debug;

use super::{Envelope, Queued, Settings};
use crate::domain::Domain;
use crate::evaluate::{Evaluate, Run};
use crate::lookup::Answers;
use crate::results::{IpRev, IpRevVerdict};
use crate::spf::{self, CheckHost};
use crate::time::Now;

/// The checks of the client.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) envelope: Envelope,
    spf: Check<CheckHost>,
    /// Of HELO, where `spf` is of MAIL FROM.
    spf_helo: Check<CheckHost>,
    iprev: Check<IpRev>,
}

/// One of them, where there is something to check.
#[derive(Debug)]
struct Check<E: Evaluate<Verdict: Debug>> {
    run: Option<Run<E>>,
    is_told: bool,
}

impl<E: Evaluate<Verdict: Debug>> Check<E> {
    fn of(evaluator: Option<E>) -> Self {
        Self { run: evaluator.map(Run::new), is_told: false }
    }

    fn advance(&mut self, answers: &mut Answers) -> bool {
        self.run.as_mut().is_none_or(|run| run.advance(answers).is_some())
    }

    fn verdict(&self) -> Option<&E::Verdict> {
        self.run.as_ref().and_then(Run::verdict)
    }

    fn take_verdict(&mut self) -> Option<E::Verdict> {
        self.run.take().and_then(Run::into_verdict)
    }

    /// Says once that there is a verdict.
    fn tell(&mut self, queue: &mut VecDeque<Queued>, queued: Queued) {
        if self.verdict().is_some() && !std::mem::replace(&mut self.is_told, true) {
            queue.push_back(queued);
        }
    }
}

/// The verdicts.
pub(super) struct Verdicts {
    pub(super) spf: spf::Verdict,
    pub(super) spf_helo: Option<spf::Verdict>,
    pub(super) iprev: Option<IpRevVerdict>,
}

impl Client {
    pub(super) fn new(settings: &Settings, envelope: &Envelope, now: Now) -> Self {
        let (mut spf, mut spf_helo, mut iprev) = (None, None, None);
        if let Some(ip) = envelope.ip {
            iprev = settings.check_iprev.then_some(IpRev { ip });
            let known = |text: &Option<String>| text.clone().unwrap_or_default();
            let request = spf::Request::new(ip, known(&envelope.helo), known(&envelope.mail_from))
                .receiver(Domain::parse(&settings.authserv_id).ok())
                .unix(now.unix);
            let check = |check: CheckHost| {
                let check = check.void_limit(settings.limits.spf_void_lookups);
                if settings.trail { check } else { check.without_trail() }
            };
            let helo = envelope.helo.as_ref().map(|_| CheckHost::helo(&request));
            if request.is_null_reverse_path() {
                // With a null reverse-path HELO is what there is to check (RFC 7208 §2.4); without a MAIL FROM at all,
                // too.
                spf = helo.map(check);
            } else {
                spf = Some(check(CheckHost::mail_from(&request)));
                spf_helo = helo.filter(|_| settings.check_helo).map(check);
            }
        }
        Self { envelope: envelope.clone(), spf: Check::of(spf), spf_helo: Check::of(spf_helo), iprev: Check::of(iprev) }
    }

    pub(super) fn advance(&mut self, answers: &mut Answers) -> bool {
        // All of them, so that what they ask goes out together.
        let spf = self.spf.advance(answers);
        let helo = self.spf_helo.advance(answers);
        let iprev = self.iprev.advance(answers);
        spf && helo && iprev
    }

    /// Says which verdicts are new.
    pub(super) fn tell(&mut self, queue: &mut VecDeque<Queued>) {
        if self.spf.run.is_none() && !std::mem::replace(&mut self.spf.is_told, true) {
            queue.push_back(Queued::Spf);
        }
        self.spf.tell(queue, Queued::Spf);
        self.spf_helo.tell(queue, Queued::SpfHelo);
        self.iprev.tell(queue, Queued::IpRev);
    }

    /// [`Report::spf`](super::Report::spf), once it is known.
    pub(super) fn spf(&self) -> Option<spf::Verdict> {
        match self.spf.run {
            Some(_) => self.spf.verdict().cloned(),
            None => Some(spf::Verdict::not_checked(self.why_no_spf())),
        }
    }

    /// [`Report::spf_helo`](super::Report::spf_helo), once it is known.
    pub(super) fn spf_helo(&self) -> Option<spf::Verdict> {
        self.spf_helo.verdict().cloned()
    }

    /// [`Report::iprev`](super::Report::iprev), once it is known.
    pub(super) fn iprev(&self) -> Option<IpRevVerdict> {
        self.iprev.verdict().cloned()
    }

    /// The verdicts, when all checks are done; the checks are gone then.
    pub(super) fn take_verdicts(&mut self) -> Verdicts {
        let why = self.why_no_spf();
        Verdicts {
            spf: self.spf.take_verdict().unwrap_or_else(|| spf::Verdict::not_checked(why)),
            spf_helo: self.spf_helo.take_verdict(),
            iprev: self.iprev.take_verdict(),
        }
    }

    /// The domain that SPF may authenticate for DMARC (RFC 9989 §3.2.4).
    pub(super) fn spf_domain(&self) -> Option<Domain> {
        let run = self.spf.run.as_ref().filter(|_| self.envelope.mail_from.is_some());
        run.and_then(|run| run.evaluator().domain().cloned())
    }

    fn why_no_spf(&self) -> &'static str {
        match self.envelope.ip {
            None => "the client's address is not known",
            Some(_) => "neither the HELO name nor the reverse-path is known",
        }
    }
}
