//! Which weights are the classifier's.

/// timm's names for classifiers, of all families of networks.
const HEADS: [&str; 3] = ["classifier", "fc", "head"];

/// Where a walk through a network is.
#[derive(Debug, Default)]
pub(crate) struct HeadPath(Vec<String>);

impl HeadPath {
    /// Goes into a part of the network.
    pub(crate) fn enter(&mut self, name: &str) {
        self.0.push(name.to_owned());
    }

    /// Comes back out of it.
    pub(crate) fn exit(&mut self) {
        self.0.pop();
    }

    /// Whether the walk is in the classifier.
    pub(crate) fn is_head(&self) -> bool {
        self.0.iter().any(|name| HEADS.contains(&name.as_str()))
    }
}
