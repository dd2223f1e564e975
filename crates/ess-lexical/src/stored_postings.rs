//! Postings as the sections of a file.

use ess_files::{Error, Section, SectionFile, Values};

use super::{
    maxima::{Maxima, NO_TABLE, WINDOW},
    postings::Postings,
};

const COMPONENTS: &str = "components";
const STARTS: &str = "starts";
const ITEMS: &str = "items";
const VALUES: &str = "values";
const MAXIMA: &str = "maxima";
const TABLES: &str = "tables";
const WINDOW_STARTS: &str = "window_starts";
const WINDOW_MAXIMA: &str = "window_maxima";

impl Postings {
    pub(super) fn sections(&self) -> Vec<Section<'_>> {
        vec![
            Section::new(COMPONENTS, &[&self.components[..]]),
            Section::new(STARTS, &[&self.starts[..]]),
            Section::new(ITEMS, &[&self.items[..]]),
            Section::new(VALUES, &[&self.values[..]]),
            Section::new(MAXIMA, &[&self.maxima.of_lists[..]]),
            Section::new(TABLES, &[&self.maxima.tables[..]]),
            Section::new(WINDOW_STARTS, &[&self.maxima.window_starts[..]]),
            Section::new(WINDOW_MAXIMA, &[&self.maxima.of_windows[..]]),
        ]
    }

    /// The postings of a file, of `rows` items with `dim` components. What a search takes its ranges from is always looked at;
    /// with `all` every posting.
    pub(super) fn from_file(
        rows: usize,
        dim: usize,
        negative: bool,
        file: &SectionFile,
        all: bool,
    ) -> Result<Self, Error> {
        let components: Values<u32> = file.values(COMPONENTS, None)?;
        let starts: Values<u64> = file.values(STARTS, components.len().checked_add(1))?;
        let values: Values<f32> = file.values(VALUES, None)?;
        let items: Values<u32> = file.values(ITEMS, Some(values.len()))?;
        let lists_end = (starts[0], starts[components.len()]) == (0, values.len() as u64);
        if !(lists_end && starts.is_sorted()) {
            return Err(file.mismatch("lists one after the other", "others"));
        }
        let in_order = components.is_sorted_by(|a, b| a < b);
        if !in_order || components.last().is_some_and(|last| *last as usize >= dim) {
            return Err(file.mismatch(format!("ascending components below {dim}"), "others"));
        }
        let maxima = Maxima::from_file(&starts, rows, file)?;
        let postings = Self { components, starts, items, values, maxima, negative };
        if all {
            postings.check(rows, file)?;
        }
        Ok(postings)
    }

    /// Looks at every posting.
    fn check(&self, rows: usize, file: &SectionFile) -> Result<(), Error> {
        if let Some(at) = self.values.iter().position(|value| !value.is_finite()) {
            return Err(file.mismatch("finite values", format!("{} at {at}", self.values[at])));
        }
        let list = |ends: &[u64]| &self.items[ends[0] as usize..ends[1] as usize];
        let in_order = |items: &[u32]| {
            items.is_sorted_by(|a, b| a < b) && items.last().is_none_or(|last| (*last as usize) < rows)
        };
        if !self.starts.windows(2).all(|ends| in_order(list(ends))) {
            return Err(file.mismatch(format!("ascending items below {rows} in every list"), "others"));
        }
        let maxima = Maxima::of(&self.starts, &self.items, &self.values, rows);
        let negative = self.values.iter().any(|value| *value < 0.0);
        if !(maxima.same(&self.maxima) && negative == self.negative) {
            return Err(file.mismatch("the largest values of lists and windows", "others"));
        }
        Ok(())
    }
}

impl Maxima {
    /// Those of a file, whose lists begin at `starts`.
    fn from_file(starts: &[u64], rows: usize, file: &SectionFile) -> Result<Self, Error> {
        let (lists, windows) = (starts.len() - 1, rows.div_ceil(WINDOW));
        let tables: Values<u32> = file.values(TABLES, Some(lists))?;
        let count = tables.iter().filter(|table| **table != NO_TABLE).count();
        let maxima = Self {
            of_lists: file.values(MAXIMA, Some(lists))?,
            tables,
            window_starts: file.values(WINDOW_STARTS, Some(count.saturating_mul(windows + 1)))?,
            of_windows: file.values(WINDOW_MAXIMA, Some(count.saturating_mul(windows)))?,
            windows,
        };
        let mut next = 0;
        for (list, ends) in starts.windows(2).enumerate() {
            let table = maxima.tables[list];
            if table == NO_TABLE {
                continue;
            }
            // Only now is there a table of this number.
            let in_turn = table as usize == next;
            next += 1;
            let fits = |starts: &[u32]| {
                starts.is_sorted() && starts.last().is_some_and(|&last| u64::from(last) == ends[1] - ends[0])
            };
            if !in_turn || !maxima.windows(list).is_some_and(|(starts, _)| fits(starts)) {
                return Err(file.mismatch("windows within their lists", format!("others in list {list}")));
            }
        }
        Ok(maxima)
    }

    /// Whether all is the same.
    fn same(&self, other: &Self) -> bool {
        self.of_lists[..] == other.of_lists[..]
            && self.tables[..] == other.tables[..]
            && self.window_starts[..] == other.window_starts[..]
            && self.of_windows[..] == other.of_windows[..]
    }
}
