//! The table of the kinds that settings and flags call by name.

use ess_core::{NameError, NameTable};
use serde::de;
use serde_json::Value;

use super::tagged::Tagged;
use crate::error::Error;

/// How a kind is read by its name.
pub(crate) struct Entry<C> {
    kind: &'static str,
    about: &'static str,
    parse: fn(Value) -> Result<C, serde_json::Error>,
    /// Adds it to a table as the type that it is.
    add: fn(&NameTable<Self>, Self, Also<'_>) -> Result<bool, Failed>,
}

/// What happens beside adding a kind.
type Also<'a> = &'a mut dyn FnMut() -> Result<(), Failed>;

/// Why a kind was not added.
enum Failed {
    Name(NameError),
    Also(Error),
}

impl From<NameError> for Failed {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

impl<C> Clone for Entry<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Entry<C> {}

impl<C> Entry<C> {
    /// The entry of a kind that is the type `K`.
    pub(crate) fn new<K: 'static>(
        kind: &'static str,
        parse: fn(Value) -> Result<C, serde_json::Error>,
    ) -> Self {
        let add = |table: &NameTable<Self>, entry: Self, also: Also<'_>| {
            table.add_with::<K, Failed>(entry.kind, entry, also)
        };
        Self { kind, about: "", parse, add }
    }

    /// The entry with what the kind is, in one line.
    pub(crate) fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }
}

/// Kinds in the order in which they were added.
pub(crate) struct KindTable<C> {
    entries: NameTable<Entry<C>>,
    left_out: Option<&'static str>,
    reserved: &'static [&'static str],
}

impl<C> KindTable<C> {
    /// # Panics
    /// For two kinds of one name.
    pub(crate) fn new(entries: impl IntoIterator<Item = Entry<C>>) -> Self {
        Self { entries: NameTable::new(), left_out: None, reserved: &[] }.with(entries)
    }

    /// The table with names that no kind may have, since flags call something else so.
    pub(crate) fn reserving(self, reserved: &'static [&'static str]) -> Self {
        Self { reserved, ..self }
    }

    /// The table with `more` at its end.
    ///
    /// # Panics
    /// As [`KindTable::new`].
    pub(crate) fn with(self, more: impl IntoIterator<Item = Entry<C>>) -> Self {
        for entry in more {
            let added = self.add(entry);
            assert!(added.is_ok(), "{added:?}");
        }
        self
    }

    /// Says to whoever asks for an unknown name what this build leaves out.
    #[cfg(any(test, not(feature = "closed-forms")))]
    pub(crate) fn left_out(self, what: &'static str) -> Self {
        Self { left_out: Some(what), ..self }
    }

    /// The names of all kinds as a message has them, and what this build leaves out.
    pub(crate) fn known(&self) -> String {
        let left_out = self.left_out.map_or_else(String::new, |what| format!("; {what}"));
        self.kinds().join(", ") + &left_out
    }

    /// Adds a kind; one that is there already stays.
    ///
    /// # Errors
    /// [`Error::KindTaken`] for a name of another type and a reserved one; [`Error::Config`] for one with other characters than
    /// lower-case letters, digits and `_`.
    pub(crate) fn add(&self, entry: Entry<C>) -> Result<(), Error> {
        self.add_with(entry, || Ok(()))
    }

    /// As [`KindTable::add`], to this table and to another one (`to_other`), or to neither.
    pub(crate) fn add_with(
        &self,
        entry: Entry<C>,
        to_other: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.reserved.contains(&entry.kind) {
            return Err(Error::KindTaken { kind: entry.kind });
        }
        let mut to_other = Some(to_other);
        let mut also = || to_other.take().map_or(Ok(()), |add| add().map_err(Failed::Also));
        (entry.add)(&self.entries, entry, &mut also).map(drop).map_err(|failed| match failed {
            Failed::Name(NameError::Taken) => Error::KindTaken { kind: entry.kind },
            Failed::Name(NameError::Malformed) => Error::Config {
                name: "name of a kind",
                expected: NameError::FITTING,
                found: entry.kind.to_owned(),
            },
            Failed::Also(error) => error,
        })
    }

    /// The names of all kinds.
    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        self.entries.names()
    }

    /// What a kind is, in one line; `None` for an unknown name.
    pub(crate) fn about(&self, kind: &str) -> Option<&'static str> {
        self.entries.find(kind).map(|entry| entry.about)
    }

    /// What the settings are, by the name that they have.
    pub(crate) fn parse<E: de::Error>(&self, Tagged { kind, settings }: Tagged) -> Result<C, E> {
        // Not under the lock: settings can have others in them.
        let Some(entry) = self.entries.find(&kind) else {
            return Err(E::custom(format_args!("unknown kind `{kind}`, expected one of {}", self.known())));
        };
        (entry.parse)(Value::Object(settings)).map_err(|cause| E::custom(format_args!("{kind}: {cause}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_one_type() {
        let parse = |settings: Value| Ok(settings.to_string());
        let table = KindTable::new([Entry::new::<u8>("first", parse)]);
        table.add(Entry::new::<u16>("second", parse)).unwrap();
        table.add(Entry::new::<u16>("second", parse)).unwrap();
        let taken = table.add(Entry::new::<u16>("first", parse));
        assert!(matches!(taken, Err(Error::KindTaken { kind: "first" })));
        assert_eq!(table.kinds(), ["first", "second"]);
        let read = |json| table.parse::<serde_json::Error>(serde_json::from_str(json).unwrap());
        assert_eq!(read(r#"{"a": 1, "kind": "second"}"#).unwrap(), r#"{"a":1}"#);
        let unknown = read(r#"{"kind": "third"}"#).unwrap_err().to_string();
        assert!(unknown.contains("third") && unknown.ends_with("first, second"), "{unknown}");
        let reserving = KindTable::new([]).reserving(&["auto"]);
        for (kind, refused) in
            [("auto", "auto"), ("Low", "lower-case"), ("low-rank", "low-rank"), ("", "lower-case")]
        {
            let error = reserving.add(Entry::new::<u8>(kind, parse)).unwrap_err().to_string();
            assert!(error.contains(refused), "{error}");
        }
        let failed =
            reserving.add_with(Entry::new::<u8>("third", parse), || Err(Error::KindTaken { kind: "third" }));
        assert!(failed.is_err() && reserving.kinds().is_empty());
        let short = KindTable::new([Entry::new::<u8>("first", parse)]).left_out("not built: second");
        assert_eq!(short.known(), "first; not built: second");
        for odd in ["{}", r#"{"kind": 1}"#, r#"{"kind": "first", "a": 1, "a": 2}"#, "[]"] {
            assert!(serde_json::from_str::<Tagged>(odd).is_err(), "{odd}");
        }
    }
}
