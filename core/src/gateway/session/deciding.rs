//! The message is there, behind its dot: what is known of it now decides.

use std::sync::Arc;

use super::about::About;
use super::content::Content;
use super::context::Context;
use super::ended::Ended;
use super::sending::{Material, Sending, Step};
use super::ways::{Told, WayId, Ways};
use crate::evaluate::Run;
use crate::gateway::content::keys::Published;
use crate::gateway::content::signing;
use crate::gateway::replies::{ours, worst};
use crate::gateway::{Event, Held, Hold};
use crate::limits::GATEWAY_READ;
use crate::message::Header;
use crate::route::Message;
use crate::route::decide::{Decide, Decision, Fate, Group, Mode};
use crate::route::policy::Change;
use crate::route::replies::Reason;
use crate::smtp::Reply;
use crate::smtp::server::{self, DecisionId};
use crate::time::Millis;

/// A message that is decided on as a whole.
#[derive(Debug)]
pub(super) struct Deciding {
    id: DecisionId,
    message: Box<server::Message>,
    content: Content,
    /// By when the client is answered.
    until: Millis,
    /// By when the DNS has to have answered, so that there is time left to send.
    patience: Millis,
    run: Option<Box<Run<Decide>>>,
    /// What was decided, once it was.
    decision: Option<Box<Decision>>,
    /// The body, where a rule changes it.
    body: Option<Vec<u8>>,
}

/// Where it goes from here.
#[derive(Debug)]
pub(super) enum Next {
    Sending(Box<Sending>),
    Ended(Box<Ended>),
}

impl Deciding {
    pub(super) fn new(
        cx: &mut Context,
        about: &mut About,
        id: DecisionId,
        message: Box<server::Message>,
        content: Content,
    ) -> Self {
        let time = about.setup.policy.timeouts.end_of_data;
        let (until, patience) = (cx.now.monotonic + time, cx.now.monotonic + time / 2);
        if let Some(verifying) = &mut about.verifying {
            verifying.end(cx.now);
            about.shared.drive(cx.now, verifying);
        }
        Self { id, message, content, until, patience, run: None, decision: None, body: None }
    }

    pub(super) fn wake(&self) -> Option<Millis> {
        Some(self.patience).filter(|_| self.decision.is_none()).or(Some(self.until))
    }

    /// The host has answered.
    pub(super) fn held(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways, held: Held<'_>) {
        match (held, &mut self.body) {
            (Held::Octets(octets), Some(body)) if !octets.is_empty() => body.extend_from_slice(octets),
            (Held::Octets(_), Some(_)) => self.content.fail(cx, about, ways, ours(Reason::Storage)),
            (held, _) => self.content.held(cx, about, ways, held),
        }
    }

    /// What the early hop tells meanwhile.
    pub(super) fn told(&mut self, way: WayId, told: &Told) {
        if let (Told::Sent(_), true) = (told, self.content.chosen.way == Some(way)) {
            // It has given up before it was handed anything. Another one is opened when it is time.
            self.content.chosen.way = None;
        }
    }

    /// The client has gone: nothing is sent.
    pub(super) fn abandon(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways) {
        self.content.fail(cx, about, ways, ours(Reason::TooLate));
    }

    /// Goes on as far as answers reach.
    pub(super) fn advance(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways) -> Option<Next> {
        if self.content.failed.is_none() && self.until <= cx.now.monotonic {
            self.content.fail(cx, about, ways, ours(Reason::TooLate));
        }
        if let Some(reply) = &self.content.failed {
            let reply = reply.clone();
            return Some(self.refuse(reply));
        }
        // A message before this one may still wait to be forgotten.
        self.content.keep(cx);
        if self.content.is_blocked(cx) {
            return None;
        }
        if self.decision.is_none() {
            if self.patience <= cx.now.monotonic {
                about.shared.close(cx.now, about.verifying.as_mut());
            }
            if about.verifying.as_ref().is_some_and(|verifying| verifying.report().is_none()) {
                return None;
            }
            let decision = self.decide(cx, about)?;
            About::learn(cx, &decision);
            self.learn_keys(cx, about)?;
            self.decision = Some(Box::new(decision));
        }
        if self.lacks_body(cx, about) {
            return None;
        }
        self.conclude(cx, about, ways)
    }

    /// Asks for more of the body, where a rule changes it and there is more.
    fn lacks_body(&mut self, cx: &mut Context, about: &About) -> bool {
        let Some(decision) = &self.decision else { return true };
        let policy = &about.setup.policy;
        let has_footer = |group: &Group| {
            let rules = group.applied.iter().filter_map(|number| policy.rules.get(*number));
            rules.flat_map(|rule| &rule.changes).any(|change| matches!(change, Change::Footer(_)))
        };
        if !decision.groups.iter().any(has_footer) {
            return false;
        }
        let body = self.body.get_or_insert_default();
        let from = body.len() as u64;
        let lacks = from < self.content.body;
        if lacks && cx.asked_hold.is_none() {
            cx.hold(Hold::Read { from, octets: GATEWAY_READ });
        }
        lacks
    }

