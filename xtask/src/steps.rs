//! Steps with a name and a duration, and the table at the end.

use std::time::{Duration, Instant};

use anyhow::Result;

/// The steps that ran so far.
#[derive(Debug)]
pub struct Steps {
    begun: Instant,
    done: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    name: String,
    duration: Duration,
    ok: bool,
}

impl Default for Steps {
    fn default() -> Self {
        Self::new()
    }
}

impl Steps {
    /// No step yet; the clock starts now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            begun: Instant::now(),
            done: Vec::new(),
        }
    }

    /// Runs one step, saying its name before and its duration after.
    ///
    /// # Errors
    /// What the step itself returns.
    pub fn run<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n==> {name}");
        let started = Instant::now();
        let result = work();
        let duration = started.elapsed();
        if result.is_ok() {
            println!("    {name}: {}", seconds(duration));
        }
        self.done.push(Step {
            name: name.to_owned(),
            duration,
            ok: result.is_ok(),
        });
        result
    }

    /// Prints one line for each step and the sum.
    pub fn print_summary(&self) {
        let width = self
            .done
            .iter()
            .map(|step| step.name.chars().count())
            .max()
            .unwrap_or(0);
        println!();
        for step in &self.done {
            let outcome = if step.ok { "ok" } else { "FAILED" };
            println!(
                "{:<width$}  {:>9}  {outcome}",
                step.name,
                seconds(step.duration)
            );
        }
        println!("{:<width$}  {:>9}", "in all", seconds(self.begun.elapsed()));
    }
}

/// A duration as a person reads it: `0.4 s`, `12.0 s`, `3 min 5 s`.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    if duration < Duration::from_mins(1) {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!(
            "{} min {} s",
            duration.as_secs() / 60,
            duration.as_secs() % 60
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_a_person_says_them() {
        assert_eq!(seconds(Duration::from_millis(449)), "0.4 s");
        assert_eq!(seconds(Duration::from_secs(12)), "12.0 s");
        assert_eq!(seconds(Duration::from_millis(185_900)), "3 min 5 s");
    }

    #[test]
    fn a_failing_step_hands_its_error_on_and_is_kept() {
        let mut steps = Steps::new();
        let result: Result<()> = steps.run("sing", || anyhow::bail!("no voice"));
        assert_eq!(
            result.map_err(|error| error.to_string()),
            Err("no voice".to_owned())
        );
        assert!(!steps.done[0].ok);
    }
}
