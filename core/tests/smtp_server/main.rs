//! The SMTP server as its clients and its host see it: a file for each behaviour.

mod auth;
mod chunking;
mod chunks;
mod cross_protocol;
mod decisions;
mod dialogues;
mod limits;
mod lines;
mod long_lines;
mod model;
mod order;
mod proxies;
mod received;
mod smuggling;
mod starttls;
mod talk;
mod timeouts;
mod trace;
