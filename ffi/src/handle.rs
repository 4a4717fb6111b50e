//! What stands behind every opaque pointer.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::{Failure, Status};

/// A value that C holds by a pointer, the error of the last call that could change it, and whether a panic poisoned it.
#[derive(Debug, Default)]
pub(crate) struct Handle<T> {
    value: T,
    error: String,
    poisoned: bool,
}

impl<T> Handle<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value, error: String::new(), poisoned: false }
    }

    /// Runs the body of a function that may change the value. A panic poisons the handle: the value may be
    /// half-changed, and nobody will see it again.
    pub(crate) fn change(&mut self, body: impl FnOnce(&mut T) -> Result<(), Failure>) -> Status {
        if self.poisoned {
            return Status::Panic;
        }
        let (status, error) = match run(|| body(&mut self.value)) {
            Ok(()) => (Status::Ok, String::new()),
            Err(failure) => (failure.status, failure.text),
        };
        self.poisoned = status == Status::Panic;
        self.error = error;
        status
    }

    /// The value, for the body of a function that only reads it.
    pub(crate) fn read(&self) -> Result<&T, Failure> {
        match self.poisoned {
            true => Err(Failure::new(Status::Panic, self.error.clone())),
            false => Ok(&self.value),
        }
    }

    /// The error of the last call that could change the value; empty when it succeeded.
    pub(crate) fn error(&self) -> &str {
        &self.error
    }
}

/// A type that C knows by name and holds by a pointer.
pub(crate) trait Opaque {
    type Value;
    /// What it is called where it is missing.
    const NAME: &'static str;
    fn handle(&self) -> &Handle<Self::Value>;
    fn handle_mut(&mut self) -> &mut Handle<Self::Value>;
}

/// Makes a tuple struct around a [`Handle`] an [`Opaque`] type.
macro_rules! opaque {
    ($type:ty, $value:ty, $name:literal) => {
        impl $crate::handle::Opaque for $type {
            type Value = $value;
            const NAME: &'static str = $name;
            fn handle(&self) -> &$crate::handle::Handle<$value> {
                &self.0
            }
            fn handle_mut(&mut self) -> &mut $crate::handle::Handle<$value> {
                &mut self.0
            }
        }

        // A handle may move between threads, as the header promises.
        const _: () = {
            const fn is_send<T: Send>() {}
            is_send::<$type>()
        };
    };
}
pub(crate) use opaque;

/// Runs the body of a function that has no handle to note an error on.
pub(crate) fn guard(body: impl FnOnce() -> Result<(), Failure>) -> Status {
    run(body).map_or_else(|failure| failure.status, |()| Status::Ok)
}

/// Runs `body`; a panic in it becomes a failure.
fn run(body: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    // What a panic may leave half-changed is behind the handle, which is poisoned then, or unknown to the caller.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(Failure::new(Status::Panic, describe(payload))))
}

fn describe(payload: Box<dyn Any + Send>) -> String {
    let text = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text.as_str(),
        _ => {
            // Dropping a payload of an unknown type could panic again, outside of any guard.
            std::mem::forget(payload);
            return "panic".into();
        }
    };
    format!("panic: {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_to_one(value: &mut i32) -> Result<(), Failure> {
        *value = 1;
        Ok(())
    }

    #[test]
    fn a_failure_is_noted_until_the_next_call() {
        let mut handle = Handle::new(0);
        assert_eq!(handle.change(|_| Err(Failure::argument("too blue"))), Status::Argument);
        assert_eq!(handle.error(), "too blue");
        assert_eq!(handle.change(set_to_one), Status::Ok);
        assert_eq!((handle.error(), *handle.read().unwrap()), ("", 1));
    }

    #[test]
    fn a_panic_poisons_for_good() {
        let mut handle = Handle::new(0);
        assert_eq!(handle.change(|_| panic!("a bug in {}", "here")), Status::Panic);
        assert_eq!(handle.change(set_to_one), Status::Panic);
        assert_eq!(handle.error(), "panic: a bug in here");
        assert_eq!(handle.read().unwrap_err().status, Status::Panic);
        assert_eq!(handle.value, 0);
    }

    #[test]
    fn a_payload_that_panics_when_dropped_does_no_harm() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("second panic");
            }
        }
        assert_eq!(guard(|| std::panic::panic_any(Bomb)), Status::Panic);
    }
}
