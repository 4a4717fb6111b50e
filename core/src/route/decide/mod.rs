//! The decision: who is admitted, by which rules, to which hosts, under which security.
//!
//! It is a pure function of envelope, session, message, policy, time, seed and answers. It reads from top to bottom: admission,
//! then rules for each recipient, then quotas, then the next hosts of each group.

mod decision;
mod groups;
mod quota;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::Domain;
use crate::evaluate::Evaluate;
use crate::lookup::{Answers, Pending, StsCache};
use crate::mailbox::Mailbox;
use crate::route::admission::{self, Admission};
use crate::route::facts::Message;
use crate::route::policy::{Change, Direction, NewSender, Policy, UnitPath};
use crate::route::replies::{Reason, Reply};
use crate::route::request::{Envelope, Session};
use crate::route::rules::Subject;
use crate::route::rules::changes::{self, Mutation, signing_domain};
use crate::route::srs;
use crate::setters::setters;
use crate::time::UnixTime;
use crate::trail::Trail;

use groups::{Aim, Grouped, Target, Targets};

pub use decision::{Conclusion, Deadlines, Decision, Fallback, Fate, Group, Mode, Refused};

/// What is to be decided, with all that has a say but the answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Decide {
    /// The policy.
    pub policy: Arc<Policy>,
    /// Who is at the other end.
    pub session: Session,
    /// Sender and recipients.
    pub envelope: Envelope,
    /// The message, once it is there.
    pub message: Option<Arc<Message>>,
    /// The time.
    pub now: UnixTime,
    /// The MTA-STS policies that were had before.
    pub sts_cache: Arc<StsCache>,
    /// A number of the host's: equal hosts are tried in an order that it chooses.
    pub seed: u64,
    /// Whether the steps are told.
    pub with_trail: bool,
    /// Recipients of the message that were taken before, and count against quotas beside these.
    pub taken: u64,
}

impl Decide {
    /// A decision about a session and an envelope, before there is a message.
    pub fn new(policy: Arc<Policy>, session: Session, envelope: Envelope, now: UnixTime) -> Self {
        Self {
            policy,
            session,
            envelope,
            message: None,
            now,
            sts_cache: Arc::default(),
            seed: 0,
            with_trail: true,
            taken: 0,
        }
    }

    setters! {
        message: Option<Arc<Message>>,
        sts_cache: Arc<StsCache>,
        seed: u64,
        with_trail: bool,
        taken: u64,
    }

    fn signs(&self, is_ours: bool) -> Option<&Domain> {
        let message = self.message.as_deref().filter(|_| is_ours)?;
        signing_domain(&self.policy, message)
    }
}

/// Where a message for a recipient comes from and goes to; the first is the one that is shown.
fn directions(is_ours: bool, to_own: bool) -> &'static [Direction] {
    match (is_ours, to_own) {
        (true, true) => &[Direction::InternalSending, Direction::InternalReceiving],
        (true, false) => &[Direction::Outbound],
        (false, _) => &[Direction::Inbound],
    }
}

impl Evaluate for Decide {
    type Verdict = Decision;

    fn evaluate(&self, answers: &mut Answers) -> Result<Decision, Pending> {
        let mut trail = Trail::kept_if(self.with_trail);
        let message = self.message.as_deref();
        let from = self.envelope.from.as_ref();
        let admission = admission::admit(&self.policy, &self.session, from, message, self.now, answers, &mut trail)?;
        let mut plan = Plan::new(self, &admission, &mut trail);
        for recipient in &self.envelope.to {
            plan.recipient(recipient, &mut trail);
        }
        quota::apply(self, &mut plan, answers, &mut trail)?;
        let groups = std::mem::take(&mut plan.targets).groups(self, answers)?;
        Ok(plan.conclude(groups, &trail))
    }
}

/// What was decided so far.
struct Plan<'a> {
    request: &'a Decide,
    subject: Subject<'a>,
    /// The entry that admitted.
    relay: Option<usize>,
    /// The refusal for whom no entry admits.
    refusal: Option<Reply>,
    /// Whether the client is one of ours that is refused: it is no stranger to whom rules for `inbound` apply.
    is_refused_account: bool,
    late: bool,
    /// Whether the client is admitted if the content proves the tenant, and else is a stranger.
    may_be_stranger: bool,
    /// The rules of which the content will tell.
    open: BTreeSet<usize>,
    refused: Vec<Refused>,
    targets: Targets,
    /// Which rules match for any recipient.
    applied: Vec<usize>,
}

