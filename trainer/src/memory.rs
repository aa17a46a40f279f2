//! How much memory there is, and what becomes of memory that is no longer used.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Bytes that programs can still have; `None` where the system does not say.
pub(crate) fn available() -> Option<u64> {
    let memory = MemoryRefreshKind::nothing().with_ram();
    let system = System::new_with_specifics(RefreshKind::nothing().with_memory(memory));
    Some(system.available_memory()).filter(|bytes| *bytes > 0)
}

/// Keeps freed memory for the tensors to come instead of handing it back to the system, where glibc is the
/// allocator.
///
/// A network frees and asks for the same few large blocks again and again. glibc maps such blocks one by one and
/// unmaps them when they are freed, so that the system clears each page anew, which costs `pipit identify`
/// almost a quarter of its time (docs/benchmarks.md).
pub(crate) fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // The one of today's glibc, and all that older ones take.
        const LARGEST_BLOCKS: [libc::c_int; 2] = [1 << 30, 32 << 20];
        #[expect(
            unsafe_code,
            reason = "a foreign function, called before there are threads; it takes numbers and refuses those that it does not know"
        )]
        // SAFETY: `mallopt` reads its two numbers alone, and no other thread runs yet.
        unsafe {
            for most in LARGEST_BLOCKS {
                if libc::mallopt(libc::M_MMAP_THRESHOLD, most) == 1 {
                    // Refused, the other by itself would do harm.
                    libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
                    break;
                }
            }
        }
    }
}
