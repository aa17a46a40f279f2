//! A first convolution that sees colours → one that sees grey.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use pipit_core::model::layers::ScaledStdConv2d;

use super::RawTensor;

/// Sums the kernels of convolution `conv` over its input channels, so that grey gives what grey
/// repeated in every channel gave. Returns what was changed, for people.
///
/// A convolution that standardises its kernels would standardise the sums again, to another
/// variance and for fewer inputs; its gain makes up for that.
pub(super) fn to_one_channel(
    tensors: &mut BTreeMap<String, RawTensor>,
    conv: &str,
) -> anyhow::Result<Vec<String>> {
    let name = format!("{conv}.weight");
    let weight = tensors
        .get_mut(&name)
        .with_context(|| format!("no tensor {name}"))?;
    let [out_channels, in_channels, height, width] = weight.shape[..] else {
        bail!(
            "{name} is no convolution kernel but has shape {:?}",
            weight.shape
        );
    };
    if in_channels == 1 {
        return Ok(Vec::new());
    }
    ensure!(!weight.values.is_empty(), "{name} is empty");
    let kernel = height * width;
    let summed: Vec<f32> = weight
        .values
        .chunks(in_channels * kernel)
        .flat_map(|filter| {
            (0..kernel).map(move |at| filter.iter().skip(at).step_by(kernel).sum::<f32>())
        })
        .collect();
    let deviations =
        |values: &[f32], inputs| -> Vec<f64> { values.chunks(inputs).map(deviation).collect() };
    let before = deviations(&weight.values, in_channels * kernel);
    let after = deviations(&summed, kernel);
    *weight = RawTensor {
        shape: vec![out_channels, 1, height, width],
        values: summed,
    };
    let mut changed = vec![format!(
        "{name}: summed from {in_channels} input channels to 1"
    )];
    let name = format!("{conv}.gain");
    if let Some(gain) = tensors.get_mut(&name) {
        // The scale of standardised kernels goes with the root of the number of inputs.
        let fewer = (in_channels as f64).sqrt();
        for ((gain, before), after) in gain.values.iter_mut().zip(before).zip(after) {
            *gain = (f64::from(*gain) * after / before / fewer) as f32;
        }
        changed.push(format!("{name}: scaled so that grey gives what it gave"));
    }
    Ok(changed)
}

/// What weight standardisation divides by.
fn deviation(filter: &[f32]) -> f64 {
    let n = filter.len() as f64;
    let mean = filter.iter().map(|&w| f64::from(w)).sum::<f64>() / n;
    let squares = filter.iter().map(|&w| (f64::from(w) - mean).powi(2));
    (squares.sum::<f64>() / n + ScaledStdConv2d::EPSILON).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stem_is_summed_over_its_input_channels() {
        let weight = RawTensor {
            shape: vec![2, 3, 1, 2],
            values: (0u8..12).map(f32::from).collect(),
        };
        let mut tensors = BTreeMap::from([("conv.weight".to_owned(), weight)]);

        let changed = to_one_channel(&mut tensors, "conv").unwrap();

        assert_eq!(tensors["conv.weight"].shape, [2, 1, 1, 2]);
        assert_eq!(tensors["conv.weight"].values, [6.0, 9.0, 24.0, 27.0]);
        assert_eq!(changed.len(), 1);
        assert!(to_one_channel(&mut tensors, "conv").unwrap().is_empty());
    }
}
