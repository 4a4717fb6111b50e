//! What a way is told of the message and the group that it goes to.

use super::about::About;
use crate::gateway::way::{Keeps, Plan};
use crate::limits::GATEWAY_GROWTH;
use crate::mailbox::{ForwardPath, Mailbox, ReversePath};
use crate::route::decide::Group;
use crate::smtp::client::Recipient;
use crate::smtp::parameters::MailParameters;

/// The way of a group.
pub(super) fn plan(about: &About, group: &Group, keeps: Keeps) -> Plan {
    let from = match &group.sender {
        Some(sender) => ReversePath::Mailbox(sender.clone()),
        None => about.sender.path.clone(),
    };
    let given = &about.sender.parameters;
    let parameters = MailParameters {
        // What we put in front comes on top of what the client has counted.
        size: given.size.map(|size| size.saturating_add(GATEWAY_GROWTH)),
        // RFC 4954 §5: whom the client vouches for is nothing that we vouch for.
        auth: None,
        ..given.clone()
    };
    Plan::of(group, from).parameters(parameters).keeps(keeps)
}

/// The recipients of a group, as the hop hears of them: with what was asked for those whom RCPT has named.
pub(super) fn recipients(about: &About, group: &Group) -> Vec<Recipient> {
    let recipient = |mailbox: &Mailbox| {
        let named = about.named.iter().find(|named| named.is_accepted && named.mailbox == *mailbox);
        let parameters = named.filter(|_| !group.copy).map(|named| named.parameters.clone()).unwrap_or_default();
        Recipient { to: ForwardPath::Mailbox(mailbox.clone()), parameters }
    };
    group.recipients.iter().map(recipient).collect()
}
