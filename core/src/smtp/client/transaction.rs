//! One message: MAIL, RCPT for each recipient, the content, and what the server says of it (RFC 5321 §3.3).
//!
//! Commands go out in groups where the server offers PIPELINING (RFC 2920), else one by one; that is a matter of how much room
//! [`Context::has_room`] sees, and the same code does both. DATA is the last of a group. BDAT comes when the replies to RCPT
//! are known, so that a message which nobody gets is not sent.
//!
//! A message that grows ([`Growth`]) is the same, with recipients that come while the others are answered already.

use super::closed::{Closed, ProtocolError, Stage};
use super::content::Sending;
use super::context::Context;
use super::envelope::{Envelope, Recipient};
use super::event::Event;
use super::growth::Growth;
use super::outcome::{Delivery, Outcome, RecipientOutcome, Withheld, shortened};
use super::plan::Plan;
use super::settings::Protocol;
use super::states::State;
use crate::smtp::reply::{Reply, Severity};

/// A message that is being sent.
#[derive(Debug)]
pub(super) struct Transaction {
    plan: Plan,
    recipients: Vec<Recipient>,
    /// What became of each recipient, as far as it is known.
    deliveries: Vec<Option<Delivery>>,
    /// Recipients for whom there is a RCPT, as indices.
    tried: Vec<usize>,
    /// Recipients that the server has accepted, as indices.
    accepted: Vec<usize>,
    /// Of a message that grows.
    growth: Option<Growth>,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// Nothing of it can be sent, whoever its recipients are.
    Void(Withheld),
    /// MAIL, RCPT and DATA go out, and their replies come.
    Commands(Commands),
    /// The content goes out.
    Content(Box<Sending>),
    /// The end is out.
    Ended(Ended),
    /// A lone dot is out, after a 354 although nobody is to get the message.
    EndedEmpty,
    /// RSET is to go out, or has: all that is not answered yet has no meaning any more.
    Resetting { is_sent: bool },
}

#[derive(Debug, Default)]
struct Commands {
    /// Whether MAIL is out.
    mail_sent: bool,
    /// Whether MAIL was accepted.
    mail: Option<bool>,
    /// The reply that refused it.
    mail_refused: Option<Reply>,
    /// RCPT commands that are out.
    rcpts_sent: usize,
    /// RCPT commands that have been answered.
    rcpts_answered: usize,
    /// Whether the server has accepted a recipient although it had refused MAIL.
    nonsense: bool,
    /// Whether DATA is out.
    data_sent: bool,
    /// The reply to it.
    data: Option<Reply>,
}

#[derive(Debug, Default)]
struct Ended {
    /// Replies that have come; there are several in LMTP.
    replies: usize,
    /// What was said of a chunk before the last.
    refused: Option<Reply>,
}

impl Transaction {
    /// Begins with a message, if anything of it can be sent at all. One that grows may get more recipients.
    pub(super) fn begin(context: &mut Context, envelope: Envelope, grows: bool) -> State {
        let (plan, phase) = match Plan::new(&envelope, context) {
            Ok(plan) => (plan, Phase::Commands(Commands::default())),
            Err(why) => (Plan::default(), Phase::Void(why)),
        };
        let mut transaction = Box::new(Self {
            plan,
            recipients: Vec::with_capacity(envelope.recipients.len()),
            deliveries: Vec::with_capacity(envelope.recipients.len()),
            tried: Vec::new(),
            accepted: Vec::new(),
            growth: grows.then(Growth::default),
            phase,
        });
        envelope.recipients.into_iter().for_each(|recipient| transaction.add(context, recipient));
        transaction.tell(context);
        transaction.go_on(context)
    }

    /// One more recipient, with what is known of it already.
    fn add(&mut self, context: &Context, recipient: Recipient) {
        let delivery = match &self.phase {
            Phase::Void(why) => Some(why.delivery()),
            Phase::Commands(Commands { mail_refused: Some(reply), .. }) => {
                Some(Delivery::Refused { stage: Stage::Mail, reply: reply.clone() })
            }
            Phase::Commands(_) => self.plan.admit(&recipient, &context.capabilities).map(Withheld::delivery),
            _ => Some(Withheld::Aborted.delivery()),
        };
        if delivery.is_none() {
            self.tried.push(self.recipients.len());
        }
        self.recipients.push(recipient);
        self.deliveries.push(delivery);
    }

