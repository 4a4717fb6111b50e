//! An allocator that counts, for each thread on its own, so that tests that run side by side do not disturb each other.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Counting;

/// What a thread has allocated since the last [`measure`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    /// Calls that allocated or grew something.
    pub(crate) allocations: usize,
    /// Octets that are held now. Negative where something older was freed.
    pub(crate) held: isize,
    /// The most octets that were held at a time.
    pub(crate) peak: isize,
}

thread_local! {
    static COUNT: Cell<Count> = const { Cell::new(Count { allocations: 0, held: 0, peak: 0 }) };
}

/// Runs something and says what it allocated on top of what was there.
pub(crate) fn measure<T>(work: impl FnOnce() -> T) -> (T, Count) {
    COUNT.set(Count::default());
    let value = work();
    (value, COUNT.get())
}

fn note(allocations: usize, change: isize) {
    // The thread's counter is gone when the thread ends, and then nobody measures.
    let _ = COUNT.try_with(|count| {
        let mut now = count.get();
        now.allocations += allocations;
        now.held += change;
        now.peak = now.peak.max(now.held);
        count.set(now);
    });
}

fn octets(size: usize) -> isize {
    isize::try_from(size).unwrap_or(isize::MAX)
}

// SAFETY: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, octets(layout.size()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(1, octets(layout.size()));
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, -octets(layout.size()));
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, octets(size) - octets(layout.size()));
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[test]
fn it_counts() {
    let ((), count) = measure(|| {
        let first = std::hint::black_box(vec![1u8; 1000]);
        drop(first);
        std::hint::black_box(Vec::<u8>::with_capacity(300));
    });
    assert_eq!((count.allocations, count.peak), (2, 1000));
}
