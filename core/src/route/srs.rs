//! Senders rewritten so that SPF passes for what is forwarded, and bounces find back: SRS0 and SRS1.
//!
//! `ann@example.org` that goes on by way of `example.com` becomes `SRS0=HHHH=TT=example.org=ann@example.com`: a keyed hash over
//! the rest, the day, the domain and the local part. An address that is an SRS0 one already, of another forwarder, becomes
//! `SRS1=HHHH=forwarder==HHHH=TT=example.org=ann@example.com`, so that a bounce goes to the first forwarder and not through
//! all of them. Without the key nobody can make one, or our domain would pass on mail to anybody.
//!
//! The scheme is that of S. C. Wong's "SRS: the Sender Rewriting Scheme" (2003) and of libsrs2; hash and day are compared as they
//! do, the hash in any case, since some hosts fold local parts.

use crate::crypto::{Hash, equal};
use crate::domain::Domain;
use crate::limits::{MAX_LOCAL_PART, SRS_DAYS};
use crate::mailbox::Mailbox;
use crate::route::policy::SrsSettings;
use crate::time::UnixTime;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Characters of the hash. Four, of 20 bits, are usual; six hold against guessing at the speed of SMTP for the time that an address is valid.
const HASH_LENGTH: usize = 6;
/// Days after which the count begins again: two characters of five bits.
const CYCLE: u64 = 1024;

/// Why an address does not lead back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SrsError {
    /// It is none that was rewritten.
    #[error("the address was not rewritten")]
    Plain,
    /// It has not the form of one.
    #[error("the address is malformed")]
    Form,
    /// The hash is not ours.
    #[error("the address was not made here")]
    Hash,
    /// It is too old.
    #[error("the address is too old")]
    Expired,
}

/// The sender under which a message of `sender` goes on; `None` where it cannot be written, because the local part would be too
/// long. One of our own domain stays as it is.
pub fn forward(settings: &SrsSettings, sender: &Mailbox, now: UnixTime) -> Option<Mailbox> {
    let domain = sender.domain()?;
    if *domain == settings.domain {
        return Some(sender.clone());
    }
    let local = sender.local();
    let lower = local.to_ascii_lowercase();
    let rewritten = if let (true, Some(rest)) = (lower.starts_with("srs0"), opaque(local)) {
        // Of another forwarder: its part stays as it is, and its domain is put in front.
        let rest = format!("{domain}={rest}");
        format!("SRS1={}={rest}", hash(settings, &rest))
    } else if let (true, Some((_, rest))) =
        (lower.starts_with("srs1="), local.get(5..).and_then(|rest| rest.split_once('=')))
    {
        // Two forwarders on: the first one is named already.
        format!("SRS1={}={rest}", hash(settings, rest))
    } else {
        let rest = format!("{}={domain}={local}", day(now));
        format!("SRS0={}={rest}", hash(settings, &rest))
    };
    if rewritten.len() > MAX_LOCAL_PART {
        return None;
    }
    Mailbox::new(rewritten, settings.domain.clone()).ok()
}

/// The address to which a bounce for a rewritten one goes.
///
/// # Errors
/// [`SrsError`] says why there is none.
pub fn reverse(settings: &SrsSettings, address: &Mailbox, now: UnixTime) -> Result<Mailbox, SrsError> {
    if address.domain() != Some(&settings.domain) {
        return Err(SrsError::Plain);
    }
    let local = address.local();
    let tag = local.get(..5).unwrap_or_default().to_ascii_uppercase();
    let parts = || local.get(5..).and_then(|rest| rest.split_once('=')).ok_or(SrsError::Form);
    match tag.as_str() {
        "SRS0=" => {
            let (given, rest) = parts()?;
            check(settings, given, rest)?;
            let (made, rest) = rest.split_once('=').ok_or(SrsError::Form)?;
            if !is_recent(made, now) {
                return Err(SrsError::Expired);
            }
            let (domain, local) = rest.split_once('=').ok_or(SrsError::Form)?;
            mailbox(local, domain)
        }
        "SRS1=" => {
            let (given, rest) = parts()?;
            check(settings, given, rest)?;
            let (forwarder, rest) = rest.split_once('=').ok_or(SrsError::Form)?;
            mailbox(&format!("SRS0{rest}"), forwarder)
        }
        _ => Err(SrsError::Plain),
    }
}

/// What is behind `SRS0`, with the separator that the forwarder uses.
fn opaque(local: &str) -> Option<&str> {
    let rest = local.get(4..)?;
    rest.starts_with(['=', '+', '-']).then_some(rest)
}

fn mailbox(local: &str, domain: &str) -> Result<Mailbox, SrsError> {
    let domain = Domain::parse(domain).map_err(|_| SrsError::Form)?;
    Mailbox::new(local, domain).map_err(|_| SrsError::Form)
}

fn check(settings: &SrsSettings, given: &str, rest: &str) -> Result<(), SrsError> {
    let right = hash(settings, rest);
    match equal(given.to_ascii_uppercase().as_bytes(), right.as_bytes()) {
        true => Ok(()),
        false => Err(SrsError::Hash),
    }
}

