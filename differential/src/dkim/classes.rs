//! The differences about DKIM that are explained; each is a section of `core/tests/DIFFERENCES.md`.

use super::{DkimCase, failure, lenient};
use crate::case::{Class, Difference, Word};

type Is<'a> = &'a Difference<'a, DkimCase>;

/// Where one difference is of two classes, the first counts.
pub const CLASSES: &[Class<DkimCase>] = &[
];
