//! The message is held as a whole, and goes out: copies first, then to its own recipients.

use std::collections::VecDeque;
use std::sync::Arc;

use super::about::About;
use super::context::Context;
use super::ended::{Ended, mailbox};
use super::feed::Feed;
use super::front::Front;
use super::plan;
use super::ways::{Sent, Told, WayId, Ways};
use crate::dkim::BodyHash;
use crate::gateway::content::rewrite::{Body, Rewritten, Source};
use crate::gateway::replies::{ours, worst};
use crate::gateway::{Broken, Ending, Event, Held, way};
use crate::mailbox::Mailbox;
use crate::message::Header;
use crate::route::decide::{Decision, Fate, Group, Mode};
use crate::route::policy::Quarantine;
use crate::route::replies::Reason;
use crate::smtp::Reply;
use crate::smtp::client::{Needs, NeedsScanner};
use crate::smtp::server::DecisionId;
use crate::time::Millis;

/// What the message consists of.
#[derive(Debug)]
pub(super) struct Material {
    pub(super) header: Arc<Header>,
    /// The body, where a rule changes it.
    pub(super) body: Option<Vec<u8>>,
    /// How many octets of body are held.
    pub(super) body_octets: u64,
    pub(super) scanner: NeedsScanner,
    pub(super) hash: Option<BodyHash>,
    /// Whether the client said SMTPUTF8.
    pub(super) utf8: bool,
}

/// One group that the message goes to.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) group: Group,
    /// The way on which its host has taken the recipients already, and whom.
    pub(super) early: Option<(WayId, Vec<Mailbox>)>,
}

impl Step {
    pub(super) fn new(group: Group) -> Self {
        Self { group, early: None }
    }
}

/// A message that goes out.
#[derive(Debug)]
pub(super) struct Sending {
    id: DecisionId,
    octets: u64,
    until: Millis,
    decision: Option<Box<Decision>>,
    steps: VecDeque<Step>,
    material: Material,
    current: Option<Current>,
    copies: Vec<(Mailbox, Option<super::ways::Word>)>,
    broke: Vec<Broken>,
    /// Whether recipients of the message itself have it, while others are still to get it.
    some_have_it: bool,
}

/// What is done now.
#[derive(Debug)]
enum Current {
    Way { way: WayId, to: Vec<Mailbox>, group: Box<Group>, feed: Box<Feed> },
    Store { copy: bool },
}

impl Sending {
    pub(super) fn new(
        id: DecisionId,
        octets: u64,
        until: Millis,
        decision: Box<Decision>,
        steps: Vec<Step>,
        material: Material,
    ) -> Self {
        Self {
            id,
            octets,
            until,
            decision: Some(decision),
            steps: steps.into(),
            material,
            current: None,
            copies: Vec::new(),
            broke: Vec::new(),
            some_have_it: false,
        }
    }

    pub(super) fn wake(&self) -> Option<Millis> {
        Some(self.until)
    }

    /// Whether somebody may have the message itself by now: a hop that was told its end, a maildir.
    fn may_be_taken(&self) -> bool {
        match &self.current {
            Some(Current::Way { feed, group, .. }) => feed.has_ended() && !group.copy,
            Some(Current::Store { copy }) => !copy,
            None => false,
        }
    }

    /// Goes on with the next group.
    pub(super) fn advance(
        &mut self,
        cx: &mut Context,
        about: &mut About,
        ways: &mut Ways,
        is_gone: bool,
    ) -> Option<Ended> {
        if is_gone && !self.may_be_taken() {
            return Some(self.give_up(cx, ways, Reason::TooLate));
        }
        match &mut self.current {
            None => self.begin(cx, about, ways),
            Some(Current::Way { way, feed, .. }) => {
                feed.go_on(cx, ways, *way);
                // The way keeps the time for what goes by it.
                None
            }
            Some(Current::Store { .. }) => {
                (self.until <= cx.now.monotonic).then(|| self.give_up(cx, ways, Reason::TooLate))
            }
        }
    }

