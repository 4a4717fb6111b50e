//! What is put in front of a message: everything that its rewriting is made of.

use super::about::About;
use super::context::Context;
use crate::gateway::content::header::nothing_verified;
use crate::gateway::content::keys::KeyStates;
use crate::gateway::content::rewrite::Rewrite;
use crate::message::Header;
use crate::route::decide::Group;
use crate::smtp::server::Received;
use crate::time::UnixTime;
use crate::verify::Report;

/// What the rewriting of a message is made of, but for the group that it goes to.
#[derive(Debug)]
pub(super) struct Front<'a> {
    about: &'a About,
    header: &'a Header,
    report: Option<&'a Report>,
    received: String,
    results: String,
    admitted: bool,
    submitted: bool,
    keys: Option<&'a KeyStates>,
    now: UnixTime,
}

impl<'a> Front<'a> {
    /// `relay` is the entry that lets the client send through us, where one does.
    pub(super) fn new(
        cx: &'a Context,
        about: &'a About,
        header: &'a Header,
        report: Option<&'a Report>,
        relay: Option<&str>,
    ) -> Self {
        let policy = &about.setup.policy;
        let relay = relay.and_then(|name| policy.relays.iter().find(|relay| relay.name == name));
        let mut accepted = about.named.iter().filter(|named| named.is_accepted);
        let only = accepted.next().filter(|_| accepted.next().is_none());
        let path = only.map(|named| crate::mailbox::ForwardPath::Mailbox(named.mailbox.clone()));
        let received = Received {
            peer: &about.peer,
            hostname: policy.hostname.as_str(),
            protocol: about.peer.protocol(about.sender.parameters.smtputf8),
            id: Some(about.id.as_str()),
            recipient: path.as_ref(),
            at: cx.now.unix,
        };
        let results = match report {
            Some(report) => report.authentication_results.clone(),
            None => nothing_verified(policy.hostname.as_str()),
        };
        Self {
            about,
            header,
            report,
            received: received.to_string(),
            results,
            admitted: relay.is_some(),
            submitted: about.is_submission || relay.is_some_and(|relay| relay.submitted),
            keys: Some(&cx.key_states),
            now: cx.now.unix,
        }
    }

    /// The rewriting for a group.
    pub(super) fn rewrite(&'a self, group: &'a Group) -> Rewrite<'a> {
        Rewrite::new(&self.about.setup.policy, self.header, group, self.now)
            .id(self.about.id.as_str())
            .received(Some(&self.received))
            .results(Some(&self.results))
            .verdicts(self.report.map_or(&[], |report| &report.dkim))
            .submitted(self.submitted)
            .admitted(self.admitted)
            .keys(self.keys)
    }
}