impl<'a> Plan<'a> {
    fn new(request: &'a Decide, admission: &Admission, trail: &mut Trail) -> Self {
        let policy = &*request.policy;
        let (relay, refusal, is_refused_account) = match &admission.outcome {
            admission::Outcome::Admitted(number) => (Some(*number), None, false),
            admission::Outcome::Refused { reply, is_ours } => (None, Some(reply.clone()), *is_ours),
        };
        if let (None, Some(reply), false) = (relay, &refusal, trail.is_off()) {
            trail.push("admission", "refused", reply.to_string(), "[[relay]]");
        }
        let from = request.envelope.from.as_ref();
        let unit = if policy.units.is_empty() { UnitPath::default() } else { policy.unit_of(from) };
        let subject = Subject { policy, session: &request.session, from, message: request.message.as_deref(), unit };
        Self {
            request,
            subject,
            relay,
            refusal,
            is_refused_account,
            late: admission.late,
            may_be_stranger: relay.is_some() && admission.late && request.message.is_none(),
            open: BTreeSet::new(),
            refused: Vec::new(),
            targets: Targets::default(),
            applied: Vec::new(),
        }
    }

    fn is_ours(&self) -> bool {
        self.relay.is_some()
    }

    fn refuse(&mut self, recipient: &Mailbox, reply: Reply) {
        self.refused.push(Refused { recipient: recipient.clone(), reply });
    }

    /// Decides about one recipient.
    fn recipient(&mut self, recipient: &Mailbox, trail: &mut Trail) {
        let policy = self.subject.policy;
        let restored = match self.restored(recipient, trail) {
            Ok(restored) => restored,
            Err(reply) => return self.refuse(recipient, reply),
        };
        let to = restored.as_ref().unwrap_or(recipient);
        let to_own = policy.is_own_address(to);
        // A bounce to a sender that we rewrote is ours to send back, whoever brings it: the keyed hash proves that we did.
        let is_ours = self.is_ours() || restored.is_some();
        if let (Some(refusal), false, true) = (&self.refusal, is_ours, !to_own || self.is_refused_account) {
            let refusal = refusal.clone();
            return self.refuse(recipient, refusal);
        }
        let directions = directions(is_ours, to_own);
        let outcome = self.subject.evaluate(to, directions, trail);
        self.late |= outcome.late;
        self.open.extend(&outcome.open);
        if self.may_be_stranger && to_own {
            let other = self.subject.evaluate(to, self::directions(false, true), &mut Trail::off());
            let behind_all = policy.rules.len();
            self.open.extend(other.applied.iter().chain(&other.open).map(|number| behind_all + number));
        }
        let decided = match (is_ours, outcome.decided_by) {
            (_, Some(number)) => Some(number),
            // A stranger's message that a rule may take in when its content is known is not refused before.
            (false, None) => match outcome.may_decide {
                Some(number) => Some(number),
                None => {
                    let refusal = self.refusal.clone().unwrap_or_else(|| Reason::Stranger.reply());
                    if !trail.is_off() {
                        let why = "no rule for inbound takes it in";
                        trail.push(format!("recipient {recipient}"), "refused", why, "[[rule]]");
                    }
                    return self.refuse(recipient, refusal);
                }
            },
            (true, None) => None,
        };
        self.applied.extend(&outcome.applied);
        self.aim((recipient, to), directions, &outcome.applied, decided, trail);
    }

    /// A bounce to a sender that we rewrote goes to the one that it was (RFC 5321 §4.5.5, null reverse-path).
    fn restored(&self, recipient: &Mailbox, trail: &mut Trail) -> Result<Option<Mailbox>, Reply> {
        let (Some(settings), None) = (&self.subject.policy.srs, self.subject.from) else { return Ok(None) };
        match srs::reverse(settings, recipient, self.request.now) {
            Ok(sender) => {
                if !trail.is_off() {
                    let why = format!("a bounce to a sender that was rewritten here goes to {sender}");
                    trail.push(format!("recipient {recipient}"), "rewritten", why, "SRS");
                }
                Ok(Some(sender))
            }
            Err(srs::SrsError::Plain) => Ok(None),
            Err(error) => {
                if !trail.is_off() {
                    trail.push(format!("recipient {recipient}"), "refused", error.to_string(), "SRS");
                }
                Err(Reason::Stranger.reply())
            }
        }
    }

