//! How the message goes on: recipients, what hosts say of them, DATA, the content, and what became of it.

use super::cursor::Cursor;
use super::event::{Event, Outcome, RecipientOutcome};
use super::trouble::{Said, Trouble, withheld};
use super::{Aim, Keeps, Line, Member, Phase, Talk, Troubles, Way};
use crate::limits::HOP_PATIENCE;
use crate::machine::Misuse;
use crate::mailbox::{ForwardPath, Host, ReversePath};
use crate::smtp::Body;
use crate::smtp::client::{self, Closed, Delivery, Envelope, Needs, Recipient, Stage, Withheld};
use crate::time::Millis;

/// What follows from what a host said.
#[derive(Debug)]
pub(super) enum Then {
    /// It goes on here.
    Stay,
    /// The host is left for the next.
    Leave(Trouble),
    /// The host is connected to anew: the connection can't take another message, or never could.
    Anew,
    /// Something was said to the machine inside, which may have an answer.
    Again,
    /// The connection is over.
    Broken,
    /// The message is done with.
    Done,
}

impl Way {
    // --- What the session says ---

    pub(super) fn rcpt(&mut self, recipient: Recipient) -> Result<(), Misuse> {
        match self.phase {
            Phase::Growing => {}
            // It is over before the session has polled that it is.
            Phase::Over => return Ok(()),
            Phase::Sending { .. } => return Err(Misuse::OutOfOrder("a recipient behind the last")),
        }
        let until = self.now.monotonic + self.setup.policy.timeouts.rcpt;
        let index = self.members.len();
        self.members.push(Member { recipient, told: None, here: None, fin: None, until });
        if let Some(said) = self.exhausted.clone() {
            self.tell(index, said);
            return Ok(());
        }
        match std::mem::replace(&mut self.line, Line::None) {
            Line::Talking(mut talk) if talk.aim == Aim::Recipients => {
                self.ask(&mut talk, index);
                self.go_on(talk);
            }
            Line::None => self.open(),
            line => self.line = line,
        }
        Ok(())
    }

    pub(super) fn data(&mut self, needs: Option<Needs>, all_or_none: bool) -> Result<(), Misuse> {
        match self.phase {
            Phase::Growing if self.members.is_empty() => {
                return Err(Misuse::OutOfOrder("a message without recipients"));
            }
            Phase::Growing => {}
            Phase::Over => return Ok(()),
            Phase::Sending { .. } => return Err(Misuse::OutOfOrder("the end of the recipients, twice")),
        }
        let timeouts = &self.setup.policy.timeouts;
        let patience = match self.plan.keeps {
            Keeps::OneHost => timeouts.rcpt,
            Keeps::UntilEnd => timeouts.end_of_data,
        };
        self.deadline = Some(self.now.monotonic + patience);
        let is_wanted = |member: &Member| all_or_none || member.told.as_ref().is_none_or(Said::is_accepted);
        let nobody = !self.members.iter().any(is_wanted);
        let was_exhausted = self.exhausted.is_some();
        let any_taken = self.members.iter().any(|member| member.told.as_ref().is_some_and(Said::is_accepted));
        self.phase = Phase::Sending { needs, all_or_none };
        if all_or_none {
            // What was told to nobody is what the host says as yet.
            for member in self.members.iter_mut().filter(|member| member.fin.is_none()) {
                member.fin = member.told.clone().filter(|told| !told.is_accepted());
            }
        }
        if nobody || (was_exhausted && !any_taken) {
            self.conclude(self.troubles.verdict(), false);
            return Ok(());
        }
        match std::mem::replace(&mut self.line, Line::None) {
            Line::Talking(mut talk) if talk.aim == Aim::Recipients => {
                // It does not wait for us any more.
                talk.patience = None;
                if needs.is_some_and(|needs| self.differs(&talk, &needs)) {
                    talk.aim = Aim::Restarting;
                    talk.say(self.now, client::Input::Abort);
                }
                self.go_on(talk);
            }
            Line::None => {
                // Hosts that failed before may have recovered, and who was told to be taken shall be.
                if was_exhausted || self.cursor.current(&self.plan).is_none() {
                    self.cursor = Cursor::default();
                    self.troubles = Troubles::default();
                    self.exhausted = None;
                }
                self.open();
            }
            line => self.line = line,
        }
        Ok(())
    }

