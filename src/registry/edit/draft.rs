//! What a new entry, release or option is to say, and the order in which that is written.
//!
//! Owns: the keys of the format as they are written. Refuses: whether it makes sense; the reader says that.

use crate::manifest::{GitRefKind, Mode, Strategy};
use crate::names::{GroupId, Kind, Name};
use crate::yaml::{self, Out};

/// What every entry may say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CommonDraft {
    /// `description`.
    pub description: Option<String>,
    /// `owner`.
    pub owner: Option<String>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `docs`.
    pub docs: Option<String>,
    /// Any other keys; the reader says which there are.
    pub others: Lines,
}

/// Keys with their texts.
pub type Pairs = Vec<(String, String)>;

/// Targets with what is said of each.
pub type Lines = Vec<(String, Out)>;

/// A new package, or a new release of one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PackageDraft {
    /// What every entry may say.
    pub common: CommonDraft,
    /// `version`.
    pub version: Option<String>,
    /// `sources`.
    pub sources: Vec<(Mode, PackageSourceDraft)>,
    /// `requires_python`.
    pub requires_python: Option<String>,
    /// `dependencies`.
    pub dependencies: Vec<String>,
    /// `implies`.
    pub implies: Lines,
    /// `conflicts`.
    pub conflicts: Lines,
    /// `env`.
    pub env: Vec<(String, String)>,
    /// `entrypoints`.
    pub entrypoints: Vec<(String, String)>,
}

/// Where a package comes from in one mode.
#[derive(Debug, Clone, PartialEq)]
pub struct PackageSourceDraft {
    /// What it is.
    pub kind: PackageSourceKind,
    /// `name`, when the distribution is called otherwise.
    pub name: Option<String>,
    /// `extras`.
    pub extras: Vec<String>,
}

/// The types of a package's source.
#[derive(Debug, Clone, PartialEq)]
pub enum PackageSourceKind {
    /// From an index.
    Pypi {
        /// `version`.
        version: Option<String>,
        /// `index`.
        index: Option<String>,
    },
    /// From a repository.
    Git {
        /// `url`.
        url: String,
        /// Which commit.
        reference: Option<(GitRefKind, String)>,
        /// `subdirectory`.
        subdirectory: Option<String>,
    },
    /// A directory.
    Local {
        /// `path`.
        path: String,
        /// `editable`.
        editable: bool,
    },
    /// One archive.
    Url(String),
    /// A member of the project's workspace.
    Workspace,
}

/// A new container, or a new release of one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerDraft {
    /// What every entry may say.
    pub common: CommonDraft,
    /// `version`.
    pub version: Option<String>,
    /// `container_name`.
    pub container_name: Option<String>,
    /// `network_aliases`.
    pub aliases: Vec<String>,
    /// `orchestration.service_name`.
    pub service_name: Option<String>,
    /// `orchestration.depends_on`, each with its condition.
    pub depends_on: Vec<(String, Option<String>)>,
    /// `ports`.
    pub ports: Vec<String>,
    /// `volumes`.
    pub volumes: Vec<String>,
    /// `env`.
    pub env: Vec<(String, String)>,
    /// `compose`.
    pub compose: Lines,
    /// The published image.
    pub image: Option<String>,
    /// How it is built.
    pub build: Option<BuildDraft>,
    /// `deployment_profiles`; `None`: managed, else the keys of `external`.
    pub profiles: Vec<(Name, Option<Pairs>)>,
    /// `default_profile`.
    pub default_profile: Option<String>,
    /// Whether it is only built.
    pub base_image: bool,
    /// `implies`.
    pub implies: Lines,
    /// `conflicts`.
    pub conflicts: Lines,
}

/// How an image is built.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BuildDraft {
    /// The repository that is checked out at `path`.
    pub git: Option<(String, Option<(GitRefKind, String)>)>,
    /// `path`.
    pub path: String,
    /// `dockerfile`.
    pub dockerfile: Option<String>,
    /// `target`.
    pub target: Option<String>,
    /// `args`.
    pub args: Vec<(String, String)>,
    /// `image`: the name of what is built.
    pub image: Option<String>,
    /// `volumes` of this source.
    pub volumes: Vec<String>,
    /// `requires`.
    pub requires: Lines,
}

/// A new group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupDraft {
    /// Its id.
    pub id: GroupId,
    /// What every entry may say.
    pub common: CommonDraft,
    /// `strategy`.
    pub strategy: Strategy,
    /// `min`.
    pub min: Option<u32>,
    /// `max`.
    pub max: Option<u32>,
    /// `default`.
    pub default: Vec<String>,
    /// `comment`.
    pub comment: Option<String>,
    /// `extends`.
    pub extends: Option<String>,
    /// `options`, each with its description.
    pub options: Vec<(Name, OptionDraft)>,
}

/// A new option.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OptionDraft {
    /// `description`.
    pub description: Option<String>,
    /// `implies`.
    pub implies: Lines,
    /// `conflicts`.
    pub conflicts: Lines,
}

