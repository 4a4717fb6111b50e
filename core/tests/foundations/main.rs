//! Laws of what everything else stands on.

mod domains;
mod tag_lists;
