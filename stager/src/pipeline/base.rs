//! The base of an image: opened, or for `host` remembered by the selector of its layer.

use std::collections::BTreeMap;
use std::time::SystemTime;

use buildpacks::application::OpenError;
use buildpacks::java::Plan;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::inputs::BUILD;
use super::{StageError, survey};
use crate::image::base::{
    Base, BaseChoice, BaseLayer, BaseRequest, HostRoot, InheritedConfig, Platform, inherit, open,
};
use crate::layer::{LayerFiles, LayerSpec, Selector};
use crate::settings::{PlanSettings, StageSettings};
use crate::store::{Input, Memo, MemoKey, Store};

/// A base whose own layers may still have to be built.
pub(super) struct PlannedBase {
    /// The choice as on the command line.
    pub(super) choice: String,
    pub(super) reference: String,
    /// The base's config document.
    document: Value,
    platform: Platform,
    pub(super) name: Option<String>,
    pub(super) inherited: InheritedConfig,
    pub(super) layers: Vec<BaseLayer>,
    pub(super) notes: Vec<String>,
    pub(super) inputs: Vec<Input>,
    /// Whether its files were read in this run.
    read_now: bool,
    /// Where to remember it, unless it is remembered already.
    memo: Option<(Memo, SystemTime)>,
}

/// What is remembered of a base made from the host: opening it means reading the whole JRE.
#[derive(Serialize, Deserialize)]
struct Remembered {
    inputs: Vec<Input>,
    reference: String,
    config: Value,
    platform: Platform,
    notes: Vec<String>,
    layers: Vec<(String, String, Selector)>,
}

/// Opens the base that `settings` name.
pub(super) fn prepare(
    settings: &StageSettings,
    plan: &Plan,
    store: &Store,
    noted: SystemTime,
) -> Result<PlannedBase, StageError> {
    let choice = settings.plan.base.as_ref();
    let from_host = matches!(choice, None | Some(BaseChoice::Host));
    if !from_host {
        return open_base(&settings.plan, plan, store);
    }
    let jre = plan.jre.dependency.selector();
    let chosen = [u8::from(choice.is_some())];
    let recipe = settings.compression.recipe().as_bytes();
    let parts: [&[u8]; 5] = [b"host base 3", BUILD.as_bytes(), &jre, recipe, &chosen];
    let memo = store.memo(MemoKey::of(parts));
    if !settings.plan.paranoid
        && let Some(remembered) = memo.recall::<Remembered>()
        && let Some(base) = recall(choice, remembered, store)?
    {
        return Ok(base);
    }
    let mut base = open_base(&settings.plan, plan, store)?;
    base.memo = Some((memo, noted));
    Ok(base)
}

fn name_of(choice: Option<&BaseChoice>) -> String {
    choice.map_or_else(|| "host".to_owned(), ToString::to_string)
}

fn recall(
    choice: Option<&BaseChoice>,
    remembered: Remembered,
    store: &Store,
) -> Result<Option<PlannedBase>, StageError> {
    let mut layers = Vec::new();
    for (name, created_by, selector) in remembered.layers {
        if store.lookup(&selector)?.is_none() {
            return Ok(None);
        }
        layers.push(BaseLayer::Built(LayerSpec { name, created_by, files: LayerFiles::Known(selector) }));
    }
    let base = Base {
        layers,
        config: remembered.config,
        reference: remembered.reference,
        image: None,
        tag: None,
        manifest: None,
        annotations: BTreeMap::new(),
        top_layer: None,
        platform: remembered.platform,
        notes: Vec::new(),
        inputs: Vec::new(),
    };
    Ok(Some(PlannedBase {
        choice: name_of(choice),
        inherited: inherit(&base),
        reference: base.reference,
        document: base.config,
        platform: base.platform,
        name: None,
        layers: base.layers,
        notes: remembered.notes,
        inputs: remembered.inputs,
        read_now: false,
        memo: None,
    }))
}

fn open_base(settings: &PlanSettings, plan: &Plan, store: &Store) -> Result<PlannedBase, StageError> {
    let choice = settings.base.as_ref();
    let jre = match choice {
        None | Some(BaseChoice::Host) => plan.jre.dependency.open(&store.scratch())?,
        _ => Vec::new(),
    };
    let host = HostRoot::system();
    let platform = Platform::default();
    let base = open(choice, &BaseRequest { jre: &jre, host: &host, platform: &platform })?;
    survey::check(&base.layers, store)?;
    Ok(PlannedBase {
        choice: name_of(choice),
        inherited: inherit(&base),
        reference: base.reference,
        document: base.config,
        platform: base.platform,
        name: base.image,
        layers: base.layers,
        notes: base.notes,
        inputs: base.inputs.into_iter().map(|(path, state)| Input::Entry(path, Some(state))).collect(),
        read_now: true,
        memo: None,
    })
}

/// What `plan` tells of a base made from the host, which needs no layer of it: opening it means reading the whole JRE.
pub(super) fn notes_of_host(settings: &PlanSettings, plan: &Plan) -> Result<Vec<String>, StageError> {
    if !matches!(settings.base, None | Some(BaseChoice::Host)) {
        return Ok(Vec::new());
    }
    if plan.jre.dependency.is_told() {
        return Ok(vec!["What the runtime needs of the base is looked at when it is made".to_owned()]);
    }
    let store = Store::open(&settings.cache_dir, settings.paranoid)?;
    Ok(open_base(settings, plan, &store)?.notes)
}

impl PlannedBase {
    /// Whether it is one layer made from this host.
    pub(super) fn is_from_host(&self) -> bool {
        self.choice == name_of(None)
    }

    /// Checks that the files it was read from are what they were. Folders of the host are left out: others may come and
    /// go beside what was taken from them.
    ///
    /// # Errors
    /// [`OpenError::Changed`] with the first that is not.
    pub(super) fn verify_unchanged(&self) -> Result<(), StageError> {
        if !self.read_now {
            return Ok(());
        }
        let counts = |path: &std::path::Path| self.memo.is_none() || path.is_file();
        let changed = self.inputs.iter().find_map(|input| match input {
            Input::Entry(path, _) if counts(path) && !input.is_unchanged() => Some(path.clone()),
            _ => None,
        });
        changed.map_or(Ok(()), |path| Err(OpenError::Changed { path }.into()))
    }

    /// Layers to be built, lowest first.
    pub(super) fn specs(&self) -> impl Iterator<Item = LayerSpec> + '_ {
        self.layers.iter().filter_map(|layer| match layer {
            BaseLayer::Built(spec) => Some(spec.clone()),
            BaseLayer::Blob(_) => None,
        })
    }

    /// Remembers the base by the selectors of its built layers.
    pub(super) fn remember(&self, selectors: impl Iterator<Item = Selector>) {
        let Some((memo, noted)) = &self.memo else { return };
        let named = self.specs().zip(selectors).map(|(spec, selector)| (spec.name, spec.created_by, selector));
        let remembered = Remembered {
            inputs: self.inputs.clone(),
            reference: self.reference.clone(),
            config: self.document.clone(),
            platform: self.platform.clone(),
            notes: self.notes.clone(),
            layers: named.collect(),
        };
        // Losing it costs the next run time, nothing else.
        drop(memo.remember(self.inputs.clone(), *noted, &remembered));
    }
}