impl PackageDraft {
    /// The text of a new entry.
    pub fn entry(&self, name: &Name) -> String {
        let mut keys = self.common.keys(name);
        keys.text("version", self.version.as_ref());
        self.rest(&mut keys);
        keys.map("env", texts(&self.env));
        keys.map("entrypoints", texts(&self.entrypoints));
        keys.0.extend(self.common.others.clone());
        keys.written()
    }

    /// A new release of an entry.
    pub fn release(&self) -> Out {
        let mut keys = Keys::default();
        keys.text("version", self.version.as_ref());
        self.rest(&mut keys);
        keys.0.extend(self.common.others.clone());
        Out::Map(keys.0)
    }

    fn rest(&self, keys: &mut Keys) {
        let sources = self.sources.iter().map(|(mode, source)| (mode.as_str().to_owned(), source.to_out()));
        keys.map("sources", sources.collect());
        keys.text("requires_python", self.requires_python.as_ref());
        keys.list("dependencies", &self.dependencies);
        keys.map("implies", self.implies.clone());
        keys.map("conflicts", self.conflicts.clone());
    }
}

impl PackageSourceDraft {
    fn to_out(&self) -> Out {
        let mut keys = Keys::default();
        let kind = match &self.kind {
            PackageSourceKind::Pypi { .. } => "pypi",
            PackageSourceKind::Git { .. } => "git",
            PackageSourceKind::Local { .. } => "local",
            PackageSourceKind::Url(_) => "url",
            PackageSourceKind::Workspace => "workspace",
        };
        keys.text("type", Some(kind));
        keys.text("name", self.name.as_ref());
        match &self.kind {
            PackageSourceKind::Pypi { version, index } => {
                keys.text("version", version.as_ref());
                keys.text("index", index.as_ref());
            }
            PackageSourceKind::Git { url, reference, subdirectory } => {
                keys.text("url", Some(url));
                keys.reference(reference.as_ref());
                keys.text("subdirectory", subdirectory.as_ref());
            }
            PackageSourceKind::Local { path, editable } => {
                keys.text("path", Some(path));
                keys.0.push(("editable".to_owned(), Out::Bool(*editable)));
            }
            PackageSourceKind::Url(url) => keys.text("url", Some(url)),
            PackageSourceKind::Workspace => {}
        }
        keys.list("extras", &self.extras);
        Out::Map(keys.0)
    }
}

impl ContainerDraft {
    /// The text of a new entry.
    pub fn entry(&self, name: &Name) -> String {
        let mut keys = self.common.keys(name);
        keys.text("version", self.version.as_ref());
        self.layer(&mut keys);
        self.sources(&mut keys);
        let profiles = self.profiles.iter().map(|(name, external)| {
            let mut inner = Keys::default();
            inner.text("mode", Some(if external.is_some() { "external" } else { "managed" }));
            inner.map("external", texts(external.as_deref().unwrap_or_default()));
            (name.to_string(), Out::Map(inner.0))
        });
        keys.map("deployment_profiles", profiles.collect());
        keys.text("default_profile", self.default_profile.as_ref());
        if self.base_image {
            keys.0.push(("run".to_owned(), Out::Bool(false)));
        }
        keys.map("implies", self.implies.clone());
        keys.map("conflicts", self.conflicts.clone());
        keys.0.extend(self.common.others.clone());
        keys.written()
    }

    /// A new release of an entry.
    pub fn release(&self) -> Out {
        let mut keys = Keys::default();
        keys.text("version", self.version.as_ref());
        self.layer(&mut keys);
        self.sources(&mut keys);
        keys.map("implies", self.implies.clone());
        keys.map("conflicts", self.conflicts.clone());
        keys.0.extend(self.common.others.clone());
        Out::Map(keys.0)
    }

    fn layer(&self, keys: &mut Keys) {
        keys.text("container_name", self.container_name.as_ref());
        keys.list("network_aliases", &self.aliases);
        let mut orchestration = Keys::default();
        orchestration.text("service_name", self.service_name.as_ref());
        orchestration.0.extend(self.depends_on());
        keys.map("orchestration", orchestration.0);
        keys.quoted("ports", &self.ports);
        keys.quoted("volumes", &self.volumes);
        keys.map("env", texts(&self.env));
        keys.map("compose", self.compose.clone());
    }

    /// A list, unless there is a condition: then each has one.
    fn depends_on(&self) -> Option<(String, Out)> {
        if self.depends_on.is_empty() {
            return None;
        }
        let value = if self.depends_on.iter().all(|(_, condition)| condition.is_none()) {
            Out::strs(self.depends_on.iter().map(|(name, _)| name))
        } else {
            let line = |(name, condition): &(String, Option<String>)| {
                let condition = condition.as_deref().unwrap_or("service_started");
                (name.clone(), Out::Map(vec![("condition".to_owned(), Out::str(condition))]))
            };
            Out::Map(self.depends_on.iter().map(line).collect())
        };
        Some(("depends_on".to_owned(), value))
    }

