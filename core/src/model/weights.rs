//! Weights as safetensors with timm's names and PyTorch's layout.
//!
//! They are those of the network as it is trained, so that timm loads them too; BatchNorm and weight
//! standardisation are folded after loading, by [`Model::fold`].

use super::Model;
use crate::architecture::Architecture;
use burn::store::{
    ApplyError, BurnToPyTorchAdapter, FloatCastAdapter, HalfPrecisionAdapter, ModuleAdapter as _,
    ModuleSnapshot as _, PyTorchToBurnAdapter, SafetensorsStore,
};
use burn::tensor::DType;
use safetensors::SafeTensors;
use std::fmt;
use thiserror::Error;

/// How weights are stored. BatchNorm stays in `f32`: its variances underflow in `f16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightsDtype {
    /// Half precision.
    F16,
    /// Single precision.
    F32,
}

/// Why weights do not become a network, or a network no weights.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// The bytes are no safetensors file.
    #[error("the weights are not readable as safetensors: {0}")]
    Unreadable(String),
    /// The tensors are those of another network.
    #[error("the weights {0}")]
    Misfit(Misfit),
    /// The tensors could not be written.
    #[error("the weights cannot be written: {0}")]
    Unwritable(String),
}

/// How tensors differ from those that a network needs, by timm's names.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Tensors that the network needs and that are not there.
    pub missing: Vec<String>,
    /// Tensors that the network does not know.
    pub unused: Vec<String>,
    /// Tensors of another shape or kind, named with what was found and what is needed.
    pub misshapen: Vec<String>,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            missing,
            unused,
            misshapen,
        } = self;
        let parts = [
            ("lack", "that the network needs", missing),
            ("hold", "that the network does not know", unused),
            ("have", "that do not fit", misshapen),
        ];
        let mut separator = "";
        for (verb, which, names) in parts {
            if let Some(first) = names.first() {
                let count = names.len();
                write!(f, "{separator}{verb} {count} tensors {which}: {first}")?;
                for name in names.iter().take(SHOWN).skip(1) {
                    write!(f, ", {name}")?;
                }
                if count > SHOWN {
                    f.write_str(", …")?;
                }
                separator = "; ";
            }
        }
        Ok(())
    }
}

/// Tensors that a sentence names.
const SHOWN: usize = 5;

/// Loads weights of any float type into a network. All or nothing: a missing, superfluous or
/// misshapen tensor is an error.
///
/// # Errors
/// [`WeightsError`], which names the tensors concerned.
pub fn load_weights(model: Model, safetensors: Vec<u8>) -> Result<Model, WeightsError> {
    load(model, safetensors, |_| false)
}

/// Loads everything but the classifier, of which the network keeps its own: the start of
/// training from weights for other classes. Returns the names of the tensors that were left, too.
///
/// # Errors
/// As for [`load_weights`].
pub fn load_backbone(
    model: Model,
    architecture: Architecture,
    safetensors: Vec<u8>,
) -> Result<(Model, Vec<String>), WeightsError> {
    let head = model.network().head().clone();
    let prefix = format!("{}.", architecture.classifier());
    let of_classifier = |name: &str| name.starts_with(&prefix);
    let left = names(&safetensors)?.into_iter();
    let left = left.filter(|name| of_classifier(name)).collect();
    let mut model = load(model, safetensors, of_classifier)?;
    *model.network_mut().head_mut() = head;
    Ok((model, left))
}

/// Names of the tensors in a file, in alphabetical order.
fn names(safetensors: &[u8]) -> Result<Vec<String>, WeightsError> {
    let tensors = SafeTensors::deserialize(safetensors)
        .map_err(|e| WeightsError::Unreadable(e.to_string()))?;
    let mut names: Vec<String> = tensors.names().into_iter().map(str::to_owned).collect();
    names.sort_unstable();
    Ok(names)
}

/// Does not mind what is wrong with paths that are `ignored`.
fn load(
    mut model: Model,
    safetensors: Vec<u8>,
    ignored: impl Fn(&str) -> bool,
) -> Result<Model, WeightsError> {
    let mut store = SafetensorsStore::from_bytes(Some(safetensors))
        .with_from_adapter(PyTorchToBurnAdapter.chain(FloatCastAdapter::to(DType::F32)))
        .skip_enum_variants(true)
        .allow_partial(true)
        .validate(false);
    let result = model
        .load_from(&mut store)
        .map_err(|e| WeightsError::Unreadable(e.to_string()))?;
    let wanted = |path: &String| {
        // PyTorch counts batches in each BatchNorm; nothing uses the count.
        !path.ends_with("num_batches_tracked") && !ignored(path)
    };
    let missing = result.missing.into_iter().map(|(path, _)| path);
    let misshapen = result.errors.into_iter().map(describe);
    let misfit = Misfit {
        missing: missing.filter(wanted).map(pytorch_name).collect(),
        unused: result.unused.into_iter().filter(wanted).collect(),
        misshapen: misshapen
            .filter(|(path, _)| wanted(path))
            .map(|(path, what)| format!("{} {what}", pytorch_name(path)))
            .collect(),
    };
    if misfit == Misfit::default() {
        Ok(model)
    } else {
        Err(WeightsError::Misfit(misfit))
    }
}

/// The path of a tensor and what is wrong with it.
fn describe(error: ApplyError) -> (String, String) {
    match error {
        ApplyError::ShapeMismatch {
            path,
            expected,
            found,
        } => {
            let (found, needed) = (found.to_vec(), expected.to_vec());
            (
                path,
                format!("of shape {found:?} where {needed:?} is needed"),
            )
        }
        ApplyError::DTypeMismatch { path, found, .. } => (path, format!("of type {found:?}")),
        ApplyError::AdapterError { path, message } | ApplyError::LoadError { path, message } => {
            (path, message)
        }
    }
}

/// BatchNorm has other names in Burn.
fn pytorch_name(path: String) -> String {
    for (burn, pytorch) in [(".gamma", ".weight"), (".beta", ".bias")] {
        if let Some(layer) = path.strip_suffix(burn) {
            return format!("{layer}{pytorch}");
        }
    }
    path
}

/// Writes the weights of a network that is not folded.
///
/// # Errors
/// Only if serialisation fails.
pub fn save_weights(model: &Model, dtype: WeightsDtype) -> Result<Vec<u8>, WeightsError> {
    let store = SafetensorsStore::from_bytes(None)
        .clear_metadata()
        .skip_enum_variants(true);
    let mut store = match dtype {
        WeightsDtype::F32 => store.with_to_adapter(BurnToPyTorchAdapter),
        WeightsDtype::F16 => {
            let half = HalfPrecisionAdapter::new()
                .with_module("Head")
                .with_module("ScaledStdConv2d");
            store.with_to_adapter(BurnToPyTorchAdapter.chain(half))
        }
    };
    model
        .save_into(&mut store)
        .and_then(|()| store.get_bytes())
        .map_err(|e| WeightsError::Unwritable(e.to_string()))
}
