//! The messages that are sent.

use std::fmt::Write as _;

use crate::dice::Dice;
use crate::world::{PROOF, Who};

/// The field by which everybody knows a message again.
pub(crate) const TOKEN: &str = "X-Sim";

/// A message, as its sender has it.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    /// Its number: the value of the field [`TOKEN`].
    pub(crate) number: usize,
    pub(crate) who: Who,
    /// MAIL FROM; empty is the null one.
    pub(crate) from: &'static str,
    /// The address in From.
    pub(crate) author: &'static str,
    pub(crate) to: Vec<String>,
    /// Parameters of MAIL, with the blank before them.
    pub(crate) parameters: &'static str,
    pub(crate) content: Vec<u8>,
}

const OUTSIDE: [&str; 13] = [
    "may.example",
    "may.example",
    "raw.example",
    "dane.example",
    "sts.example",
    "bank.example",
    "partner.example",
    "plain.example",
    "single.example",
    "foot.example",
    "implicit.example",
    "copied.example",
    "junk.example",
];
const INSIDE: [&str; 2] = ["example.com", "checked.example.com"];

/// Domains of which each recipient is answered by the next host itself, at RCPT. In others content has a say: of rules, or of
/// `TLS-Required` where the DNS demands TLS.
const EARLY: [&str; 5] = ["partner.example", "plain.example", "single.example", "implicit.example", "example.com"];

impl Mail {
    pub(crate) fn draw(number: usize, who: Who, dice: &mut Dice) -> Self {
        let (from, author) = match who {
            Who::Stranger => dice.of(&[
                ("joe@stranger.example", "joe@stranger.example"),
                ("", "mailer-daemon@stranger.example"),
                // With the author of another, in whose name nothing may be signed.
                ("joe@stranger.example", "ann@example.com"),
            ]),
            Who::Apps => dice.of(&[
                ("app@example.com", "app@example.com"),
                ("app@shop.example.com", "app@shop.example.com"),
                ("app@raw.example.com", "app@raw.example.com"),
                ("app@raw.example.com", "app@raw.example.com"),
            ]),
            Who::Ann => dice.of(&[
                ("ann@example.com", "ann@example.com"),
                ("ann@example.com", "ann@example.com"),
                ("ann@shop.example.com", "ann@shop.example.com"),
                ("bob@example.com", "bob@example.com"),
            ]),
            Who::Tenant | Who::Neighbour => ("team@example.com", "team@example.com"),
        };
        let domains: &[&str] = match who {
            Who::Stranger if !dice.once_in(4) => &INSIDE,
            _ if dice.once_in(8) => &INSIDE,
            _ => &OUTSIDE,
        };
        // Mostly one group, sometimes several.
        let (first, count) = (dice.of(domains), dice.of(&[1, 1, 2, 3]));
        let to = (0..count).map(|at| {
            let domain = if dice.once_in(4) { dice.of(domains) } else { first };
            // Behind the dot one recipient who does not exist is one too many for the others, so that all would wait for ever.
            let is_late = who == Who::Tenant || !EARLY.contains(&domain);
            match dice.once_in(12) && (!is_late || count == 1) {
                true => format!("nobody{at}@{domain}"),
                false => format!("r{at}@{domain}"),
            }
        });
        let to: Vec<String> = to.collect();
        let (text, is_8bit) = content(number, who, author, &to, dice);
        let parameters = match dice.below(12) {
            _ if is_8bit => " BODY=8BITMIME",
            0 => " REQUIRETLS",
            _ => "",
        };
        Self { number, who, from, author, to, parameters, content: text.into_bytes() }
    }
}

fn content(number: usize, who: Who, author: &str, to: &[String], dice: &mut Dice) -> (String, bool) {
    let mut text = String::new();
    let mut field = |name: &str, value: &str| _ = write!(text, "{name}: {value}\r\n");
    field("Received", "from nowhere.example by somewhere.example; Mon, 21 Sep 2026 10:00:00 +0000");
    field("From", &format!("Somebody <{author}>"));
    field("To", &to.join(",\r\n "));
    field("Subject", dice.of(&["Greetings", "A  subject\t of its own ", "=?utf-8?q?Gr=C3=BC=C3=9Fe?="]));
    field(TOKEN, &number.to_string());
    // What is submitted may come without them.
    if who != Who::Ann || dice.once_in(2) {
        field("Date", "Mon, 21 Sep 2026 10:00:00 +0000");
        field("Message-ID", &format!("<{number}@sender.example>"));
    }
    if who == Who::Ann && dice.once_in(3) {
        field("Bcc", "secret@may.example");
    }
    if who == Who::Tenant {
        field("X-Gateway-Tenant", PROOF);
    }
    if dice.once_in(4) {
        field("Authentication-Results", "gw.example.com; dkim=pass header.d=forged.example");
    }
    if dice.once_in(3) {
        field("X-Internal", "yes");
    }
    if dice.once_in(2) {
        field("X-Junk", "yes");
    }
    if dice.once_in(3) {
        field("X-Spam", "yes");
    }
    let (is_html, is_8bit) = (dice.once_in(4), dice.once_in(6));
    match (is_html, is_8bit) {
        (true, _) => field("Content-Type", "text/html; charset=utf-8"),
        (_, true) => field("Content-Type", "text/plain; charset=utf-8"),
        _ => field("Content-Type", "text/plain"),
    }
    field("MIME-Version", "1.0");
    if is_8bit {
        field("Content-Transfer-Encoding", "8bit");
    }
    text.push_str("\r\n");
    let lines = dice.of(&[0, 1, 3, 10, 60, 60, 400, 3000]);
    for line in 0..lines {
        let _ = match dice.below(8) {
            0 => write!(text, ".\r\n"),
            1 => write!(text, "..line {line}\r\n"),
            2 => write!(text, "\r\n"),
            3 if is_8bit => write!(text, "Gr\u{fc}\u{df}e {line}\r\n"),
            _ => write!(text, "This is line {line} of message {number}.\r\n"),
        };
    }
    (text, is_8bit && text_is_8bit(lines))
}

/// Whether a text of so many lines may have octets above 127.
fn text_is_8bit(lines: u64) -> bool {
    lines > 0
}
