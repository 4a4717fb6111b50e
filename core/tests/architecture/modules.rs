//! What each module of the crate names: the paths in its code, tests and comments left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The path of a module without `crate`; the root's is empty.
pub(crate) type Module = Vec<String>;

pub(crate) struct Modules {
    /// Each module, and the modules that its code names.
    named: BTreeMap<Module, BTreeSet<Module>>,
}

impl Modules {
    /// Reads `core/src`.
    pub(crate) fn read() -> Self {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
        let codes: BTreeMap<Module, String> = files(root)
            .into_iter()
            .map(|file| (module(root, &file), code(&fs::read_to_string(&file).unwrap())))
            .collect();
        Self::of(&codes)
    }

    /// What these modules name, each given with its code.
    pub(crate) fn of(codes: &BTreeMap<Module, String>) -> Self {
        let paths: BTreeMap<&Module, Vec<Module>> =
            codes.iter().map(|(module, code)| (module, paths(module, code, codes))).collect();
        // A parent hands on what its parts have: `super::Event` is the part's that the parent takes it from.
        let mut handed: BTreeMap<Module, Module> = BTreeMap::new();
        for (module, paths) in &paths {
            for path in paths {
                let part = within(path, codes);
                if part.len() > module.len() && part.starts_with(module) && part.len() < path.len() {
                    let name = path[path.len() - 1].clone();
                    handed.insert([&module[..], &[name]].concat(), part);
                }
            }
        }
        let named = paths.iter().map(|(module, paths)| {
            let targets = paths.iter().map(|path| {
                let module = within(path, codes);
                let item = path.get(..=module.len()).and_then(|item| handed.get(item));
                item.cloned().unwrap_or(module)
            });
            ((*module).clone(), targets.collect())
        });
        Self { named: named.collect() }
    }

    pub(crate) fn contains(&self, module: &Module) -> bool {
        self.named.contains_key(module)
    }

    /// Which modules at this depth name which others, for themselves or in their parts.
    pub(crate) fn edges(&self, depth: usize) -> BTreeSet<(Module, Module)> {
        let mut edges = BTreeSet::new();
        for (module, targets) in &self.named {
            for target in targets {
                if let (Some(from), Some(to)) = (module.get(..depth), target.get(..depth))
                    && from != to
                {
                    edges.insert((from.to_vec(), to.to_vec()));
                }
            }
        }
        edges
    }

    /// Modules at this depth of one parent that lead to each other and back.
    pub(crate) fn cycles(&self, depth: usize) -> BTreeSet<BTreeSet<String>> {
        let edges: BTreeSet<_> =
            self.edges(depth).into_iter().filter(|(from, to)| from[..depth - 1] == to[..depth - 1]).collect();
        let reached = |start: &Module| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![start]);
            while let Some(module) = next.pop() {
                next.extend(edges.iter().filter(|(from, to)| from == module && seen.insert(to)).map(|(_, to)| to));
            }
            seen
        };
        let from: BTreeMap<&Module, BTreeSet<&Module>> = edges.iter().map(|(from, _)| (from, reached(from))).collect();
        let together = |a: &Module, b: &Module| from[a].contains(b) && from.get(b).is_some_and(|to| to.contains(a));
        from.keys()
            .map(|a| from.keys().filter(|b| together(a, b)).map(|b| b.join("::")).collect::<BTreeSet<_>>())
            .filter(|cycle| !cycle.is_empty())
            .collect()
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    found.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

fn module(root: &Path, file: &Path) -> Module {
    let path = file.strip_prefix(root).unwrap().with_extension("");
    let mut module: Module = path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if matches!(module.last().unwrap().as_str(), "mod" | "lib") {
        module.pop();
    }
    module
}

/// The code without comments, and without its tests, which stand at the end.
pub(crate) fn code(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The longest beginning of a path that is a module.
fn within(path: &[String], codes: &BTreeMap<Module, String>) -> Module {
    let longest = (0..=path.len()).rev().find(|length| codes.contains_key(&path[..*length]));
    path[..longest.unwrap_or(0)].to_vec()
}

/// Every path in a module's code that begins with `crate`, `super` or `self`, or in a `use` with one of its own parts.
fn paths(module: &Module, code: &str, codes: &BTreeMap<Module, String>) -> Vec<Module> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_start =
            matches!(tokens[at].as_str(), "crate" | "super" | "self") && tokens.get(at + 1).is_some_and(|t| t == "::");
        let is_part =
            at > 0 && tokens[at - 1] == "use" && codes.contains_key(&[&module[..], &tokens[at..=at]].concat());
        if is_start || is_part {
            let mut relative = Vec::new();
            at = tree(&tokens, at, &[], &mut relative);
            found.extend(relative.iter().map(|path| absolute(module, path)));
        } else {
            at += 1;
        }
    }
    found
}

/// Words, `::`, and single characters.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let length = match word {
            0 if rest.starts_with("::") => 2,
            0 => first.len_utf8(),
            word => word,
        };
        if !first.is_whitespace() {
            tokens.push(rest[..length].to_owned());
        }
        rest = &rest[length..];
    }
    tokens
}

/// Reads a path from a token on, with what stands in braces at its end; where it ends.
fn tree(tokens: &[String], mut at: usize, before: &[String], found: &mut Vec<Module>) -> usize {
    let mut path = before.to_vec();
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = tree(tokens, at, &path, found);
                    // Renamed or not, the next one stands behind a comma.
                    while tokens.get(at).is_some_and(|token| !matches!(token.as_str(), "," | "}")) {
                        at += 1;
                    }
                    at += usize::from(tokens.get(at).is_some_and(|token| token == ","));
                }
                return at + 1;
            }
            Some(word) => {
                path.push(word.to_owned());
                at += 1;
            }
            None => break,
        }
        if tokens.get(at).is_none_or(|token| token != "::") {
            break;
        }
        at += 1;
    }
    found.push(path);
    at
}

fn absolute(module: &Module, path: &[String]) -> Module {
    let mut whole = module.clone();
    for (n, part) in path.iter().enumerate() {
        match part.as_str() {
            "crate" if n == 0 => whole.clear(),
            "super" => _ = whole.pop(),
            "self" => {}
            part => whole.push(part.to_owned()),
        }
    }
    whole
}
