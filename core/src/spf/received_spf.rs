//! The trace field `Received-SPF` (RFC 7208 §9.1).

use super::request::{Identity, Request, start};
use super::verdict::{SpfResult, Verdict};
use crate::domain::Domain;
use crate::limits::MAX_RECEIVED_SPF_VALUE;

/// Octets in a line before it is folded (RFC 5322 §2.1.1).
const WIDTH: usize = 78;

impl Verdict {
    /// The field `Received-SPF`, folded, with its final CRLF, to be put in front of the message (RFC 7208 §9.1).
    ///
    /// `request` is the one that was checked. Whatever the client said stands in quoted strings; control characters
    /// become `?` and long values are cut, so that nothing can end the field or a line of it.
    pub fn received_spf(&self, request: &Request) -> String {
        let ip = request.ip.to_canonical().to_string();
        let receiver = request.receiver.as_ref().map(Domain::as_str);
        let mut field = Folded::new("Received-SPF:");
        field.word(self.result.as_str());
        field.comment(receiver, &self.summary(&ip));
        if let Some(receiver) = receiver {
            field.pair("receiver", receiver, false);
        }
        field.pair("client-ip", &ip, false);
        if self.identity == Identity::MailFrom {
            field.pair("envelope-from", request.reverse_path(), false);
        }
        field.pair("helo", &request.helo, false);
        if let Some(mechanism) = &self.mechanism {
            field.pair("mechanism", mechanism, false);
        }
        if let (SpfResult::TempError | SpfResult::PermError, Some(reason)) = (self.result, &self.reason) {
            field.pair("problem", reason, false);
        }
        field.pair("identity", self.identity.as_str(), true);
        field.finish()
    }

    fn summary(&self, ip: &str) -> String {
        let domain = &self.domain_text;
        match self.result {
            SpfResult::Pass => format!("{domain} permits {ip} to send"),
            SpfResult::Fail => format!("{domain} does not permit {ip} to send"),
            SpfResult::SoftFail => format!("{domain} probably does not permit {ip} to send"),
            SpfResult::Neutral => format!("{domain} says nothing about {ip}"),
            SpfResult::None => format!("there is no policy for {domain}"),
            SpfResult::TempError => format!("the DNS failed for {domain}"),
            SpfResult::PermError => format!("the policy of {domain} cannot be used"),
        }
    }
}

/// A header field that is folded as it grows.
struct Folded {
    text: String,
    column: usize,
}

impl Folded {
    fn new(name: &str) -> Self {
        Self { text: name.to_owned(), column: name.len() }
    }

    /// Adds a word behind a space, on a new line where it would not fit.
    fn word(&mut self, word: &str) {
        if self.column + 1 + word.len() > WIDTH {
            self.text.push_str("\r\n");
            self.column = 0;
        }
        self.text.push(' ');
        self.text.push_str(word);
        self.column += 1 + word.len();
    }

    /// Adds a comment (RFC 5322 §3.2.2).
    fn comment(&mut self, receiver: Option<&str>, text: &str) {
        let mut comment = String::from("(");
        if let Some(receiver) = receiver {
            escape(receiver, "()\\", &mut comment);
            comment.push_str(": ");
        }
        escape(text, "()\\", &mut comment);
        comment.push(')');
        comment.split(' ').filter(|word| !word.is_empty()).for_each(|word| self.word(word));
    }

    /// Adds a key and its value, a dot-atom where it can be one and else a quoted string (RFC 7208 §9.1).
    fn pair(&mut self, key: &str, value: &str, last: bool) {
        let mut pair = format!("{key}=");
        if is_dot_atom(value) && value.len() <= MAX_RECEIVED_SPF_VALUE {
            pair.push_str(value);
        } else {
            pair.push('"');
            escape(value, "\"\\", &mut pair);
            pair.push('"');
        }
        if !last {
            pair.push(';');
        }
        self.word(&pair);
    }

    fn finish(mut self) -> String {
        self.text.push_str("\r\n");
        self.text
    }
}

/// Adds the start of `text`, a backslash before each of `special`, and `?` in place of control characters.
fn escape(text: &str, special: &str, out: &mut String) {
    for c in start(text, MAX_RECEIVED_SPF_VALUE).chars() {
        if special.contains(c) {
            out.push('\\');
        }
        // The separators U+2028 and U+2029 are no controls, but some programs end a line there.
        out.push(if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { '?' } else { c });
    }
}

/// RFC 5322 §3.2.3
fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(|atom| {
        !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    })
}
