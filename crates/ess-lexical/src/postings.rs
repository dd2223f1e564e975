//! For each component the items that have it, in one array.

use super::sparse_vectors::SparseVectors;

/// Items that are scored together, a power of two: their sums stay in the first-level cache, and the largest value that a
/// component has among them bounds what it adds to any of them.
pub(super) const WINDOW: usize = 2048;

/// A component with this many values for each window has a table of where each window begins and of its largest value.
const VALUES_A_WINDOW: usize = 4;

/// Items and values by component, items ascending; and the largest values.
#[derive(Clone, Debug)]
pub(super) struct Postings {
    /// The components that some item has, ascending.
    components: Vec<u32>,
    /// Where the list of each begins, and where the last ends.
    starts: Vec<usize>,
    items: Vec<u32>,
    values: Vec<f32>,
    lists: Vec<List>,
    /// For each list with a table where each window begins in the list, and where the last ends.
    window_starts: Vec<u32>,
    /// For each list with a table the largest value of each window.
    window_maxima: Vec<f32>,
    windows: usize,
    /// Whether some value is below zero.
    pub(super) negative: bool,
}

#[derive(Clone, Copy, Debug)]
struct List {
    /// The largest value.
    maximum: f32,
    /// The number of its table, or `u32::MAX`.
    table: u32,
}

/// The items of one component with their values.
#[derive(Clone, Copy, Debug)]
pub(super) struct PostingList<'a> {
    pub(super) items: &'a [u32],
    pub(super) values: &'a [f32],
    /// The largest value.
    pub(super) maximum: f32,
    /// Where each window begins and the last ends, and each window's largest value; none for a short list.
    pub(super) windows: Option<(&'a [u32], &'a [f32])>,
}

impl Postings {
    /// # Panics
    /// For more than 2³² items.
    pub(super) fn new(vectors: &SparseVectors, rows: usize) -> Self {
        u32::try_from(rows.saturating_sub(1)).expect("at most 2^32 items");
        let (row_starts, row_components, row_values) = vectors.parts();
        let components = Components::of(row_components, vectors.dim());
        let mut starts = vec![0; components.distinct.len() + 1];
        row_components.iter().for_each(|&component| starts[components.number(component) + 1] += 1);
        for list in 1..starts.len() {
            starts[list] += starts[list - 1];
        }
        let mut next = starts.clone();
        let (mut items, mut values) = (vec![0; row_components.len()], vec![0.0; row_components.len()]);
        for row in 0..rows {
            for at in row_starts[row]..row_starts[row + 1] {
                let next = &mut next[components.number(row_components[at])];
                (items[*next], values[*next]) = (row as u32, row_values[at]);
                *next += 1;
            }
        }
        let components = components.distinct;
        let negative = values.iter().any(|value| *value < 0.0);
        let windows = rows.div_ceil(WINDOW);
        let (lists, window_starts, window_maxima) = (Vec::new(), Vec::new(), Vec::new());
        let mut postings = Self {
            components,
            starts,
            items,
            values,
            lists,
            window_starts,
            window_maxima,
            windows,
            negative,
        };
        (0..postings.components.len()).for_each(|list| postings.find_maxima(list));
        postings
    }

    fn find_maxima(&mut self, list: usize) {
        let range = self.starts[list]..self.starts[list + 1];
        let (items, values) = (&self.items[range.clone()], &self.values[range]);
        let mut table = u32::MAX;
        if items.len() >= VALUES_A_WINDOW * self.windows
            && self.windows > 1
            && items.len() < u32::MAX as usize
        {
            table = (self.window_maxima.len() / self.windows) as u32;
            let mut start = 0;
            for window in 0..self.windows {
                let length = items[start..].partition_point(|item| (*item as usize) < (window + 1) * WINDOW);
                self.window_starts.push(start as u32);
                self.window_maxima.push(maximum(&values[start..start + length]));
                start += length;
            }
            self.window_starts.push(start as u32);
        }
        self.lists.push(List { maximum: maximum(values), table });
    }

    /// The list of a component that some item has.
    pub(super) fn get(&self, component: u32) -> Option<PostingList<'_>> {
        // Where every component below it occurs, its list is that of its number.
        let list = match self.components.get(component as usize) {
            Some(&found) if found == component => component as usize,
            _ => self.components.binary_search(&component).ok()?,
        };
        let range = self.starts[list]..self.starts[list + 1];
        let List { maximum, table } = self.lists[list];
        let windows = (table != u32::MAX).then(|| {
            let (table, windows) = (table as usize, self.windows);
            let starts = &self.window_starts[table * (windows + 1)..(table + 1) * (windows + 1)];
            (starts, &self.window_maxima[table * windows..(table + 1) * windows])
        });
        Some(PostingList { items: &self.items[range.clone()], values: &self.values[range], maximum, windows })
    }
}

fn maximum(values: &[f32]) -> f32 {
    values.iter().copied().fold(0.0, f32::max)
}

/// The distinct components of some vectors, by number.
struct Components {
    distinct: Vec<u32>,
    /// For each component its number, unless the dimension is too large for a table.
    numbers: Option<Vec<u32>>,
}

impl Components {
    fn of(all: &[u32], dim: usize) -> Self {
        // Memory follows what is there, not the dimension.
        if dim > 8 * all.len() + (1 << 16) {
            let mut distinct = all.to_vec();
            distinct.sort_unstable();
            distinct.dedup();
            return Self { distinct, numbers: None };
        }
        let mut numbers = vec![0; dim];
        all.iter().for_each(|&component| numbers[component as usize] = 1);
        let mut distinct = Vec::new();
        for (component, number) in numbers.iter_mut().enumerate() {
            if std::mem::replace(number, distinct.len() as u32) == 1 {
                distinct.push(component as u32);
            }
        }
        Self { distinct, numbers: Some(numbers) }
    }

    fn number(&self, component: u32) -> usize {
        match &self.numbers {
            Some(numbers) => numbers[component as usize] as usize,
            None => self.distinct.partition_point(|other| *other < component),
        }
    }
}
