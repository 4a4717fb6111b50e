//! The header section as it is filed: with what this server has to say in front.

use passerelle::Now;
use passerelle::message::{EditError, Header};
use passerelle::results::strip_forged;
use passerelle::smtp::received::Received;
use passerelle::smtp::server::{Message, Peer};
use passerelle::verify::Report;

use super::Service;

/// Forged results are taken away, and Return-Path, Delivered-To, Authentication-Results and Received put in front
/// (RFC 5321 §4.4, RFC 8601 §5, RFC 9228).
pub(super) fn with_ours(
    section: &Header,
    service: &Service,
    peer: &Peer,
    message: &Message,
    report: &Report,
    now: Now,
) -> Result<Vec<u8>, EditError> {
    let (clean, _) = strip_forged(section, &[&service.settings.hostname])?;
    let sender = message.sender.path.mailbox().map_or_else(String::new, |mailbox| mailbox.to_string());
    let mut ours = format!("Return-Path: <{sender}>\r\n");
    for recipient in &message.recipients {
        ours.push_str(&format!("Delivered-To: {}\r\n", recipient.path));
    }
    ours.push_str(&report.authentication_results);
    ours.push_str(&Received::new(&service.settings.hostname, peer, message, now.unix).to_field());
    let mut octets = ours.into_bytes();
    octets.extend_from_slice(clean.octets());
    Ok(octets)
}
