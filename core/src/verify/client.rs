//! What the envelope alone decides.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr};

use super::{Envelope, Queued, Settings, Source};
use crate::domain::Domain;
use crate::evaluate::{Evaluate, Run};
use crate::lookup::Answers;
use crate::mailbox::ReversePath;
use crate::results::{IpRev, IpRevVerdict};
use crate::spf::{self, CheckHost, Identity};
use crate::time::Now;

/// The checks of the client.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) envelope: Envelope,
    spf: Check<CheckHost>,
    /// Of HELO, where `spf` is of MAIL FROM.
    spf_helo: Check<CheckHost>,
    iprev: Check<IpRev>,
    /// The domain that SPF may authenticate for DMARC (RFC 9989 §3.2.4), where the reverse-path is known.
    pub(super) spf_domain: Option<Domain>,
    /// The reverse-path is no path.
    is_path_wrong: bool,
}

/// One of them, where there is something to check.
#[derive(Debug)]
struct Check<E: Evaluate<Verdict: Debug>> {
    run: Option<Run<E>>,
    is_told: bool,
    /// What is checked was taken from the message.
    is_derived: bool,
}

impl<E: Evaluate<Verdict: Debug>> Check<E> {
    fn of(evaluator: Option<E>) -> Self {
        Self { run: evaluator.map(Run::new), is_told: false, is_derived: false }
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
        let mut client = Self {
            envelope: envelope.clone(),
            spf: Check::of(None),
            spf_helo: Check::of(None),
            iprev: Check::of(None),
            spf_domain: None,
            is_path_wrong: false,
        };
        let mail_from = match envelope.path().map(ReversePath::written) {
            Some(Ok(path)) => path,
            Some(Err(_)) => {
                client.is_path_wrong = true;
                String::new()
            }
            None => String::new(),
        };
        let is_derived = |sources: &[Option<Source>]| sources.iter().any(|source| envelope.is_doubtful(*source));
        let (ip_source, helo_source) = (envelope.ip_source(), envelope.helo_source());
        let of_mail_from = is_derived(&[ip_source, envelope.mail_from_source()]);
        let of_helo = is_derived(&[ip_source, helo_source]);
        let helo = envelope.helo.clone().unwrap_or_default();
        // Nothing is checked at this address; the domain is what matters then.
        let ip = envelope.ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let request =
            spf::Request::new(ip, helo, mail_from).receiver(Domain::parse(&settings.authserv_id).ok()).unix(now.unix);
        let check = |check: CheckHost| {
            let check = check.void_limit(settings.limits.spf_void_lookups);
            if settings.trail { check } else { check.without_trail() }
        };
        let helo = envelope.helo.as_ref().map(|_| check(CheckHost::helo(&request)));
        let (spf, spf_helo) = match request.is_null_reverse_path() {
            // With a null reverse-path HELO is what there is to check (RFC 7208 §2.4); without a MAIL FROM at all, too.
            true if !client.is_path_wrong => (helo, None),
            true => (None, helo.filter(|_| settings.check_helo)),
            false => {
                // What a macro makes of a name that proves nothing must not count either.
                let told =
                    if is_derived(&[helo_source]) && !of_mail_from { String::new() } else { request.helo.clone() };
                let mail_from = check(CheckHost::mail_from(&request.helo(told)));
                (Some(mail_from), helo.filter(|_| settings.check_helo))
            }
        };
        if envelope.mail_from.is_some() {
            client.spf_domain = spf.as_ref().and_then(|check| check.domain().cloned());
        }
        if envelope.ip.is_some() {
            let identity = spf.as_ref().map(CheckHost::identity);
            client.spf = Check::of(spf);
            client.spf.is_derived = match identity {
                Some(Identity::Helo) => of_helo || of_mail_from,
                _ => of_mail_from,
            };
            client.spf_helo = Check::of(spf_helo);
            client.spf_helo.is_derived = of_helo;
            client.iprev = Check::of(settings.check_iprev.then_some(IpRev { ip }));
            client.iprev.is_derived = is_derived(&[ip_source]);
        }
        client
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
            Some(_) => Some(spf::Verdict { derived: self.spf.is_derived, ..self.spf.verdict()?.clone() }),
            None => Some(spf::Verdict::not_checked(self.why_no_spf())),
        }
    }

    /// [`Report::spf_helo`](super::Report::spf_helo), once it is known.
    pub(super) fn spf_helo(&self) -> Option<spf::Verdict> {
        Some(spf::Verdict { derived: self.spf_helo.is_derived, ..self.spf_helo.verdict()?.clone() })
    }

    /// [`Report::iprev`](super::Report::iprev), once it is known.
    pub(super) fn iprev(&self) -> Option<IpRevVerdict> {
        Some(IpRevVerdict { derived: self.iprev.is_derived, ..self.iprev.verdict()?.clone() })
    }

    /// The verdicts, when all checks are done; the checks are gone then.
    pub(super) fn take_verdicts(&mut self) -> Verdicts {
        let spf =
            |check: &mut Check<CheckHost>| Some(spf::Verdict { derived: check.is_derived, ..check.take_verdict()? });
        let why = self.why_no_spf();
        Verdicts {
            spf: spf(&mut self.spf).unwrap_or_else(|| spf::Verdict::not_checked(why)),
            spf_helo: spf(&mut self.spf_helo),
            iprev: self.iprev.take_verdict().map(|verdict| IpRevVerdict { derived: self.iprev.is_derived, ..verdict }),
        }
    }

    fn why_no_spf(&self) -> &'static str {
        match self.envelope.ip {
            _ if self.is_path_wrong => "the reverse-path is not a valid path",
            None => "the client's address is not known",
            Some(_) => "neither the HELO name nor the reverse-path is known",
        }
    }
}
