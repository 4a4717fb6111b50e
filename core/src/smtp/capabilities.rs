//! What a server can do: read from its reply to EHLO, and written into ours (RFC 5321 §4.1.1.1).
//!
//! A client relies on what is read here, so what is not plainly said is not offered. One line that is wrong costs that
//! line: the others count. (`smtp-proto` gives up the whole reply then, reads numbers that overflow as others, and knows
//! neither LIMITS nor mechanisms outside its list; of its reader only that of dates is used.)

use super::reply::Reply;
use crate::limits;
use crate::time::UnixTime;

/// What a server offers: its answer to EHLO. One that only knows HELO offers nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The server's name, as it gives it: the first word of the first line. Nothing vouches for it.
    pub name: String,
    /// `PIPELINING` (RFC 2920).
    pub pipelining: bool,
    /// `SIZE` (RFC 1870), and the largest message if the server told one: `SIZE 0` and `SIZE` alone tell none.
    pub size: Option<Option<u64>>,
    /// `8BITMIME` (RFC 6152).
    pub eight_bit_mime: bool,
    /// `SMTPUTF8` (RFC 6531). Only with `8BITMIME` (§3.1): without, it is not offered.
    pub smtputf8: bool,
    /// `CHUNKING` (RFC 3030 §2).
    pub chunking: bool,
    /// `BINARYMIME` (RFC 3030 §3). Only with `CHUNKING`: without, it is not offered.
    pub binary_mime: bool,
    /// `ENHANCEDSTATUSCODES` (RFC 2034).
    pub enhanced_status_codes: bool,
    /// `DSN` (RFC 3461).
    pub dsn: bool,
    /// `STARTTLS` (RFC 3207).
    pub starttls: bool,
    /// `REQUIRETLS` (RFC 8689). It means nothing outside TLS (§2): that is for the client to heed.
    pub require_tls: bool,
    /// `AUTH` (RFC 4954), and the form `AUTH=` of servers before it: the mechanisms, in upper case and the server's order.
    pub auth: Vec<String>,
    /// `LIMITS` (RFC 9422).
    pub limits: SessionLimits,
    /// `MT-PRIORITY` (RFC 6710 §5), and the profile if one was named, in upper case.
    pub mt_priority: Option<Option<String>>,
    /// `DELIVERBY` (RFC 2852 §2), and the fewest seconds that the server takes if it told.
    pub deliver_by: Option<Option<u64>>,
    /// `FUTURERELEASE` (RFC 4865 §3).
    pub future_release: Option<FutureRelease>,
    /// `XCLIENT` (Postfix, XCLIENT_README): the attributes that this client may tell, in upper case.
    pub xclient: Vec<String>,
    /// `HELP`.
    pub help: bool,
    /// `VRFY`.
    pub vrfy: bool,
    /// `EXPN`.
    pub expn: bool,
    /// Lines that we do not know, as they came.
    pub others: Vec<String>,
}

/// `LIMITS` (RFC 9422 §4): how much a server takes in one session. Each is from 1 to 999,999.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionLimits {
    /// `MAILMAX`: transactions.
    pub mail_max: Option<u32>,
    /// `RCPTMAX`: recipients of a transaction.
    pub rcpt_max: Option<u32>,
    /// `RCPTDOMAINMAX`: domains of the recipients of a transaction.
    pub rcpt_domain_max: Option<u32>,
}

/// `FUTURERELEASE` (RFC 4865 §3): for how long a server holds a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FutureRelease {
    /// Seconds at most, if the server told.
    pub max_interval: Option<u64>,
    /// The last moment, if the server told; never without an interval, behind which it stands.
    pub max_until: Option<UnixTime>,
}

impl Capabilities {
    /// What a reply to EHLO offers. A reply other than 250 offers nothing. A keyword that comes twice counts as it came
    /// first, but for mechanisms, which add up.
    pub fn parse(reply: &Reply) -> Self {
        let mut offered = Self::default();
        if reply.code != 250 {
            return offered;
        }
        let mut lines = reply.lines.iter();
        if let Some(greeting) = lines.next() {
            let name = greeting.split(' ').next().unwrap_or_default();
            offered.name = name.chars().take(limits::MAX_DOMAIN_LENGTH).collect();
        }
        lines.for_each(|line| offered.add(line));
        offered.smtputf8 &= offered.eight_bit_mime;
        offered.binary_mime &= offered.chunking;
        offered
    }