    /// Says what is done for a recipient as it was given and as it is meant, and for those that rules put in its place or beside
    /// it.
    fn aim(
        &mut self,
        (given, recipient): (&Mailbox, &Mailbox),
        directions: &'static [Direction],
        applied: &[usize],
        decided: Option<usize>,
        trail: &mut Trail,
    ) {
        let policy = self.subject.policy;
        let rule = |number: usize| policy.rules.get(number);
        let changes = || applied.iter().filter_map(|number| rule(*number)).flat_map(|rule| &rule.changes);
        let mut replaced: Option<&Vec<Mailbox>> = None;
        let mut copies: Vec<&Mailbox> = Vec::new();
        let mut sender: Option<&NewSender> = None;
        for change in changes() {
            match change {
                Change::To(mailboxes) => replaced = Some(mailboxes),
                Change::AlsoTo(mailboxes) => copies.extend(mailboxes),
                Change::Sender(new) => sender = Some(new),
                _ => {}
            }
        }
        let sender = sender.and_then(|sender| self.sender(sender, trail));
        let verdict = decided.and_then(rule).and_then(|rule| rule.verdict.as_ref());
        let tls: Vec<usize> =
            applied.iter().copied().filter(|n| rule(*n).is_some_and(|rule| rule.require_tls)).collect();
        let is_ours = !directions.contains(&Direction::Inbound);
        let recipients = replaced.map_or_else(|| vec![recipient], |mailboxes| mailboxes.iter().collect());
        for to in recipients {
            // Rules are not run again for whom they put in a recipient's place.
            let direction = match directions.first() {
                Some(first) if replaced.is_none() || !is_ours => *first,
                _ => self::directions(is_ours, policy.is_own_address(to))[0],
            };
            let aim = Aim::of(verdict, policy, direction);
            let mut target = Target::new(aim, direction);
            (target.tls, target.applied, target.sender) = (tls.clone(), applied.to_vec(), sender.clone());
            self.targets.add(target, given, to, policy);
        }
        for copy in copies {
            self.copy(copy, applied, &tls, sender.clone(), trail);
        }
    }

    /// A copy is routed as if the message were to its recipient.
    fn copy(&mut self, to: &Mailbox, applied: &[usize], tls: &[usize], sender: Option<Mailbox>, trail: &mut Trail) {
        let policy = self.subject.policy;
        // What we copy is ours to send, whoever it came from.
        let directions = self::directions(true, policy.is_own_address(to));
        let mut silent = Trail::off();
        let outcome = self.subject.evaluate(to, directions, &mut silent);
        self.late |= outcome.late;
        let decided = outcome.decided_by.and_then(|number| policy.rules.get(number));
        let aim = Aim::of(decided.and_then(|rule| rule.verdict.as_ref()), policy, directions[0]);
        let mut target = Target::new(aim, directions[0]);
        target.tls = tls.to_vec();
        target
            .tls
            .extend(outcome.applied.iter().filter(|n| policy.rules.get(**n).is_some_and(|rule| rule.require_tls)));
        target.tls.sort_unstable();
        target.tls.dedup();
        (target.applied, target.sender, target.copy) = (applied.to_vec(), sender, true);
        if self.targets.add(target, to, to, policy) && !trail.is_off() {
            trail.push(format!("copy to {to}"), "added", "a rule says also_to", "[[rule]]");
        }
    }

    /// The sender that takes the place of the message's; the null one stays, or bounces would be bounced.
    fn sender(&self, new: &NewSender, trail: &mut Trail) -> Option<Mailbox> {
        let from = self.subject.from?;
        match new {
            NewSender::Address(mailbox) => Some(mailbox.clone()),
            NewSender::Srs => {
                let settings = self.subject.policy.srs.as_ref()?;
                let rewritten = srs::forward(settings, from, self.request.now);
                if rewritten.is_none() && !trail.is_off() {
                    let why = "the local part would be longer than one may be";
                    trail.push(format!("sender {from}"), "kept", why, "SRS");
                }
                rewritten.filter(|rewritten| rewritten != from)
            }
        }
    }