    fn decide(&mut self, cx: &Context, about: &mut About) -> Option<Decision> {
        if self.run.is_none() {
            let header = self.content.header.as_deref().cloned().unwrap_or_else(|| Header::split(b"").0);
            let mut facts = Message::new(header, self.message.size);
            if let Some(report) = about.verifying.as_ref().and_then(|verifying| verifying.report()) {
                facts = facts.verified(report);
            }
            let decide = about.decide(cx, about.accepted(), Some(Arc::new(facts)), 0);
            self.run = Some(Box::new(Run::new(decide)));
        }
        let run = self.run.as_mut()?;
        about.shared.advance(run).cloned()
    }

    /// What the DNS says of the keys that would sign, where they would.
    fn learn_keys(&self, cx: &mut Context, about: &mut About) -> Option<()> {
        let Some(header) = self.content.header.as_deref().filter(|_| self.content.chosen.is_ours) else {
            return Some(());
        };
        let policy = Arc::clone(&about.setup.policy);
        let Some(sign) = signing::signer(&policy, header) else { return Some(()) };
        let found = about.shared.ask(&Published(&sign.signer))?;
        for (selector, state) in Arc::make_mut(&mut cx.key_states).learn(&sign.domain, &found) {
            let selector = selector.to_string();
            cx.event(Event::KeyState { domain: sign.domain.clone(), selector, state });
        }
        Some(())
    }

    fn conclude(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways) -> Option<Next> {
        let decision = self.decision.take()?;
        let refused = decision.refused.iter().map(|refused| &refused.reply);
        let failing = decision.groups.iter().filter(|group| !group.copy).filter_map(|group| match group.outcome {
            Fate::Bounce | Fate::Defer => Some(group.reply.clone().unwrap_or_else(|| Reason::NoConnection.reply())),
            _ => None,
        });
        let failing: Vec<Reply> = refused.cloned().chain(failing).map(|reply| Reply::from(&reply)).collect();
        let (originals, copies): (Vec<&Group>, Vec<&Group>) = decision.groups.iter().partition(|group| !group.copy);
        let delivers = |group: &&&Group| matches!(group.outcome, Fate::Deliver | Fate::Quarantine);
        let some_taken = originals.iter().any(|group| !matches!(group.outcome, Fate::Bounce | Fate::Defer));
        if let Some(reply) = worst(&failing) {
            // One transaction, one end: what is refused for good to some of them is for all of them a matter of another try.
            let reply = match some_taken && reply.code / 100 == 5 {
                true => ours(Reason::OtherGroup),
                false => reply.clone(),
            };
            return Some(self.refuse_as(about, ways, cx, decision, reply));
        }
        if copies.iter().any(|group| matches!(group.outcome, Fate::Bounce | Fate::Defer)) {
            return Some(self.refuse_as(about, ways, cx, decision, ours(Reason::CopyNotTaken)));
        }
        if originals.is_empty() {
            return Some(self.refuse_as(about, ways, cx, decision, ours(Reason::NotAnswered)));
        }
        let mut steps: Vec<Step> = Vec::new();
        for group in copies.iter().chain(&originals).filter(|group| delivers(group)) {
            steps.push(Step::new((*group).clone()));
        }
        // What a rule throws away or quarantines leaves no early hop behind.
        let early = self.content.chosen.way.take();
        let is_same = |step: &Step| self.content.chosen.is_group(&step.group) && originals.len() == 1;
        match (early, steps.last_mut().filter(|step| !step.group.copy && is_same(step))) {
            (Some(way), Some(step)) => step.early = Some((way, self.content.chosen.to.clone())),
            (Some(way), None) => ways.say(cx, way, crate::gateway::way::Input::Abort),
            (None, _) => {}
        }
        if originals.iter().all(|group| group.outcome == Fate::Discard) && steps.is_empty() {
            let mut ended = Ended::discarded(self.id, self.message.size);
            ended.decision = Some(decision);
            return Some(Next::Ended(Box::new(ended)));
        }
        let mut decision = decision;
        decision.mode = Mode::Hold;
        let header = self.content.header.take().unwrap_or_else(|| Arc::new(Header::split(b"").0));
        let material = Material {
            header,
            body: self.body.take(),
            body_octets: self.content.body,
            scanner: self.content.needs(),
            hash: self.content.hash.take(),
            utf8: about.sender.parameters.smtputf8,
        };
        let until = self.until;
        Some(Next::Sending(Box::new(Sending::new(self.id, self.message.size, until, decision, steps, material))))
    }

    fn refuse(&mut self, reply: Reply) -> Next {
        let mut ended = Ended::refused(self.id, self.message.size, reply);
        ended.decision = self.decision.take().or_else(|| self.content.chosen.first.take());
        Next::Ended(Box::new(ended))
    }

    fn refuse_as(
        &mut self,
        about: &mut About,
        ways: &mut Ways,
        cx: &mut Context,
        decision: Box<Decision>,
        reply: Reply,
    ) -> Next {
        self.content.fail(cx, about, ways, reply.clone());
        let mut ended = Ended::refused(self.id, self.message.size, reply);
        ended.decision = Some(decision);
        Next::Ended(Box::new(ended))
    }
}
