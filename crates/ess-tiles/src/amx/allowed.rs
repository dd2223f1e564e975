//! Whether the processor has the extensions and the system lets this process use them.

use std::{
    arch::x86_64::{__cpuid_count, __get_cpuid_max},
    sync::OnceLock,
};

// Of leaf 7, register EDX.
const AMX_BF16: u32 = 1 << 22;
const AMX_TILE: u32 = 1 << 24;
const AMX_INT8: u32 = 1 << 25;

/// `ARCH_REQ_XCOMP_PERM` of Linux, and the state that tiles are kept in.
const REQUEST_PERMISSION: libc::c_int = 0x1023;
const TILE_DATA: libc::c_ulong = 18;

/// Whether tiles may be used. The first call asks Linux for the room that their contents take at a switch of tasks.
pub(crate) fn allowed() -> bool {
    static ALLOWED: OnceLock<bool> = OnceLock::new();
    *ALLOWED.get_or_init(|| has_tiles() && has_avx512() && permitted())
}

fn has_tiles() -> bool {
    let wanted = AMX_BF16 | AMX_TILE | AMX_INT8;
    // SAFETY: every x86-64 processor has CPUID, and leaf 7 is asked for where it is there.
    #[allow(unused_unsafe, reason = "safe in later compilers")]
    unsafe {
        __get_cpuid_max(0).0 >= 7 && __cpuid_count(7, 0).edx & wanted == wanted
    }
}

/// What numbers are split and laid out with.
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512bf16")
}

fn permitted() -> bool {
    // SAFETY: the call takes two numbers and touches no memory of this process. Older systems refuse it.
    unsafe { libc::syscall(libc::SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0 }
}
