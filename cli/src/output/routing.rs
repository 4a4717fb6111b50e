//! Decisions and findings for people, made from the JSON that programs read.

use serde_json::Value;

use super::color::{Palette, Tone};
use super::lines::{Lines, list};
use crate::failure::Failure;

/// What a decision says, and with `verbose` the steps that led to it.
pub(crate) fn decision(json: &str, palette: Palette, verbose: bool) -> Result<String, Failure> {
    let view = parse(json)?;
    let mut out = Lines::new(palette);
    let (tone, headline) = headline(&view);
    out.headline(tone, &headline);
    for refused in each(&view, "refused") {
        out.note(&format!("{} is refused", text(refused, "recipient")), &reply(refused));
    }
    for group in each(&view, "groups") {
        self::group(group, &mut out);
    }
    let rules = texts(&view, "rules");
    if !rules.is_empty() {
        out.note("Rules that match", &rules.join(", "));
    }
    for mutation in each(&view, "mutations") {
        out.note(&format!("Changed: {} {}", text(mutation, "action"), text(mutation, "value")), &effect(mutation));
    }
    if view["late"] == true {
        out.note("Content has a say", "what is decided is final behind the dot alone");
    }
    if verbose {
        out.section("Trail");
        for step in each(&view, "trail") {
            out.step(&text(step, "step"), &text(step, "outcome"), &text(step, "why"), &text(step, "rfc"));
        }
    }
    Ok(out.finish())
}

fn headline(view: &Value) -> (Tone, String) {
    let any = |outcome: &str| each(view, "groups").any(|group| text(group, "outcome") == outcome);
    match (view["admitted"] == true, text(view, "relay")) {
        (false, _) => (Tone::Bad, format!("Refused: {}", reply(view))),
        (true, _) if any("bounce") => (Tone::Bad, "Taken, and not delivered to all".to_owned()),
        (true, _) if any("defer") => (Tone::Doubtful, "Taken, and not delivered to all now".to_owned()),
        (true, relay) if relay.is_empty() => (Tone::Good, "Taken from a stranger, as a rule says".to_owned()),
        (true, relay) => (Tone::Good, format!("Admitted by the relay entry {relay}")),
    }
}

fn group(group: &Value, out: &mut Lines) {
    let recipients = list(&texts(group, "recipients"));
    let copy = if group["copy"] == true { " (a copy)" } else { "" };
    let route = text(group, "route");
    let by = if route.is_empty() { String::new() } else { format!(", route {route}") };
    let what = format!("{recipients}{copy}: {}{by}, {}", text(group, "outcome"), text(group, "direction"));
    let why = if group["reply"].is_object() { reply(group) } else { String::new() };
    out.note(&what, &why);
    for hop in each(group, "hops").chain(each(&group["fallback"], "hops")) {
        out.reason(&self::hop(hop));
    }
}

fn hop(hop: &Value) -> String {
    let tls = &hop["tls"];
    let required = if tls["required"] == true { "TLS required" } else { "TLS where it is offered" };
    let verify = text(tls, "verify");
    let names = texts(tls, "names");
    let verified = match (verify.as_str(), names.is_empty()) {
        ("none", _) => ", any certificate".to_owned(),
        (_, true) => format!(", verified by {verify}"),
        (_, false) => format!(", verified by {verify} for {}", list(&names)),
    };
    let because = texts(tls, "because");
    let because = if because.is_empty() { String::new() } else { format!(" (asked by {})", list(&because)) };
    let addresses = texts(hop, "addresses").join(", ");
    format!("{}:{} [{addresses}] {required}{verified}{because}", text(hop, "host"), hop["port"])
}

fn effect(mutation: &Value) -> String {
    let rule = match mutation["rule"].as_str() {
        Some(rule) => format!("by the rule {rule}"),
        None => "a secret goes no further".to_owned(),
    };
    let broken = texts(mutation, "breaks_dkim");
    let breaks = match (mutation["breaks_dkim"].is_array(), broken.is_empty()) {
        (false, _) => "; which signatures break shows with --message".to_owned(),
        (true, true) => "; no signature breaks".to_owned(),
        (true, false) => format!("; breaks the signature of {}", list(&broken)),
    };
    let resign = match mutation["resign"].as_bool() {
        Some(true) => ", and ours is made after it",
        Some(false) => ", and none of ours is made",
        None => "",
    };
    format!("{rule}{breaks}{resign}")
}

/// What was found in a policy, and what is proven of it.
pub(crate) fn findings(json: &str, palette: Palette) -> Result<String, Failure> {
    let view = parse(json)?;
    let mut out = Lines::new(palette);
    let count = |level: &str| each(&view, "findings").filter(|finding| text(finding, "level") == level).count();
    let (errors, warnings) = (count("error"), count("warning"));
    let broken = each(&view, "laws").filter(|law| law["holds"] == false).count();
    let laws = each(&view, "laws").count();
    let (tone, headline) = match (errors, broken, warnings) {
        (0, 0, 0) if laws > 0 => (Tone::Good, format!("Proven: all {laws} laws hold")),
        (0, 0, 0) => (Tone::Good, "Nothing is wrong".to_owned()),
        (0, 0, warnings) => (Tone::Doubtful, format!("No error, and {warnings} to look at")),
        (0, broken, _) => (Tone::Bad, format!("Not sound: {broken} of {laws} laws broken")),
        (errors, ..) => (Tone::Bad, format!("Not usable: {errors} to be mended")),
    };
    out.headline(tone, &headline);
    for finding in each(&view, "findings") {
        let file = text(finding, "file");
        let file = if file.is_empty() { file } else { format!("{file}, ") };
        let place = format!("{file}line {}, column {}", finding["line"], finding["column"]);
        out.note(&format!("{}: {place}: {}", text(finding, "level"), text(finding, "key")), &text(finding, "message"));
    }
    for law in each(&view, "laws") {
        let holds = law["holds"] == true;
        out.note(if holds { "holds" } else { "broken" }, &text(law, "law"));
        for line in texts(law, "counterexample") {
            out.preformatted(&format!("    {line}"));
        }
    }
    let summary = texts(&view, "summary");
    if !summary.is_empty() {
        out.section("What it does");
        summary.iter().for_each(|line| out.preformatted(line));
    }
    Ok(out.finish())
}

fn parse(json: &str) -> Result<Value, Failure> {
    serde_json::from_str(json).map_err(|error| Failure::new(format!("the engine's JSON cannot be read: {error}")))
}

fn each<'v>(view: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    view[key].as_array().into_iter().flatten()
}

fn text(view: &Value, key: &str) -> String {
    view[key].as_str().unwrap_or_default().to_owned()
}

fn texts(view: &Value, key: &str) -> Vec<String> {
    each(view, key).filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

fn reply(view: &Value) -> String {
    let reply = &view["reply"];
    format!("{} {} {}", reply["code"], text(reply, "enhanced"), text(reply, "text"))
}