    /// Whether more recipients may come.
    fn is_open(&self) -> bool {
        self.growth.as_ref().is_some_and(|growth| growth.is_open)
    }

    /// Tells the host of a message that grows what is known of its recipients, in their order.
    fn tell(&mut self, context: &mut Context) {
        let Some(growth) = &mut self.growth else { return };
        while let Some(delivery) = self.deliveries.get(growth.told) {
            let index = growth.told;
            let accepted = || self.accepted.binary_search(&index).ok();
            let delivery = match delivery {
                Some(delivery) => Some(delivery.clone()),
                None => accepted().and_then(|_| growth.said.pop_front()).map(Delivery::Accepted),
            };
            let Some(delivery) = delivery else { return };
            growth.told += 1;
            context.events.push_back(Event::Rcpt { index, delivery: Box::new(delivery) });
        }
    }

    // --- What the server says ---

    /// A reply to what was asked in `stage`.
    pub(super) fn reply(mut self: Box<Self>, context: &mut Context, stage: Stage, reply: Reply) -> State {
        if let Phase::Resetting { .. } = self.phase {
            return match stage {
                Stage::Reset if reply.is_completion() => self.conclude(context),
                // What comes of a connection in such a state is not certain.
                Stage::Reset => self.end(context, Closed::Refused { stage, reply }),
                _ => self.go_on(context),
            };
        }
        // DATA is the only command here to which "go on" is an answer.
        if (reply.severity() == Severity::Intermediate) != (stage == Stage::Data && !is_refusal(&reply)) {
            let error = ProtocolError::Code(reply.code);
            return self.end(context, Closed::Protocol { stage, error });
        }
        let reply = shortened(reply);
        match &mut self.phase {
            Phase::Commands(commands) => {
                match stage {
                    Stage::Mail => self.mail(reply),
                    Stage::Rcpt => self.rcpt(reply),
                    _ => commands.data = Some(reply),
                }
                self.tell(context);
            }
            // A chunk that is not the last (RFC 3030 §2: after a refusal only RSET is of use).
            Phase::Content(_) if is_refusal(&reply) => self.give_up(&Delivery::Refused { stage, reply }),
            Phase::Content(_) => {}
            Phase::Ended(ended) if stage == Stage::Content => {
                if is_refusal(&reply) {
                    ended.refused.get_or_insert(reply);
                }
            }
            Phase::Ended(ended) => {
                let index = ended.replies;
                ended.replies += 1;
                let refused = ended.refused.clone();
                self.ended(context, index, reply, refused.as_ref());
                match context.unanswered() {
                    0 if refused.is_some() => self.phase = Phase::Resetting { is_sent: false },
                    0 => return self.conclude(context),
                    _ => {}
                }
            }
            Phase::EndedEmpty => return self.conclude(context),
            Phase::Void(_) | Phase::Resetting { .. } => {}
        }
        self.go_on(context)
    }

    fn mail(&mut self, reply: Reply) {
        let accepted = reply.is_completion();
        if let Phase::Commands(commands) = &mut self.phase {
            commands.mail = Some(accepted);
            commands.mail_refused = (!accepted).then(|| reply.clone());
        }
        if !accepted {
            self.decide(&Delivery::Refused { stage: Stage::Mail, reply });
        }
    }

    fn rcpt(&mut self, reply: Reply) {
        let Phase::Commands(commands) = &mut self.phase else { return };
        let Some(&index) = self.tried.get(commands.rcpts_answered) else { return };
        commands.rcpts_answered += 1;
        match (reply.is_completion(), commands.mail) {
            (true, Some(true)) => {
                self.accepted.push(index);
                if let Some(growth) = &mut self.growth {
                    growth.said.push_back(reply);
                }
            }
            (true, _) => commands.nonsense = true,
            (false, _) => {
                if let Some(delivery @ None) = self.deliveries.get_mut(index) {
                    *delivery = Some(Delivery::Refused { stage: Stage::Rcpt, reply });
                }
            }
        }
    }

