//! Replies as people paste them: from a log, from a bounce, with line ends written out.

use std::ops::Range;

use super::context::Stage;
use crate::limits;
use crate::smtp::reply::{EnhancedCode, Reply};

/// What a mail system wrote around a reply.
pub(super) struct Wrapper {
    /// The host that it says the reply is of.
    pub(super) host: Option<String>,
    /// What it says that the reply answered.
    pub(super) stage: Option<Stage>,
    /// Where the server's own words stand.
    pub(super) inner: Range<usize>,
}

/// A reply that was found in a text, with what that tells of it.
///
/// ```
/// use passerelle::smtp::refusal::{Pasted, Stage, classify};
///
/// let line = "<ann@example.com>: host mx.example.com[192.0.2.1] said: 550-5.1.1 No such 550 5.1.1 user (in reply to \
///             RCPT TO command)";
/// let pasted = Pasted::find(line).unwrap();
/// assert_eq!((pasted.host.as_deref(), pasted.stage), (Some("mx.example.com"), Stage::Rcpt));
/// assert_eq!(pasted.reply.to_string(), "550 5.1.1 No such user");
/// assert!(Pasted::find("nothing of the kind").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pasted {
    /// The reply.
    pub reply: Reply,
    /// The host that said it, if the text tells: its name, or its address.
    pub host: Option<String>,
    /// What it answered, if the text tells.
    pub stage: Stage,
}

/// What stands in front of a reply in logs and bounces, and what it was the reply to where the words tell.
const FRONTS: &[(&str, Option<Stage>)] = &[
    (" refused to talk to me: ", Some(Stage::Greeting)),
    (" said: ", None),
    // Exim.
    ("after initial connection: ", Some(Stage::Greeting)),
    ("after ehlo ", Some(Stage::Ehlo)),
    ("after helo ", Some(Stage::Ehlo)),
    ("after starttls: ", Some(Stage::StartTls)),
    ("after auth ", Some(Stage::Auth)),
    ("after mail from:", Some(Stage::Mail)),
    ("after pipelined mail from:", Some(Stage::Mail)),
    ("after rcpt to:", Some(Stage::Rcpt)),
    ("after pipelined rcpt to:", Some(Stage::Rcpt)),
    ("after data: ", Some(Stage::Data)),
    ("after end of data: ", Some(Stage::EndOfMessage)),
    // Sendmail's transcripts.
    (">>> ehlo", Some(Stage::Ehlo)),
    (">>> helo", Some(Stage::Ehlo)),
    (">>> mail from:", Some(Stage::Mail)),
    (">>> rcpt to:", Some(Stage::Rcpt)),
    (">>> data", Some(Stage::Data)),
    // Delivery status notifications (RFC 3464), and Google's.
    ("smtp; ", None),
    ("smtp;", None),
    ("the response from the remote server was: ", None),
    ("the response was: ", None),
];

/// What a wrapper in a text tells. The text is that of [`plain`](super::text::plain): in lower case, single spaces.
pub(super) fn wrapper(text: &str) -> Wrapper {
    let (mut end, mut stage) = (text.len(), None);
    // Postfix: `(in reply to RCPT TO command)`.
    if let Some((before, behind)) = text.rsplit_once("(in reply to ") {
        let command = behind.split(')').next().unwrap_or_default();
        stage = command.trim_end_matches(" command").parse().ok();
        if stage.is_some() {
            end = before.trim_end().len();
        }
    }
    let inside = text.get(..end).unwrap_or_default();
    let mut start = 0;
    let mut host = None;
    for (front, tells) in FRONTS {
        if let Some(at) = inside.find(front) {
            stage = stage.or(*tells);
            if front.ends_with("said: ") || front.ends_with("me: ") {
                host = host.or_else(|| host_before(inside.get(..at).unwrap_or_default()));
                start = start.max(at + front.len());
            }
        }
    }
    // Google says itself what it answered.
    if stage.is_none() && (inside.contains("(ehlo)") || inside.contains("(helo)")) {
        stage = Some(Stage::Ehlo);
    }
    // Only what says the reply again is behind the words in front of it.
    let quoted =
        inside.get(start..).is_some_and(|behind| code_of(behind.split(' ').next().unwrap_or_default()).is_some());
    let inner = if quoted { start..end } else { 0..end };
    Wrapper { host, stage, inner }
}

/// The host that is named last: `host mx.example.com[192.0.2.1]`, `mx.example.com [192.0.2.1]`.
fn host_before(text: &str) -> Option<String> {
    let mut words = text.trim_end_matches([':', ' ']).rsplit(' ');
    let last = words.next()?;
    let name = match last.split_once('[') {
        Some(("", _)) => words.next()?,
        Some((name, _)) => name,
        None => last,
    };
    let name = name.trim_matches(['(', ')', '<', '>', ';', ',']);
    (name.contains(['.', ':']) && !name.contains('@')).then(|| name.to_owned())
}

