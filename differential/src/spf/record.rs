//! SPF records: terms in every form the grammar allows, and now and then one that it does not.

use super::world::{DOMAINS, EMPTY, EXPLANATION, FAILING, GONE, HOSTS, v4, v6};
use crate::random::Random;

/// Terms out of the ordinary; most are not valid.
const ODD_TERMS: &[&str] = &[
    "all:example.com",
    "-all/8",
    "include",
    "include:",
    "include:com",
    "include:example.com/24",
    "a:",
    "a:com",
    "a/33",
    "a/032",
    "a//129",
    "a/24//64",
    "a//64",
    "a/",
    "a//",
    "a/24/64",
    "mx:",
    "mx/0",
    "mx//0",
    "ptr:",
    "ptr/24",
    "exists",
    "exists:",
    "ip4",
    "ip4:",
    "ip4:192.0.2",
    "ip4:192.0.2.1/33",
    "ip4:192.0.2.1/",
    "ip4:192.0.2.01",
    "ip4:192.0.2.256",
    "ip4:192.0.2.1/032",
    "ip4:192.0.2.1/0",
    "ip4:2001:db8::1",
    "ip6:192.0.2.1",
    "ip6:2001:db8::1/129",
    "ip6:2001:db8::1/0",
    "ip6:::ffff:192.0.2.1",
    "ip6:2001:db8:::1",
    "ip6:::1",
    "ip6:2001:DB8::1",
    "redirect=",
    "redirect:example.com",
    "exp=",
    "exp:example.com",
    "-redirect=a.example.com",
    "unknown=x",
    "unknown=",
    "unknown=%{d}",
    "unknown=%{x}",
    "unknown=%",
    "1unknown=x",
    "un.k-n_own=x",
    "-unknown=x",
    "unknown",
    "unknown:x",
    "+",
    "-",
    "++all",
    "=x",
    ":x",
    "/24",
    "exists:%{d",
    "exists:%{d}.%",
    "exists:%{q}.example.com",
    "exists:%{d0}.example.com",
    "exists:%{d99}.example.com",
    "exists:%{c}.example.com",
    "exists:%(d).example.com",
    "exists:%{d}x",
    "exists:%%.example.com",
    "exists:%_.example.com",
    "exists:%-.example.com",
    "exists:%{d:}.example.com",
    "exists:%{dr3}.example.com",
    "exists:a..example.com",
    "exists:.example.com",
    "exists:example.com.",
    "exists:a.example.c0m",
    "exists:a.example.123",
    "exists:a.example.-a",
    "a:192.0.2.1",
    "a:a_b.example.com",
    "a:a/b.example.com",
    "a:example.com:25",
    "default=pass",
    "op=x",
    "accredit=y",
    "scope=z",
    "v=spf1",
    "ALL",
    "-ALL",
    "?Include:a.example.com",
    "~A",
    "mX:example.com",
    "IP4:192.0.2.1",
    "Exists:a.example.com",
    "moo.cow-far_out=man:dog/cat",
    "a:\u{7f}.example.com",
    "exp=explain.example.com",
    "exists:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com",
    "caf\u{e9}=x",
];

/// Names with macros; the first lead to names that may be there.
const MACROS: &[&str] = &[
    "%{i}._spf.example.com",
    "%{d}",
    "%{o}",
    "%{d2}",
    "%{D}",
    "%{h}",
    "%{l}.example.com",
    "%{s}.example.com",
    "%{ir}.%{v}._spf.example.com",
    "%{l-}.example.com",
    "%{l+r}.example.com",
    "%{L}.example.com",
    "%{p}",
    "%{p}.example.com",
    "a.%{o}",
    "a.%{d3}",
    "%{d1}.example.com",
    "%{dr}.example.com",
    "%{i3r}.example.com",
    "%{d.-}",
    "%{d2r}.%{o}",
];

/// A record. The sender's own most often has terms that lead somewhere.
pub(super) fn generate(random: &mut Random, is_sender: bool) -> String {
    if random.one_in(60) {
        let odd = [
            "v=spf1",
            "v=spf1 ",
            "v=spf10 -all",
            "v=spf1-all",
            "V=SPF1 -all",
            " v=spf1 -all",
            "v=spf1\t-all",
            "spf2.0/mfrom -all",
            "",
        ];
        return (*random.pick(&odd)).to_owned();
    }
    let mut terms: Vec<String> = Vec::new();
    let most = if random.one_in(24) { 14 } else { 4 };
    for _ in 0..random.below(most) + usize::from(is_sender) {
        terms.push(match random.below(40) {
            0 => (*random.pick(ODD_TERMS)).to_owned(),
            _ => directive(random),
        });
    }
    match random.below(4) {
        0 => {}
        1 => terms.push(format!("redirect={}", target(random, DOMAINS))),
        _ => terms.push(format!("{}all", random.pick(&["-", "~", "?", "+", ""]))),
    }
    if random.one_in(10) {
        let at = random.below(terms.len() + 1);
        terms.insert(at, format!("exp={EXPLANATION}"));
    }
    let space = if random.one_in(30) { "  " } else { " " };
    let end = if random.one_in(30) { " " } else { "" };
    format!("v=spf1{space}{}{end}", terms.join(space))
}

fn directive(random: &mut Random) -> String {
    let sign = *random.pick(&["", "", "", "+", "-", "~", "?"]);
    let mechanism = match random.below(10) {
        0 | 1 => format!("include:{}", target(random, DOMAINS)),
        2 => format!("a{}{}", optional(random, HOSTS), prefix(random)),
        3 => format!("mx{}{}", optional(random, DOMAINS), prefix(random)),
        4 if random.one_in(2) => format!("ptr{}", optional(random, DOMAINS)),
        5 | 4 => format!("exists:{}", target(random, HOSTS)),
        6 | 7 => format!("ip4:{}{}", v4(random), random.pick(&["", "", "/24", "/25", "/32", "/31"])),
        8 => format!("ip6:{}{}", v6(random), random.pick(&["", "/64", "/128", "/127", "/32"])),
        _ => format!("a:{}", target(random, HOSTS)),
    };
    format!("{sign}{mechanism}")
}

fn optional(random: &mut Random, names: &[&str]) -> String {
    if random.one_in(2) { String::new() } else { format!(":{}", target(random, names)) }
}

fn target(random: &mut Random, names: &[&str]) -> String {
    let name = match random.below(24) {
        0 => EMPTY,
        1 => GONE,
        2 if random.one_in(2) => FAILING,
        3 | 4 => random.pick(MACROS),
        _ => random.pick(names),
    };
    if random.one_in(40) { name.to_uppercase() } else { name.to_owned() }
}

fn prefix(random: &mut Random) -> &'static str {
    random.word(&["", "", "", "", "/24", "/25", "/31", "//64", "/24//64", "//127"])
}
