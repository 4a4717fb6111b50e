//! What a server says: its replies, what it offers, and why it refuses; and what a proxy in front of ours says.

mod capabilities;
mod proxy_headers;
mod reading;
mod refusals;
mod xclient;
