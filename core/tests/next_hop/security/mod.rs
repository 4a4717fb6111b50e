//! The security table: its laws over the whole of it, mutants that the laws catch, and what is written out of it.

mod laws;
mod mutants;
mod orders;
mod written;
