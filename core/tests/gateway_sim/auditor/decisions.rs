//! Whether a fresh decision, over the answers that the gateway had, would allow what was done.

use std::sync::Arc;

use passerelle::message::Header;
use passerelle::route::decide::{Fate, Group};
use passerelle::route::hops::Hop as DecidedHop;
use passerelle::route::{Decide, Decision, Envelope, Message, Session};
use passerelle::{Evaluation, UnixTime};

use super::hops::Hop;
use super::{Client, Transaction, Verdict, wrong};
use crate::environment::dns::Dns;
use crate::tally::Tally;
use crate::workload::mail::Mail;
use crate::world::{HOSTS, POLICIES, USER};

/// Whether the policy of a decision was one in force when the transaction began.
pub(super) fn by_a_policy_in_force(version: &str, transactions: [Option<&Transaction>; 2]) -> Verdict {
    let mut policies = transactions.into_iter().flatten().flat_map(|transaction| &transaction.policies);
    match policies.any(|policy| POLICIES[*policy].version == version) {
        true => Ok(()),
        false => Err(wrong("policy", None, format!("{version} is in force no longer, or not yet"))),
    }
}

/// Whether these recipients may be served by this host, as it was found on the wire.
pub(super) fn allows(
    now: UnixTime,
    mail: &Mail,
    client: &Client,
    hop: &Hop,
    recipients: &[String],
    tally: &mut Tally,
) -> Verdict {
    let mut why = String::new();
    for policy in &client.transaction.policies {
        let decision = decide(now, mail, client, *policy);
        match recipients.iter().all(|to| serves(&decision, hop, to)) {
            true => {
                tally.add("hop: a fresh decision allows it");
                return Ok(());
            }
            false => why = decision.to_json(),
        }
    }
    let host = HOSTS[hop.host].name;
    let what = format!(
        "{host} (in TLS: {}, {:?}) takes it for {}, which a fresh decision does not allow: {why}",
        hop.is_secured,
        hop.shown,
        recipients.join(" ")
    );
    Err(wrong("hop", Some(mail.number), what))
}

fn decide(now: UnixTime, mail: &Mail, client: &Client, policy: usize) -> Decision {
    let transaction = &client.transaction;
    let mut session = Session::new().peer(mail.who.address().parse().ok()).helo(mail.who.name().into());
    session = session.tls(transaction.is_secured).user(client.has_auth.then(|| USER.to_owned()));
    let from = (!mail.from.is_empty()).then(|| mail.from.parse().expect("a mailbox"));
    let to = transaction.named().map(|to| to.parse().expect("a mailbox")).collect();
    let requiretls = transaction.mail.to_ascii_uppercase().contains("REQUIRETLS");
    let envelope = Envelope::new(from, to).requiretls(requiretls);
    let (header, _) = Header::split(&mail.content);
    let message = Arc::new(Message::new(header, mail.content.len() as u64));
    let request =
        Decide::new(POLICIES[policy].clone(), session, envelope, now).message(Some(message)).with_trail(false);
    Evaluation::new(request).run_with(|question| match client.answers.get(question) {
        Some(answer) => answer.clone(),
        None => Dns::default().truth(question),
    })
}

fn serves(decision: &Decision, hop: &Hop, to: &str) -> bool {
    let is_this = |decided: &DecidedHop| {
        decided.host == HOSTS[hop.host].name
            && (!decided.tls.is_required() || hop.is_secured)
            && (!decided.tls.verifies() || hop.is_verified())
    };
    let serves = |group: &Group| {
        let fallback = group.fallback.iter().flat_map(|fallback| &fallback.hops);
        group.outcome == Fate::Deliver
            && group.recipients.iter().any(|own| own.to_string() == to)
            && group.hops.iter().chain(fallback).any(is_this)
    };
    decision.groups.iter().any(serves)
}