    fn begin(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways) -> Option<Ended> {
        let Step { group, early } = self.steps.pop_front()?;
        let is_last = self.steps.is_empty();
        let Ok(rewritten) = self.rewrite(cx, about, &group) else {
            if let Some((way, _)) = early {
                ways.say(cx, way, way::Input::Abort);
            }
            return Some(self.give_up(cx, ways, Reason::HeaderUnreadable));
        };
        if let Some(decision) = &mut self.decision {
            rewritten.tell(&mut decision.trail);
        }
        self.broke.extend(rewritten.broke());
        if group.outcome == Fate::Quarantine && group.hops.is_empty() {
            self.store(cx, about, rewritten, group.copy);
            return None;
        }
        let needs = self.needs(&rewritten);
        let (way, to) = match early {
            Some((way, to)) => {
                ways.say(cx, way, way::Input::Data { needs: Some(needs), all_or_none: false });
                (way, to)
            }
            None => {
                let plan = plan::plan(about, &group, way::Keeps::UntilEnd);
                let way = ways.open(cx, &about.setup, plan);
                for recipient in plan::recipients(about, &group) {
                    ways.say(cx, way, way::Input::Rcpt(recipient));
                }
                ways.say(cx, way, way::Input::Data { needs: Some(needs), all_or_none: true });
                (way, group.recipients.clone())
            }
        };
        let now = cx.now.monotonic;
        let left = self.until.0.saturating_sub(now.0);
        // What comes after it needs time, too.
        ways.say(cx, way, way::Input::Until(if is_last { self.until } else { now + left / 2 }));
        let held = match &rewritten.body {
            Body::Held { .. } => self.material.body_octets,
            Body::New(_) => 0,
        };
        let (group, feed) = (Box::new(group), Box::new(Feed::new(rewritten, held)));
        self.current = Some(Current::Way { way, to, group, feed });
        None
    }

    fn rewrite(&self, cx: &Context, about: &About, group: &Group) -> Result<Rewritten, crate::message::EditError> {
        let report = about.verifying.as_ref().and_then(|verifying| verifying.report());
        let front = Front::new(
            cx,
            about,
            &self.material.header,
            report,
            self.decision.as_ref().and_then(|decision| decision.relay.as_deref()),
        );
        let source = match &self.material.body {
            Some(body) => Source::Whole(body),
            None => Source::Elsewhere(self.material.hash.clone()),
        };
        front.rewrite(group).finish(source)
    }

    /// What the message asks of a hop, as it goes out.
    fn needs(&self, rewritten: &Rewritten) -> Needs {
        let mut needs = match &rewritten.body {
            Body::New(body) => {
                let mut scanner = NeedsScanner::new();
                scanner.push(&rewritten.head);
                scanner.push(body);
                scanner.finish()
            }
            Body::Held { .. } => {
                let (head, body) = (Needs::of(&rewritten.head), self.material.scanner.clone().finish());
                Needs {
                    // The scanner of the body has seen one line more.
                    size: head.size.saturating_add(body.size.saturating_sub(2)),
                    eight_bit: head.eight_bit || body.eight_bit,
                    utf8_header: head.utf8_header,
                    longest_line: head.longest_line.max(body.longest_line),
                    longest_line_number: head.longest_line_number.max(body.longest_line_number),
                    irregular: head.irregular.or(body.irregular),
                }
            }
        };
        // Without SMTPUTF8 they are octets of some other charset, and passed as they are.
        needs.utf8_header &= self.material.utf8;
        needs
    }

    /// Has the host keep the message for a person to look at.
    fn store(&mut self, cx: &mut Context, about: &About, rewritten: Rewritten, copy: bool) {
        let maildir = match &about.setup.policy.quarantine {
            Some(Quarantine::Maildir(maildir)) => maildir.clone(),
            _ => String::new(),
        };
        let (head, octets) = match rewritten.body {
            Body::New(body) => ([rewritten.head, body].concat(), 0),
            Body::Held { .. } => (rewritten.head, self.material.body_octets),
        };
        cx.asked_store = true;
        cx.event(Event::Store { maildir, head, from: 0, octets });
        self.current = Some(Current::Store { copy });
    }

    /// The host has answered.
    pub(super) fn stored(&mut self, cx: &mut Context, ways: &mut Ways, is_stored: bool) -> Option<Ended> {
        if !matches!(self.current.take(), Some(Current::Store { .. })) {
            return None;
        }
        match is_stored {
            false => Some(self.give_up(cx, ways, Reason::Storage)),
            true if self.steps.is_empty() => Some(self.ended(Ending::Quarantined, None)),
            true => None,
        }
    }

    pub(super) fn held(&mut self, cx: &mut Context, ways: &mut Ways, held: Held<'_>) -> Option<Ended> {
        let Some(Current::Way { way, feed, .. }) = &mut self.current else { return None };
        match held {
            Held::Octets(octets) if !octets.is_empty() => {
                feed.read(cx, ways, *way, octets);
                None
            }
            _ => Some(self.give_up(cx, ways, Reason::Storage)),
        }
    }