    /// Whether what was said with MAIL does not fit what the message turned out to need.
    fn differs(&self, talk: &Talk, needs: &Needs) -> bool {
        let Some(ready) = &talk.ready else { return false };
        let (offered, asked) = (&ready.capabilities, &self.plan.parameters);
        let eight_bit = needs.eight_bit || needs.utf8_header;
        offered.size.flatten().is_some_and(|most| needs.size > most)
            || (eight_bit && (!offered.eight_bit_mime || asked.body == Some(Body::SevenBit)))
            || (needs.utf8_header && !(offered.smtputf8 && asked.smtputf8))
            || needs.irregular.is_some()
    }

    pub(super) fn until(&mut self, moment: Millis) {
        match self.phase {
            Phase::Growing => {
                for member in self.members.iter_mut().filter(|member| member.told.is_none()) {
                    member.until = member.until.min(moment);
                }
            }
            Phase::Sending { .. } => self.deadline = Some(moment),
            Phase::Over => {}
        }
        // The host that is tried has half of what is left now.
        let share = self.share(true);
        match &mut self.line {
            Line::Waiting { until, .. } | Line::Connecting { until, .. } => *until = until.and(share),
            Line::Talking(talk) => talk.until = talk.until.and(share),
            Line::None => {}
        }
    }

    /// The next octets of the content, or its end.
    pub(super) fn content(&mut self, octets: Option<&[u8]>) -> Result<(), Misuse> {
        if !self.was_content_wanted {
            return Err(Misuse::OutOfOrder("content while none is waited for"));
        }
        match std::mem::replace(&mut self.line, Line::None) {
            Line::Talking(mut talk) if talk.aim == Aim::Content && self.is_content_wanted => {
                talk.say(self.now, octets.map_or(client::Input::ContentEnd, client::Input::Content));
                if octets.is_none() {
                    self.is_content_wanted = false;
                    if self.plan.keeps == Keeps::OneHost {
                        self.deadline = Some(self.now.monotonic + self.setup.policy.timeouts.end_of_data);
                    }
                }
                self.go_on(talk);
            }
            // The host has refused it meanwhile, or another will say when it wants all of it.
            line => self.line = line,
        }
        Ok(())
    }

    pub(super) fn abort(&mut self) {
        if matches!(self.phase, Phase::Over) {
            return;
        }
        let unconfirmed = self.take_back(Closed::MessageWithdrawn);
        self.conclude(unconfirmed.unwrap_or_else(|| withheld(Withheld::Aborted)), true);
    }

    /// Takes the message back from the host; `Some` where it may have it, and why that is not known.
    pub(super) fn take_back(&mut self, why: Closed) -> Option<Said> {
        let mut talk = match std::mem::replace(&mut self.line, Line::None) {
            Line::Talking(talk) if matches!(talk.aim, Aim::Data | Aim::Content) => talk,
            line => {
                self.line = line;
                return None;
            }
        };
        talk.say(self.now, client::Input::Abort);
        self.drain(&mut talk);
        let sent = talk.sent.take().into_iter().flat_map(|sent| sent.recipients);
        let may_have_it = sent.into_iter().any(|recipient| matches!(recipient.delivery, Delivery::Unconfirmed(_)));
        let host = talk.host.clone();
        self.part(talk);
        may_have_it.then(|| Said::by(&host, Delivery::Unconfirmed(why)))
    }

    // --- Recipients ---

    /// Says of a recipient what there is to say.
    pub(super) fn tell(&mut self, index: usize, said: Said) {
        let Some(member) = self.members.get_mut(index).filter(|member| member.told.is_none()) else { return };
        let Said { delivery, host } = said.clone();
        member.told = Some(said);
        self.event(Event::Rcpt { index, delivery, host });
    }

