//! Every step of `cargo xtask test`, in the order in which they run: cheap ones that often fail come first.

use crate::checks::{browser, c, deny, differential, fuzz, linear, readme, rust, same, sans_io, sim};
use crate::interop;
use crate::select::Step;
use crate::wasm;

pub(crate) const STEPS: [Step; 20] = [
    Step { name: "fmt", about: "cargo fmt --check", run: rust::fmt },
    Step { name: "xtask", about: "the tests of xtask itself", run: rust::xtask },
    Step { name: "clippy", about: "clippy, warnings denied, with either cryptography", run: rust::clippy },
    Step { name: "doc", about: "rustdoc, warnings denied", run: rust::doc },
    Step {
        name: "sans-io",
        about: "core does no I/O: its dependencies, its lints, its wasm32 build",
        run: sans_io::check,
    },
    Step { name: "deny", about: "licences, banned crates and sources of the dependencies", run: deny::check },
    Step { name: "core", about: "the tests of core, doctests too", run: rust::core },
    Step {
        name: "core-rust-crypto",
        about: "the same with the cryptography in Rust alone",
        run: rust::core_rust_crypto,
    },
    Step {
        name: "linear",
        about: "hostile inputs cost no more than in proportion to their size, by instructions counted",
        run: linear::check,
    },
    Step {
        name: "sim",
        about: "100,000 sessions of our client and server over a faulty channel, 10,000 idle ones",
        run: sim::check,
    },
    Step { name: "cli", about: "the tests of the command", run: rust::cli },
    Step { name: "c", about: "header, examples and tests in C, under valgrind", run: c::check },
    Step { name: "wasm", about: "the npm package and its tests in Node", run: wasm::check },
    Step { name: "browser", about: "the validator page in headless Chromium", run: browser::check },
    Step { name: "same", about: "Rust, C and WebAssembly give byte-identical reports", run: same::check },
    Step { name: "fuzz", about: "five seconds of each fuzz target", run: fuzz::check },
    Step {
        name: "differential",
        about: "seven implementations on generated messages and records; every difference explained",
        run: differential::check,
    },
    Step {
        name: "interop",
        about: "serve and send with the mail software of others, on the loopback",
        run: interop::check,
    },
    Step { name: "bench", about: "the benchmarks compile, and each runs once", run: rust::bench },
    Step { name: "readme", about: "the README's first commands", run: readme::check },
];
