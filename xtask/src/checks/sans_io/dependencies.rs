//! What core depends on, with either cryptography: no runtime, no resolver, no HTTP, no socket, no clock, no randomness.

use crate::checks::rust::{PSL, RUST_CRYPTO};
use crate::report::Stop;
use crate::run::Run;

/// Crates that do I/O, or exist to be used with those that do. A name ending in `*` bans all that begin so.
#[rustfmt::skip]
const BANNED: &[&str] = &[
    // Runtimes and their sockets.
    "async-io", "async-net", "async-std", "futures-executor", "glommio", "io-uring", "mio", "monoio", "polling",
    "smol", "socket2", "tokio*",
    // Resolvers.
    "domain", "hickory-*", "mail-auth", "resolv-conf", "trust-dns*",
    // HTTP.
    "curl*", "h2", "hyper*", "isahc", "minreq", "reqwest*", "ureq*",
    // Clocks and time zones.
    "chrono", "instant", "jiff", "time", "web-time",
    // Randomness that is not from a seed. `rand` itself is allowed, since `rsa` names its traits; without getrandom it
    // has nothing to draw from but a seed. aws-lc-rs keeps a source inside and asks for it where it signs; what it
    // signs for us (RSA with PKCS #1 v1.5, Ed25519) is the same whatever the source gives.
    "fastrand", "getrandom",
    // The process and its surroundings.
    "dirs", "env_logger", "num_cpus", "rayon*",
];

/// The number of crates that core is built from, or the banned ones among them.
pub(super) fn check() -> Result<usize, Stop> {
    let mut most = 0;
    for features in [&PSL[..], &RUST_CRYPTO[..]] {
        let crates = tree(features)?;
        let found: Vec<&str> = crates.iter().map(String::as_str).filter(|name| is_banned(name)).collect();
        if !found.is_empty() {
            return Err(Stop::Failed(format!("core depends on {} ({})", found.join(", "), features.join(" "))));
        }
        most = most.max(crates.len());
    }
    Ok(most)
}

/// The names of all crates that are linked into core: build scripts and tests may do what they like.
fn tree(features: &[&str]) -> Result<Vec<String>, Stop> {
    let (output, result) = Run::new("cargo")
        .args(["tree", "-p", "passerelle", "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"])
        .args(features)
        .tee()?;
    result?;
    let mut names: Vec<String> = output.lines().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect();
    names.sort();
    names.dedup();
    if !names.iter().any(|name| name == "passerelle") || names.len() < 5 {
        return Err(Stop::Failed(format!("cargo tree of core is not credible: {}", names.join(", "))));
    }
    Ok(names)
}

fn is_banned(name: &str) -> bool {
    BANNED.iter().any(|banned| match banned.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == *banned,
    })
}

#[cfg(test)]
mod tests {
    use super::is_banned;

    #[test]
    fn names_are_banned_whole_or_by_their_beginning() {
        for name in ["tokio", "tokio-util", "hickory-resolver", "getrandom", "reqwest", "time", "hyper-util"] {
            assert!(is_banned(name), "{name}");
        }
        for name in ["passerelle", "h2o", "timely", "rand_core", "memchr", "hickory", "rsa"] {
            assert!(!is_banned(name), "{name}");
        }
    }
}
