//! MAIL was accepted, and RCPT comes.
//!
//! Each recipient is decided on for itself, with the answers that are there. The first that is accepted chooses the way of all; a
//! recipient that goes another way is told to come in a transaction of its own. Of an early message the hop answers RCPT, of a
//! late one admission does.

use super::about::{About, Named};
use super::chosen::{AtRcpt, Chosen};
use super::context::Context;
use super::plan;
use super::ways::{WayId, Ways, Word};
use crate::evaluate::Run;
use crate::gateway::replies::{in_words, ours};
use crate::gateway::way;
use crate::limits::GATEWAY_NAMED;
use crate::mailbox::{ForwardPath, Mailbox};
use crate::route::decide::{Decide, Decision};
use crate::route::replies::Reason;
use crate::smtp::server::{self, DecisionId};
use crate::smtp::{EnhancedCode, Reply, client};
use crate::time::Millis;

/// Who has been named, and who is being asked about.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    pub(super) chosen: Option<Chosen>,
    asking: Option<Asking>,
    /// What was decided of the last recipient that was refused by it.
    last_refused: Option<Box<Decision>>,
}

/// A recipient that is waited for.
#[derive(Debug)]
struct Asking {
    id: DecisionId,
    named: Named,
    /// The moment by which the client is answered.
    until: Millis,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Deciding(Box<Run<Decide>>),
    /// The hop is asked about this one, which may stand for the one that was named.
    AtHop(Mailbox),
}

impl Envelope {
    /// RCPT has come.
    pub(super) fn rcpt(&mut self, cx: &mut Context, about: &mut About, id: DecisionId, recipient: &server::Recipient) {
        let Some(mailbox) = about.mailbox(&recipient.path) else {
            return cx.decide(id, server::Decision::Refuse(ours(Reason::NoSuchDomain)));
        };
        if about.named.len() >= GATEWAY_NAMED {
            return cx.decide(id, server::Decision::Refuse(too_many()));
        }
        let before = about.named.iter().find(|named| named.is_accepted && named.mailbox == mailbox);
        if let Some(before) = before {
            // It gets the message once, however often it is named.
            return cx.decide(id, accept(before.reply.clone()));
        }
        let parameters = recipient.parameters.clone();
        let taken = about.accepted().len() as u64;
        let run = Run::new(about.decide(cx, vec![mailbox.clone()], None, taken));
        let named = Named { mailbox, parameters, is_accepted: false, host: None, reply: None };
        let until = cx.now.monotonic + about.setup.policy.timeouts.rcpt;
        self.asking = Some(Asking { id, named, until, stage: Stage::Deciding(Box::new(run)) });
    }

    /// When to be called.
    pub(super) fn wake(&self) -> Option<Millis> {
        self.asking.as_ref().map(|asking| asking.until)
    }

    /// Goes on as far as answers reach.
    pub(super) fn advance(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways) {
        let Some(asking) = &mut self.asking else { return };
        let Stage::Deciding(run) = &mut asking.stage else { return };
        if let Some(decision) = about.shared.advance(run).cloned() {
            return self.decided(cx, about, ways, decision);
        }
        if asking.until <= cx.now.monotonic {
            self.answer(cx, about, None, None, ours(Reason::Dns));
        }
    }

    fn decided(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways, decision: Decision) {
        About::learn(cx, &decision);
        let Some(asking) = &mut self.asking else { return };
        if let Some(reply) = decision.refused.first().map(|refused| &refused.reply).or(decision.reply.as_ref()) {
            let reply = Reply::from(reply);
            self.last_refused = Some(Box::new(decision));
            return self.answer(cx, about, None, None, reply);
        }
        if decision.groups.is_empty() {
            return self.answer(cx, about, None, None, ours(Reason::NotAnswered));
        }
        let needs_verification = about.setup.policy.needs_verification();
        let new = Chosen::of(decision, &asking.named.mailbox, needs_verification);
        let has_accepted = about.named.iter().any(|named| named.is_accepted);
        let is_same = self.chosen.as_ref().is_some_and(|chosen| chosen.is_same(&new));
        if let AtRcpt::Refuse(reply) = &new.at_rcpt {
            let reply = reply.clone();
            return self.answer(cx, about, None, None, reply);
        }
        if has_accepted && !is_same {
            return self.answer(cx, about, None, None, ours(Reason::OtherGroup));
        }
        if new.verifies {
            about.verify(cx);
        }
        let to = new.to.first().cloned();
        if !is_same {
            // Those who chose the way before were all refused.
            let way = self.chosen.replace(new).and_then(|chosen| chosen.way);
            if let Some(way) = way {
                ways.say(cx, way, way::Input::Abort);
            }
            if let Some(chosen) = &mut self.chosen {
                chosen.to.clear();
            }
        }
        self.go_on(cx, about, ways, to);
    }