    pub(super) fn told(&mut self, cx: &mut Context, ways: &mut Ways, from: WayId, told: Told) -> Option<Ended> {
        let Some(Current::Way { way, feed, .. }) = &mut self.current else { return None };
        if *way != from {
            // The early way of a step that is still to come has given up: another is opened then.
            if let Told::Sent(_) = told {
                let early = |step: &&mut Step| step.early.as_ref().is_some_and(|(way, _)| *way == from);
                if let Some(step) = self.steps.iter_mut().find(early) {
                    step.early = None;
                }
            }
            return None;
        }
        match told {
            Told::Rcpt(_) => None,
            Told::WantsContent(from) => {
                feed.wanted(cx, ways, *way, from);
                None
            }
            Told::Sent(sent) => self.sent(cx, ways, sent),
        }
    }

    /// A group is done with.
    fn sent(&mut self, cx: &mut Context, ways: &mut Ways, mut sent: Sent) -> Option<Ended> {
        let Some(Current::Way { to, group, .. }) = self.current.take() else { return None };
        // Those whom the early host had refused were told so then.
        sent.words.retain(|(path, _)| mailbox(path).is_some_and(|mailbox| to.contains(mailbox)));
        let is_taken = !sent.words.is_empty() && sent.words.iter().all(|(_, word)| word.is_accepted());
        let any_taken = sent.words.iter().any(|(_, word)| word.is_accepted()) || sent.unconfirmed;
        if group.copy {
            self.copies.extend(
                sent.words.iter().filter_map(|(path, word)| Some((mailbox(path)?.clone(), Some(word.clone())))),
            );
        }
        if !is_taken {
            let reply = match group.copy {
                true => ours(Reason::CopyNotTaken),
                false => {
                    let words = sent.words.iter().map(|(_, word)| &word.reply).filter(|reply| !reply.is_completion());
                    worst(words).cloned().unwrap_or_else(|| ours(Reason::NoConnection))
                }
            };
            self.abort_rest(cx, ways);
            return Some(self.refused(reply, &group, sent, any_taken));
        }
        if !self.steps.is_empty() {
            self.some_have_it |= !group.copy;
            return None;
        }
        let ending = if group.outcome == Fate::Quarantine { Ending::Quarantined } else { Ending::Accepted };
        Some(self.ended(ending, Some(sent)))
    }

    fn refused(&mut self, reply: Reply, group: &Group, sent: Sent, any_taken: bool) -> Ended {
        let second_copy = self.some_have_it || (any_taken && !group.copy);
        let mut ended = self.ended(Ending::Deferred, None);
        ended.ending = if reply.code / 100 == 5 { Ending::Refused } else { Ending::Deferred };
        ended.reply = Some(reply);
        ended.sent = Some(sent).filter(|_| !group.copy);
        ended.second_copy_possible = second_copy;
        ended
    }

    /// The client was told that the message is refused.
    pub(super) fn abandon(&mut self, cx: &mut Context, ways: &mut Ways) -> Ended {
        let may_be_taken = self.may_be_taken();
        let mut ended = self.give_up(cx, ways, Reason::TooLate);
        ended.second_copy_possible |= may_be_taken;
        ended
    }

    /// Takes back what hosts have of steps that do not come any more.
    fn abort_rest(&mut self, cx: &mut Context, ways: &mut Ways) {
        for (way, _) in self.steps.drain(..).filter_map(|step| step.early) {
            ways.say(cx, way, way::Input::Abort);
        }
    }

    fn give_up(&mut self, cx: &mut Context, ways: &mut Ways, reason: Reason) -> Ended {
        self.abort_rest(cx, ways);
        // The answer that comes too late may be that it is kept.
        let may_be_stored = matches!(self.current, Some(Current::Store { copy: false })) && cx.asked_store;
        if let Some(Current::Way { way, .. }) = self.current.take() {
            ways.say(cx, way, way::Input::Abort);
        }
        let reply = ours(reason);
        let mut ended = self.ended(if reply.code / 100 == 5 { Ending::Refused } else { Ending::Deferred }, None);
        ended.reply = Some(reply);
        ended.second_copy_possible = self.some_have_it || may_be_stored;
        ended
    }

    fn ended(&mut self, ending: Ending, sent: Option<Sent>) -> Ended {
        let mut ended = Ended::new(self.id, self.octets, ending);
        ended.decision = self.decision.take();
        ended.mode = Some(Mode::Hold);
        ended.sent = sent;
        ended.copies = std::mem::take(&mut self.copies);
        ended.broke = std::mem::take(&mut self.broke);
        ended
    }
}
