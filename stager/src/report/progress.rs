//! Progress of long work: one bar a layer on a terminal, elsewhere what [`super::Busy`] says of a layer that takes long.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;

use buildpacks::activity::{self, Activity};
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use super::bytes as size;

/// Told about layers that are being built.
pub trait Progress: Sync {
    /// A layer of about this many bytes is being built.
    fn layer_started(&self, _name: &str, _bytes: u64) {}
    /// This many bytes of it more are done.
    fn layer_advanced(&self, _name: &str, _bytes: u64) {}
    /// It is done.
    fn layer_finished(&self, _name: &str) {}
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {}

/// Layers as activities of the program.
#[derive(Default)]
pub struct Activities(Mutex<BTreeMap<String, Activity>>);

impl Progress for Activities {
    fn layer_started(&self, name: &str, bytes: u64) {
        if let Ok(mut activities) = self.0.lock() {
            let total = Some(bytes).filter(|bytes| *bytes > 0);
            activities.insert(name.to_owned(), activity::begin_short(format!("building layer `{name}`"), total));
        }
    }

    fn layer_advanced(&self, name: &str, bytes: u64) {
        if let Ok(activities) = self.0.lock()
            && let Some(activity) = activities.get(name)
        {
            activity.advance(bytes);
        }
    }

    fn layer_finished(&self, name: &str) {
        if let Ok(mut activities) = self.0.lock() {
            activities.remove(name);
        }
    }
}

/// Bars on standard error.
#[derive(Default)]
pub struct Bars {
    all: MultiProgress,
    bars: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Progress for Bars {
    fn layer_started(&self, name: &str, bytes: u64) {
        // Sizes as in tables; the bar's own are with other units and decimals.
        let style = ProgressStyle::with_template("  {msg:<24} {bar:30} {done:>8} of {all}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .with_key("done", |state: &ProgressState, out: &mut dyn Write| show(state.pos(), out))
            .with_key("all", |state: &ProgressState, out: &mut dyn Write| show(state.len().unwrap_or(0), out));
        let bar = self.all.add(ProgressBar::new(bytes).with_style(style).with_message(name.to_owned()));
        if let Ok(mut bars) = self.bars.lock() {
            bars.insert(name.to_owned(), bar);
        }
    }

    fn layer_advanced(&self, name: &str, bytes: u64) {
        if let Ok(bars) = self.bars.lock()
            && let Some(bar) = bars.get(name)
        {
            bar.inc(bytes);
        }
    }

    fn layer_finished(&self, name: &str) {
        if let Ok(mut bars) = self.bars.lock()
            && let Some(bar) = bars.remove(name)
        {
            bar.finish_and_clear();
        }
    }
}

/// Writes a size. A bar without it is still a bar.
fn show(bytes: u64, out: &mut dyn Write) {
    let _ = out.write_str(&size(bytes));
}
