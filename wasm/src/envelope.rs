//! What JavaScript knows of the envelope.

use std::net::IpAddr;

use js_sys::Array;
use passerelle::message::Header;
use passerelle::network::Network;
use passerelle::verify::{Believed, Envelope, Vouched};
use wasm_bindgen::JsError;

use crate::value::{Fields, Result, octets};

/// `{ip, helo, mailFrom}`, and where there is `envelopeFromMessage`, the octets of a message, the rest from there, as far
/// as `trustReceived` and `trustedRelays` believe it.
pub(crate) fn read(options: &Fields<'_>) -> Result<Envelope> {
    let mut envelope = Envelope::new();
    envelope.ip = match options.text("ip")? {
        None => None,
        Some(text) => Some(text.parse::<IpAddr>().map_err(|_| {
            JsError::new(&format!("'{text}' is no IP address; it has the form 192.0.2.1 or 2001:db8::1"))
        })?),
    };
    envelope.helo = options.text("helo")?;
    envelope.mail_from = options.text("mailFrom")?;
    let believed = believed(options)?;
    match options.value("envelopeFromMessage")? {
        None => Ok(envelope),
        Some(message) => {
            let wrong = || options.wrong("envelopeFromMessage", "the message, or its header section, as a Uint8Array");
            let (header, _body) = Header::split(&octets(&message).ok_or_else(wrong)?);
            Ok(envelope.completed_from(&header, &believed))
        }
    }
}

fn believed(options: &Fields<'_>) -> Result<Believed> {
    let mut believed = Believed::nothing();
    if let Some(value) = options.value("trustReceived")? {
        believed.received = match (value.as_bool(), value.as_f64()) {
            (Some(true), _) => Vouched::Topmost,
            (Some(false), _) => Vouched::None,
            // The cast of a small whole number is exact.
            (_, Some(field)) if (1.0..=1e6).contains(&field) && field.fract() == 0.0 => Vouched::Field(field as usize),
            _ => return Err(options.wrong("trustReceived", "true, or the number of a Received field, from 1")),
        };
    }
    if let Some(value) = options.value("trustedRelays")? {
        let wrong = || options.wrong("trustedRelays", "an array of networks such as 192.0.2.0/24");
        if !Array::is_array(&value) {
            return Err(wrong());
        }
        for relay in Array::from(&value) {
            let network: Option<Network> = relay.as_string().and_then(|relay| relay.parse().ok());
            believed = believed.relay(network.ok_or_else(wrong)?);
        }
    }
    Ok(believed)
}
