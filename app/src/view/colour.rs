//! Colours: viridis for spectrograms, a palette for species that colour-blind people can tell apart.

/// Colours by intensity, from quiet to loud, as red, green, blue.
pub type ColourMap = [[u8; 3]; 256];

/// Number of species colours before they repeat.
pub const N_SPECIES_COLOURS: usize = 8;

/// A choice of colours for spectrograms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colours {
    /// Dark violet to yellow.
    #[default]
    Viridis,
    /// Black over red to pale yellow.
    Magma,
    /// White to black.
    InverseGrey,
}

impl Colours {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Viridis, Self::Magma, Self::InverseGrey];

    /// The name in the menu's values and in addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viridis => "viridis",
            Self::Magma => "magma",
            Self::InverseGrey => "grey",
        }
    }

    /// The choice of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }

    /// The colours themselves.
    #[must_use]
    pub fn map(self) -> ColourMap {
        match self {
            Self::Viridis => sampled(colorous::VIRIDIS),
            Self::Magma => sampled(colorous::MAGMA),
            Self::InverseGrey => sampled(colorous::GREYS),
        }
    }
}

fn sampled(gradient: colorous::Gradient) -> ColourMap {
    std::array::from_fn(|intensity| gradient.eval_rational(intensity, 256).as_array())
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
    fn colours_get_steadily_lighter_or_darker() {
        let light =
            |c: [u8; 3]| 0.3 * f32::from(c[0]) + 0.6 * f32::from(c[1]) + 0.1 * f32::from(c[2]);
        for colours in Colours::ALL {
            let map = colours.map();
            let towards = (light(map[255]) - light(map[0])).signum();
            assert!(
                map.windows(2)
                    .all(|pair| towards * (light(pair[1]) - light(pair[0])) >= -0.6),
                "{colours:?}"
            );
            assert_eq!(Colours::from_name(colours.name()), Some(colours));
        }
        let viridis = Colours::Viridis.map();
        assert_eq!((viridis[0], viridis[255]), ([68, 1, 84], [253, 231, 37]));
    }

    #[test]
    fn species_colours_repeat() {
        assert_eq!(species_class(0), "species-0");
        assert_eq!(species_class(9), "species-1");
    }
}
