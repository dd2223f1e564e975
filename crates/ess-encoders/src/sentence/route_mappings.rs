//! `route_mappings` of a router: which route texts take, by their side and by what they are.

use std::{collections::BTreeMap, path::Path};

use crate::error::Error;

/// One half of a key, as Python writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Half {
    /// `None`: all of them.
    Any,
    Named(String),
    /// A tuple: several kinds of input at once, which no text is.
    Several,
}

/// The routes by pairs of a task (`query`, `document`) and a kind of input (`text`, `image`).
#[derive(Clone, Debug, Default)]
pub(super) struct RouteMappings(Vec<([Half; 2], String)>);

impl RouteMappings {
    /// Reads the pairs of the file at `path`, whose keys are Python's tuples as text: `('query', 'text')`.
    pub(super) fn read(path: &Path, mappings: BTreeMap<String, String>) -> Result<Self, Error> {
        let pair = |(key, route): (String, String)| {
            let expected = "keys as ('query', 'text'), each half a name or None";
            let halves = halves(&key).ok_or_else(|| Error::config(path, "route_mappings", expected, &key))?;
            Ok((halves, route))
        };
        mappings.into_iter().map(pair).collect::<Result<_, Error>>().map(Self)
    }

    /// All routes that are named.
    pub(super) fn routes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, route)| route.as_str())
    }

    /// The route of the texts of a task, the closest pair first.
    pub(super) fn route(&self, task: &str) -> Option<&str> {
        let (task, text) = (Half::Named(task.to_owned()), Half::Named("text".to_owned()));
        let closest =
            [[task.clone(), text.clone()], [task, Half::Any], [Half::Any, text], [Half::Any, Half::Any]];
        let found = closest.iter().find_map(|wanted| self.0.iter().find(|(halves, _)| halves == wanted));
        found.map(|(_, route)| route.as_str())
    }
}

/// Both halves of a key; none where it is no such pair.
fn halves(key: &str) -> Option<[Half; 2]> {
    let inner = key.trim().strip_prefix('(')?.strip_suffix(')')?;
    let (task, rest) = half(inner.trim_start())?;
    let (kind, rest) = half(rest.trim_start().strip_prefix(',')?.trim_start())?;
    matches!(rest.trim(), "" | ",").then_some([task, kind])
}

/// What a text begins with, and the rest. Escapes are not read: no name of a task has one.
fn half(text: &str) -> Option<(Half, &str)> {
    if let Some(rest) = text.strip_prefix("None") {
        return Some((Half::Any, rest));
    }
    if let Some(rest) = text.strip_prefix('(') {
        let (inner, rest) = rest.split_once(')')?;
        return inner.contains(',').then_some((Half::Several, rest));
    }
    let quote = text.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
    let (name, rest) = text.strip_prefix(quote)?.split_once(quote)?;
    (!name.contains('\\')).then(|| (Half::Named(name.to_owned()), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read<const N: usize>(mappings: [(&str, &str); N]) -> Result<RouteMappings, Error> {
        let owned = mappings.map(|(key, route)| (key.to_owned(), route.to_owned()));
        RouteMappings::read(Path::new("router_config.json"), owned.into())
    }

    #[test]
    fn the_closest_pair_is_the_route() {
        let all = [
            ("('query', 'text')", "a"),
            ("('query', None)", "b"),
            ("(None, 'text')", "c"),
            ("(None, None)", "d"),
            ("('query', 'image')", "e"),
            ("(None, ('image', 'text'))", "f"),
        ];
        let from = |first: usize, task: &str| {
            let left = all[first..].iter().map(|(key, route)| ((*key).to_owned(), (*route).to_owned()));
            let mappings = RouteMappings::read(Path::new("x"), left.collect()).unwrap();
            mappings.route(task).map(str::to_owned)
        };
        let routes =
            |task: &str| (0..5).map(|first| from(first, task).unwrap_or_default()).collect::<String>();
        assert_eq!((routes("query"), routes("document")), ("abcd".to_owned(), "cccd".to_owned()));
        assert_eq!(read(all).unwrap().routes().count(), 6);
    }

    #[test]
    fn a_key_that_is_no_pair_is_refused_by_name() {
        for key in [
            "",
            "query",
            "('query')",
            "('query',)",
            "('query' 'text')",
            "('query', 'text', 'x')",
            "(query, text)",
            "('query', 'text'",
            r"('que\x72y', 'text')",
            "('query', ('text'))",
            "[\"query\", \"text\"]",
            "('', 'a",
        ] {
            let error = read([(key, "a")]).unwrap_err();
            assert!(
                matches!(&error, Error::Config { field: "route_mappings", found, .. } if found == key),
                "{error}"
            );
        }
    }

    proptest! {
        #[test]
        fn pairs_are_read_as_python_writes_them(names in proptest::array::uniform2("[^'\\\\]{0,9}"), text in ".{0,40}") {
            let [task, kind] = names.clone().map(Half::Named);
            prop_assert_eq!(halves(&format!("('{}', '{}')", names[0], names[1])), Some([task.clone(), kind]));
            prop_assert_eq!(halves(&format!("('{}', None)", names[0])), Some([task, Half::Any]));
            // Whatever else stands there is read or refused.
            let _ = (halves(&text), halves(&format!("({text})")));
        }
    }
}
