//! What becomes of memory that is no longer used.

/// Keeps freed memory for the tensors to come instead of handing it back to the system, where glibc is the
/// allocator.
///
/// A network frees and asks for the same few large blocks again and again. glibc maps such blocks one by one and
/// unmaps them when they are freed, so that the system clears each page anew: a quarter of the time of
/// `pipit identify` (docs/benchmarks.md). The most memory that is used at a time stays the same.
pub(crate) fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const LARGEST_BLOCK: libc::c_int = 1 << 30;
        #[expect(
            unsafe_code,
            reason = "a foreign function, called before there are threads; it takes numbers and refuses those that it does not know"
        )]
        // SAFETY: `mallopt` reads its two numbers alone, and no other thread runs yet.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST_BLOCK);
            libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
        }
    }
}
