//! Every step of `cargo xtask test`, in the order in which they are taken up where there is a choice: cheap ones that
//! often fail first, then what takes long.
//!
//! The seconds are those of a run on two processors with nothing built.

use crate::checks::{browser, c, clean, deny, differential, fuzz, linear, readme, rust, same, sans_io, sim};
use crate::select::{Step, Thing, Weight};
use crate::{built, interop, setup, wasm};

/// The step that installs what does not come from cargo.
const TOOLS: &str = "tools";

pub(crate) const STEPS: [Step; 28] = [
    Step { name: "fmt", about: "cargo fmt --check", run: rust::fmt, seconds: 5, weight: Weight::Light, ..Step::NONE },
    Step {
        name: TOOLS,
        about: "what the steps use of Debian, npm and PyPI, installed",
        run: setup::tools,
        seconds: 120,
        weight: Weight::Light,
        ..Step::NONE
    },
    Step {
        name: "xtask",
        about: "the tests of xtask itself",
        run: rust::xtask,
        seconds: 20,
        alone_with: &[Thing::Target],
        ..Step::NONE
    },
    Step {
        name: "clippy",
        about: "clippy, warnings denied, with either cryptography",
        run: rust::clippy,
        seconds: 150,
        alone_with: &[Thing::Target],
        ..Step::NONE
    },
    Step {
        name: "build",
        about: "the tests of core, of the command, of the C library and of the benchmarks, compiled",
        run: built::tests_and_programs,
        seconds: 240,
        alone_with: &[Thing::Target],
        ..Step::NONE
    },
    Step {
        name: "deny",
        about: "licences, banned crates and sources of the dependencies",
        run: deny::check,
        seconds: 120,
        ..Step::NONE
    },
    Step { name: "fuzz", about: "five seconds of each fuzz target", run: fuzz::check, seconds: 400, ..Step::NONE },
    Step {
        name: built::GENERATORS,
        about: "the generators of the C header and of the JavaScript bindings, compiled",
        run: built::generators,
        seconds: 50,
        alone_with: &[Thing::Target],
        ..Step::NONE
    },
    Step {
        name: built::RUST_CRYPTO.step,
        about: "the tests of core with the cryptography in Rust alone, compiled",
        run: || built::RUST_CRYPTO.compile(),
        seconds: 100,
        alone_with: &[Thing::Target],
        ..Step::NONE
    },
    Step {
        name: built::RELEASE.step,
        about: "the command, and the tests that need optimisation, compiled",
        run: built::release,
        seconds: 240,
        alone_with: &[Thing::Target],
        ..Step::NONE
    },
    Step { name: "core", about: "the tests of core", run: rust::core, seconds: 60, after: &["build"], ..Step::NONE },
    Step {
        name: "core-rust-crypto",
        about: "the same with the cryptography in Rust alone",
        run: rust::core_rust_crypto,
        seconds: 90,
        after: &["build-rust"],
        ..Step::NONE
    },
    Step {
        name: "cli",
        about: "the tests of the command",
        run: rust::cli,
        seconds: 40,
        after: &["build"],
        ..Step::NONE
    },
    Step {
        name: wasm::STEP,
        about: "the npm package and its tests in Node",
        run: wasm::check,
        seconds: 200,
        after: &[TOOLS, built::GENERATORS],
        alone_with: &[Thing::Wasm],
        ..Step::NONE
    },
    Step {
        name: "sim",
        about: "100,000 sessions of our client and server over a faulty channel, 10,000 idle ones",
        run: sim::check,
        seconds: 60,
        after: &["build-release"],
        ..Step::NONE
    },
    Step {
        name: "sim-gateway",
        about: "the gateway in 500 simulated worlds, and gateways that are broken on purpose",
        run: sim::gateway,
        seconds: 120,
        after: &["build-release"],
        ..Step::NONE
    },
    Step {
        name: "doctest",
        about: "the doctests of core",
        run: built::doctests,
        seconds: 30,
        after: &["build"],
        alone_with: &[Thing::Target],
        ..Step::NONE
    },
    Step {
        name: "doc",
        about: "rustdoc, warnings denied",
        run: rust::doc,
        seconds: 60,
        alone_with: &[Thing::Target],
        ..Step::NONE
    },
    Step {
        name: "sans-io",
        about: "core does no I/O: its dependencies, its lints, its wasm32 build",
        run: sans_io::check,
        seconds: 60,
        after: &[TOOLS],
        alone_with: &[Thing::Target, Thing::Wasm],
        ..Step::NONE
    },
    Step {
        name: "linear",
        about: "hostile inputs cost no more than in proportion to their size, by instructions counted",
        run: linear::check,
        seconds: 90,
        after: &[TOOLS, "build"],
        ..Step::NONE
    },
    Step {
        name: "c",
        about: "header, examples and tests in C, under valgrind",
        run: c::check,
        seconds: 60,
        after: &[TOOLS, "build", built::GENERATORS],
        ..Step::NONE
    },
    Step {
        name: "browser",
        about: "the validator page in headless Chromium",
        run: browser::check,
        seconds: 30,
        weight: Weight::Sensitive,
        after: &[TOOLS, "wasm"],
        ..Step::NONE
    },
    Step {
        name: "same",
        about: "Rust, C and WebAssembly give byte-identical reports",
        run: same::check,
        seconds: 15,
        after: &["build", "wasm", "c"],
        ..Step::NONE
    },
    Step {
        name: "differential",
        about: "seven implementations on generated messages and records; every difference explained",
        run: differential::check,
        seconds: 60,
        after: &[TOOLS, "build"],
        ..Step::NONE
    },
    Step {
        name: "interop",
        about: "serve and send with the mail software of others, on the loopback",
        run: interop::check,
        seconds: 90,
        weight: Weight::Sensitive,
        after: &[TOOLS, "build", "build-release"],
        ..Step::NONE
    },
    Step {
        name: "bench",
        about: "the benchmarks compile, and each runs once",
        run: rust::bench,
        seconds: 30,
        after: &["build"],
        ..Step::NONE
    },
    Step {
        name: "readme",
        about: "every command of every README, run or checked",
        run: readme::check,
        seconds: 90,
        // Its commands build over what the others run.
        after: &[TOOLS, "build-release", "core", "cli", "c", "same", "differential", "interop", "linear"],
        alone_with: &[Thing::Target],
        ..Step::NONE
    },
    Step { name: "clean", about: "the run has left the clone as it was", run: clean::check, last: true, ..Step::NONE },
];
