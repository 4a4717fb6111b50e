//! Values of the document: hosts, domains, durations, sizes, dates.

use std::net::{IpAddr, SocketAddr};

use crate::domain::Domain;
use crate::route::policy::routes::HostTarget;
use crate::route::policy::table::quoted;
use crate::time::UnixTime;

/// A domain name.
pub(super) fn domain(text: &str) -> Result<Domain, String> {
    Domain::parse(text.trim()).map_err(|error| format!("{}: {error}", quoted(text)))
}

/// A name that we give ourselves: fully qualified, never localhost, and no address.
pub(super) fn own_name(text: &str) -> Result<Domain, String> {
    let name = text.trim();
    if name.parse::<IpAddr>().is_ok() || name.starts_with('[') {
        return Err(format!("{} is an address; a name is wanted, such as gw.example.com", quoted(text)));
    }
    let name = domain(name)?;
    if name.labels().next_back() == Some("localhost") || name.as_str().starts_with("localhost.") {
        return Err(format!(
            "{} is what every host calls itself; others refuse it: write a name such as gw.example.com",
            quoted(text)
        ));
    }
    match name.label_count() {
        1 => Err(format!("{} is a bare label; write the whole name, such as gw.example.com", quoted(text))),
        _ => Ok(name),
    }
}

/// `host`, `host:port`, `[::1]:25`, an address.
pub(super) fn host(text: &str) -> Result<(HostTarget, Option<u16>), String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err("a host must not be empty; write mail.example.com or mail.example.com:587".to_owned());
    }
    if let Some((scheme, rest)) = trimmed.split_once("://") {
        let rest = rest.trim_end_matches('/');
        let hint = if scheme.eq_ignore_ascii_case("smtps") { " and implicit_tls = true, or port 465" } else { "" };
        return Err(format!("a host is written without {scheme}://: write {}{hint}", quoted(rest)));
    }
    if let Ok(address) = trimmed.parse::<IpAddr>() {
        return Ok((HostTarget::Address(address.to_canonical()), None));
    }
    if let Some(rest) = trimmed.strip_prefix('[') {
        let Some((inside, behind)) = rest.split_once(']') else {
            return Err(format!("{} has no closing bracket", quoted(text)));
        };
        let inside = inside.strip_prefix("IPv6:").unwrap_or(inside);
        let port = match behind.strip_prefix(':') {
            Some(digits) => Some(port(digits, text)?),
            None if behind.is_empty() => None,
            None => return Err(format!("{} has something behind the bracket; write [2001:db8::1]:25", quoted(text))),
        };
        return match inside.parse::<IpAddr>() {
            Ok(address) => Ok((HostTarget::Address(address.to_canonical()), port)),
            Err(_) => Err(format!("brackets are for addresses; write {}", quoted(&[inside, behind].concat()))),
        };
    }
    let (name, port) = match trimmed.rsplit_once(':') {
        Some((name, _)) if name.contains(':') => {
            return Err(format!(
                "{} is no address; an IPv6 address with a port is written [2001:db8::1]:25",
                quoted(text)
            ));
        }
        Some((name, digits)) => (name, Some(port(digits, text)?)),
        None => (trimmed, None),
    };
    match name.parse::<IpAddr>() {
        Ok(address) => Ok((HostTarget::Address(address.to_canonical()), port)),
        Err(_) if name.contains('@') => Err(format!("{} is an address of a person; a host is wanted", quoted(text))),
        Err(_) => Ok((HostTarget::Name(domain(name)?), port)),
    }
}

fn port(digits: &str, text: &str) -> Result<u16, String> {
    match digits.parse::<u16>() {
        Ok(port) if port > 0 && digits.bytes().all(|b| b.is_ascii_digit()) => Ok(port),
        _ => Err(format!("{} has no port from 1 to 65535 behind the colon", quoted(text))),
    }
}

/// An address of a listener.
pub(super) fn socket(text: &str) -> Result<SocketAddr, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("{} is no address with a port: write 127.0.0.1:2525, [::]:25 or 0.0.0.0:25", quoted(text)))
}

/// An address of ours.
pub(super) fn address(text: &str) -> Result<IpAddr, String> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().map(|address| address.to_canonical()).map_err(|_| match text.contains('/') {
        true => format!("{} is a network; an address is wanted", quoted(text)),
        false => format!("{} is no address: write 192.0.2.25 or 2001:db8::25, without a port", quoted(text)),
    })
}

/// `90s`, `10m`, `24h`, `7d`, in seconds.
pub(super) fn duration(text: &str) -> Result<u64, String> {
    let wrong = || format!("{} is no duration: write 90s, 10m, 24h or 7d", quoted(text));
    let trimmed = text.trim();
    let digits = trimmed.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let unit = match trimmed.get(digits.len()..).unwrap_or_default().trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).filter(|seconds| (1..=MAX_DURATION).contains(seconds)).ok_or_else(wrong)
}

/// A hundred years.
const MAX_DURATION: u64 = 100 * 366 * 86_400;

