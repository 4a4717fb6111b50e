//! What a verification costs in memory, measured by an allocator that counts.

mod allocations;
mod counting;
mod memory;
mod smtp_sessions;
