//! What the client is told: a hop's words as the hop's, and ours in our own.

use super::MessageId;
use crate::route::replies::{Reason, Reply as Ours};
use crate::smtp::{EnhancedCode, Reply};

/// A hop's reply as the client gets it: each line names the host that said it, `HOST said: …`. Code and enhanced code are the hop's;
/// where it gave no enhanced code, or one of another class, ours is its class with `.0.0` (RFC 2034 §4).
///
/// 421 would end the client's session with us, which the hop has no say in: it becomes 451. So does what is no final reply.
///
/// ```
/// use passerelle::gateway::said;
/// use passerelle::smtp::Reply;
///
/// let reply = said("mx.example.net", &Reply::new(550, None, "No such user\nAsk postmaster"));
/// assert_eq!(reply.lines, ["mx.example.net said: No such user", "mx.example.net said: Ask postmaster"]);
/// assert_eq!(reply.enhanced.map(|code| code.to_string()).as_deref(), Some("5.0.0"));
/// ```
pub fn said(host: &str, reply: &Reply) -> Reply {
    let code = match reply.code {
        421 => 451,
        code @ (200..=299 | 400..=599) => code,
        _ => 451,
    };
    let class = (code / 100) as u8; // 2, 4 or 5
    let enhanced = reply.enhanced.filter(|code| code.class == class).unwrap_or(EnhancedCode::new(class, 0, 0));
    let line = |text: &String| format!("{host} said: {text}").trim_end().to_owned();
    let mut lines: Vec<String> = reply.lines.iter().map(line).collect();
    if lines.is_empty() {
        lines.push(format!("{host} said:"));
    }
    Reply { code, enhanced: Some(enhanced), lines }
}

/// The 250 to a message that a hop has taken: our name for it, and what the hop said.
pub(super) fn said_of(id: &MessageId, word: &Reply) -> Reply {
    let first = word.lines.first().map_or("", String::as_str);
    Reply::new(250, Some(EnhancedCode::new(2, 0, 0)), &format!("{id} {first}"))
}

/// A reply of ours, from the table.
pub(super) fn ours(reason: Reason) -> Reply {
    Reply::from(&reason.reply())
}

/// A reply of ours that stands for several recipients of which each has its own: one that is for now stands before those that are
/// for good, since what is refused for good is not sent again to anybody (RFC 5321 §4.2.5).
pub(super) fn worst<'r>(replies: impl IntoIterator<Item = &'r Reply>) -> Option<&'r Reply> {
    let mut worst: Option<&Reply> = None;
    for reply in replies {
        if worst.is_none_or(|worst| gravity(reply) > gravity(worst)) {
            worst = Some(reply);
        }
    }
    worst
}

fn gravity(reply: &Reply) -> u8 {
    match reply.code / 100 {
        2 => 0,
        5 => 1,
        _ => 2,
    }
}

/// A refusal that could not be given to the client as it is: a code that is no refusal becomes 451.
pub(super) fn refusal(reply: Reply) -> Reply {
    match reply.code {
        400..=599 => reply,
        _ => ours(Reason::NotAnswered),
    }
}

/// The text of a reply of ours with another one in its place.
pub(super) fn in_words(reason: Reason, text: String) -> Reply {
    let reply = reason.reply();
    Reply::from(&Ours::new(reply.code, reply.enhanced, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hops_code_and_enhanced_code_are_passed_on_and_each_line_names_it() {
        let given = Reply::new(452, Some(EnhancedCode::new(4, 2, 2)), "Over quota\nTry later");
        let reply = said("mx.example", &given);
        assert_eq!((reply.code, reply.enhanced), (452, Some(EnhancedCode::new(4, 2, 2))));
        assert_eq!(reply.lines, ["mx.example said: Over quota", "mx.example said: Try later"]);
    }

    #[test]
    fn a_missing_or_false_enhanced_code_becomes_that_of_the_class() {
        for (code, given, expected) in [
            (550, None, EnhancedCode::new(5, 0, 0)),
            (550, Some(EnhancedCode::new(4, 1, 1)), EnhancedCode::new(5, 0, 0)),
            (250, None, EnhancedCode::new(2, 0, 0)),
            (421, Some(EnhancedCode::new(4, 3, 2)), EnhancedCode::new(4, 3, 2)),
        ] {
            assert_eq!(said("h", &Reply::new(code, given, "x")).enhanced, Some(expected));
        }
    }

    #[test]
    fn a_421_does_not_end_our_session_and_what_is_no_final_reply_defers() {
        assert_eq!(said("h", &Reply::new(421, None, "Bye")).code, 451);
        assert_eq!(said("h", &Reply::new(354, None, "Go on")).code, 451);
        assert_eq!(said("h", &Reply::new(250, None, "")).lines, ["h said:"]);
    }

    #[test]
    fn of_several_replies_one_for_now_speaks_for_all() {
        let [good, for_good, for_now] = [250, 550, 450].map(|code| Reply::new(code, None, "x"));
        assert_eq!(worst([&good, &for_good]), Some(&for_good));
        assert_eq!(worst([&for_good, &for_now, &good]), Some(&for_now));
        assert_eq!(worst([]), None);
    }
}
