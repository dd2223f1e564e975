//! Panics that the crates catch, of libraries behind a check, are no findings.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind, set_hook},
};

thread_local! {
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps panics from ending the process before anything can catch them, as libFuzzer would have them; to be called once,
/// before [`uncaught`].
pub fn let_panics_be_caught() {
    set_hook(Box::new(|panic| SAID.with_borrow_mut(|said| *said = panic.to_string())));
}

/// Runs something; a panic that comes through is printed and ends the process.
pub fn uncaught(run: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(run)).is_err() {
        SAID.with_borrow(|said| eprintln!("{said}"));
        std::process::abort();
    }
}
