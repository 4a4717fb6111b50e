//! The gateway: what it does with connections, transactions and messages.
#![cfg(feature = "tls")]

#[path = "../tls/certificates.rs"]
#[allow(dead_code)]
mod certificates;
mod chunks;
mod content;
mod cuts;
mod groups;
mod holding;
mod hop;
mod host;
mod hostile;
mod inside_tls;
mod late;
mod messages;
mod model;
mod places;
mod relay;
mod sessions;
mod way;
