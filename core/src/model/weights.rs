//! Weights as safetensors with timm's names and PyTorch's layout.

use super::Model;
use burn::store::{
    BurnToPyTorchAdapter, FloatCastAdapter, HalfPrecisionAdapter, ModuleAdapter as _,
    ModuleSnapshot as _, PyTorchToBurnAdapter, SafetensorsStore,
};
use burn::tensor::DType;
use thiserror::Error;

/// How weights are stored. BatchNorm stays in `f32`: its variances underflow in `f16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightsDtype {
    /// Half precision.
    F16,
    /// Single precision.
    F32,
}

/// Why weights do not fit a network.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// The bytes are no safetensors file.
    #[error("the weights are not readable as safetensors: {0}")]
    Unreadable(String),
    /// Tensors that the network needs are not there.
    #[error("the weights lack {} tensors that the network needs: {}", .0.len(), list(.0))]
    Missing(Vec<String>),
    /// Tensors that the network does not know.
    #[error("the weights hold {} tensors that the network does not know: {}", .0.len(), list(.0))]
    Unused(Vec<String>),
    /// A tensor of another shape or kind, named with what was expected and found.
    #[error("the weights do not fit the network: {}", list(.0))]
    Mismatch(Vec<String>),
    /// The tensors could not be written.
    #[error("the weights cannot be written: {0}")]
    Unwritable(String),
}

/// Loads weights of any float type into a network. All or nothing: a missing, superfluous or
/// misshapen tensor is an error.
///
/// # Errors
/// [`WeightsError`], which names every tensor concerned.
pub fn load_weights(mut model: Model, safetensors: Vec<u8>) -> Result<Model, WeightsError> {
    // PyTorch counts batches in each BatchNorm; nothing uses the count.
    let mut store = SafetensorsStore::from_bytes(Some(safetensors))
        .with_predicate(|path, _| !path.ends_with("num_batches_tracked"))
        .with_from_adapter(PyTorchToBurnAdapter.chain(FloatCastAdapter::to(DType::F32)))
        .skip_enum_variants(true)
        .allow_partial(true)
        .validate(false);
    let result = model
        .load_from(&mut store)
        .map_err(|e| WeightsError::Unreadable(e.to_string()))?;
    if !result.errors.is_empty() {
        let errors = result.errors.iter().map(ToString::to_string).collect();
        return Err(WeightsError::Mismatch(errors));
    }
    if !result.missing.is_empty() {
        let missing = result.missing.into_iter().map(|(path, _)| path).collect();
        return Err(WeightsError::Missing(missing));
    }
    let unused: Vec<String> = result
        .unused
        .into_iter()
        .filter(|path| !path.ends_with("num_batches_tracked"))
        .collect();
    if !unused.is_empty() {
        return Err(WeightsError::Unused(unused));
    }
    Ok(model)
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
            store.with_to_adapter(BurnToPyTorchAdapter.chain(HalfPrecisionAdapter::new()))
        }
    };
    model
        .save_into(&mut store)
        .and_then(|()| store.get_bytes())
        .map_err(|e| WeightsError::Unwritable(e.to_string()))
}

/// The first few names.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = names
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(", …");
    }
    text
}
