//! A report for people: a verdict a line, each with its reason.
//!
//! It is made from the report's JSON, the one form that all faces of the engine share: what people read here says no
//! more and no less than what programs read.

use std::fmt::Write;

use passerelle::Step;
use passerelle::verify::Authenticated;
use serde::Deserialize;

use super::color::{Palette, Tone};
use super::escape;
use super::lines::{Lines, list};
use crate::failure::Failure;

/// The engine's steps that people read without asking for all: where the envelope comes from, that the body is missing,
/// and Authentication-Results fields that carry our own name.
const REMARKS: [&str; 3] = ["envelope", "message body", "message authentication-results"];

/// What is read of a report. Members that are missing are not shown; members that are not known are left alone.
#[derive(Default, Deserialize)]
#[serde(default)]
struct View {
    envelope: Option<Envelope>,
    header_only: bool,
    spf: Option<Spf>,
    spf_helo: Option<Spf>,
    dkim: Vec<Dkim>,
    dmarc: Option<Dmarc>,
    dmarc_rfc7489: Option<Dmarc>,
    dmarc_difference: Option<String>,
    iprev: Option<Iprev>,
    provider_results: Option<Provider>,
    authentication_results: Option<String>,
    trail: Vec<TrailStep>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    ip: Option<serde_json::Value>,
    received_field: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spf {
    derived: bool,
    result: String,
    identity: Option<String>,
    domain: Option<String>,
    explanation: Option<String>,
    mechanism: Option<String>,
    reason: Option<String>,
    lookups: u32,
    void_lookups: u32,
    trail: Vec<TrailStep>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Dkim {
    result: String,
    domain: Option<String>,
    selector: Option<String>,
    algorithm: Option<String>,
    key_bits: Option<u32>,
    body_length: Option<u64>,
    testing: bool,
    reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Dmarc {
    result: String,
    domain: Option<String>,
    policy_domain: Option<String>,
    policy: Option<String>,
    disposition: Option<String>,
    pct: Option<u8>,
    aligned_by: Vec<String>,
    reason: Option<String>,
    candidates: Vec<Candidate>,
}

/// A domain that may be the author's.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Candidate {
    domain: String,
    result: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Iprev {
    result: String,
    ip: Option<String>,
    name: Option<String>,
    reason: Option<String>,
}

/// What a trusted server said.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Provider {
    authserv_id: String,
    compared: Vec<Comparison>,
    skipped: Vec<String>,
    reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Comparison {
    method: String,
    of: Option<String>,
    theirs: String,
    ours: Option<String>,
    differs: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TrailStep {
    step: String,
    outcome: String,
    why: String,
    rfc: String,
}

/// A verification. `notes` are what the command itself did before the engine saw the message, `carried` what is said of a
/// message inside this one.
pub(crate) fn verification(
    json: &str,
    authenticated: Authenticated,
    notes: &[Step],
    carried: Option<(&str, &str)>,
    palette: Palette,
    verbose: bool,
) -> Result<String, Failure> {
    let view: View = parse(json)?;
    let mut out = Lines::new(palette);
    let (tone, headline) = view.headline(authenticated);
    out.headline(tone, &headline);
    out.blank();
    if let Some(dmarc) = &view.dmarc {
        dmarc.write("", &mut out);
    }
    if let Some(dmarc) = &view.dmarc_rfc7489 {
        dmarc.write("by RFC 7489: ", &mut out);
    }
    if let Some(difference) = &view.dmarc_difference {
        out.reason(difference);
    }
    for signature in &view.dkim {
        signature.write(&mut out);
    }
    if view.dkim.is_empty() {
        out.verdict("dkim", "none", "the message is not signed", None);
    }
    for spf in view.spf.iter().chain(&view.spf_helo) {
        spf.write(&mut out);
    }
    if let Some(iprev) = &view.iprev {
        iprev.write(&mut out);
    }
    if let Some(provider) = &view.provider_results {
        provider.write(&mut out);
    }
    // What the engine found to be done about the message is worth knowing as well.
    let told = view.trail.iter().filter(|step| REMARKS.contains(&&*step.step));
    let mut remarks: Vec<_> = notes.iter().map(|note| (&*note.step, &*note.outcome, &*note.why)).collect();
    remarks.extend(told.map(|step| (&*step.step, &*step.outcome, &*step.why)));
    if !remarks.is_empty() || carried.is_some() {
        out.blank();
    }
    for (step, outcome, why) in remarks {
        out.note(&format!("{step}: {outcome}"), why);
    }
    if let Some((what, why)) = carried {
        out.note(what, why);
    }
    if verbose {
        write_trail(&view.trail, &mut out);
        if let Some(field) = &view.authentication_results {
            out.section("Field to prepend");
            field.lines().for_each(|line| out.preformatted(line));
        }
    }
    Ok(out.finish())
}

/// One of several verifications, on a line.
pub(crate) fn line(file: &str, json: &str, authenticated: Authenticated, palette: Palette) -> Result<String, Failure> {
    let view: View = parse(json)?;
    let (tone, headline) = view.headline(authenticated);
    let mut out = Lines::new(palette);
    out.line_of_a_file(file, tone, &headline);
    Ok(out.finish())
}

/// The name of a file above its report.
pub(crate) fn title(file: &str, palette: Palette) -> String {
    let mut out = Lines::new(palette);
    out.headline(Tone::Strong, file);
    out.finish()
}

impl View {
    fn headline(&self, authenticated: Authenticated) -> (Tone, String) {
        let author = self.dmarc.as_ref().and_then(|dmarc| dmarc.domain.as_deref()).unwrap_or_default();
        match authenticated {
            Authenticated::Yes => (Tone::Good, format!("Authenticated as {author}")),
            Authenticated::No => (Tone::Bad, "Not authenticated".into()),
            Authenticated::Temporarily => (Tone::Doubtful, "Not decided: a temporary error stands in the way".into()),
            Authenticated::Undecided => (Tone::Doubtful, format!("Undecided: {}", self.would_decide())),
        }
    }

    /// What is not known, and what would tell.
    fn would_decide(&self) -> String {
        let received_field = self.envelope.as_ref().and_then(|envelope| envelope.received_field);
        let has_address = self.envelope.as_ref().is_some_and(|envelope| envelope.ip.is_some());
        match received_field {
            _ if self.header_only => "the body is missing; the whole message would decide it".into(),
            _ if !has_address => {
                "from which address it came is not known; --ip, --helo and --mail-from would decide it".into()
            }
            Some(field) => format!(
                "only the message itself says where it came from; --trust-received={field} if your own server wrote \
                 Received field {field}, or --ip, --helo and --mail-from would decide it"
            ),
            None => "only the message itself says from whom it came; --mail-from would decide it".into(),
        }
    }
}

/// An SPF verdict.
pub(crate) fn spf(json: &str, palette: Palette, verbose: bool) -> Result<String, Failure> {
    let view: Spf = parse(json)?;
    let mut out = Lines::new(palette);
    view.write(&mut out);
    if verbose {
        write_trail(&view.trail, &mut out);
    }
    Ok(out.finish())
}

fn parse<'j, T: Deserialize<'j>>(json: &'j str) -> Result<T, Failure> {
    serde_json::from_str(json)
        .map_err(|e| Failure::new(format!("the report has an unexpected form ({e}); please report this as a bug")))
}

impl Dmarc {
    /// `standard` is put in front where it is not the one that goes without saying.
    fn write(&self, standard: &str, out: &mut Lines) {
        let mut about = self.domain.clone().unwrap_or_default();
        if !self.candidates.is_empty() {
            let each: Vec<String> = self.candidates.iter().map(|c| format!("{} ({})", c.domain, c.result)).collect();
            about = format!("author may be of {}", each.join(" or "));
        }
        if let Some(policy) = &self.policy {
            _ = write!(about, ", policy {policy}");
            if let Some(at) = self.policy_domain.as_ref().filter(|at| Some(*at) != self.domain.as_ref()) {
                _ = write!(about, " of {at}");
            }
        }
        if !self.aligned_by.is_empty() {
            _ = write!(about, ", aligned by {}", list(&self.aligned_by));
        }
        if let Some(disposition) = self.disposition.as_ref().filter(|d| *d != "none") {
            _ = write!(about, ", disposition {disposition}");
        }
        if let Some(pct) = self.pct {
            _ = write!(about, " of {pct} messages in a hundred");
        }
        let about = format!("{standard}{}", about.trim_start_matches(", "));
        out.verdict("dmarc", &self.result, &about, self.reason.as_deref());
    }
}

impl Dkim {
    fn write(&self, out: &mut Lines) {
        let mut about = self.domain.clone().unwrap_or_default();
        if let Some(selector) = &self.selector {
            _ = write!(about, ", selector {selector}");
        }
        if let Some(algorithm) = &self.algorithm {
            _ = write!(about, ", {algorithm}");
        }
        if let Some(bits) = self.key_bits.filter(|_| self.algorithm.as_ref().is_some_and(|a| a.starts_with("rsa"))) {
            _ = write!(about, ", {bits} bits");
        }
        if let Some(length) = self.body_length {
            _ = write!(about, ", body signed up to octet {length}");
        }
        if self.testing {
            about += ", key for testing (t=y)";
        }
        out.verdict("dkim", &self.result, about.trim_start_matches(", "), self.reason.as_deref());
    }
}

impl Spf {
    fn write(&self, out: &mut Lines) {
        let mut about = String::new();
        if let Some(domain) = self.domain.as_ref().filter(|domain| !domain.is_empty()) {
            let identity = if self.identity.as_deref() == Some("helo") { "HELO" } else { "MAIL FROM" };
            _ = write!(about, "{identity} {domain}");
        }
        match self.mechanism.as_deref() {
            // RFC 7208 §9.1 calls the end of the record so, where the result is neutral.
            Some("default") => about += ", no mechanism matched",
            Some(mechanism) => _ = write!(about, ", matched {mechanism}"),
            None => {}
        }
        // A term that counts once may make several queries that find nothing.
        for (count, what) in [(self.lookups, "lookups"), (self.void_lookups, "void lookups")] {
            match count {
                0 => {}
                1 => _ = write!(about, ", 1 {}", what.trim_end_matches('s')),
                _ => _ = write!(about, ", {count} {what}"),
            }
        }
        if self.derived {
            about += ", by what the message itself says, which does not count";
        }
        out.verdict("spf", &self.result, about.trim_start_matches(", "), self.reason.as_deref());
        if let Some(explanation) = &self.explanation {
            out.reason(&format!("the domain's owner says: {explanation}"));
        }
    }
}

impl Iprev {
    fn write(&self, out: &mut Lines) {
        let about = [self.ip.as_deref(), self.name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ");
        out.verdict("iprev", &self.result, &about, self.reason.as_deref());
    }
}

impl Provider {
    fn write(&self, out: &mut Lines) {
        out.section(&format!("Said before by {}", escape::text(&self.authserv_id)));
        for result in &self.compared {
            let here = match (&result.ours, result.differs) {
                (Some(ours), true) => format!("here {ours}"),
                (Some(_), false) => "the same here".to_owned(),
                (None, _) => "not checked here".to_owned(),
            };
            let of = result.of.as_ref().map(|of| format!("{of}, ")).unwrap_or_default();
            out.verdict(&escape::text(&result.method), &result.theirs, &format!("{of}{here}"), None);
        }
        for skipped in &self.skipped {
            out.note("skipped", skipped);
        }
        if let Some(reason) = &self.reason {
            out.note("not read", reason);
        }
    }
}

fn write_trail(trail: &[TrailStep], out: &mut Lines) {
    out.section("Trail");
    for step in trail {
        out.step(&step.step, &step.outcome, &step.why, &step.rfc);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::When;

    #[test]
    fn hostile_text_is_escaped_wherever_it_comes_from() {
        let evil = "\\u001b]0;x\\u0007\\u009b2J\\u202e\\n";
        let json = format!(
            r#"{{"spf": {{"result": "fail", "identity": "mailfrom", "domain": "{evil}", "mechanism": "{evil}",
                "explanation": "{evil}", "reason": "{evil}"}},
            "dkim": [{{"result": "{evil}", "domain": "{evil}", "selector": "{evil}", "algorithm": "{evil}",
                "reason": "{evil}"}}],
            "dmarc": {{"result": "fail", "domain": "{evil}", "policy": "{evil}", "policy_domain": "x{evil}",
                "disposition": "{evil}", "aligned_by": ["{evil}"], "reason": "{evil}"}},
            "dmarc_rfc7489": {{"result": "fail", "domain": "{evil}", "reason": "{evil}"}}, "dmarc_difference": "{evil}",
            "iprev": {{"result": "fail", "ip": "{evil}", "name": "{evil}", "reason": "{evil}"}},
            "provider_results": {{"authserv_id": "{evil}", "reason": "{evil}", "skipped": ["{evil}"],
                "compared": [{{"method": "{evil}", "of": "{evil}", "theirs": "{evil}", "ours": "{evil}", "differs": true}}]}},
            "authentication_results": "Authentication-Results: {evil}",
            "trail": [{{"step": "{evil}", "outcome": "{evil}", "why": "{evil}", "rfc": "{evil}"}}]}}"#
        );
        let palette = Palette::new(When::Never);
        let shown = verification(&json, Authenticated::No, &[], None, palette, true).unwrap();
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        assert!(!shown.contains('\u{202e}'));
        // One for each place above; the result words and the identity are not among them.
        assert_eq!(shown.matches("\\x1b]0;x\\x07\\u{9b}2J\\u{202e}").count(), 33, "{shown}");
    }

    #[test]
    fn a_report_without_members_is_still_one() {
        let shown =
            verification("{}", Authenticated::Temporarily, &[], None, Palette::new(When::Never), false).unwrap();
        assert!(shown.starts_with("Not decided"));
    }
}
