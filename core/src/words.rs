//! Types that are a word of an RFC each: what `as_str` gives is how they are displayed and serialized.

/// `words!(Display for A)`, `words!(Display, Serialize for A)`.
macro_rules! words {
    (Display for $type:ty) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
    (Display, Serialize for $type:ty) => {
        crate::words::words!(Display for $type);
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;