    /// Whether a change changes something: a sender that stays is not changed.
    fn is_made(&self, change: &Change) -> bool {
        match change {
            Change::Sender(new) => self.sender(new, &mut Trail::off()).is_some(),
            _ => true,
        }
    }

    /// Puts all together.
    fn conclude(mut self, grouped: Grouped, trail: &Trail) -> Decision {
        let Grouped { groups, sts_updates, trails, rests_on_tls_required } = grouped;
        let trail = match trail.is_off() {
            true => Trail::off(),
            false => Trail::joined(std::iter::once(trail).chain(&trails)),
        };
        let policy = self.subject.policy;
        self.applied.sort_unstable();
        self.applied.dedup();
        let applied = || self.applied.iter().filter_map(|number| policy.rules.get(*number));
        let message = self.request.message.as_deref();
        let signed_by = self.request.signs(self.is_ours()).cloned();
        let signs = message.map(|_| signed_by.is_some());
        let mut changes: Vec<(Option<&str>, Change)> = Vec::new();
        if let Some(message) = message.filter(|_| !groups.is_empty()) {
            let secrets = admission::secrets(policy, &message.header);
            changes.extend(secrets.into_iter().map(|name| (None, Change::RemoveHeader(name.to_owned()))));
        }
        for rule in applied() {
            let made = rule.changes.iter().filter(|change| self.is_made(change));
            changes.extend(made.map(|change| (Some(rule.name.as_str()), change.clone())));
        }
        let mutations = changes::mutations(&changes, message, signs);
        let admitted = !groups.is_empty();
        let mut places: BTreeMap<&Mailbox, usize> = BTreeMap::new();
        for (place, recipient) in self.request.envelope.to.iter().enumerate() {
            places.entry(recipient).or_insert(place);
        }
        self.refused.sort_by_key(|refused| places.get(&refused.recipient).copied());
        let reply = self.refused.first().filter(|_| !admitted).map(|refused| refused.reply.clone());
        Decision {
            policy_version: policy.version.clone(),
            admitted,
            reply,
            direction: groups.first().map(|group| group.direction).or_else(|| self.direction_of_refused()),
            relay: self.relay.and_then(|number| policy.relays.get(number)).map(|relay| relay.name.clone()),
            rules: applied().map(|rule| rule.name.clone()).collect(),
            mode: self.mode(&groups, &mutations),
            mutations,
            groups,
            refused: self.refused,
            signed_by,
            late: self.late,
            deadlines: Deadlines { rcpt: policy.timeouts.rcpt / 1000, end_of_data: policy.timeouts.end_of_data / 1000 },
            open: self.open.into_iter().collect(),
            rests_on_tls_required,
            sts_updates,
            trail,
        }
    }

    /// Where mail comes from and goes to of which nothing is taken: that of strangers to us is inbound.
    fn direction_of_refused(&self) -> Option<Direction> {
        let first = self.request.envelope.to.first()?;
        let is_inbound = !self.is_ours() && !self.is_refused_account && self.subject.policy.is_own_address(first);
        is_inbound.then_some(Direction::Inbound)
    }

    /// A message goes on while it comes where nothing has to be known of it before: there is one host, nothing to fall back
    /// to, and neither a signature on top nor a footer to be made.
    fn mode(&self, groups: &[Group], mutations: &[Mutation]) -> Mode {
        let [group] = groups else { return Mode::Hold };
        let has_footer = mutations.iter().any(|mutation| mutation.action == "footer");
        let may_sign = self.is_ours() && !self.subject.policy.signers.is_empty();
        // One host may be two hops, one for each family that there is a local address of.
        let hosts: BTreeSet<(&str, u16)> = group.hops.iter().map(|hop| (hop.host.as_str(), hop.port)).collect();
        let is_plain = group.outcome == Fate::Deliver && hosts.len() == 1 && group.fallback.is_none();
        match is_plain && !self.late && !has_footer && !may_sign {
            true => Mode::Stream,
            false => Mode::Hold,
        }
    }
}
