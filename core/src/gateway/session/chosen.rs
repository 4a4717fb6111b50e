//! The way that a transaction's recipients go: chosen by the first that is accepted, and the same for all.

use super::ways::WayId;
use crate::mailbox::{Host, Mailbox};
use crate::route::decide::{Decision, Fate, Group, Mode};
use crate::route::policy::Direction;
use crate::smtp::Reply;

/// What is done with the recipients of a transaction.
#[derive(Debug)]
pub(super) struct Chosen {
    /// The groups of one recipient, each without its recipients: those of copies are the last.
    groups: Vec<Group>,
    /// The rules of which the content will tell.
    open: Vec<usize>,
    /// The recipients' host, where they have to share it.
    host: Option<Host>,
    /// Whether the content has a say.
    late: bool,
    /// What is done at RCPT.
    pub(super) at_rcpt: AtRcpt,
    /// Whether the message can go on while it comes.
    pub(super) streams: bool,
    /// Whether it is verified.
    pub(super) verifies: bool,
    /// Whether the client is one of ours, as far as is known.
    pub(super) is_ours: bool,
    /// The way that was opened.
    pub(super) way: Option<WayId>,
    /// Those whom the message goes to, by the way that was opened.
    pub(super) to: Vec<Mailbox>,
    /// The decision about the first recipient.
    pub(super) first: Option<Box<Decision>>,
}

/// What is done at RCPT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AtRcpt {
    /// The hop answers.
    AskHop,
    /// It is accepted by admission alone.
    Accept,
    /// It is refused.
    Refuse(Reply),
}

impl Chosen {
    /// By a decision about one recipient, of whom at least one group has come.
    pub(super) fn of(decision: Decision, recipient: &Mailbox, needs_verification: bool) -> Self {
        let is_ours = decision.relay.is_some() || decision.direction.is_some_and(|d| d != Direction::Inbound);
        let verifies = decision.direction == Some(Direction::Inbound) || needs_verification;
        let originals: Vec<&Group> = decision.groups.iter().filter(|group| !group.copy).collect();
        let to = match originals[..] {
            [group] => group.recipients.clone(),
            _ => Vec::new(),
        };
        // One recipient that becomes several is taken or not as a whole, which no hop can tell at RCPT.
        let late = decision.late || decision.rests_on_tls_required;
        let at_rcpt = match originals[..] {
            _ if late => AtRcpt::Accept,
            [group] => match (group.outcome, &group.reply) {
                (Fate::Deliver, _) if to.len() == 1 => AtRcpt::AskHop,
                (Fate::Bounce | Fate::Defer, Some(reply)) => AtRcpt::Refuse(Reply::from(reply)),
                _ => AtRcpt::Accept,
            },
            _ => AtRcpt::Accept,
        };
        let changes = decision
            .mutations
            .iter()
            .any(|mutation| matches!(mutation.action, "add_header" | "remove_header" | "subject_prefix" | "footer"));
        let streams = at_rcpt == AtRcpt::AskHop
            && decision.mode == Mode::Stream
            && decision.groups.len() == 1
            && !verifies
            && !changes;
        let shares_host = late || decision.groups.iter().flat_map(|group| &group.hops).any(|hop| hop.split_domains);
        let bare = |group: &Group| Group { recipients: Vec::new(), ..group.clone() };
        Self {
            groups: decision.groups.iter().map(bare).collect(),
            open: decision.open.clone(),
            host: shares_host.then(|| recipient.host().clone()),
            late,
            at_rcpt,
            streams,
            verifies,
            is_ours,
            way: None,
            to,
            first: Some(Box::new(decision)),
        }
    }

    /// Whether another recipient goes the same way, whatever the content is.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.late, &self.open, &self.host, &self.at_rcpt, self.streams)
            == (other.late, &other.open, &other.host, &other.at_rcpt, other.streams)
            && self.groups == other.groups
    }

    /// How many recipients one transaction with the hops has.
    pub(super) fn max_recipients(&self) -> usize {
        let groups = self.groups.iter().filter(|group| !group.copy);
        let hops =
            groups.flat_map(|group| group.hops.iter().chain(group.fallback.iter().flat_map(|fallback| &fallback.hops)));
        hops.map(|hop| hop.max_recipients as usize).filter(|most| *most > 0).min().unwrap_or(usize::MAX)
    }

    /// The group that the hop is asked for.
    pub(super) fn group(&self) -> Option<&Group> {
        self.groups.iter().find(|group| !group.copy)
    }

    /// Whether this is the group that the hop was asked for.
    pub(super) fn is_group(&self, group: &Group) -> bool {
        let bare = Group { recipients: Vec::new(), ..group.clone() };
        self.group() == Some(&bare)
    }

    /// The entry that lets the client send through us, as far as is known.
    pub(super) fn relay(&self) -> Option<&str> {
        self.first.as_ref()?.relay.as_deref()
    }

    /// Whether nothing of the message is needed: it is thrown away, whatever it is.
    pub(super) fn discards(&self) -> bool {
        !self.late && self.groups.iter().all(|group| group.outcome == Fate::Discard)
    }
}
