//! What every state of a transaction has: who sends, who has been named, what was asked and answered.

use std::sync::Arc;

use super::answers::{Shared, Verifying};
use super::context::Context;
use crate::gateway::{Done, Ending, MessageId, RecipientDone, Setup, Taken};
use crate::mailbox::{ForwardPath, Mailbox};
use crate::route::decide::{Decide, Decision};
use crate::route::{self, Message};
use crate::smtp::Reply;
use crate::smtp::parameters::RcptParameters;
use crate::smtp::server::{Peer, Sender};
use crate::verify;

/// What every state of a transaction has.
#[derive(Debug)]
pub(super) struct About {
    pub(super) id: MessageId,
    /// The policy of this transaction, whatever comes after it.
    pub(super) setup: Arc<Setup>,
    pub(super) peer: Arc<Peer>,
    pub(super) sender: Arc<Sender>,
    pub(super) seed: u64,
    pub(super) shared: Shared,
    pub(super) verifying: Option<Verifying>,
    /// Everybody whom RCPT has named, in order.
    pub(super) named: Vec<Named>,
    /// Whether what comes is submitted mail, by the port or by AUTH.
    pub(super) is_submission: bool,
}

/// A recipient that RCPT has named.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) mailbox: Mailbox,
    pub(super) parameters: RcptParameters,
    /// Whether it was accepted.
    pub(super) is_accepted: bool,
    /// Who said so, where a hop did.
    pub(super) host: Option<String>,
    pub(super) reply: Option<Reply>,
}

impl About {
    pub(super) fn new(cx: &mut Context, peer: Arc<Peer>, sender: Arc<Sender>) -> Self {
        let is_submission = cx.listener.is_submission() || peer.identity.is_some();
        Self {
            id: cx.draw.message_id(),
            setup: Arc::clone(&cx.setup),
            peer,
            sender,
            seed: cx.draw.number("seed"),
            shared: Shared::new(cx.next_question),
            verifying: None,
            named: Vec::new(),
            is_submission,
        }
    }

    /// The mailbox that a path means. `Postmaster` alone is that of our own domain (RFC 5321 §4.5.1).
    pub(super) fn mailbox(&self, path: &ForwardPath) -> Option<Mailbox> {
        let policy = &self.setup.policy;
        match path {
            ForwardPath::Mailbox(mailbox) => Some(mailbox.clone()),
            ForwardPath::Postmaster => {
                let own = policy.is_own(&policy.hostname).then_some(&policy.hostname);
                let domain = own.or_else(|| policy.domains.exact().next()).unwrap_or(&policy.hostname);
                Mailbox::new("postmaster", domain.clone()).ok()
            }
        }
    }

    /// Those who were accepted, each once.
    pub(super) fn accepted(&self) -> Vec<Mailbox> {
        let mut mailboxes: Vec<Mailbox> = Vec::new();
        for named in self.named.iter().filter(|named| named.is_accepted) {
            if !mailboxes.contains(&named.mailbox) {
                mailboxes.push(named.mailbox.clone());
            }
        }
        mailboxes
    }

    /// A decision about recipients, by what is known now.
    pub(super) fn decide(&self, cx: &Context, to: Vec<Mailbox>, message: Option<Arc<Message>>, taken: u64) -> Decide {
        let peer = &self.peer;
        let session = route::Session::new()
            .peer(peer.address.map(|address| address.ip().to_canonical()))
            .helo(peer.hello.as_ref().map(|hello| hello.name.as_str().to_owned()).unwrap_or_default())
            .user(peer.identity.as_ref().map(|identity| identity.user.clone()))
            .tls(peer.tls.is_some());
        let envelope = route::Envelope::new(self.sender.path.mailbox().cloned(), to)
            .requiretls(self.sender.parameters.require_tls)
            .size(self.sender.parameters.size);
        Decide::new(Arc::clone(&self.setup.policy), session, envelope, cx.now.unix)
            .message(message)
            .sts_cache(Arc::clone(&cx.sts_cache))
            .seed(self.seed)
            .taken(taken)
    }

    /// Begins to verify the message; the questions about its envelope go out at once.
    pub(super) fn verify(&mut self, cx: &Context) {
        if self.verifying.is_some() {
            return;
        }
        let peer = &self.peer;
        let mut envelope = verify::Envelope::new().mail_from(self.sender.path.to_string());
        if let Some(address) = peer.address {
            envelope = envelope.ip(address.ip().to_canonical());
        }
        if let Some(hello) = &peer.hello {
            envelope = envelope.helo(hello.name.as_str());
        }
        let settings = verify::Settings::new(self.setup.policy.hostname.as_str());
        let mut verifying = Verifying::new(&settings, &envelope, cx.now);
        self.shared.drive(cx.now, &mut verifying);
        self.verifying = Some(verifying);
    }

    /// What has come of a decision that others want to know: MTA-STS policies that were fetched.
    pub(super) fn learn(cx: &mut Context, decision: &Decision) {
        for (domain, policy) in &decision.sts_updates {
            if cx.sts_cache.policy(domain) != Some(policy) {
                Arc::make_mut(&mut cx.sts_cache).insert(domain.clone(), policy.clone());
                cx.event(crate::gateway::Event::StsUpdate(domain.clone(), policy.clone()));
            }
        }
    }

    /// The end of it, as far as it is known here: who was refused at RCPT, and who was accepted, of whom `taken` says the rest.
    pub(super) fn done(&self, end: Ending, taken: Taken) -> Done {
        let recipient = |named: &Named| RecipientDone {
            to: named.mailbox.clone(),
            copy: false,
            host: named.host.clone(),
            fate: match (named.is_accepted, named.reply.as_ref().map(|reply| reply.code / 100)) {
                (true, _) => taken,
                (false, Some(5)) => Taken::Refused,
                (false, _) => Taken::Deferred,
            },
            reply: named.reply.clone(),
        };
        Done {
            id: self.id.clone(),
            peer: Arc::clone(&self.peer),
            from: self.sender.path.clone(),
            recipients: self.named.iter().map(recipient).collect(),
            octets: 0,
            mode: None,
            end,
            second_copy_possible: false,
            broke: Vec::new(),
            reply: None,
        }
    }
}
