//! What the fuzz targets share.

pub mod case;
pub mod chunks;
pub mod host;
pub mod naive;
pub mod world;

#[doc(hidden)]
pub use {arbitrary, libfuzzer_sys};

/// Defines a target, from a closure that takes octets or anything that is [`arbitrary::Arbitrary`].
///
/// By itself a target is a program, as with libFuzzer's own macro of this name; with the feature `all` it is a module
/// of the program that has all of them.
#[macro_export]
macro_rules! fuzz_target {
    (|$input:ident: &[u8]| $body:block) => {
        #[cfg(not(feature = "all"))]
        $crate::libfuzzer_sys::fuzz_target!(|$input: &[u8]| $body);

        #[cfg(feature = "all")]
        pub(crate) fn fuzz($input: &[u8]) -> $crate::libfuzzer_sys::Corpus {
            let run = |$input: &[u8]| $body;
            run($input);
            $crate::libfuzzer_sys::Corpus::Keep
        }
    };
    (|$input:ident: $type:ty| $body:block) => {
        #[cfg(not(feature = "all"))]
        $crate::libfuzzer_sys::fuzz_target!(|$input: $type| $body);

        #[cfg(feature = "all")]
        pub(crate) fn fuzz(octets: &[u8]) -> $crate::libfuzzer_sys::Corpus {
            use $crate::arbitrary::{Arbitrary, Unstructured};
            // As libFuzzer's macro does: too few octets are no input.
            if octets.len() < <$type as Arbitrary<'_>>::size_hint(0).0 {
                return $crate::libfuzzer_sys::Corpus::Reject;
            }
            let Ok(input) = <$type as Arbitrary<'_>>::arbitrary_take_rest(Unstructured::new(octets)) else {
                return $crate::libfuzzer_sys::Corpus::Reject;
            };
            let run = |$input: $type| $body;
            run(input);
            $crate::libfuzzer_sys::Corpus::Keep
        }
    };
}
