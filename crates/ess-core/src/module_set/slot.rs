//! One searching module of a set, loaded when it is first asked for.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::{self, ThreadId},
};

use crate::{encoding::Encoding, error::Error, search_module::definition::SearchModule};

/// A searching module that others may use at the same time.
pub type SharedModule<E> = Arc<dyn SearchModule<E>>;

pub(super) type Load<E> = Box<dyn Fn() -> Result<SharedModule<E>, Error> + Send + Sync>;

/// A module, or how it is loaded.
pub(super) struct Slot<E: Encoding> {
    state: Mutex<State<E>>,
    /// Notified whenever loading ends.
    ended: Condvar,
    load: Option<Load<E>>,
}

struct State<E: Encoding> {
    loaded: Option<SharedModule<E>>,
    /// Who is loading it.
    loading: Option<ThreadId>,
}

/// While there, its thread loads; also where loading panics, the next one who asks may try again.
struct Loading<'a, E: Encoding>(&'a Slot<E>);

impl<E: Encoding> Drop for Loading<'_, E> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).loading = None;
        self.0.ended.notify_all();
    }
}

impl<E: Encoding> Slot<E> {
    pub(super) fn new(loaded: Option<SharedModule<E>>, load: Option<Load<E>>) -> Self {
        let state = Mutex::new(State { loaded, loading: None });
        Self { state, ended: Condvar::new(), load }
    }

    /// The module; loaded by `load`, with no lock held, by one thread at a time.
    pub(super) fn get(
        &self,
        check: impl Fn(&dyn SearchModule<E>) -> Result<(), Error>,
    ) -> Result<SharedModule<E>, Error> {
        let me = thread::current().id();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(module) = &state.loaded {
                return Ok(module.clone());
            }
            match state.loading {
                None => break,
                Some(by) if by == me => {
                    return Err(Error::Unsupported { what: "loading a module that asks for itself" });
                }
                Some(_) => state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
        let load = self.load.as_ref().ok_or(Error::Empty { what: "modules of a name" })?;
        state.loading = Some(me);
        drop(state);
        let loading = Loading(self);
        let module = load()?;
        check(&*module)?;
        self.state.lock().unwrap_or_else(PoisonError::into_inner).loaded = Some(module.clone());
        drop(loading);
        Ok(module)
    }
}
