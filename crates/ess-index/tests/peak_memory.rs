//! The maximum memory that is taken while an index is built, as its allocator sees it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ess_core::{Embeddings, Index};
use ess_index::{FlatIndex, IvfPqBuilder, Progress, Storage};

/// The system's allocator, and what it has given out.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grown(bytes: usize) {
    let now = NOW.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(now, Relaxed);
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        // SAFETY: the caller keeps to the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    // Large blocks grow and shrink where they are, so that old and new are never there together.
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        grown(size.saturating_sub(layout.size()));
        NOW.fetch_sub(layout.size().saturating_sub(size), Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ITEMS: usize = 16_000;
const DIM: usize = 384;

fn items() -> Embeddings {
    let components = (0..ITEMS * DIM).map(|i| (i as f32 * 0.37).sin() + (i % 97) as f32 * 0.01);
    let mut rows = Vec::with_capacity(ITEMS * DIM);
    rows.extend(components);
    Embeddings::from_vec(rows, DIM).expect("finite components")
}

/// The maximum memory that building takes, the items counted, and what the index takes, in parts of the items.
fn peak<I: Index>(build: impl FnOnce(Embeddings) -> I) -> (f64, f64) {
    let before = NOW.load(Relaxed);
    let items = items();
    PEAK.store(NOW.load(Relaxed), Relaxed);
    let _index = build(items);
    let data = (ITEMS * DIM * size_of::<f32>()) as f64;
    let most = PEAK.load(Relaxed) - before;
    (most as f64 / data, (NOW.load(Relaxed) - before) as f64 / data)
}

/// One test, since all threads of the process are counted.
#[test]
fn building_takes_at_most_three_tenths_of_the_items_besides_them() {
    let flat = |storage| peak(|items| FlatIndex::with_storage(items, storage).unwrap());
    // Few, as the directions of a million items are learnt from a sixtieth of them.
    let ivf_pq = |storage| {
        let builder = IvfPqBuilder {
            lists: Some(16),
            training_items: Some(640),
            iterations: 2,
            storage,
            ..IvfPqBuilder::default()
        };
        peak(|items| builder.build(items, Progress::Silent).unwrap())
    };
    let found = [
        ("flat, f32", flat(Storage::F32), 1.05, 1.01),
        ("flat, f16", flat(Storage::F16), 1.05, 0.51),
        ("flat, i8", flat(Storage::I8), 1.3, 1.27),
        ("IVF-PQ, f32", ivf_pq(Storage::F32), 1.3, 1.1),
        ("IVF-PQ, f16", ivf_pq(Storage::F16), 1.3, 0.6),
    ];
    for (name, (most, in_the_end), allowed, allowed_in_the_end) in found {
        assert!(most <= allowed, "{name}: {most:.3} of the items' memory");
        assert!(in_the_end <= allowed_in_the_end, "{name}: an index of {in_the_end:.3}");
    }
}
