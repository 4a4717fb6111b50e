//! The differences about SPF that are explained; each is a section of `core/tests/DIFFERENCES.md`.

use super::{SpfCase, word};
use crate::case::{Class, Difference, Word};

type Is<'a> = &'a Difference<'a, SpfCase>;

/// Where one difference is of two classes, the first counts.
pub const CLASSES: &[Class<SpfCase>] = &[
];