    fn sources(&self, keys: &mut Keys) {
        let mut sources = Vec::new();
        if let Some(image) = &self.image {
            let mut prod = Keys::default();
            prod.text("type", Some("docker-image"));
            prod.0.push(("image".to_owned(), Out::quoted(image)));
            sources.push(("prod".to_owned(), Out::Map(prod.0)));
        }
        sources.extend(self.build.as_ref().map(|build| ("dev".to_owned(), build.to_out())));
        keys.map("sources", sources);
    }
}

impl BuildDraft {
    fn to_out(&self) -> Out {
        let mut keys = Keys::default();
        keys.text("type", Some(if self.git.is_some() { "git" } else { "build" }));
        if let Some((url, reference)) = &self.git {
            keys.text("url", Some(url));
            keys.reference(reference.as_ref());
        }
        keys.text("path", Some(&self.path));
        keys.text("dockerfile", self.dockerfile.as_ref());
        keys.text("target", self.target.as_ref());
        keys.map("args", texts(&self.args));
        keys.text("image", self.image.as_ref());
        keys.quoted("volumes", &self.volumes);
        keys.map("requires", self.requires.clone());
        Out::Map(keys.0)
    }
}

impl GroupDraft {
    /// The text of a new entry.
    pub fn entry(&self) -> String {
        let mut keys = Keys::default();
        keys.text("name", Some(self.id.name.as_str()));
        let kind = match self.id.kind {
            Kind::Package => "package_group",
            Kind::Container => "container_group",
        };
        keys.text("type", Some(kind));
        self.common.rest(&mut keys);
        keys.text("strategy", Some(self.strategy.as_str()));
        for (key, number) in [("min", self.min), ("max", self.max)] {
            keys.0.extend(number.map(|number| (key.to_owned(), Out::Int(i64::from(number)))));
        }
        match (self.strategy, self.default.as_slice()) {
            (Strategy::One, [one]) => keys.text("default", Some(one)),
            (_, several) => keys.list("default", several),
        }
        keys.text("comment", self.comment.as_ref());
        keys.text("extends", self.extends.as_ref());
        let options = self.options.iter().map(|(name, option)| option.to_out(name)).collect::<Vec<_>>();
        if !options.is_empty() {
            keys.0.push(("options".to_owned(), Out::List(options)));
        }
        keys.0.extend(self.common.others.clone());
        keys.written()
    }
}

impl OptionDraft {
    /// Whether it says nothing besides its name.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn to_out(&self, name: &Name) -> Out {
        let mut keys = Keys::default();
        keys.text("name", Some(name.as_str()));
        keys.text("description", self.description.as_ref());
        keys.map("implies", self.implies.clone());
        keys.map("conflicts", self.conflicts.clone());
        Out::Map(keys.0)
    }
}

impl CommonDraft {
    fn keys(&self, name: &Name) -> Keys {
        let mut keys = Keys::default();
        keys.text("name", Some(name.as_str()));
        self.rest(&mut keys);
        keys
    }

    fn rest(&self, keys: &mut Keys) {
        keys.text("description", self.description.as_ref());
        keys.text("owner", self.owner.as_ref());
        keys.list("tags", &self.tags);
        keys.text("docs", self.docs.as_ref());
    }
}

fn texts(pairs: &[(String, String)]) -> Lines {
    pairs.iter().map(|(key, value)| (key.clone(), Out::quoted(value))).collect()
}

/// Keys in the order in which they are written; what is not said is left out.
#[derive(Default)]
struct Keys(Vec<(String, Out)>);

impl Keys {
    fn text(&mut self, key: &str, value: Option<impl AsRef<str>>) {
        self.0.extend(value.map(|value| (key.to_owned(), Out::str(value.as_ref()))));
    }

    fn list(&mut self, key: &str, values: &[String]) {
        if !values.is_empty() {
            self.0.push((key.to_owned(), Out::strs(values)));
        }
    }

    fn quoted(&mut self, key: &str, values: &[String]) {
        if !values.is_empty() {
            self.0.push((key.to_owned(), Out::List(values.iter().map(Out::quoted).collect())));
        }
    }

    fn map(&mut self, key: &str, pairs: Lines) {
        if !pairs.is_empty() {
            self.0.push((key.to_owned(), Out::Map(pairs)));
        }
    }

    fn reference(&mut self, reference: Option<&(GitRefKind, String)>) {
        if let Some((kind, text)) = reference {
            let key = match kind {
                GitRefKind::Branch => "branch",
                GitRefKind::Tag => "tag",
                GitRefKind::Rev => "rev",
            };
            self.text(key, Some(text));
        }
    }

    fn written(self) -> String {
        yaml::write(&Out::Map(self.0))
    }
}
