//! Names of entities and of relations, and their numbers.

use std::collections::HashMap;

use crate::error::Error;

/// Distinct names, each with its number: the row of an entity or of a relation.
///
/// ```
/// use ess_relations::Names;
///
/// let names = Names::new("entity", ["tokyo", "kyoto"])?;
/// assert_eq!((names.find("kyoto")?, names.name(0)), (1, "tokyo"));
/// assert_eq!(names.find("tokio").unwrap_err().to_string(), "unknown entity \"tokio\"; the nearest known is \"tokyo\"");
/// # Ok::<(), ess_relations::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Names {
    what: &'static str,
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    /// Names in the order of their numbers; `what` they name, for errors.
    ///
    /// # Errors
    /// [`Error::Config`] for a name that comes twice, and for none at all.
    pub fn new<S: Into<String>>(
        what: &'static str,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, Error> {
        let mut made = Self::none(what);
        for name in names {
            let (name, known) = (name.into(), made.len());
            if made.add(&name) as usize != known {
                return Err(Error::Config {
                    name: "names",
                    expected: "distinct",
                    found: format!("{name:?} twice"),
                });
            }
        }
        match made.is_empty() {
            true => Err(Error::Config { name: "names", expected: "at least one", found: "none".to_owned() }),
            false => Ok(made),
        }
    }

    pub(crate) fn none(what: &'static str) -> Self {
        Self { what, names: Vec::new(), numbers: HashMap::new() }
    }

    /// The number of a name, which is added if need be.
    pub(crate) fn add(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of a number.
    ///
    /// # Panics
    /// For a number that no name has.
    pub fn name(&self, number: usize) -> &str {
        &self.names[number]
    }

    /// All names, in the order of their numbers.
    pub fn all(&self) -> &[String] {
        &self.names
    }

    /// The number of a name.
    ///
    /// # Errors
    /// [`Error::UnknownName`], with the nearest name that there is.
    pub fn find(&self, name: &str) -> Result<usize, Error> {
        match self.numbers.get(name) {
            Some(&number) => Ok(number as usize),
            None => {
                let nearest = nearest(name, &self.names);
                Err(Error::UnknownName { what: self.what, name: name.to_owned(), nearest })
            }
        }
    }
}

/// The name that takes the fewest edits, where these are fewer than half of the letters.
fn nearest(name: &str, names: &[String]) -> Option<String> {
    const LONGEST: usize = 200;
    let wanted: Vec<char> = name.to_lowercase().chars().take(LONGEST).collect();
    let edits = |known: &String| {
        let known: Vec<char> = known.to_lowercase().chars().take(LONGEST).collect();
        edit_distance(&wanted, &known)
    };
    let (edits, found) = names.iter().map(|known| (edits(known), known)).min_by_key(|(edits, _)| *edits)?;
    (2 * edits <= wanted.len()).then(|| found.clone())
}

/// How many letters must be put in, left out or exchanged (Levenshtein).
fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let names = Names::new("relation", ["interacts_with", "isa", "part_of"]).unwrap();
        let nearest = |name: &str| match names.find(name) {
            Err(Error::UnknownName { nearest, .. }) => nearest,
            other => panic!("{other:?}"),
        };
        assert_eq!(nearest("interact_with").as_deref(), Some("interacts_with"));
        assert_eq!(nearest("ISA").as_deref(), Some("isa"));
        assert_eq!(nearest("capital_city"), None);
        assert_eq!(edit_distance(&['k', 'i', 't'], &['s', 'i', 't', 's']), 2);
    }

    #[test]
    fn a_name_twice_and_no_name_are_refused() {
        assert!(matches!(Names::new("entity", ["a", "a"]), Err(Error::Config { .. })));
        assert!(matches!(Names::new("entity", [""; 0]), Err(Error::Config { .. })));
    }
}
