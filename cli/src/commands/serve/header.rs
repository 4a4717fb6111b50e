//! The header section as it is filed: with what this server has to say in front.

use std::sync::Arc;

use passerelle::Now;
use passerelle::message::{EditError, Header};
use passerelle::results::strip_forged;
use passerelle::smtp::server::{Message, Peer, Received};
use passerelle::verify::Report;

use super::Service;

/// Forged results are taken away, and Return-Path, Delivered-To, Authentication-Results and Received put in front
/// (RFC 5321 §4.4, RFC 8601 §5, RFC 9228).
pub(super) fn with_ours(
    section: &Header,
    service: &Service,
    peer: &Arc<Peer>,
    message: &Message,
    report: &Report,
    now: Now,
) -> Result<Vec<u8>, EditError> {
    let (clean, _) = strip_forged(section, &[&service.settings.hostname])?;
    // There is one Return-Path, that of the final delivery (RFC 5321 §4.4).
    let (clean, _) = clean.without(|field| field.is("Return-Path"))?;
    // Put behind ours, it would be read as part of ours.
    if matches!(clean.octets(), [b' ' | b'\t', ..]) {
        return Err(EditError::LeadingContinuation);
    }
    let mut ours = format!("Return-Path: {}\r\n", message.sender.path);
    for recipient in &message.recipients {
        let path = recipient.path.to_string();
        ours.push_str(&format!("Delivered-To: {}\r\n", path.trim_matches(['<', '>'])));
    }
    ours.push_str(&report.authentication_results);
    ours.push_str(&Received::new(peer, &service.settings.hostname, message, now.unix).to_string());
    let mut octets = ours.into_bytes();
    octets.extend_from_slice(clean.octets());
    Ok(octets)
}
