//! One writer at a time.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// The locks of this process by what is written to.
static LOCKS: Mutex<BTreeMap<String, Weak<Mutex<()>>>> = Mutex::new(BTreeMap::new());

/// The lock of a place, the same for all that ask while one of them holds on to it; one of its own without a place.
pub(crate) fn writer_lock(place: Option<String>) -> Arc<Mutex<()>> {
    let Some(place) = place else { return Arc::default() };
    let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
    locks.retain(|_, lock| lock.strong_count() > 0);
    if let Some(lock) = locks.get(&place).and_then(Weak::upgrade) {
        return lock;
    }
    let lock = Arc::default();
    locks.insert(place, Arc::downgrade(&lock));
    lock
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_has_one_lock() {
        let here = writer_lock(Some("here".to_owned()));
        assert!(Arc::ptr_eq(&here, &writer_lock(Some("here".to_owned()))));
        assert!(!Arc::ptr_eq(&here, &writer_lock(Some("there".to_owned()))));
        assert!(!Arc::ptr_eq(&writer_lock(None), &writer_lock(None)));
        drop(here);
        drop(writer_lock(Some("elsewhere".to_owned())));
        assert!(!LOCKS.lock().unwrap().contains_key("here"), "a place that nobody writes to is forgotten");
    }
}
