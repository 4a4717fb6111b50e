//! Which steps the words after `cargo xtask test` mean.

use std::fmt::Write as _;

use crate::report::StepResult;

/// One row of the table in `steps.rs`.
#[derive(Debug)]
pub(crate) struct Step {
    /// The word on the command line.
    pub(crate) name: &'static str,
    /// What it checks, for `cargo xtask help`.
    pub(crate) about: &'static str,
    pub(crate) run: fn() -> StepResult,
    /// How long it takes on two processors with nothing built, beside the others.
    pub(crate) seconds: u32,
    pub(crate) weight: Weight,
    /// Steps that come first where they are part of the run, since this one uses what they build.
    pub(crate) after: &'static [&'static str],
    /// What no other step may use at the same time.
    pub(crate) alone_with: &'static [Thing],
    /// Comes when all others have ended.
    pub(crate) last: bool,
}

/// How much of the machine a step needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It mostly waits, or keeps one processor busy.
    Light,
    /// It keeps both processors busy.
    Heavy,
    /// It has servers and clients that give up after a while.
    Sensitive,
}

/// What cannot be used twice at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    /// Cargo's lock on its build folder: who comes second would only wait.
    Target,
    /// The same on that of the WebAssembly builds.
    Wasm,
}

impl Step {
    /// A step with nothing special about it, to be completed.
    pub(crate) const NONE: Self = Self {
        name: "",
        about: "",
        run: || Ok(String::new()),
        seconds: 1,
        weight: Weight::Heavy,
        after: &[],
        alone_with: &[],
        last: false,
    };
}

/// Words for several steps.
const GROUPS: [(&str, &[&str]); 3] = [
    ("quick", &["fmt", "clippy", "core", "cli"]),
    ("lint", &["fmt", "clippy", "doc", "sans-io", "deny"]),
    ("web", &["wasm", "browser"]),
];

/// The steps that `areas` name, each once, in the order of `steps`; all of them when no area is named.
pub(crate) fn select<'a>(steps: &'a [Step], areas: &[&str]) -> Result<Vec<&'a Step>, String> {
    let mut wanted: Vec<&str> = Vec::new();
    for area in areas {
        if let Some((_, members)) = GROUPS.iter().find(|(group, _)| group == area) {
            wanted.extend(*members);
        } else if steps.iter().any(|step| step.name == *area) {
            wanted.push(area);
        } else {
            return Err(format!("there is no area {area:?}; the areas are\n{}", describe(steps)));
        }
    }
    Ok(steps.iter().filter(|step| areas.is_empty() || wanted.contains(&step.name)).collect())
}

/// The areas and groups, one a line.
pub(crate) fn describe(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        let _ = writeln!(text, "  {:<16}  {}", step.name, step.about);
    }
    for (group, members) in GROUPS {
        let _ = writeln!(text, "  {group:<16}  = {}", members.join(" "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::STEPS;

    fn names(areas: &[&str]) -> Vec<&'static str> {
        select(&STEPS, areas).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn no_area_means_all_in_order() {
        assert_eq!(names(&[]), STEPS.iter().map(|step| step.name).collect::<Vec<_>>());
    }

    #[test]
    fn areas_run_once_and_in_the_order_of_the_table() {
        assert_eq!(names(&["cli", "core", "cli"]), ["core", "cli"]);
        assert_eq!(names(&["quick", "core"]), ["fmt", "clippy", "core", "cli"]);
    }

    #[test]
    fn an_unknown_area_is_an_error_that_lists_the_known() {
        let Err(reason) = select(&STEPS, &["core", "cores"]) else { panic!("accepted") };
        assert!(reason.contains("\"cores\""), "{reason}");
        assert!(reason.contains("core-rust-crypto") && reason.contains("quick"), "{reason}");
    }

    #[test]
    fn groups_name_steps_that_exist_and_no_name_means_two_things() {
        for (group, members) in GROUPS {
            assert!(!STEPS.iter().any(|step| step.name == group), "{group} is a step and a group");
            for member in members {
                assert!(STEPS.iter().any(|step| step.name == *member), "{group} names {member}");
            }
        }
        for (index, step) in STEPS.iter().enumerate() {
            assert!(!STEPS[..index].iter().any(|earlier| earlier.name == step.name), "{} twice", step.name);
        }
    }
}
