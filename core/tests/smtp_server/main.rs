//! The SMTP server as its clients and its host see it: a file for each behaviour.

mod auth;
mod chunking;
mod chunks;
mod decisions;
mod dialogues;
mod limits;
mod lines;
mod model;
mod order;
mod proxies;
mod received;
mod smuggling;
mod starttls;
mod talk;
mod timeouts;
mod trace;
