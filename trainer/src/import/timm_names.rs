//! Names of the `efficientnet-pytorch` family of packages → timm's names.
//!
//! That family numbers its blocks through (`_blocks.7`), timm by stage and place (`blocks.3.1`). A
//! stage begins where a block changes the number of channels, which its own tensors say.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};

use super::RawTensor;

/// Renames all tensors; names that are timm's already stay.
pub(super) fn rename(
    tensors: BTreeMap<String, RawTensor>,
) -> anyhow::Result<BTreeMap<String, RawTensor>> {
    if !tensors.contains_key("_conv_stem.weight") {
        return Ok(tensors);
    }
    let places = places(&tensors)?;
    let count = tensors.len();
    let renamed: BTreeMap<String, RawTensor> = tensors
        .into_iter()
        .map(|(name, tensor)| Ok((timm_name(&name, &places)?, tensor)))
        .collect::<anyhow::Result<_>>()?;
    ensure!(
        renamed.len() == count,
        "two tensors have the same timm name"
    );
    Ok(renamed)
}

/// Where a block stands in timm's numbering.
struct Place {
    stage: usize,
    index: usize,
    /// Whether it widens its input first, which shifts the names that follow.
    expands: bool,
}

fn places(tensors: &BTreeMap<String, RawTensor>) -> anyhow::Result<Vec<Place>> {
    let mut places: Vec<Place> = Vec::new();
    loop {
        let prefix = format!("_blocks.{}", places.len());
        let Some(project) = tensors.get(&format!("{prefix}._project_conv.weight")) else {
            return Ok(places);
        };
        let expand = tensors.get(&format!("{prefix}._expand_conv.weight"));
        let depthwise = tensors
            .get(&format!("{prefix}._depthwise_conv.weight"))
            .with_context(|| format!("no tensor {prefix}._depthwise_conv.weight"))?;
        let channels = |tensor: &RawTensor, side: usize| -> anyhow::Result<usize> {
            (tensor.shape.get(side).copied()).with_context(|| {
                format!("{prefix} has a convolution of the shape {:?}", tensor.shape)
            })
        };
        let input_channels = match expand {
            Some(expand) => channels(expand, 1)?,
            None => channels(depthwise, 0)?,
        };
        let begins_stage = input_channels != channels(project, 0)?;
        let (stage, index) = match places.last() {
            Some(last) if begins_stage => (last.stage + 1, 0),
            Some(last) => (last.stage, last.index + 1),
            None => (0, 0),
        };
        places.push(Place {
            stage,
            index,
            expands: expand.is_some(),
        });
    }
}

fn timm_name(name: &str, places: &[Place]) -> anyhow::Result<String> {
    let unknown = || format!("no timm name is known for tensor {name}");
    let Some(rest) = name.strip_prefix("_blocks.") else {
        let (layer, leaf) = name.split_once('.').with_context(unknown)?;
        let layer = match layer {
            "_conv_stem" => "conv_stem",
            "_bn0" => "bn1",
            "_conv_head" => "conv_head",
            "_bn1" => "bn2",
            "_fc" => "classifier",
            _ => return Err(anyhow::anyhow!(unknown())),
        };
        return Ok(format!("{layer}.{leaf}"));
    };
    let mut parts = rest.splitn(3, '.');
    let (Some(block), Some(layer), Some(leaf)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(anyhow::anyhow!(unknown()));
    };
    let place = block
        .parse::<usize>()
        .ok()
        .and_then(|block| places.get(block))
        .with_context(unknown)?;
    let layer = match (layer, place.expands) {
        ("_expand_conv", _) | ("_project_conv", false) => "conv_pw",
        ("_depthwise_conv", _) => "conv_dw",
        ("_project_conv", true) => "conv_pwl",
        ("_se_reduce", _) => "se.conv_reduce",
        ("_se_expand", _) => "se.conv_expand",
        ("_bn0", true) | ("_bn1", false) => "bn1",
        ("_bn1", true) | ("_bn2", false) => "bn2",
        ("_bn2", true) => "bn3",
        _ => return Err(anyhow::anyhow!(unknown())),
    };
    Ok(format!(
        "blocks.{}.{}.{layer}.{leaf}",
        place.stage, place.index
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(shape: &[usize]) -> RawTensor {
        RawTensor {
            shape: shape.to_vec(),
            values: vec![0.0; shape.iter().product()],
        }
    }

    #[test]
    fn blocks_are_numbered_by_stage() {
        let tensors: BTreeMap<String, RawTensor> = [
            ("_conv_stem.weight", tensor(&[4, 3, 3, 3])),
            ("_bn0.running_mean", tensor(&[4])),
            ("_blocks.0._depthwise_conv.weight", tensor(&[4, 1, 3, 3])),
            ("_blocks.0._bn1.weight", tensor(&[4])),
            ("_blocks.0._project_conv.weight", tensor(&[2, 4, 1, 1])),
            ("_blocks.0._bn2.weight", tensor(&[2])),
            ("_blocks.1._expand_conv.weight", tensor(&[12, 2, 1, 1])),
            ("_blocks.1._bn0.weight", tensor(&[12])),
            ("_blocks.1._depthwise_conv.weight", tensor(&[12, 1, 3, 3])),
            ("_blocks.1._project_conv.weight", tensor(&[3, 12, 1, 1])),
            ("_blocks.1._bn2.bias", tensor(&[3])),
            ("_blocks.2._expand_conv.weight", tensor(&[18, 3, 1, 1])),
            ("_blocks.2._depthwise_conv.weight", tensor(&[18, 1, 3, 3])),
            ("_blocks.2._project_conv.weight", tensor(&[3, 18, 1, 1])),
            ("_bn1.weight", tensor(&[8])),
            ("_fc.bias", tensor(&[5])),
        ]
        .into_iter()
        .map(|(name, tensor)| (name.to_owned(), tensor))
        .collect();

        let renamed = rename(tensors).unwrap();

        let mut names: Vec<&str> = renamed.keys().map(String::as_str).collect();
        names.sort_unstable();
        let mut expected = vec![
            "conv_stem.weight",
            "bn1.running_mean",
            "blocks.0.0.conv_dw.weight",
            "blocks.0.0.bn1.weight",
            "blocks.0.0.conv_pw.weight",
            "blocks.0.0.bn2.weight",
            "blocks.1.0.conv_pw.weight",
            "blocks.1.0.bn1.weight",
            "blocks.1.0.conv_dw.weight",
            "blocks.1.0.conv_pwl.weight",
            "blocks.1.0.bn3.bias",
            "blocks.1.1.conv_pw.weight",
            "blocks.1.1.conv_dw.weight",
            "blocks.1.1.conv_pwl.weight",
            "bn2.weight",
            "classifier.bias",
        ];
        expected.sort_unstable();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_name_outside_the_rule_is_refused() {
        let tensors = BTreeMap::from([
            ("_conv_stem.weight".to_owned(), tensor(&[1, 1, 1, 1])),
            ("_swish.weight".to_owned(), tensor(&[1])),
        ]);

        let error = rename(tensors).unwrap_err().to_string();

        assert!(error.contains("_swish.weight"), "{error}");
    }
}