    /// A reply to the end: for everybody, or in LMTP for one recipient after the other (RFC 2033 §4.2). Where a chunk was
    /// refused, the reply to the last only says that (RFC 3030 §2); should it say that all is well, it is not the message that
    /// was taken, but one with a hole.
    fn ended(&mut self, context: &Context, index: usize, reply: Reply, refused: Option<&Reply>) {
        let delivery = match refused {
            Some(refused) => Delivery::Refused { stage: Stage::Content, reply: refused.clone() },
            None if reply.is_completion() => Delivery::Accepted(reply),
            None => Delivery::Refused { stage: Stage::EndOfData, reply },
        };
        match context.settings.protocol {
            Protocol::Smtp => self.decide(&delivery),
            Protocol::Lmtp => {
                let recipient = self.accepted.get(index).and_then(|index| self.deliveries.get_mut(*index));
                if let Some(undecided) = recipient {
                    *undecided = Some(delivery);
                }
            }
        }
    }

    /// A reply although nothing was asked, or before it could be.
    ///
    /// A refusal while the content goes out by DATA is a server that can't wait. The end is never sent then, so it is certain what
    /// became of the message.
    pub(super) fn unasked(mut self: Box<Self>, context: &mut Context, reply: &Reply) -> State {
        let in_content = match &self.phase {
            Phase::Content(sending) => sending.is_data(),
            Phase::Ended(_) => context.unpolled() > 0,
            _ => false,
        };
        if in_content && is_refusal(reply) {
            let (stage, reply) = (Stage::Content, shortened(reply.clone()));
            self.decide(&Delivery::Refused { stage, reply: reply.clone() });
            return self.end(context, Closed::Refused { stage, reply });
        }
        let stage = self.stage(context);
        self.end(context, Closed::Protocol { stage, error: ProtocolError::Unasked(reply.code) })
    }

    /// What is waited for.
    pub(super) fn stage(&self, context: &Context) -> Stage {
        context.awaited().unwrap_or(match self.is_open() {
            true => Stage::Idle,
            false => Stage::Content,
        })
    }

    // --- What the host says ---

    /// One more recipient of a message that grows.
    pub(super) fn grow(mut self: Box<Self>, context: &mut Context, recipient: Recipient) -> State {
        self.add(context, recipient);
        self.tell(context);
        self.go_on(context)
    }

    /// A message that grows has all its recipients.
    pub(super) fn grown(mut self: Box<Self>, context: &mut Context) -> State {
        if let Some(growth) = &mut self.growth {
            growth.is_open = false;
        }
        self.go_on(context)
    }

    /// Whether nothing is waited for but the next recipient, so that QUIT may be said.
    pub(super) fn may_leave(&self, context: &Context) -> bool {
        self.is_open() && context.unanswered() == 0 && matches!(self.phase, Phase::Void(_) | Phase::Commands(_))
    }

    /// The message is given up with the connection, by QUIT (RFC 5321 §4.1.1.10: at any time).
    pub(super) fn leave(mut self: Box<Self>, context: &mut Context) -> State {
        self.decide(&Delivery::NotSent(Closed::Quit));
        self.report(context);
        State::quit(context, Closed::Quit)
    }

    pub(super) fn wants_content(&self, context: &Context) -> bool {
        matches!(&self.phase, Phase::Content(sending) if sending.wants_more(context))
    }

    /// The next octets of the content; `None`: that was all. `Err` gives the transaction back: there is nothing to be sent now.
    pub(super) fn content(
        mut self: Box<Self>,
        context: &mut Context,
        octets: Option<&[u8]>,
    ) -> Result<State, Box<Self>> {
        let sending = match &mut self.phase {
            Phase::Content(sending) if !sending.is_complete() => sending,
            // The server has refused what the host has not been told yet, so the host may well go on.
            Phase::Resetting { .. } => return Ok(State::Transaction(self)),
            _ => return Err(self),
        };
        let result = match octets {
            Some(octets) => sending.push(context, octets),
            None => sending.finish(context),
        };
        Ok(match result {
            Ok(()) => {
                if context.unanswered() == 0 {
                    context.wait(Stage::Content);
                }
                self.go_on(context)
            }
            Err(why) => self.withdraw(context, why),
        })
    }

