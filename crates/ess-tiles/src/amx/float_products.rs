//! Sums of products of 32 rows with 32 columns, or of 16 rows with 64, in parts of bfloat16.
//!
//! Each accumulator adds up the same products in the same order in every kernel, so that a row has the same bits in each.

use std::arch::asm;

use super::configured::Configured;
use crate::{
    block::BLOCK_COLUMNS,
    line::{Line, TILE},
    matrix::span,
    parts::Parts,
};

/// The sums for 32 rows and a strip of 32 columns, each row's `stride` behind those of the one before; added to what is there, if
/// that is to be kept.
///
/// # Panics
/// When rows and columns have not the same number of steps, or the sums no room.
pub(crate) fn square(
    _: &Configured,
    parts: Parts,
    rows: &[Line],
    strip: &[Line],
    sums: &mut [f32],
    stride: usize,
    keep: bool,
) {
    let steps = steps(parts, rows, strip);
    let room = span(2 * TILE, BLOCK_COLUMNS, stride).is_some_and(|span| sums.len() >= span);
    assert!(room && stride >= BLOCK_COLUMNS, "room for 32 × 32 sums");
    let first = sums.as_mut_ptr();
    let sums = Sums { first, later: first.wrapping_add(TILE * stride), stride, keep };
    let (rows, strip) = (rows.as_ptr(), strip.as_ptr());
    // SAFETY: tiles are configured; rows and columns have as many readable steps, and the sums have room.
    unsafe {
        match parts {
            Parts::Full => square_full(rows, strip, steps, sums),
            Parts::Rounded => square_rounded(rows, strip, steps, sums),
            Parts::Single => square_single(rows, strip, steps, sums),
        }
    }
}

/// The sums for the first 16 of 32 rows and two strips of 32 columns.
///
/// # Panics
/// When rows and columns have not the same number of steps.
pub(crate) fn wide(
    _: &Configured,
    parts: Parts,
    rows: &[Line],
    strips: [&[Line]; 2],
    sums: &mut [[[f32; BLOCK_COLUMNS]; TILE]; 2],
) {
    let count = steps(parts, rows, strips[0]);
    assert_eq!(count, steps(parts, rows, strips[1]), "steps of two strips");
    let [one, later] = sums.each_mut().map(|sums| sums.as_mut_ptr().cast());
    let sums = Sums { first: one, later, stride: BLOCK_COLUMNS, keep: false };
    let ([first, second], rows) = (strips.map(<[Line]>::as_ptr), rows.as_ptr());
    // SAFETY: as above, of two strips; the sums are twice 16 × 32.
    unsafe {
        match parts {
            Parts::Full => wide_full(rows, first, second, count, sums),
            Parts::Rounded => wide_rounded(rows, first, second, count, sums),
            Parts::Single => wide_single(rows, first, second, count, sums),
        }
    }
}

/// Where sums go: 16 rows behind either pointer, and whether they are added to what is there.
struct Sums {
    first: *mut f32,
    later: *mut f32,
    stride: usize,
    keep: bool,
}

fn steps(parts: Parts, rows: &[Line], strip: &[Line]) -> usize {
    let steps = rows.len() / (2 * TILE * parts.of_rows());
    assert_eq!(rows.len(), steps * 2 * TILE * parts.of_rows(), "whole steps of rows");
    assert_eq!(strip.len(), steps * 2 * TILE * parts.of_columns(), "steps of columns");
    assert!(steps > 0, "at least one step");
    steps
}

/// A tile from where a pointer is, and some bytes behind it.
macro_rules! load {
    ($tile:literal, $pointer:literal, $at:literal) => {
        concat!("tileloadd tmm", $tile, ", [{", $pointer, "} + {line}*1 + ", $at, "]")
    };
}

/// Two tiles of rows, in 4 and 5, with two of columns, in 6 and 7. What is loaded anew comes just before it is needed, so that the
/// unit multiplies meanwhile: a tenth faster than all loads first.
macro_rules! square {
    (ahead $at:literal) => {
        concat!(square!(ahead "rows", $at), "\n", square!(ahead "strip", $at))
    };
    (ahead $pointer:literal, $at:literal) => {
        concat!(
            "prefetcht0 [{", $pointer, "} + ", $at, "]\n prefetcht0 [{", $pointer, "} + 64 + ", $at, "]\n",
            "prefetcht0 [{", $pointer, "} + 128 + ", $at, "]\n prefetcht0 [{", $pointer, "} + 192 + ", $at, "]"
        )
    };
    (both $row:literal, $column:literal, $other_row:literal, $other_column:literal) => {
        concat!(
            load!(4, "rows", $row),
            "\n",
            load!(6, "strip", $column),
            "\n tdpbf16ps tmm0, tmm4, tmm6\n",
            load!(7, "strip", $other_column),
            "\n tdpbf16ps tmm1, tmm4, tmm7\n",
            load!(5, "rows", $other_row),
            "\n tdpbf16ps tmm2, tmm5, tmm6\n tdpbf16ps tmm3, tmm5, tmm7"
        )
    };
    (rows $row:literal, $other:literal) => {
        concat!(
            load!(4, "rows", $row),
            "\n tdpbf16ps tmm0, tmm4, tmm6\n tdpbf16ps tmm1, tmm4, tmm7\n",
            load!(5, "rows", $other),
            "\n tdpbf16ps tmm2, tmm5, tmm6\n tdpbf16ps tmm3, tmm5, tmm7"
        )
    };
    (columns $column:literal, $other:literal) => {
        concat!(
            load!(6, "strip", $column),
            "\n tdpbf16ps tmm0, tmm4, tmm6\n tdpbf16ps tmm2, tmm5, tmm6\n",
            load!(7, "strip", $other),
            "\n tdpbf16ps tmm1, tmm4, tmm7\n tdpbf16ps tmm3, tmm5, tmm7"
        )
    };
}

