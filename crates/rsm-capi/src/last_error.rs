//! The reason of the calling thread's last failed open.
//!
//! Why per thread: two threads may open sessions at once and each asks for its own reason, as GetLastError does
//! it on Windows. Invariant: a success sets it to 0 (OpenNtmsSession/open-last-error-on-success).

use rsm_model::Code;
use std::cell::Cell;

thread_local! {
    static LAST: Cell<u32> = const { Cell::new(0) };
}

/// Records how the last open of this thread ended.
pub fn set(code: Code) {
    LAST.set(code.number());
}

/// Gives the number of the code that was recorded last; 0 at first.
pub fn get() -> u32 {
    LAST.get()
}