    /// The host takes the message back. Behind the end it is too late for that, and only the waiting ends.
    pub(super) fn abort(self: Box<Self>, context: &mut Context) -> State {
        match self.phase {
            Phase::Ended(_) => self.end(context, Closed::MessageWithdrawn),
            Phase::EndedEmpty | Phase::Resetting { .. } => State::Transaction(self),
            Phase::Void(_) => self.conclude(context),
            Phase::Commands(_) | Phase::Content(_) => self.withdraw(context, Withheld::Aborted),
        }
    }

    /// The message must not be ended. Where DATA has been said only closing the connection makes sure of that: RFC 5321 §4.1.1.4
    /// knows no other way out. Between commands, and between the chunks of BDAT, there is RSET.
    fn withdraw(mut self: Box<Self>, context: &mut Context, why: Withheld) -> State {
        let in_data = match &self.phase {
            Phase::Commands(commands) => commands.data_sent,
            Phase::Content(sending) => sending.is_data(),
            _ => true,
        };
        if in_data {
            self.decide(&why.delivery());
            return self.end(context, Closed::MessageWithdrawn);
        }
        // A refused MAIL has begun nothing.
        let is_begun = match &self.phase {
            Phase::Commands(commands) => commands.mail != Some(false) || commands.nonsense,
            _ => true,
        };
        if !is_begun && context.unanswered() == 0 {
            self.decide(&why.delivery());
            return self.conclude(context);
        }
        self.give_up(&why.delivery());
        self.go_on(context)
    }

    // --- What follows ---

    /// Sends what can be sent now.
    fn go_on(mut self: Box<Self>, context: &mut Context) -> State {
        let is_open = self.is_open();
        match &mut self.phase {
            Phase::Void(_) if is_open => State::Transaction(self),
            Phase::Void(_) => self.conclude(context),
            Phase::Commands(commands) => {
                // Nobody can get it, so that MAIL need not be said.
                if !(is_open || commands.mail_sent) && self.tried.is_empty() {
                    return self.conclude(context);
                }
                self.send_commands(context);
                match context.unanswered() {
                    0 if !is_open => self.commands_done(context),
                    _ => State::Transaction(self),
                }
            }
            Phase::Content(sending) => {
                if sending.go_on(context) {
                    self.end_is_out(context);
                } else if context.unanswered() == 0 {
                    context.wait(Stage::Content);
                }
                State::Transaction(self)
            }
            Phase::Resetting { is_sent } => {
                if !*is_sent && context.has_room() {
                    *is_sent = true;
                    context.command(Stage::Reset, "RSET");
                }
                State::Transaction(self)
            }
            Phase::Ended(_) | Phase::EndedEmpty => State::Transaction(self),
        }
    }

    fn send_commands(&mut self, context: &mut Context) {
        let is_open = self.is_open();
        let Phase::Commands(commands) = &mut self.phase else { return };
        while context.has_room() && commands.mail != Some(false) {
            let all_refused = commands.rcpts_answered == self.tried.len() && self.accepted.is_empty();
            let next = self.tried.get(commands.rcpts_sent).and_then(|index| self.recipients.get(*index));
            if !commands.mail_sent {
                commands.mail_sent = true;
                context.mails = context.mails.saturating_add(1);
                context.command(Stage::Mail, &self.plan.mail);
            } else if let Some(recipient) = next {
                commands.rcpts_sent += 1;
                context.command(Stage::Rcpt, &self.plan.rcpt(recipient));
            } else if !(is_open || commands.data_sent || self.plan.chunking || all_refused) {
                commands.data_sent = true;
                context.command(Stage::Data, "DATA");
            } else {
                return;
            }
        }
    }