/// A tile of rows, in 4, with four of columns: two of either strip, whose parts begin some bytes behind the pointers.
macro_rules! wide {
    ($at:literal) => {
        concat!(
            "tileloadd tmm5, [{strip} + {line}*1 + ",
            $at,
            "]\n tdpbf16ps tmm0, tmm4, tmm5\n",
            "tileloadd tmm6, [{strip} + {line}*1 + 1024 + ",
            $at,
            "]\n tdpbf16ps tmm1, tmm4, tmm6\n",
            "tileloadd tmm7, [{second} + {line}*1 + ",
            $at,
            "]\n tdpbf16ps tmm2, tmm4, tmm7\n",
            "tileloadd tmm5, [{second} + {line}*1 + 1024 + ",
            $at,
            "]\n tdpbf16ps tmm3, tmm4, tmm5"
        )
    };
}

/// A kernel over some steps: what happens in one, and how far each pointer goes on. Tiles 0 and 1 of sums lie beside each other,
/// and so do 2 and 3.
macro_rules! kernel {
    (fn $name:ident($($pointer:ident + $bytes:literal),*), $($step:expr),* $(,)?) => {
        /// # Safety
        /// Tiles are configured, at least one step can be read behind each pointer, and 16 rows of sums can be read and written
        /// behind either pointer, `stride` numbers apart.
        unsafe fn $name($($pointer: *const Line,)* steps: usize, sums: Sums) {
            // SAFETY: the caller's promise; the block leaves nothing in tiles that it counts on later.
            unsafe {
                asm!(
                    "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
                    "test {keep}, {keep}",
                    "jz 2f",
                    "tileloadd tmm0, [{sums} + {stride}*4]",
                    "tileloadd tmm1, [{sums} + {stride}*4 + 64]",
                    "tileloadd tmm2, [{later} + {stride}*4]",
                    "tileloadd tmm3, [{later} + {stride}*4 + 64]",
                    "2:",
                    $($step,)*
                    $(concat!("add {", stringify!($pointer), "}, ", $bytes),)*
                    "dec {steps}",
                    "jnz 2b",
                    "tilestored [{sums} + {stride}*4], tmm0",
                    "tilestored [{sums} + {stride}*4 + 64], tmm1",
                    "tilestored [{later} + {stride}*4], tmm2",
                    "tilestored [{later} + {stride}*4 + 64], tmm3",
                    $($pointer = inout(reg) $pointer => _,)*
                    steps = inout(reg) steps => _,
                    sums = in(reg) sums.first,
                    later = in(reg) sums.later,
                    stride = in(reg) sums.stride,
                    keep = in(reg) usize::from(sums.keep),
                    line = in(reg) 64_usize,
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack),
                );
            }
        }
    };
}

// Parts (row, column) are taken in the order 00 10 11 01 02 20, so that neighbours share a side.
kernel!(
    fn square_full(rows + 6144, strip + 6144),
    square!(both 0, 0, 1024, 1024),
    square!(ahead 6144),
    square!(ahead 6400),
    square!(ahead 6656),
    square!(ahead 6912),
    square!(rows 2048, 3072),
    square!(ahead 7168),
    square!(ahead 7424),
    square!(ahead 7680),
    square!(ahead 7936),
    square!(columns 2048, 3072),
    square!(ahead 8192),
    square!(ahead 8448),
    square!(ahead 8704),
    square!(ahead 8960),
    square!(rows 0, 1024),
    square!(ahead 9216),
    square!(ahead 9472),
    square!(ahead 9728),
    square!(ahead 9984),
    square!(columns 4096, 5120),
    square!(ahead 10240),
    square!(ahead 10496),
    square!(ahead 10752),
    square!(ahead 11008),
    square!(both 4096, 0, 5120, 1024),
    square!(ahead 11264),
    square!(ahead 11520),
    square!(ahead 11776),
    square!(ahead 12032),
);

kernel!(
    fn square_rounded(rows + 4096, strip + 2048),
    square!(both 0, 0, 1024, 1024),
    square!(rows 2048, 3072),
);

kernel!(fn square_single(rows + 2048, strip + 2048), square!(both 0, 0, 1024, 1024));

kernel!(
    fn wide_full(rows + 6144, strip + 6144, second + 6144),
    load!(4, "rows", 0), wide!(0),
    load!(4, "rows", 2048), wide!(0), wide!(2048),
    load!(4, "rows", 0), wide!(2048), wide!(4096),
    load!(4, "rows", 4096), wide!(0),
);

kernel!(
    fn wide_rounded(rows + 4096, strip + 2048, second + 2048),
    load!(4, "rows", 0), wide!(0),
    load!(4, "rows", 2048), wide!(0),
);

kernel!(
    fn wide_single(rows + 2048, strip + 2048, second + 2048),
    load!(4, "rows", 0), wide!(0),
);