/// `10 MB`, `512 kB`, `1 MiB`, in octets.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{} is no size: write 10 MB, 512 kB or 1 MiB", quoted(text));
    let trimmed = text.trim();
    let digits = trimmed.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let unit = match trimmed.get(digits.len()..).unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "kib" => 1 << 10,
        "m" | "mb" => 1_000_000,
        "mib" => 1 << 20,
        "g" | "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).ok_or_else(wrong)
}

/// `2027-01-31`: the first moment after that day, in UTC.
pub(super) fn day(text: &str) -> Result<UnixTime, String> {
    let wrong = || format!("{} is no day: write 2027-01-31", quoted(text));
    let parts: Vec<&str> = text.trim().split('-').collect();
    let &[year, month, day] = parts.as_slice() else { return Err(wrong()) };
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return Err(wrong());
    }
    let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, 28 + u64::from(is_leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = month.checked_sub(1).filter(|month| *month < 12).ok_or_else(wrong)? as usize;
    if year < 1970 || !(1..=lengths[before]).contains(&day) {
        return Err(wrong());
    }
    let leap_days = |year: u64| year / 4 - year / 100 + year / 400;
    let days = 365 * (year - 1970) + leap_days(year - 1) - leap_days(1969);
    let days = days + lengths[..before].iter().sum::<u64>() + day;
    Ok(UnixTime(days * 86_400))
}

/// The content of a file that holds one secret: a final line end does not count, all else does.
pub(super) fn secret(octets: Vec<u8>) -> Result<String, String> {
    let mut text = String::from_utf8(octets).map_err(|_| "is not UTF-8".to_owned())?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    match text.is_empty() {
        true => Err("is empty".to_owned()),
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_understood_or_refused_with_the_form_to_use() {
        for (text, name, with_port) in [
            ("mail.example.com", "mail.example.com", None),
            ("Mail.Example.COM.:587", "mail.example.com", Some(587)),
            ("[::1]:25", "::1", Some(25)),
            ("[IPv6:2001:db8::1]", "2001:db8::1", None),
            ("2001:db8::1", "2001:db8::1", None),
            ("192.0.2.1:2525", "192.0.2.1", Some(2525)),
            ("[192.0.2.1]:25", "192.0.2.1", Some(25)),
            ("localhost:2525", "localhost", Some(2525)),
        ] {
            let (target, port) = host(text).unwrap();
            assert_eq!((target.to_string().as_str(), port), (name, with_port), "{text}");
        }
        for (text, expected) in [
            ("smtp://mail.example.com:25", "write \"mail.example.com:25\""),
            ("smtps://mail.example.com/", "implicit_tls"),
            ("[mail.example.com]:587", "write \"mail.example.com:587\""),
            ("mail.example.com:", "port"),
            ("mail.example.com:99999", "port"),
            ("", "must not be empty"),
            ("2001:db8::1:x:25", "[2001:db8::1]:25"),
            ("ann@example.com", "a person"),
        ] {
            let error = host(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn our_own_name_is_whole_and_ours() {
        assert_eq!(own_name("GW.example.com.").unwrap().as_str(), "gw.example.com");
        for wrong in ["localhost", "localhost.localdomain", "gw", "192.0.2.1", "[192.0.2.1]", "", "gw.localhost"] {
            assert!(own_name(wrong).is_err(), "{wrong}");
        }
    }

    /// The expectations are those of `date --utc --date=DAY +%s`, a day later.
    #[test]
    fn a_day_ends_with_itself() {
        for (text, expected) in [
            ("1970-01-01", 86_400),
            ("2024-02-29", 1_709_251_200),
            ("2025-12-31", 1_767_225_600),
            ("2027-01-31", 1_801_440_000),
            ("2100-02-28", 4_107_542_400),
        ] {
            assert_eq!(day(text), Ok(UnixTime(expected)), "{text}");
        }
        for wrong in ["2027-02-29", "2027-13-01", "2027-00-10", "2027-1-1", "31.01.2027", "2027-01-32", ""] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_and_sizes_have_units() {
        assert_eq!((duration("24h"), duration("10m"), duration("90 s")), (Ok(86_400), Ok(600), Ok(90)));
        assert!(duration("10").is_err() && duration("0s").is_err() && duration("h").is_err());
        assert_eq!((size("10 MB"), size("1KiB"), size("7")), (Ok(10_000_000), Ok(1024), Ok(7)));
        assert!(size("10 pounds").is_err() && size("-1 MB").is_err());
    }

    #[test]
    fn of_a_secret_one_line_end_does_not_count_and_all_else_does() {
        for (octets, expected) in [
            ("pass word\n", "pass word"),
            ("pass\r\n", "pass"),
            ("pass\n\n", "pass\n"),
            (" #\"pass\" ", " #\"pass\" "),
            ("pass\r", "pass\r"),
        ] {
            assert_eq!(secret(octets.as_bytes().to_vec()).as_deref(), Ok(expected), "{octets:?}");
        }
        assert!(secret(b"\n".to_vec()).is_err() && secret(vec![0xff]).is_err());
    }
}
