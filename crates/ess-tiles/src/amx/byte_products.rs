//! Sums of products of 32 rows with two strips of 16 columns, in bytes.

use std::arch::asm;

use super::configured::Configured;
use crate::{
    byte_sizes::{BYTE_COLUMNS, BYTE_ROWS, BYTE_STEP},
    matrix::span,
};

/// The sums for 32 rows, which begin some bytes apart, and two strips of columns: exact in 32 bits.
///
/// # Panics
/// When rows and strips have no whole steps, or not the same.
pub(crate) fn products(
    _: &Configured,
    rows: &[u8],
    stride: usize,
    strips: [&[i8]; 2],
    sums: &mut [[[i32; BYTE_COLUMNS]; BYTE_ROWS]; 2],
) {
    let depth = strips[0].len() / BYTE_COLUMNS;
    let steps = depth / BYTE_STEP;
    assert!(
        steps > 0 && strips.iter().all(|strip| strip.len() == steps * BYTE_STEP * BYTE_COLUMNS),
        "whole steps"
    );
    let fits = span(BYTE_ROWS, depth, stride).is_some_and(|span| rows.len() >= span);
    assert!(stride >= depth && fits, "32 rows");
    let [first, second] = strips.map(<[i8]>::as_ptr);
    // SAFETY: tiles are configured; each step reads 64 bytes of 32 rows and 16 lines of either strip, which the two checks
    // above show to be there; the sums are twice 32 lines.
    unsafe {
        asm!(
            "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
            "2:",
            "tileloadd tmm4, [{rows} + {stride}*1]",
            "tileloadd tmm6, [{first} + {line}*1]",
            "tileloadd tmm7, [{second} + {line}*1]",
            "tdpbusd tmm0, tmm4, tmm6",
            "tdpbusd tmm2, tmm4, tmm7",
            "tileloadd tmm5, [{later} + {stride}*1]",
            "tdpbusd tmm1, tmm5, tmm6",
            "tdpbusd tmm3, tmm5, tmm7",
            "add {rows}, 64",
            "add {later}, 64",
            "add {first}, 1024",
            "add {second}, 1024",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{sums} + {line}*1], tmm0",
            "tilestored [{sums} + {line}*1 + 1024], tmm1",
            "tilestored [{sums} + {line}*1 + 2048], tmm2",
            "tilestored [{sums} + {line}*1 + 3072], tmm3",
            rows = inout(reg) rows.as_ptr() => _,
            later = inout(reg) rows[BYTE_ROWS / 2 * stride..].as_ptr() => _,
            first = inout(reg) first => _,
            second = inout(reg) second => _,
            steps = inout(reg) steps => _,
            sums = in(reg) sums.as_mut_ptr(),
            stride = in(reg) stride,
            line = in(reg) 64_usize,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}