    /// What a server offers, a line an element: what follows its name in the reply to EHLO. Parsing these gives the same.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut with = |keyword: &str, parameters: &[String]| {
            lines.push(parameters.iter().fold(keyword.to_owned(), |line, parameter| line + " " + parameter));
        };
        let flags = [
            (self.pipelining, "PIPELINING"),
            (self.eight_bit_mime, "8BITMIME"),
            (self.smtputf8 && self.eight_bit_mime, "SMTPUTF8"),
            (self.chunking, "CHUNKING"),
            (self.binary_mime && self.chunking, "BINARYMIME"),
            (self.enhanced_status_codes, "ENHANCEDSTATUSCODES"),
            (self.dsn, "DSN"),
            (self.starttls, "STARTTLS"),
            (self.require_tls, "REQUIRETLS"),
            (self.help, "HELP"),
            (self.vrfy, "VRFY"),
            (self.expn, "EXPN"),
        ];
        flags.iter().filter(|(on, _)| *on).for_each(|(_, keyword)| with(keyword, &[]));
        if let Some(size) = self.size {
            with("SIZE", size.map(|octets| octets.to_string()).as_slice());
        }
        if !self.auth.is_empty() {
            with("AUTH", &self.auth);
        }
        let limits = self.limits.parameters();
        if !limits.is_empty() {
            with("LIMITS", &limits);
        }
        if let Some(profile) = &self.mt_priority {
            with("MT-PRIORITY", profile.as_slice());
        }
        if let Some(fewest) = self.deliver_by {
            with("DELIVERBY", fewest.map(|seconds| seconds.to_string()).as_slice());
        }
        if let Some(hold) = self.future_release {
            with("FUTURERELEASE", &hold.parameters());
        }
        if !self.xclient.is_empty() {
            with("XCLIENT", &self.xclient);
        }
        lines.extend(self.others.iter().cloned());
        lines
    }

    fn add(&mut self, line: &str) {
        // Parameters are parted by one space (RFC 5321 §4.1.1.1); more of them, also at the end, are met.
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        let Some(keyword) = words.next().map(str::to_ascii_uppercase) else { return };
        match keyword.as_str() {
            "PIPELINING" => self.pipelining = true,
            "SIZE" => _ = self.size.get_or_insert_with(|| number(words.next()).filter(|&octets| octets > 0)),
            "8BITMIME" => self.eight_bit_mime = true,
            "SMTPUTF8" => self.smtputf8 = true,
            "CHUNKING" => self.chunking = true,
            "BINARYMIME" => self.binary_mime = true,
            "ENHANCEDSTATUSCODES" => self.enhanced_status_codes = true,
            "DSN" => self.dsn = true,
            "STARTTLS" => self.starttls = true,
            "REQUIRETLS" => self.require_tls = true,
            "AUTH" => self.add_mechanisms(words),
            "LIMITS" => words.for_each(|word| self.limits.add(word)),
            "MT-PRIORITY" => {
                let profile = words.next().filter(|profile| profile.len() <= limits::MAX_OFFERED_NAME);
                self.mt_priority.get_or_insert_with(|| profile.map(str::to_ascii_uppercase));
            }
            "DELIVERBY" => _ = self.deliver_by.get_or_insert_with(|| number(words.next()).filter(|&fewest| fewest > 0)),
            "FUTURERELEASE" => {
                let max_interval = number(words.next());
                let max_until = words.next().and_then(date).filter(|_| max_interval.is_some());
                self.future_release.get_or_insert(FutureRelease { max_interval, max_until });
            }
            "XCLIENT" => {
                for word in words.filter(|word| word.len() <= limits::MAX_OFFERED_NAME) {
                    add_once(&mut self.xclient, word.to_ascii_uppercase(), limits::MAX_OFFERED_ATTRIBUTES);
                }
            }
            "HELP" => self.help = true,
            "VRFY" => self.vrfy = true,
            "EXPN" => self.expn = true,
            _ => match keyword.strip_prefix("AUTH=") {
                Some(first) => self.add_mechanisms(std::iter::once(first).chain(words)),
                None if line.len() > limits::MAX_OTHER_CAPABILITY => {}
                None => add_once(&mut self.others, line.to_owned(), limits::MAX_OTHER_CAPABILITIES),
            },
        }
    }

    fn add_mechanisms<'a>(&mut self, words: impl Iterator<Item = &'a str>) {
        for word in words.filter(|word| is_mechanism(word)) {
            add_once(&mut self.auth, word.to_ascii_uppercase(), limits::MAX_OFFERED_MECHANISMS);
        }
    }
}

