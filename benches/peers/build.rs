//! Compiles the harnesses around the C libraries that are compared, as far as their headers are installed.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(opendkim)");
    println!("cargo::rustc-check-cfg=cfg(spf2)");
    println!("cargo::rerun-if-changed=c");
    for name in ["opendkim", "spf2"] {
        harness(name);
    }
}

/// Builds `c/NAME.c` against `libNAME` and sets the cfg of that name.
fn harness(name: &str) {
    let mut build = cc::Build::new();
    build.file(format!("c/{name}.c")).warnings(true).cargo_warnings(false);
    // The preprocessor fails where the library's header is missing. Nothing is wrong then: the peer has no column.
    if build.try_expand().is_ok() {
        build.compile(&format!("bench_{name}"));
        println!("cargo::rustc-link-lib={name}");
        println!("cargo::rustc-cfg={name}");
    }
}
