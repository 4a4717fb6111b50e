//! The gateway: what it does with connections, transactions and messages.

mod chunks;
mod content;
mod groups;
mod holding;
mod hop;
mod host;
mod hostile;
mod inside_tls;
mod late;
mod messages;
mod model;
mod relay;
mod sessions;
