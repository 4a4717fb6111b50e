//! The command as its users run it: the real binary, its exit codes, what it prints and what it writes.

mod config;
mod dns_server;
mod examples;
mod explain_reply;
mod files;
mod gateway_docs;
mod hostile;
mod keygen;
mod peers;
mod places;
mod record;
mod resolver;
mod route;
mod send;
mod send_codes;
mod serve;
mod server;
mod sign;
mod spf;
mod sts_cache;
mod support;
mod test_tls;
mod tokio_host;
mod usage;
mod verify;
