//! The steps of a report: those of its verdicts, and what is to be said of the message as a whole.

use super::report::Parts;
use super::{Envelope, Settings, derived};
use crate::dkim::{self, DkimResult};
use crate::domain::Domain;
use crate::lookup::Answers;
use crate::message::SingularCounts;
use crate::results::IpRevVerdict;
use crate::trail::{Step, Trail};

/// What the header section showed, besides what the checks say.
#[derive(Debug)]
pub(super) struct Findings {
    /// How many fields claim to be this host's own Authentication-Results.
    pub(super) forged_results: usize,
    /// How often fields occur that may occur once.
    pub(super) singular: SingularCounts,
    /// Whether the message ends with its header section, without the empty line behind it.
    pub(super) headers_only: bool,
}

/// The steps, in the order in which they were taken: of the host its notes, and what it knows of the envelope.
pub(super) fn steps(
    (notes, envelope): (&Trail, &Envelope),
    findings: &Findings,
    settings: &Settings,
    parts: &Parts,
    answers: &Answers,
) -> Trail {
    let mut message = Trail::new();
    derived::trace(&mut message, envelope);
    of_message(&mut message, findings, &settings.authserv_id, parts.is_header_only);
    let mut middle = Trail::new();
    if let Some(iprev) = &parts.iprev {
        of_iprev(&mut middle, iprev);
    }
    parts.dkim.iter().for_each(|verdict| of_signature(&mut middle, verdict));
    let dmarc = &parts.dmarc.dmarc;
    let authors = dmarc.domain.iter().chain(dmarc.candidates.iter().map(|candidate| &candidate.domain));
    authors.for_each(|domain| of_author(&mut middle, domain));
    let mut end = Trail::new();
    if let Some(difference) = &parts.dmarc.difference {
        end.push("dmarc difference", "the standards differ", difference.clone(), "RFC 9989, RFC 7489");
    }
    if answers.refused() > 0 {
        let why = format!("{} questions were not asked and count as timed out", answers.refused());
        end.push("questions", "limit reached", why, "limits.rs MAX_QUESTIONS");
    }
    let spf = parts.spf_helo.iter().chain([&parts.spf]).map(|verdict| &verdict.trail);
    let dmarc = [&parts.dmarc.dmarc].into_iter().chain(&parts.dmarc.rfc7489).map(|verdict| &verdict.trail);
    Trail::joined([notes, &message].into_iter().chain(spf).chain([&middle]).chain(dmarc).chain([&end]))
}

fn of_message(trail: &mut Trail, findings: &Findings, authserv_id: &str, is_header_only: bool) {
    if is_header_only {
        let why = "there is no body, though a signature covers one: no signature can be judged without it";
        trail.push("message body", "missing", why, "RFC 6376 §3.7");
    }
    if findings.forged_results > 0 {
        let count = findings.forged_results;
        let why = format!("{count} Authentication-Results field(s) of the message claim to be {authserv_id}'s own");
        trail.push("message authentication-results", "to be removed", why, "RFC 8601 §5");
    }
    if findings.headers_only {
        let why = "the message ends with its header section: there is no body by which a signature could be judged";
        trail.push("message body", "absent", why, "RFC 5322 §2.1");
    }
    for (field, count) in findings.singular.repeated() {
        let step = format!("message field {}", field.name);
        let why = format!("it occurs {count} times and may occur once: which of them is shown depends on the program");
        trail.push(step, "repeated", why, field.rfc);
    }
}

fn of_iprev(trail: &mut Trail, iprev: &IpRevVerdict) {
    let why = match (&iprev.name, iprev.reason) {
        (Some(name), _) => format!("{name} is its name and has its address"),
        (None, reason) => reason.unwrap_or_default().to_owned(),
    };
    trail.push(format!("iprev {}", iprev.ip), iprev.result.as_str(), why, "RFC 8601 §3");
}

fn of_signature(trail: &mut Trail, verdict: &dkim::Verdict) {
    let Step { step, outcome, why, rfc } = verdict.step();
    if verdict.result == DkimResult::Pass && !verdict.unsigned.is_empty() {
        trail.push(step.clone(), outcome, why, rfc);
        let why = format!("not covered, or not all of them: {}", verdict.unsigned.join(", "));
        trail.push(step, "unsigned fields", why, "RFC 6376 §8.15");
    } else {
        trail.push(step, outcome, why, rfc);
    }
}

/// A domain that people see in other letters than its A-labels. In them it may look like another one, so what is not
/// ASCII is shown by its code points.
fn of_author(trail: &mut Trail, domain: &Domain) {
    if let Some(unicode) = domain.to_unicode() {
        let escaped: String = unicode
            .chars()
            .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{{{:04x}}}", u32::from(c)) })
            .collect();
        let why = format!("{domain} may be shown as {escaped}, which may look like another name");
        trail.push("dmarc author domain", "internationalized", why, "RFC 5890 §4.4");
    }
}
