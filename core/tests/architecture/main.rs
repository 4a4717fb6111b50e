//! ARCHITECTURE.md's one direction of dependencies, held against what the modules of `core/src` name in their code.

mod modules;

use std::collections::{BTreeMap, BTreeSet};

use modules::{Module, Modules};

/// Two modules beside each other, of which one has the other's types: it is the later one.
const PAIRS: [(&str, &str); 5] = [
    ("lookup", "machine"),
    ("crypto::pem", "crypto::key"),
    ("dkim::diagnose", "dkim::body_hash"),
    ("dmarc::record", "dmarc::reader"),
    ("smtp::client::outcome", "smtp::client::event"),
];

fn path(text: &str) -> Module {
    text.split("::").map(str::to_owned).collect()
}

/// The layers that ARCHITECTURE.md names, from the ground up; those above the crate are left out.
fn layers() -> Vec<Vec<String>> {
    let text = include_str!("../../../ARCHITECTURE.md").replace('\n', " ");
    let line = text.split("Dependencies run one way: `").nth(1).and_then(|rest| rest.split('`').next());
    let line = line.expect("ARCHITECTURE.md has a sentence 'Dependencies run one way: `…`'");
    let names =
        |layer: &str| layer.trim_matches(['{', '}']).split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>();
    let layers = line.split(" <- ").map(|layer| names(layer.trim())).collect::<Vec<_>>();
    layers[..layers.len() - 1].to_vec()
}

#[test]
fn every_module_names_only_modules_of_its_own_layer_and_of_those_below() {
    let layers = layers();
    let height: BTreeMap<&str, usize> =
        layers.iter().enumerate().flat_map(|(n, layer)| layer.iter().map(move |name| (name.as_str(), n))).collect();
    let modules = Modules::read();
    for (from, to) in modules.edges(1) {
        let of = |module: &Module| {
            let height = height.get(module[0].as_str());
            *height.unwrap_or_else(|| panic!("{} is in no layer of ARCHITECTURE.md", module[0]))
        };
        assert!(of(&from) >= of(&to), "{} names {}, which stands above it", from[0], to[0]);
    }
    for name in height.keys() {
        assert!(modules.contains(&path(name)), "{name} of ARCHITECTURE.md is no module");
    }
}

#[test]
fn no_modules_at_the_top_lead_to_each_other_and_back() {
    let cycles = Modules::read().cycles(1);
    assert!(cycles.is_empty(), "{cycles:?}");
}

#[test]
fn of_two_modules_side_by_side_one_does_not_know_the_other() {
    let modules = Modules::read();
    for (earlier, later) in PAIRS {
        let (earlier, later) = (path(earlier), path(later));
        assert!(modules.contains(&earlier) && modules.contains(&later), "{earlier:?} and {later:?} are modules");
        let edges = modules.edges(earlier.len());
        let both = edges.contains(&(earlier.clone(), later.clone())) && edges.contains(&(later, earlier.clone()));
        assert!(!both, "{} and the other name each other", earlier.join("::"));
    }
}

#[test]
fn dmarc_is_handed_domains_and_smtp_is_handed_tls() {
    let modules = Modules::read();
    let named = |by: &str| -> BTreeSet<String> {
        let edges = modules.edges(1).into_iter().filter(|(from, _)| from[0] == by);
        edges.map(|(_, to)| to[0].clone()).collect()
    };
    assert!(named("dmarc").is_disjoint(&["spf", "dkim"].map(str::to_owned).into()), "ARCHITECTURE.md, Invariants");
    assert!(!named("tls").contains("smtp"), "TLS is laid around any machine");
    let layer = path("tls::layer");
    let parts = modules.edges(2).into_iter().filter(|(from, to)| from[0] == "smtp" && *to == layer);
    assert_eq!(parts.count(), 0, "smtp knows Converse, and not the layer around it");
}

/// The check is only as good as its reading of code.
#[test]
fn paths_in_code_are_found_however_they_are_written() {
    let code = |module: &str, code: &str| (path(module), modules::code(code));
    let modules = Modules::of(&BTreeMap::from([
        code("a", "mod one;\nmod two;\npub use two::Two;\nuse crate::b::{self, c::{D as E, F}, G};\n"),
        code("a::one", "use super::Two; // and crate::e::Nothing\nfn f() { crate::h::g(super::super::i::j) }\n"),
        code("a::two", "#[cfg(test)]\nmod tests { use crate::e::Only; }\n"),
        code("b", "pub mod c;"),
        code("b::c", "use super::super::a::one::X;"),
        code("e", ""),
        code("h", "use self::own::Part;\npub(in crate::h) fn g() {}"),
        code("i", ""),
    ]));
    let named = |by: &str, depth| -> Vec<String> {
        let edges = modules.edges(depth).into_iter().filter(|(from, _)| *from == path(by));
        edges.map(|(_, to)| to.join("::")).collect()
    };
    assert_eq!(named("a", 1), ["b", "h", "i"]);
    assert_eq!(named("b", 1), ["a"]);
    assert_eq!(named("a::one", 2), ["a::two"]);
    assert_eq!((named("e", 1).len(), named("h", 1).len(), named("i", 1).len()), (0, 0, 0));
    assert_eq!(modules.cycles(1), [["a", "b"].map(str::to_owned).into()].into());
    assert!(modules.cycles(2).is_empty());
}
