//! Colours: viridis for spectrograms, a palette for species that colour-blind people can tell apart.

/// Colours by intensity, from quiet to loud, as red, green, blue.
pub type ColourMap = [[u8; 3]; 256];

/// Number of species colours before they repeat.
pub const N_SPECIES_COLOURS: usize = 8;

/// Evenly spaced points of matplotlib's viridis.
const VIRIDIS: [[u8; 3]; 9] = [
    [68, 1, 84],
    [71, 44, 122],
    [59, 81, 139],
    [44, 113, 142],
    [33, 144, 141],
    [39, 173, 129],
    [92, 200, 99],
    [170, 220, 50],
    [253, 231, 37],
];

/// The viridis colour map.
#[must_use]
pub fn viridis() -> ColourMap {
    std::array::from_fn(|intensity| {
        let position = intensity as f32 / 255.0 * (VIRIDIS.len() - 1) as f32;
        let below = (position as usize).min(VIRIDIS.len() - 2);
        let fraction = position - below as f32;
        std::array::from_fn(|channel| {
            let [from, to] = [below, below + 1].map(|i| f32::from(VIRIDIS[i][channel]));
            (from + (to - from) * fraction).round() as u8
        })
    })
}

/// The style sheet's class for the `n`th species; the colours themselves (Okabe and Ito's) stand there.
#[must_use]
pub fn species_class(n: usize) -> String {
    format!("species-{}", n % N_SPECIES_COLOURS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viridis_runs_from_dark_violet_to_yellow_and_only_gets_lighter() {
        let map = viridis();
        assert_eq!((map[0], map[255]), ([68, 1, 84], [253, 231, 37]));
        let light =
            |c: [u8; 3]| 0.3 * f32::from(c[0]) + 0.6 * f32::from(c[1]) + 0.1 * f32::from(c[2]);
        assert!(
            map.windows(2)
                .all(|pair| light(pair[1]) >= light(pair[0]) - 0.6)
        );
    }

    #[test]
    fn species_colours_repeat() {
        assert_eq!(species_class(0), "species-0");
        assert_eq!(species_class(9), "species-1");
    }
}