    /// Begins the message here, with all recipients that are wanted.
    pub(super) fn begin(&mut self, talk: &mut Talk) -> Then {
        let Some(ready) = &talk.ready else { return Then::Stay };
        let (offered, is_secured) = (&ready.capabilities, ready.tls.is_some());
        let Some((hop, _)) = self.cursor.current(&self.plan) else { return Then::Stay };
        if hop.tls.requiretls && !(is_secured && offered.require_tls) {
            return Then::Leave(Trouble::Withheld(Withheld::RequireTls));
        }
        let asked = &self.plan.parameters;
        if !offered.dsn && (asked.ret.is_some() || asked.envelope_id.is_some()) {
            return Then::Leave(Trouble::NoDsn);
        }
        let needs = match self.phase {
            Phase::Sending { needs, .. } => needs,
            _ => None,
        };
        let mut parameters = self.plan.parameters.clone();
        if needs.is_some() {
            // What is known now counts, and not what the sender thought.
            parameters.size = None;
            parameters.body = None;
        }
        let envelope = Envelope { from: self.plan.from.clone(), parameters, recipients: Vec::new(), needs };
        talk.say(self.now, client::Input::Begin(Box::new(envelope)));
        talk.messages = talk.messages.saturating_add(1);
        talk.aim = Aim::Recipients;
        (talk.asked, talk.answered) = (Vec::new(), 0);
        let all = matches!(self.phase, Phase::Sending { all_or_none: true, .. });
        for index in 0..self.members.len() {
            let Some(member) = self.members.get_mut(index) else { break };
            // What another host said does not count here.
            (member.here, member.fin) = (None, None);
            if all || member.told.as_ref().is_none_or(Said::is_accepted) {
                self.ask(talk, index);
            }
        }
        Then::Stay
    }

    /// Asks the host for a recipient, unless it is one too many.
    fn ask(&mut self, talk: &mut Talk, index: usize) {
        talk.patience = None;
        let Some((hop, _)) = self.cursor.current(&self.plan) else { return };
        let (most, splits) = (hop.max_recipients, hop.split_domains);
        let taken = |index: &&usize| {
            let member = self.members.get(**index);
            member.is_some_and(|member| member.here.as_ref().is_none_or(Delivery::is_accepted))
        };
        let Some(member) = self.members.get(index) else { return };
        let count = talk.asked.iter().filter(taken).count();
        let other = talk.asked.iter().filter(taken).find_map(|index| self.members.get(*index));
        let is_elsewhere = splits && other.is_some_and(|other| host(&other.recipient) != host(&member.recipient));
        let offers_dsn = talk.ready.as_ref().is_some_and(|ready| ready.capabilities.dsn);
        let asks_for_dsn =
            member.recipient.parameters.notify.is_some() || member.recipient.parameters.original.is_some();
        let refused = if (most > 0 && count >= most as usize) || is_elsewhere {
            Some(withheld(Withheld::TooManyRecipients))
        } else if asks_for_dsn && !offers_dsn {
            Some(Said::ours(Stage::Rcpt, &crate::route::replies::Reason::NoDsn.reply()))
        } else {
            None
        };
        match refused {
            // They are told in their order: those before are answered by the host.
            Some(said) if talk.all_answered() => self.answer(index, said),
            Some(said) => {
                if let Some(member) = self.members.get_mut(index) {
                    member.fin = Some(said);
                }
            }
            None => {
                let recipient = member.recipient.clone();
                talk.asked.push(index);
                talk.say(self.now, client::Input::Rcpt(recipient));
            }
        }
    }

    /// A recipient is answered: at once where recipients come, else with the others.
    fn answer(&mut self, index: usize, said: Said) {
        if matches!(self.phase, Phase::Growing) {
            return self.tell(index, said);
        }
        if let Some(member) = self.members.get_mut(index) {
            member.here = Some(said.delivery.clone());
            member.fin = Some(said);
        }
    }

