//! One network on several devices: they take batches in turn, and a step is made with the gradients
//! of all.
//!
//! A device is given work and not waited for, so they compute side by side. The first has the network
//! that is trained; the others have copies, made anew after each step. Running statistics of BatchNorm
//! are those of the first device's batches, as in PyTorch's `DistributedDataParallel`.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::prelude::Device;
use pipit_core::model::Model;

/// The devices of a run with autodiff, and what is on them.
pub(super) struct Replicas<'a> {
    devices: &'a [Device],
    /// On all devices but the first.
    copies: Vec<Model>,
    /// On each device, since the last step.
    accumulated: Vec<GradientsAccumulator<Model>>,
}

impl<'a> Replicas<'a> {
    /// Copies a network on the first device to the others.
    pub(super) fn new(model: &Model, devices: &'a [Device]) -> Self {
        let mut replicas = Self {
            devices,
            copies: Vec::new(),
            accumulated: devices
                .iter()
                .map(|_| GradientsAccumulator::new())
                .collect(),
        };
        replicas.follow(model);
        replicas
    }

    /// Whose turn it is.
    pub(super) fn of_batch<'m>(
        &'m self,
        model: &'m Model,
        batch: usize,
    ) -> (&'a Device, &'m Model) {
        let turn = batch % self.devices.len();
        let model = match turn {
            0 => model,
            other => &self.copies[other - 1],
        };
        (&self.devices[turn], model)
    }

    /// Adds the gradients of a batch to those on its device.
    pub(super) fn accumulate(&mut self, model: &Model, batch: usize, gradients: GradientsParams) {
        let turn = batch % self.devices.len();
        // Copies share the names of their parameters, by which gradients are known.
        self.accumulated[turn].accumulate(model, gradients);
    }

    /// The sum of all gradients since the last call, on the first device.
    pub(super) fn gradients(&mut self, model: &Model) -> GradientsParams {
        let mut sum = GradientsAccumulator::new();
        for accumulated in &mut self.accumulated {
            let gradients = accumulated.grads();
            sum.accumulate(model, gradients.to_device(&self.devices[0], model));
        }
        sum.grads()
    }

    /// Makes the copies equal to a network on the first device again.
    pub(super) fn follow(&mut self, model: &Model) {
        let Some((_, others)) = self
            .devices
            .split_first()
            .filter(|(_, others)| !others.is_empty())
        else {
            return;
        };
        // Without autodiff a copy shares no running statistics and no graph with the network.
        let plain = model.valid();
        self.copies = (others.iter())
            .map(|device| {
                plain
                    .clone()
                    .to_device(&device.clone().without_autodiff())
                    .train()
            })
            .collect();
    }
}
