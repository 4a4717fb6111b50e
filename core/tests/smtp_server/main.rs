//! The SMTP server as its clients and its host see it: a file for each behaviour.

mod auth;
#[cfg(feature = "tls")]
#[path = "../tls/certificates.rs"]
#[allow(dead_code)]
mod certificates;
mod chunking;
mod chunks;
mod cross_protocol;
mod decisions;
mod dialogues;
mod host;
#[cfg(feature = "tls")]
mod host_in_tls;
mod limits;
mod lines;
mod long_lines;
mod misuse;
mod model;
mod order;
mod patience;
mod proxies;
mod received;
mod smuggling;
mod starttls;
mod talk;
mod timeouts;
mod trace;
