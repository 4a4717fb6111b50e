//! `passerelle_envelope`.

use std::ffi::c_char;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use engine::verify;

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
