//! For each component the items that have it, in one array.

use ess_core::MemoryUse;
use ess_files::Values;

use super::{maxima::Maxima, sparse_vectors::SparseVectors};

/// Items and values by component, items ascending; and the largest values.
#[derive(Clone, Debug)]
pub(super) struct Postings {
    /// The components that some item has, ascending.
    pub(super) components: Values<u32>,
    /// Where the list of each begins, and where the last ends.
    pub(super) starts: Values<u64>,
    pub(super) items: Values<u32>,
    pub(super) values: Values<f32>,
    /// The largest values of lists and of windows.
    pub(super) maxima: Maxima,
    /// Whether some value is below zero.
    pub(super) negative: bool,
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
        let starts: Vec<u64> = starts.into_iter().map(|start| start as u64).collect();
        Self {
            maxima: Maxima::of(&starts, &items, &values, rows),
            components: components.distinct.into(),
            starts: starts.into(),
            negative: values.iter().any(|value| *value < 0.0),
            items: items.into(),
            values: values.into(),
        }
    }

    /// How much memory the arrays take, and where.
    pub(super) fn memory_use(&self) -> MemoryUse {
        let (items, values, starts) = (&self.items, &self.values, &self.starts);
        let Maxima { of_lists, tables, window_starts, of_windows, .. } = &self.maxima;
        let (whole, fractions) =
            ([&self.components, items, tables, window_starts], [values, of_lists, of_windows]);
        MemoryUse {
            owned: starts.owned_bytes()
                + whole.map(Values::owned_bytes).iter().sum::<usize>()
                + fractions.map(Values::owned_bytes).iter().sum::<usize>(),
            mapped: starts.mapped_bytes()
                + whole.map(Values::mapped_bytes).iter().sum::<usize>()
                + fractions.map(Values::mapped_bytes).iter().sum::<usize>(),
        }
    }

    /// The list of a component that some item has.
    pub(super) fn get(&self, component: u32) -> Option<PostingList<'_>> {
        // Where every component below it occurs, its list is that of its number.
        let list = match self.components.get(component as usize) {
            Some(&found) if found == component => component as usize,
            _ => self.components.binary_search(&component).ok()?,
        };
        let range = self.starts[list] as usize..self.starts[list + 1] as usize;
        let (maximum, windows) = (self.maxima.of_lists[list], self.maxima.windows(list));
        Some(PostingList { items: &self.items[range.clone()], values: &self.values[range], maximum, windows })
    }
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
