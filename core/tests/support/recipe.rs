//! Reproducible values without stored data: the FNV-1a hash of a name, then splitmix64.

/// `n` values in `low..high`; the scripts under `fixtures/` compute the same ones.
pub(crate) fn recipe(name: &str, n: usize, low: f64, high: f64) -> Vec<f32> {
    let mut state = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (0..n)
        .map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let unit = ((z ^ (z >> 31)) >> 40) as f64 / f64::from(1 << 24);
            (low + (high - low) * unit) as f32
        })
        .collect()
}
