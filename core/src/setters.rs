//! Methods that set one member and hand the whole back.
//!
//! A struct that may grow is `#[non_exhaustive]`, so other crates cannot write it down member by member.

/// For each member a method of its name.
macro_rules! setters {
    ($($name:ident: $type:ty,)*) => {
        $(
            #[doc = concat!("Sets [`", stringify!($name), "`](Self::", stringify!($name), ").")]
            #[must_use]
            pub fn $name(mut self, $name: $type) -> Self {
                self.$name = $name;
                self
            }
        )*
    };
}

pub(crate) use setters;
