//! `passerelle_envelope`.

use std::ffi::c_char;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use engine::message::Header;
use engine::network::NetworkError;
use engine::verify::{self, Believed};

use crate::handle::{Handle, opaque};
use crate::memory::{change, create, error, free, octets, text};
use crate::status::{Failure, Status};

/// What the SMTP client said and where it came from, as far as that is known. One that is left empty means: only the
/// message is known, so SPF and iprev cannot say anything.
#[derive(Default)]
pub struct Envelope(Handle<verify::Envelope>);

opaque!(Envelope, verify::Envelope, "envelope");

/// Makes an empty envelope.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_envelope_new(out: *mut *mut Envelope) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { create(out, || Ok(Envelope::default())) }
}

/// Frees an envelope; verifications that were made with it are not affected. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_envelope_free(envelope: *mut Envelope) {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { free(envelope) }
}

/// Sets the client's address: the 4 octets of an IPv4 address or the 16 of an IPv6 address, in network order, as
/// struct in_addr and struct in6_addr have them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_envelope_set_ip(
    envelope: *mut Envelope,
    address: *const u8,
    address_len: usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(envelope, |envelope| {
            let address = octets(address, address_len, "the address")?;
            envelope.ip = Some(if let Ok(address) = <[u8; 4]>::try_from(address) {
                IpAddr::V4(Ipv4Addr::from(address))
            } else if let Ok(address) = <[u8; 16]>::try_from(address) {
                IpAddr::V6(Ipv6Addr::from(address))
            } else {
                return Err(Failure::argument(format!("an address has 4 or 16 octets, not {address_len}")));
            });
            Ok(())
        })
    }
}

/// Sets the client's address from its text, such as "192.0.2.1" or "2001:db8::1".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_envelope_set_ip_text(
    envelope: *mut Envelope,
    address: *const c_char,
    address_len: usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(envelope, |envelope| {
            let address = text(address, address_len, "the address")?;
            let address = address.parse().map_err(|_| Failure::argument("the text is no IPv4 or IPv6 address"))?;
            envelope.ip = Some(address);
            Ok(())
        })
    }
}

/// Sets the argument of HELO or EHLO, as the client gave it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_envelope_set_helo(
    envelope: *mut Envelope,
    helo: *const c_char,
    helo_len: usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(envelope, |envelope| {
            envelope.helo = Some(text(helo, helo_len, "the HELO argument")?.to_owned());
            Ok(())
        })
    }
}

/// Sets the reverse-path of MAIL FROM, without its angle brackets. The length 0 is the null reverse-path, "<>", which
/// is something else than an unknown one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_envelope_set_mail_from(
    envelope: *mut Envelope,
    mail_from: *const c_char,
    mail_from_len: usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(envelope, |envelope| {
            envelope.mail_from = Some(text(mail_from, mail_from_len, "the reverse-path")?.to_owned());
            Ok(())
        })
    }
}

/// Which Received field of a message the host vouches for.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// None: anybody may have written them.
    None = 0,
    /// The topmost that tells of a client outside: the host's own server has written what is on top.
    Topmost = 1,
    /// The one whose number is given.
    Field = 2,
}

/// Fills in what is not set yet from the message's own Received and Return-Path fields. data is the message, or at least
/// its header section, as passerelle_verification_octets wants it.
///
/// That proves nothing, for whoever wrote the message can have written those fields: SPF of it is shown as derived, and
/// DMARC does not count it, unless vouched (one of passerelle_vouched) says that the host's own server wrote the field:
/// the topmost, or with PASSERELLE_VOUCHED_FIELD the one with the number field, counted from the top, from 1. Fields that
/// name a private, loopback or link-local address as the client are passed over, and so are those that name an address in
/// relays: networks of the host's own relays, such as "192.0.2.1, 2001:db8::/32", separated by commas; it may be empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_envelope_from_message(
    envelope: *mut Envelope,
    data: *const u8,
    data_len: usize,
    vouched: u32,
    field: u32,
    relays: *const c_char,
    relays_len: usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(envelope, |envelope| {
            let (header, _body) = Header::split(octets(data, data_len, "the message")?);
            let mut believed = Believed::nothing();
            believed.received = match vouched {
                vouched if vouched == Vouched::None as u32 => verify::Vouched::None,
                vouched if vouched == Vouched::Topmost as u32 => verify::Vouched::Topmost,
                vouched if vouched == Vouched::Field as u32 && field > 0 => verify::Vouched::Field(field as usize),
                vouched if vouched == Vouched::Field as u32 => {
                    return Err(Failure::argument("Received fields are counted from 1"));
                }
                _ => return Err(Failure::argument(format!("{vouched} is no passerelle_vouched"))),
            };
            let relays = text(relays, relays_len, "the relays")?.split(',').map(str::trim);
            for relay in relays.filter(|relay| !relay.is_empty()) {
                let network =
                    relay.parse().map_err(|error: NetworkError| Failure::argument(format!("'{relay}': {error}")))?;
                believed = believed.relay(network);
            }
            *envelope = std::mem::take(envelope).completed_from(&header, &believed);
            Ok(())
        })
    }
}

/// The error of the last call that could change the envelope; empty when it succeeded. The text is valid until the
/// next such call or until the envelope is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_envelope_error(
    envelope: *const Envelope,
    text: *mut *const c_char,
    text_len: *mut usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { error(envelope, text, text_len) }
}