/// The hash over what follows it, in lower case: hosts on the way may change case.
fn hash(settings: &SrsSettings, rest: &str) -> String {
    let digest = Hash::Sha256.hmac(settings.key.expose().as_bytes(), &[rest.to_ascii_lowercase().as_bytes()]);
    digest.iter().take(HASH_LENGTH).map(|octet| char::from(ALPHABET[usize::from(octet % 32)])).collect()
}

/// The day, in two characters.
fn day(now: UnixTime) -> String {
    let day = now.0 / 86_400 % CYCLE;
    [day / 32, day % 32].map(|part| char::from(ALPHABET[part as usize % 32])).iter().collect()
}

fn is_recent(made: &str, now: UnixTime) -> bool {
    let value = |c: u8| ALPHABET.iter().position(|known| *known == c.to_ascii_uppercase());
    let [high, low] = made.as_bytes() else { return false };
    let (Some(high), Some(low)) = (value(*high), value(*low)) else { return false };
    let age = (now.0 / 86_400 + CYCLE - (32 * high + low) as u64) % CYCLE;
    // A clock may be a day behind.
    age <= SRS_DAYS || age == CYCLE - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::sasl::Secret;

    const DAY: u64 = 86_400;
    const NOW: UnixTime = UnixTime(20_000 * DAY);

    fn settings(domain: &str, key: &str) -> SrsSettings {
        let domain = domain.parse().unwrap();
        SrsSettings { domain, key_file: "srs.key".into(), key: Secret::new(key) }
    }

    fn mailbox(text: &str) -> Mailbox {
        text.parse().unwrap()
    }

    #[test]
    fn a_bounce_finds_back_to_the_sender() {
        let ours = settings("example.com", "a key of sixteen");
        for sender in ["ann@example.org", "a.n=n@example.org", "Ann+tag@sub.example.org", "\"a b\"@example.org"] {
            let rewritten = forward(&ours, &mailbox(sender), NOW).unwrap();
            assert!(rewritten.local().starts_with("SRS0=") && rewritten.domain().unwrap().as_str() == "example.com");
            assert_eq!(reverse(&ours, &rewritten, UnixTime(NOW.0 + 20 * DAY)), Ok(mailbox(sender)), "{rewritten}");
        }
    }

    #[test]
    fn behind_two_forwarders_a_bounce_goes_to_the_first() {
        let [first, second, third] = ["one.example", "two.example", "three.example"].map(|d| settings(d, d));
        let once = forward(&first, &mailbox("ann@example.org"), NOW).unwrap();
        let twice = forward(&second, &once, NOW).unwrap();
        let thrice = forward(&third, &twice, NOW).unwrap();
        assert!(twice.local().starts_with("SRS1=") && thrice.local().starts_with("SRS1="));
        assert_eq!(reverse(&third, &thrice, NOW), Ok(once.clone()));
        assert_eq!(reverse(&second, &twice, NOW), Ok(once.clone()));
        assert_eq!(reverse(&first, &once, NOW), Ok(mailbox("ann@example.org")));
    }

    #[test]
    fn forged_old_and_plain_addresses_lead_nowhere() {
        let ours = settings("example.com", "a key of sixteen");
        let rewritten = forward(&ours, &mailbox("ann@example.org"), NOW).unwrap();
        let at = |address: &Mailbox, days| reverse(&ours, address, UnixTime(NOW.0 + days * DAY));
        assert_eq!(at(&rewritten, SRS_DAYS + 1), Err(SrsError::Expired));
        assert!(at(&rewritten, SRS_DAYS).is_ok());
        let forged = rewritten.local().replace("ann", "bob");
        assert_eq!(at(&Mailbox::new(forged, ours.domain.clone()).unwrap(), 0), Err(SrsError::Hash));
        assert_eq!(reverse(&settings("example.com", "another key of 16"), &rewritten, NOW), Err(SrsError::Hash));
        assert_eq!(at(&mailbox("ann@example.com"), 0), Err(SrsError::Plain));
        assert_eq!(at(&mailbox("SRS0=@example.com"), 0), Err(SrsError::Form));
        assert_eq!(reverse(&ours, &mailbox("SRS0=x=y@other.example"), NOW), Err(SrsError::Plain));
    }

    #[test]
    fn the_case_of_a_rewritten_address_may_change_on_the_way() {
        let ours = settings("example.com", "a key of sixteen");
        let rewritten = forward(&ours, &mailbox("ann@example.org"), NOW).unwrap();
        let folded = Mailbox::new(rewritten.local().to_lowercase(), ours.domain.clone()).unwrap();
        assert_eq!(reverse(&ours, &folded, NOW), Ok(mailbox("ann@example.org")));
    }

    #[test]
    fn our_own_senders_stay_and_what_would_be_too_long_is_not_written() {
        let ours = settings("example.com", "a key of sixteen");
        assert_eq!(forward(&ours, &mailbox("ann@example.com"), NOW), Some(mailbox("ann@example.com")));
        let long = format!("{}@{}.example", "a".repeat(480), "b".repeat(40));
        assert_eq!(forward(&ours, &mailbox(&long), NOW), None);
    }
}