    /// The way is chosen: the recipient is accepted, or the hop is asked.
    fn go_on(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways, to: Option<Mailbox>) {
        let (Some(chosen), Some(asking)) = (&mut self.chosen, &mut self.asking) else { return };
        let accepted = about.named.iter().filter(|named| named.is_accepted).count();
        if accepted.max(chosen.to.len()) >= chosen.max_recipients() {
            return self.answer(cx, about, None, None, too_many());
        }
        let to = to.filter(|_| chosen.at_rcpt == AtRcpt::AskHop);
        let Some(to) = to else { return self.answer(cx, about, Some(()), None, recipient_ok()) };
        // Two recipients that a rule replaces by one.
        if chosen.to.contains(&to) {
            return self.answer(cx, about, Some(()), None, recipient_ok());
        }
        let way = match (chosen.way, chosen.group()) {
            (Some(way), _) => way,
            (None, Some(group)) => {
                let plan =
                    plan::plan(about, group, if chosen.streams { way::Keeps::OneHost } else { way::Keeps::UntilEnd });
                let way = ways.open(cx, &about.setup, plan);
                chosen.way = Some(way);
                way
            }
            (None, None) => return self.answer(cx, about, None, None, ours(Reason::NoConnection)),
        };
        let until = asking.until;
        let parameters = asking.named.parameters.clone();
        let recipient = client::Recipient { to: ForwardPath::Mailbox(to.clone()), parameters };
        asking.stage = Stage::AtHop(to);
        ways.say(cx, way, way::Input::Rcpt(recipient));
        ways.say(cx, way, way::Input::Until(until));
    }

    /// The way has given up before it was handed anything: another one is opened for the next recipient.
    pub(super) fn lost(&mut self, cx: &mut Context, about: &mut About, way: WayId) {
        let Some(chosen) = self.chosen.as_mut().filter(|chosen| chosen.way == Some(way)) else { return };
        chosen.way = None;
        if matches!(self.asking, Some(Asking { stage: Stage::AtHop(_), .. })) {
            self.answer(cx, about, None, None, ours(Reason::NoConnection));
        }
    }

    /// The last decision, for a message that never comes.
    pub(super) fn decision(&mut self) -> Option<Box<Decision>> {
        let refused = self.last_refused.take();
        self.chosen.as_mut().and_then(|chosen| chosen.first.take()).or(refused)
    }

    /// The hop has answered RCPT.
    pub(super) fn said(&mut self, cx: &mut Context, about: &mut About, way: WayId, word: Word) {
        if self.chosen.as_ref().and_then(|chosen| chosen.way) != Some(way) {
            return;
        }
        let Some(Asking { stage: Stage::AtHop(to), .. }) = &self.asking else { return };
        let is_accepted = word.is_accepted();
        if let (true, Some(chosen)) = (is_accepted, &mut self.chosen) {
            chosen.to.push(to.clone());
        }
        self.answer(cx, about, is_accepted.then_some(()), word.host, word.reply);
    }

    fn answer(
        &mut self,
        cx: &mut Context,
        about: &mut About,
        accepted: Option<()>,
        host: Option<String>,
        reply: Reply,
    ) {
        let Some(Asking { id, mut named, .. }) = self.asking.take() else { return };
        named.is_accepted = accepted.is_some();
        named.host = host;
        named.reply = Some(reply.clone());
        about.named.push(named);
        cx.decide(id, if accepted.is_some() { accept(Some(reply)) } else { server::Decision::Refuse(reply) });
    }
}

fn accept(reply: Option<Reply>) -> server::Decision {
    match reply {
        Some(reply) if reply.is_completion() => server::Decision::AcceptWith(reply),
        _ => server::Decision::Accept,
    }
}

fn too_many() -> Reply {
    let text = "No more recipients at a time; send to the others in another transaction";
    in_words(Reason::OtherGroup, text.to_owned())
}

fn recipient_ok() -> Reply {
    Reply::new(250, Some(EnhancedCode::new(2, 1, 5)), "Recipient OK")
}