    /// The host said something of a recipient, the `number`th that was asked for.
    pub(super) fn rcpt_answered(&mut self, talk: &mut Talk, number: usize, delivery: Delivery) -> Then {
        talk.answered = talk.answered.max(number + 1);
        let Some(&index) = talk.asked.get(number) else { return Then::Stay };
        let Some(member) = self.members.get(index) else { return Then::Stay };
        let was_taken = member.told.as_ref().is_some_and(Said::is_accepted);
        let is_growing = matches!(self.phase, Phase::Growing);
        let said = match &delivery {
            Delivery::Withheld { why: Withheld::TooManyMessages, .. } => return Then::Anew,
            Delivery::Withheld { why, .. } => {
                let from_is_ascii = match &self.plan.from {
                    ReversePath::Mailbox(mailbox) => mailbox.local().is_ascii(),
                    ReversePath::Null => true,
                };
                let is_own = match why {
                    Withheld::PathTooLong | Withheld::TooManyRecipients => true,
                    Withheld::Utf8Address => from_is_ascii,
                    _ => false,
                };
                let others_taken =
                    self.members.iter().any(|member| member.here.as_ref().is_some_and(Delivery::is_accepted));
                // A host that can is preferred, as long as nobody is taken here.
                let may_seek = *why == Withheld::Utf8Address && !others_taken && self.cursor.has_more(&self.plan);
                if !is_own || may_seek {
                    return Then::Leave(Trouble::Withheld(*why));
                }
                withheld(*why)
            }
            Delivery::Refused { stage: Stage::Mail, .. } if delivery.is_temporary() => {
                return Then::Leave(Trouble::Said(Said::by(&talk.host, delivery)));
            }
            // A host has taken it before: for its sender that is no refusal for good.
            Delivery::Refused { .. } if was_taken && is_growing => return Then::Leave(Trouble::Divided),
            _ => Said::by(&talk.host, delivery.clone()),
        };
        if let Some(member) = self.members.get_mut(index) {
            member.here = Some(delivery);
        }
        if is_growing {
            self.tell(index, said);
            self.tell_rest(talk);
        } else if !said.is_accepted()
            && let Some(member) = self.members.get_mut(index)
        {
            member.fin = Some(said);
        }
        Then::Stay
    }

    /// Those behind it that were answered here and not by the host.
    fn tell_rest(&mut self, talk: &Talk) {
        let next = talk.asked.get(talk.answered).copied().unwrap_or(self.members.len());
        for index in 0..next {
            let said =
                self.members.get_mut(index).filter(|member| member.told.is_none()).and_then(|member| member.fin.take());
            if let Some(said) = said {
                self.tell(index, said);
            }
        }
    }

    // --- DATA and what follows ---

    /// All recipients have been answered here, and there are no more: DATA, or not.
    pub(super) fn decide(&mut self, talk: &mut Talk) -> Then {
        let Phase::Sending { all_or_none, .. } = self.phase else { return Then::Stay };
        let is_accepted = |member: &Member| member.here.as_ref().is_some_and(Delivery::is_accepted);
        let is_wanted = |member: &&Member| {
            let was_taken = member.told.as_ref().is_some_and(Said::is_accepted);
            all_or_none || was_taken
        };
        let any_accepted = self.members.iter().any(is_accepted);
        let missing: Vec<&Member> =
            self.members.iter().filter(is_wanted).filter(|member| !is_accepted(member)).collect();
        if any_accepted && missing.is_empty() {
            talk.aim = Aim::Data;
            talk.until = self.share(self.cursor.has_more(&self.plan));
            talk.say(self.now, client::Input::Data);
            return Then::Again;
        }
        let was_told =
            self.members.iter().any(|member| member.told.as_ref().is_some_and(Said::is_accepted)) && !all_or_none;
        let said = |member: &&Member| member.fin.clone();
        let temporary = missing.iter().filter_map(said).find(|said| said.delivery.is_temporary());
        if any_accepted || was_told {
            return Then::Leave(temporary.map_or(Trouble::Divided, Trouble::Said));
        }
        // Nobody is taken here. What the host said is its answer, where it said so for good of everybody.
        match temporary {
            Some(said) if all_or_none => Then::Leave(Trouble::Said(said)),
            _ => {
                self.report(self.troubles.verdict(), false);
                Then::Done
            }
        }
    }

    /// The host is ready for the content.
    pub(super) fn content_wanted(&mut self, talk: &mut Talk) {
        (talk.aim, talk.until) = (Aim::Content, None);
        if self.plan.keeps == Keeps::OneHost {
            self.deadline = None;
        }
        self.is_content_wanted = false;
        self.event(Event::WantsContent { from: 0 });
    }

