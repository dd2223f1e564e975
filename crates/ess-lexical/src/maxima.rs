//! The largest values of lists, and of windows of items within them.

use ess_files::Values;

/// Items that are scored together, a power of two: their sums stay in the first-level cache, and the largest value that a
/// component has among them bounds what it adds to any of them.
pub(super) const WINDOW: usize = 2048;

/// A component with this many values for each window has a table of where each window begins and of its largest value.
const VALUES_A_WINDOW: usize = 4;

/// In place of the number of a table: the list has none.
pub(super) const NO_TABLE: u32 = u32::MAX;

/// For each list the largest value; for lists that are long enough, of each window too.
#[derive(Clone, Debug)]
pub(super) struct Maxima {
    /// The largest value of each list, or 0.
    pub(super) of_lists: Values<f32>,
    /// The number of each list's table, or [`NO_TABLE`].
    pub(super) tables: Values<u32>,
    /// For each table where each window begins in its list, and where the last ends.
    pub(super) window_starts: Values<u32>,
    /// For each table the largest value of each window, or 0.
    pub(super) of_windows: Values<f32>,
    pub(super) windows: usize,
}

impl Maxima {
    /// Those of lists that begin at `starts`, of `rows` items.
    pub(super) fn of(starts: &[u64], items: &[u32], values: &[f32], rows: usize) -> Self {
        let windows = rows.div_ceil(WINDOW);
        let (mut of_lists, mut tables) = (Vec::new(), Vec::new());
        let (mut window_starts, mut of_windows) = (Vec::new(), Vec::new());
        for ends in starts.windows(2) {
            let range = ends[0] as usize..ends[1] as usize;
            let (items, values) = (&items[range.clone()], &values[range]);
            of_lists.push(maximum(values));
            if items.len() < VALUES_A_WINDOW * windows || windows == 1 || items.len() >= u32::MAX as usize {
                tables.push(NO_TABLE);
                continue;
            }
            tables.push((of_windows.len() / windows) as u32);
            let mut start = 0;
            for window in 0..windows {
                let length = items[start..].partition_point(|item| (*item as usize) < (window + 1) * WINDOW);
                window_starts.push(start as u32);
                of_windows.push(maximum(&values[start..start + length]));
                start += length;
            }
            window_starts.push(start as u32);
        }
        Self {
            of_lists: of_lists.into(),
            tables: tables.into(),
            window_starts: window_starts.into(),
            of_windows: of_windows.into(),
            windows,
        }
    }

    /// Where each window of a list begins and the last ends, and each window's largest value, unless the list is short.
    pub(super) fn windows(&self, list: usize) -> Option<(&[u32], &[f32])> {
        let (table, windows) = (self.tables[list], self.windows);
        (table != NO_TABLE).then(|| {
            let table = table as usize;
            let starts = &self.window_starts[table * (windows + 1)..(table + 1) * (windows + 1)];
            (starts, &self.of_windows[table * windows..(table + 1) * windows])
        })
    }
}

fn maximum(values: &[f32]) -> f32 {
    values.iter().copied().fold(0.0, f32::max)
}