    /// All commands have been answered.
    fn commands_done(mut self: Box<Self>, context: &mut Context) -> State {
        let Phase::Commands(commands) = &mut self.phase else { return State::Transaction(self) };
        let (data, nonsense, mail) = (commands.data.take(), commands.nonsense, commands.mail == Some(true));
        let goes_on = data.as_ref().is_none_or(|reply| !is_refusal(reply));
        if !self.accepted.is_empty() && !nonsense && goes_on {
            self.phase = Phase::Content(Box::new(Sending::new(&self.plan, context)));
            context.wait(Stage::Content);
            context.owes_content = true;
            context.events.push_back(Event::WantsContent);
            return State::Transaction(self);
        }
        match data {
            // RFC 2920 §3.1: all recipients were refused, and the server waits for a message nevertheless. An empty one gets it
            // back. In LMTP it is not certain that there would be a reply, and with recipients that we take for refused the
            // empty message could arrive somewhere.
            Some(reply) if goes_on => {
                if nonsense || context.settings.protocol == Protocol::Lmtp {
                    let error = ProtocolError::Code(reply.code);
                    return self.end(context, Closed::Protocol { stage: Stage::Data, error });
                }
                context.trace_sent(|| "<0 octets> .".into());
                context.send(|out| out.extend_from_slice(b".\r\n"));
                context.expect(Stage::EndOfData);
                self.phase = Phase::EndedEmpty;
                State::Transaction(self)
            }
            data => {
                if let Some(reply) = data {
                    self.decide(&Delivery::Refused { stage: Stage::Data, reply });
                }
                // A refused MAIL has begun nothing.
                if !mail && !nonsense {
                    return self.conclude(context);
                }
                self.phase = Phase::Resetting { is_sent: false };
                self.go_on(context)
            }
        }
    }

    /// Replies to the end are waited for.
    fn end_is_out(&mut self, context: &mut Context) {
        self.phase = Phase::Ended(Ended::default());
        let replies = match context.settings.protocol {
            Protocol::Smtp => 1,
            Protocol::Lmtp => self.accepted.len(),
        };
        (0..replies).for_each(|_| context.expect(Stage::EndOfData));
    }

    /// What becomes of all recipients of whom it is not known yet.
    fn decide(&mut self, delivery: &Delivery) {
        for undecided in self.deliveries.iter_mut().filter(|delivery| delivery.is_none()) {
            *undecided = Some(delivery.clone());
        }
    }

    /// The message is not sent; the connection goes on.
    fn give_up(&mut self, delivery: &Delivery) {
        self.decide(delivery);
        self.phase = Phase::Resetting { is_sent: false };
    }

    /// The message is done with, and the next can come.
    fn conclude(self: Box<Self>, context: &mut Context) -> State {
        context.wait(Stage::Idle);
        self.report(context);
        State::Ready
    }

    /// The message is done with, and the connection is over.
    pub(super) fn end(mut self: Box<Self>, context: &mut Context, why: Closed) -> State {
        // An end that nobody has polled is not going to be sent.
        let may_have_arrived = matches!(self.phase, Phase::Ended(_)) && context.unpolled() == 0;
        let delivery = match &why {
            Closed::ShuttingDown { stage, reply } => {
                Delivery::Refused { stage: *stage, reply: shortened(reply.clone()) }
            }
            why if may_have_arrived => Delivery::Unconfirmed(why.clone()),
            why => Delivery::NotSent(why.clone()),
        };
        self.decide(&delivery);
        if let Phase::Content(sending) = &self.phase {
            sending.trace_broken_off(context);
        }
        context.discard_unpolled();
        self.report(context);
        State::closed(context, why)
    }

    fn report(self, context: &mut Context) {
        let fallback = Withheld::Aborted.delivery(); // never needed: all have been decided
        let deliveries = self.deliveries.into_iter().map(|delivery| delivery.unwrap_or_else(|| fallback.clone()));
        let recipients = self.recipients.into_iter().zip(deliveries);
        let recipients = recipients.map(|(recipient, delivery)| RecipientOutcome::new(recipient, delivery)).collect();
        context.events.push_back(Event::Sent(Outcome { recipients, omitted: self.plan.omitted }));
    }
}

impl RecipientOutcome {
    pub(super) fn new(recipient: Recipient, delivery: Delivery) -> Self {
        Self { to: recipient.to, delivery }
    }
}

fn is_refusal(reply: &Reply) -> bool {
    matches!(reply.severity(), Severity::Transient | Severity::Permanent)
}