    /// The message is done with at this host: what it said of those whom it had taken.
    pub(super) fn sent(&mut self, talk: &mut Talk, sent: client::Outcome) -> Then {
        let has_content = talk.has_content();
        self.is_content_wanted = false;
        let taken = talk.asked.iter().zip(sent.recipients).find(|(index, _)| {
            self.members.get(**index).is_some_and(|member| member.here.as_ref().is_some_and(Delivery::is_accepted))
        });
        let Some((_, recipient)) = taken else { return Then::Leave(Trouble::NoConnection) };
        self.omitted = sent.omitted;
        let delivery = recipient.delivery;
        let may_go_on = !has_content || self.plan.keeps == Keeps::UntilEnd;
        let said = Said::by(&talk.host, delivery);
        match &said.delivery {
            Delivery::Refused { .. } if may_go_on && said.delivery.is_temporary() => {
                return Then::Leave(Trouble::Said(said));
            }
            Delivery::NotSent(Closed::MessageWithdrawn) => {}
            Delivery::NotSent(_) if may_go_on => return Then::Leave(Trouble::NoConnection),
            Delivery::Withheld { why, .. } => {
                self.report(withheld(*why), false);
                return Then::Done;
            }
            _ => {}
        }
        self.report(said, false);
        Then::Done
    }

    /// Says what became of the message, and puts the connection in order.
    pub(super) fn conclude(&mut self, said: Said, is_aborted: bool) {
        self.report(said, is_aborted);
        match std::mem::replace(&mut self.line, Line::None) {
            Line::Talking(talk) => self.part(talk),
            line => {
                self.line = line;
                self.drop_line();
            }
        }
    }

    /// Says what became of the message: this of all of whom nothing else is known.
    pub(super) fn report(&mut self, said: Said, is_aborted: bool) {
        if matches!(self.phase, Phase::Over) {
            return;
        }
        let all = matches!(self.phase, Phase::Sending { all_or_none: true, .. });
        let unconfirmed = matches!(said.delivery, Delivery::Unconfirmed(_));
        let accepted = said.is_accepted();
        // Where one message goes to all or to none, nobody is refused for good unless everybody is.
        let each_refused =
            self.members.iter().all(|member| member.fin.as_ref().is_some_and(|fin| !fin.delivery.is_temporary()));
        let recipients = std::mem::take(&mut self.members).into_iter().map(|member| {
            let Member { recipient, told, fin, .. } = member;
            // Whom a host has taken once, none refuses for good by itself.
            let was_taken = told.as_ref().is_some_and(Said::is_accepted) && !all;
            let told = told.filter(|told| !told.is_accepted() && !all);
            let fin = fin.filter(|_| !is_aborted && !was_taken && (!all || each_refused || accepted));
            let Said { delivery, host } = told.or(fin).unwrap_or_else(|| said.clone());
            RecipientOutcome { recipient, delivery, host }
        });
        let omitted = std::mem::take(&mut self.omitted);
        let outcome = Outcome { recipients: recipients.collect(), unconfirmed, omitted };
        self.phase = Phase::Over;
        self.deadline = None;
        self.event(Event::Sent(Box::new(outcome)));
    }

    /// No host is left.
    pub(super) fn exhausted(&mut self) {
        let said = self.troubles.verdict();
        match self.phase {
            Phase::Growing => {
                self.exhausted = Some(said.clone());
                (0..self.members.len()).for_each(|index| self.tell(index, said.clone()));
            }
            Phase::Sending { .. } => self.conclude(said, false),
            Phase::Over => {}
        }
    }

    /// Whether there is something to say to a host.
    pub(super) fn wants_line(&self) -> bool {
        match self.phase {
            Phase::Growing => self.members.iter().any(|member| member.told.is_none()),
            Phase::Sending { .. } => true,
            Phase::Over => false,
        }
    }

    /// The host waits for us from now on.
    pub(super) fn be_patient(&self, talk: &mut Talk) {
        let is_waiting = matches!(self.phase, Phase::Growing) && talk.aim == Aim::Recipients && talk.all_answered();
        if is_waiting && talk.patience.is_none() {
            talk.patience = Some(self.now.monotonic + HOP_PATIENCE);
        }
    }
}

fn host(recipient: &Recipient) -> Option<&Host> {
    match &recipient.to {
        ForwardPath::Postmaster => None,
        ForwardPath::Mailbox(mailbox) => Some(mailbox.host()),
    }
}