impl SessionLimits {
    fn add(&mut self, word: &str) {
        let Some((name, value)) = word.split_once('=') else { return };
        let limit = match name.to_ascii_uppercase().as_str() {
            "MAILMAX" => &mut self.mail_max,
            "RCPTMAX" => &mut self.rcpt_max,
            "RCPTDOMAINMAX" => &mut self.rcpt_domain_max,
            // Limits registered later are not for us.
            _ => return,
        };
        // RFC 9422 §4: one to six digits, the first no zero.
        let value = Some(value).filter(|value| value.len() <= 6 && !value.starts_with('0'));
        let value = number(value).and_then(|value| u32::try_from(value).ok());
        *limit = limit.or(value);
    }

    fn parameters(&self) -> Vec<String> {
        let named = [("RCPTMAX", self.rcpt_max), ("MAILMAX", self.mail_max), ("RCPTDOMAINMAX", self.rcpt_domain_max)];
        named.iter().filter_map(|(name, limit)| limit.map(|limit| format!("{name}={limit}"))).collect()
    }
}

impl FutureRelease {
    /// The interval, and then the moment in the form of RFC 3339 (RFC 4865 §3). Without an interval the moment has no
    /// place.
    fn parameters(&self) -> Vec<String> {
        let interval = self.max_interval.map(|seconds| seconds.to_string());
        let until = self.max_until.filter(|_| interval.is_some());
        let until = until.map(|until| until.utc().to_string().replacen(' ', "T", 1).replacen(" UTC", "Z", 1));
        interval.into_iter().chain(until).collect()
    }
}

/// Adds what is not there yet, while there is room.
fn add_once(list: &mut Vec<String>, item: String, most: usize) {
    if list.len() < most && !list.contains(&item) {
        list.push(item);
    }
}

/// A number of digits alone. One past 64 bits (RFC 1870 §4 allows twenty digits) is none.
fn number(word: Option<&str>) -> Option<u64> {
    word.filter(|word| word.bytes().all(|octet| octet.is_ascii_digit()))?.parse().ok()
}

/// The name of a SASL mechanism (RFC 4422 §3.1), in either case.
fn is_mechanism(word: &str) -> bool {
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    (1..=limits::MAX_MECHANISM_NAME).contains(&word.len()) && word.bytes().all(allowed)
}

/// A date and time of RFC 3339 §5.6, from 1970 on.
fn date(word: &str) -> Option<UnixTime> {
    /// Whether `word` has the form, in which `0` stands for any digit.
    fn has_form(word: &[u8], form: &[u8]) -> bool {
        let fits = |(&octet, &form): (&u8, &u8)| match form {
            b'0' => octet.is_ascii_digit(),
            form => octet.eq_ignore_ascii_case(&form),
        };
        word.len() == form.len() && word.iter().zip(form).all(fits)
    }
    // `smtp-proto` counts the days; the form, of which it lets more through, is ours to see to.
    let (moment, zone) = word.split_at_checked("0000-00-00T00:00:00".len()).filter(|_| word.len() <= 40)?;
    let zone = zone.strip_prefix('.').map_or(zone, |zone| zone.trim_start_matches(|c: char| c.is_ascii_digit()));
    let zones = [&b"Z"[..], b"+00:00", b"-00:00"];
    if !has_form(moment.as_bytes(), b"0000-00-00T00:00:00") || !zones.iter().any(|form| has_form(zone.as_bytes(), form))
    {
        return None;
    }
    let reply = format!("250-x\r\n250 FUTURERELEASE 1 {word}\r\n");
    let read = smtp_proto::EhloResponse::parse(&mut reply.as_bytes().iter()).ok()?;
    // It says 0 of what it could not read.
    (read.future_release_datetime > 0).then_some(UnixTime(read.future_release_datetime))
}
