//! Tiles that are configured for as long as a value lives.

use std::{arch::asm, cell::Cell, marker::PhantomData};

use crate::tiles::Tiles;

/// Eight tiles of 16 rows of 64 bytes on this thread. They are released when the last of the thread's values is dropped.
pub(crate) struct Configured {
    // Tiles belong to a thread.
    _not_send: PhantomData<*const ()>,
}

/// What `ldtilecfg` reads: the palette, the bytes of a row and the rows of each tile.
#[repr(C, align(64))]
struct Configuration([u8; 64]);

static EIGHT_TILES: Configuration = {
    let mut bytes = [0; 64];
    bytes[0] = 1;
    let mut tile = 0;
    while tile < 8 {
        bytes[16 + 2 * tile] = 64;
        bytes[48 + tile] = 16;
        tile += 1;
    }
    Configuration(bytes)
};

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

impl Configured {
    pub(crate) fn new(_: Tiles) -> Self {
        DEPTH.with(|depth| {
            if depth.get() == 0 {
                // SAFETY: `Tiles` prove that the instruction is there and allowed; the configuration is a valid one.
                unsafe {
                    asm!("ldtilecfg [{}]", in(reg) &raw const EIGHT_TILES, options(nostack, readonly, preserves_flags));
                }
            }
            depth.set(depth.get() + 1);
        });
        Self { _not_send: PhantomData }
    }
}

impl Drop for Configured {
    fn drop(&mut self) {
        DEPTH.with(|depth| {
            depth.set(depth.get() - 1);
            if depth.get() == 0 {
                // SAFETY: a value was made, so that the instruction is there.
                unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) };
            }
        });
    }
}