impl Pasted {
    /// Finds the reply in a text: a reply of one line or several, with line ends or with `\n` written out; or a line of a
    /// log or of a bounce that has one. `None` where there is none.
    pub fn find(text: &str) -> Option<Self> {
        let mut size = text.len().min(limits::MAX_PASTED_REPLY);
        while !text.is_char_boundary(size) {
            size -= 1;
        }
        let text = text.get(..size)?.replace("\\r", " ").replace("\\n", "\n");
        let words: Vec<&str> = text.split_whitespace().collect();
        let line = words.join(" ");
        // ASCII only, so that places in one are places in the other.
        let lower = line.to_ascii_lowercase();
        let told = wrapper(&lower);
        let body = line.get(told.inner.clone())?;
        let (start, code) = begin(body, lower.get(told.inner)?)?;
        let host = told.host.or_else(|| named(&lower));
        let reply = read(body.get(start..)?, code)?;
        Some(Self { reply, host, stage: told.stage.unwrap_or_default() })
    }
}

/// The host of a notification, of an Exim line, or of a transcript.
fn named(lower: &str) -> Option<String> {
    for front in ["remote-mta: dns; ", "remote-mta: dns;", "while talking to ", " host "] {
        if let Some((_, behind)) = lower.split_once(front) {
            let word = behind.split([' ', '[']).next()?.trim_end_matches([':', '.', ',']);
            if word.contains('.') {
                return Some(word.to_owned());
            }
        }
    }
    None
}

/// Where the reply begins, and its code: at the front, else behind what stands in front of replies, else at the first
/// word that begins as a reply does and has text or an enhanced status code behind it.
fn begin(body: &str, lower: &str) -> Option<(usize, u16)> {
    let at = |start: usize| {
        let word = body.get(start..)?.split(' ').next()?;
        code_of(word).map(|code| (start, code))
    };
    if let Some(found) = at(0).or_else(|| bare(body)) {
        return Some(found);
    }
    for front in ["<<< ", "smtp; ", "smtp;", " was: ", "]: ", "said: ", ": "] {
        let mut from = 0;
        while let Some(place) = lower.get(from..).and_then(|rest| rest.find(front)) {
            from += place + front.len();
            if let Some(found) = at(from) {
                return Some(found);
            }
        }
    }
    let mut start = 0;
    for word in body.split(' ') {
        let next = body.get(start + word.len() + 1..).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        let firm = word.len() > 3 || EnhancedCode::parse_prefix(next.as_bytes()).is_some();
        if let Some(code) = code_of(word).filter(|code| firm && matches!(code, 400..=459 | 500..=559 | 570..=579)) {
            return Some((start, code));
        }
        start += word.len() + 1;
    }
    None
}

/// An enhanced status code without a reply code, as notifications have it: `5.1.1 …`.
fn bare(body: &str) -> Option<(usize, u16)> {
    let (enhanced, _) = EnhancedCode::parse_prefix(body.as_bytes())?;
    match enhanced.class {
        4 => Some((0, 450)),
        5 => Some((0, 550)),
        _ => None,
    }
}

/// What people's programs put around a code: `(550, …)`, `error 550: …`.
const SIGNS: &[char] = &[':', ',', ';', '(', ')', '"', '\''];

/// The code of a reply's first word: `550`, `550-5.1.1`, `550-text`.
fn code_of(word: &str) -> Option<u16> {
    let (digits, behind) = word.trim_matches(SIGNS).split_at_checked(3)?;
    let code = digits.bytes().all(|octet| octet.is_ascii_digit()).then(|| digits.parse::<u16>().ok())??;
    ((200..600).contains(&code) && (behind.is_empty() || behind.starts_with('-'))).then_some(code)
}

/// The reply's words, without the codes that begin each of its lines.
fn read(body: &str, code: u16) -> Option<Reply> {
    let mut enhanced = None;
    let mut words: Vec<&str> = Vec::new();
    let digits = code.to_string();
    let several = body.split(' ').next()?.contains('-');
    // Where a line may have begun: at the front, and at the code again where the first line has a hyphen.
    let mut begins = true;
    for (index, word) in body.split(' ').enumerate() {
        let mut word = if index == 0 { word.trim_matches(SIGNS) } else { word };
        if let Some(behind) = word.strip_prefix(digits.as_str()).filter(|_| index == 0 || several) {
            if behind.is_empty() {
                begins = true;
                continue;
            }
            if let Some(text) = behind.strip_prefix('-') {
                begins = true;
                word = text;
            }
        }
        if begins {
            if word.is_empty() {
                continue;
            }
            begins = false;
            if let Some((found, _)) = EnhancedCode::parse_prefix(word.as_bytes())
                && u16::from(found.class) == code / 100
                && enhanced.is_none_or(|known| known == found)
            {
                enhanced = Some(found);
                continue;
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
    Some(Reply::new(code, enhanced, &words.join(" ")))
}
